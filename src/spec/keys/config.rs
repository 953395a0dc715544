//! The keys of `lfsgen.yaml`, in tables like those of a spec's keys.
//!
//! What a key means, and what its default does, is for `model::load` to know; the default is only told of here.

use crate::spec::table::{Key, Shape, Table, Word};

const PATH: Shape = Shape::Line("a path");
const SIZE: Shape = Shape::Line("a size, such as `8 GiB`");

/// `lfsgen.yaml`.
pub static CONFIG: Table = Table {
    name: "configuration",
    doc: "A project of packages.",
    keys: &[
        Key::new("project", Shape::AnyLine, "The project's name.").required(),
        Key::new("specs", Shape::List(&PATH), "Folders with specs. Default: `[specs]`."),
        Key::new("output", PATH, "The folder for generated files. Default: `generated`."),
        Key::new(
            "state",
            PATH,
            "The folder for downloads, layers, artifacts, logs and the journal; may be absolute. Default: `build`.",
        ),
        Key::new("target", Shape::Table(&TARGET), "The machine that is built for. Default: this one."),
        Key::new(
            "stages",
            Shape::Named("stage names", &Shape::Table(&STAGE)),
            "The environments in which packages build; the first is the default. Without any, there is one called `host`.",
        ),
        Key::new(
            "variables",
            Shape::Named("variable names", &Shape::Text("text")),
            "Text that specs and stages read as `%{NAME}`.",
        ),
        Key::new(
            "options",
            Shape::Named("option names", &Shape::AnyLine),
            "Values of options: `NAME` for every package that has an option of that name, `PACKAGE.NAME` for one package.",
        ),
        Key::new("resources", Shape::Table(&RESOURCES), "Limits of the whole build."),
        Key::new("sources", Shape::Table(&SOURCES), "Where sources come from."),
        Key::new(
            "sandbox",
            Shape::Word(&[
                Word { name: "required", doc: "a step fails if the machine cannot isolate it; the default" },
                Word {
                    name: "preferred",
                    doc: "where the machine cannot isolate it, an ordinary user's step runs on the machine itself, and only what it \
                          puts into `DESTDIR` is captured",
                },
                Word { name: "off", doc: "no step runs a command; for specs that are only read" },
            ]),
            "Whether steps must be isolated.",
        ),
        Key::new("lint", Shape::Table(&LINT), "What lint reports."),
    ],
};

const TARGET: Table = Table {
    name: "target",
    doc: "The machine that is built for.",
    keys: &[
        Key::new(
            "arch",
            Shape::Line("an architecture"),
            "Its processor: `x86_64`, `i686`, `aarch64` or `riscv64`.",
        ),
        Key::new(
            "triplet",
            Shape::AnyLine,
            "Its GNU triplet, such as `x86_64-lfs-linux-gnu`. Default: the usual one of `arch`.",
        ),
    ],
};

const STAGE: Table = Table {
    name: "stage",
    doc: "An environment in which packages build.",
    keys: &[
        Key::new(
            "root",
            Shape::Word(&[
                Word { name: "host", doc: "the host's own system directories, read-only; the default" },
                Word { name: "composed", doc: "nothing but artifacts" },
            ]),
            "What lies under everything else in a step's root.",
        ),
        Key::new(
            "base",
            Shape::List(&Shape::Line("a stage's name")),
            "Stages whose artifacts are all in the root, without being declared.",
        ),
        Key::new(
            "mount",
            Shape::Line("an absolute path"),
            "Where artifacts are laid and captured, such as `/mnt/lfs`. Default: `/`.",
        ),
        Key::new(
            "env",
            Shape::Named("the names of environment variables", &Shape::Text("text")),
            "Environment variables of all its steps.",
        ),
        Key::new(
            "user",
            Shape::Word(&[
                Word { name: "root", doc: "user 0 inside the root; the default" },
                Word { name: "builder", doc: "an unprivileged user inside the root" },
            ]),
            "Who runs the phases.",
        ),
        Key::new(
            "network",
            Shape::Bool,
            "Whether phases other than `fetch` may reach the network. Default: `false`.",
        ),
    ],
};

const RESOURCES: Table = Table {
    name: "project-resources",
    doc: "Limits of the whole build. Not part of any key.",
    keys: &[
        Key::new(
            "jobs",
            Shape::CountOr("max"),
            "Jobs at once, in all steps together. Default: `max`, one per processor.",
        ),
        Key::new(
            "memory",
            SIZE,
            "Memory of all steps together, such as `8 GiB`. Default: four fifths of the machine's.",
        ),
        Key::new(
            "disk",
            SIZE,
            "The most that one phase may write, such as `100 GiB`, whatever its spec says. A phase that writes more is ended.",
        ),
        Key::new("fetch", Shape::Count, "Downloads at once. Default: 4."),
        Key::new(
            "timeout",
            Shape::Line("a time, such as `2h`"),
            "How long a phase may take if its package says nothing, such as `2h`.",
        ),
    ],
};

const SOURCES: Table = Table {
    name: "project-sources",
    doc: "Where sources come from.",
    keys: &[
        Key::new(
            "cache",
            PATH,
            "A folder for downloads that several projects share; may be absolute. Default: in the state folder.",
        ),
        Key::new(
            "mirrors",
            Shape::List(&Shape::Line("an address")),
            "Addresses to try for every source: a prefix, or a pattern with `{file}`.",
        ),
        Key::new(
            "mirrors-first",
            Shape::Bool,
            "Whether mirrors are tried before a source's own address. Default: `false`.",
        ),
        Key::new("max-size", SIZE, "The largest size of one source, such as `20 GiB`. Default: 8 GiB."),
    ],
};

const NOTE: Word = Word { name: "note", doc: "worth knowing" };
const WARNING: Word = Word { name: "warning", doc: "probably wrong" };
const ERROR: Word = Word { name: "error", doc: "wrong; nothing is generated" };
const OFF: Word = Word { name: "off", doc: "not reported" };
const DEFAULT: Word = Word { name: "default", doc: "everybody; the default" };
const PEDANTIC: Word =
    Word { name: "pedantic", doc: "people who also want to hear of what is often intended" };
const LOW: Word = Word { name: "low", doc: "a pattern that is often harmless; the default" };
const MEDIUM: Word = Word { name: "medium", doc: "usually true" };
const HIGH: Word = Word { name: "high", doc: "certain" };
const LEVEL: Shape = Shape::Word(&[OFF, NOTE, WARNING, ERROR]);

const LINT: Table = Table {
    name: "project-lint",
    doc: "What lint reports.",
    keys: &[
        Key::new(
            "levels",
            Shape::Named("rule names", &LEVEL),
            "The level of single rules, if not the rule's own.",
        ),
        Key::new(
            "fail-on",
            Shape::Word(&[NOTE, WARNING, ERROR]),
            "The lowest level with which `lint` fails. Default: `error`.",
        ),
        Key::new("persona", Shape::Word(&[DEFAULT, PEDANTIC]), "Who findings are for."),
        Key::new(
            "min-confidence",
            Shape::Word(&[LOW, MEDIUM, HIGH]),
            "How sure a finding must be to be reported.",
        ),
    ],
};
