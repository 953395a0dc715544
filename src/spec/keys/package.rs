//! The keys of a spec.
//!
//! These tables are all that there is to know of a key but its meaning: its name, its shape, and what the documents say
//! of it. Checks, suggestions, the reference and the JSON Schema are made of them.

use crate::spec::table::{Key, Shape, Table, Word};

const NAME: Shape = Shape::Line("a package's name");
const NAMES: Shape = Shape::List(&NAME);
const PATH: Shape = Shape::Line("a path");
const WORDS: Shape = Shape::List(&Shape::Text("one command-line word"));
const SCRIPT: Shape = Shape::Text("shell commands");
const ENV: Shape = Shape::Named("the names of environment variables", &Shape::Text("text"));

const VERSION: Key = Key::new(
    "version",
    Shape::AnyLine,
    "Its version, as upstream writes it. lfsgen does not order versions.",
);
const SUMMARY: Key = Key::new("summary", Shape::AnyLine, "One line about it.");
const LICENSE: Key = Key::new(
    "license",
    Shape::AnyLine,
    "An SPDX expression, such as `GPL-3.0-or-later`; `LicenseRef-NAME` for a license that SPDX does not list.",
);
const HOMEPAGE: Key = Key::new("homepage", Shape::AnyLine, "The address of its page.");
const STAGE: Key = Key::new(
    "stage",
    Shape::Line("a stage's name"),
    "The stage of `lfsgen.yaml` in which it builds. Default: the first stage there.",
);
const DIALECT: Key = Key::new(
    "dialect",
    Shape::Word(&[
        Word { name: "bash", doc: "GNU bash, with its arrays and `[[ ]]`; the default" },
        Word { name: "posix", doc: "the shell of POSIX alone, as dash runs it" },
    ]),
    "The shell that its phases are written for.",
);
const SOURCES: Key = Key::new(
    "sources",
    Shape::List(&Shape::Table(&SOURCE)),
    "Files to fetch and unpack. The first archive is the package's own: its directory becomes the source directory in which the phases start.",
);
const PATCHES: Key = Key::new(
    "patches",
    Shape::List(&Shape::Table(&PATCH)),
    "Changes to the unpacked source, applied in order.",
);
const DEPENDS: Key = Key::new(
    "depends",
    Shape::Table(&DEPENDENCIES),
    "Other packages that it needs. What is not declared is not there.",
);
const OPTIONS: Key = Key::new(
    "options",
    Shape::Named("option names", &Shape::Table(&OPTION)),
    "Typed choices, settled by `lfsgen.yaml` or the command line, and read as `%{option.NAME}`.",
);
const BUILD: Key = Key::new(
    "build",
    Shape::Table(&BUILD_TABLE),
    "Its build system and what it adds to that system's commands.",
);
const PHASES: Key = Key::new("phases", Shape::Table(&PHASES_TABLE), "Shell text of its own, by phase.");
const ARTIFACTS: Key = Key::new("artifacts", Shape::Table(&ARTIFACTS_TABLE), "What it must have installed.");
const RESOURCES: Key = Key::new(
    "resources",
    Shape::Table(&RESOURCES_TABLE),
    "What building it needs. Not part of any key: a change here rebuilds nothing.",
);
const TESTS: Key = Key::new("tests", Shape::Table(&TESTS_TABLE), "What is known of its test suite.");
const LINT: Key = Key::new("lint", Shape::Table(&LINT_TABLE), "Findings that are accepted.");

/// A spec.
pub static SPEC: Table = Table {
    name: "spec",
    doc: "How one package is built.",
    keys: &[
        Key::new("package", NAME, "Its name, unique in the project: a lower-case letter or digit, then letters, digits, `+`, `.`, `_` or `-`.")
            .required(),
        Key::new(
            "extends",
            NAME,
            "Another package whose spec this one starts from. Mappings are merged; a text or a list replaces the one there.",
        ),
        VERSION.required(),
        SUMMARY,
        LICENSE,
        HOMEPAGE,
        STAGE,
        DIALECT,
        SOURCES,
        PATCHES,
        DEPENDS,
        OPTIONS,
        BUILD,
        PHASES,
        ARTIFACTS,
        RESOURCES,
        TESTS,
        Key::new(
            "platform",
            Shape::List(&Shape::Table(&PLATFORM)),
            "Changes for some machines or options, merged over the rest in order if their condition holds.",
        ),
        LINT,
    ],
};

/// An entry of `platform:`: a condition, and keys of a spec.
pub const PLATFORM: Table = Table {
    name: "platform entry",
    doc: "Keys that apply if a condition holds.",
    keys: &[
        Key::new("when", Shape::Table(&WHEN), "The condition: everything that it names must hold.")
            .required(),
        VERSION,
        SUMMARY,
        LICENSE,
        HOMEPAGE,
        STAGE,
        DIALECT,
        SOURCES,
        PATCHES,
        DEPENDS,
        BUILD,
        PHASES,
        ARTIFACTS,
        RESOURCES,
        TESTS,
        LINT,
    ],
};

/// `when:`.
pub const WHEN: Table = Table {
    name: "condition",
    doc: "A condition.",
    keys: &[
        Key::new(
            "arch",
            Shape::OneOrMany(&Shape::Line("an architecture")),
            "The architecture, or several of which one must be the target's: `x86_64`, `i686`, `aarch64`, `riscv64`.",
        ),
        Key::new(
            "options",
            Shape::Named("option names", &Shape::AnyLine),
            "Options of this package and the values that they must have.",
        ),
    ],
};

const SOURCE: Table = Table {
    name: "source",
    doc: "A file to fetch.",
    keys: &[
        Key::new(
            "url",
            Shape::Line("an address"),
            "Where it is: `https:`, `http:`, `file:`, `debian:` or `pypi:`.",
        )
        .required(),
        Key::new(
            "sha256",
            Shape::Line("64 hexadecimal digits"),
            "The SHA-256 digest of its bytes. A source without one is refused.",
        ),
        Key::new(
            "md5",
            Shape::Line("32 hexadecimal digits"),
            "The MD5 digest, if upstream gives no other. Never enough by itself.",
        ),
        Key::new(
            "mirrors",
            Shape::List(&Shape::Line("an address")),
            "Other places with the same bytes, tried in order after `url`, or before it if `lfsgen.yaml` says so.",
        ),
        Key::new(
            "unpack",
            Shape::LineOrFalse("the directory to enter"),
            "The directory that the archive unpacks to. Default: its single top directory. `.` for an archive without one; `false` leaves it packed.",
        ),
        Key::new(
            "file",
            Shape::Line("a file name"),
            "The name under which the package sees it. Default: the last part of the address.",
        ),
        Key::new(
            "max-size",
            Shape::Line("a size, such as `512 MiB`"),
            "The largest size that it may have, such as `20 GiB`. Default: what `lfsgen.yaml` says.",
        ),
    ],
};

const PATCH: Table = Table {
    name: "patch",
    doc: "A change to the unpacked source: a `file` beside the spec, or a `url` to fetch.",
    keys: &[
        Key::new("file", PATH, "The patch's path, relative to the spec's folder."),
        Key::new("url", Shape::Line("an address"), "Where to fetch it, instead of `file`."),
        Key::new(
            "sha256",
            Shape::Line("64 hexadecimal digits"),
            "With `url`: the SHA-256 digest of its bytes.",
        ),
        Key::new(
            "md5",
            Shape::Line("32 hexadecimal digits"),
            "With `url`: the MD5 digest, if there is no other.",
        ),
        Key::new(
            "mirrors",
            Shape::List(&Shape::Line("an address")),
            "With `url`: other places with the same bytes.",
        ),
        Key::new(
            "strip",
            Shape::Count,
            "How many leading parts are dropped from the paths in it (`patch -p`). Default: 1.",
        ),
    ],
};

const DEPENDENCIES: Table = Table {
    name: "depends",
    doc: "Other packages, by when they are needed.",
    keys: &[
        Key::new("build", NAMES, "In the root in every phase, with what they need at run time."),
        Key::new(
            "run",
            NAMES,
            "In the root in every phase, and in the root of whatever depends on this package.",
        ),
        Key::new("check", NAMES, "In the root in the `check` phase."),
    ],
};

const OPTION: Table = Table {
    name: "option",
    doc: "A choice made by the person who builds the package.",
    keys: &[
        Key::new(
            "type",
            Shape::Word(&[
                Word { name: "bool", doc: "`true` or `false`" },
                Word { name: "int", doc: "a whole number" },
                Word { name: "string", doc: "one line of text" },
                Word { name: "choice", doc: "one of `choices`" },
            ]),
            "What kind of value it has.",
        )
        .required(),
        Key::new("default", Shape::AnyLine, "Its value if nobody sets another.").required(),
        Key::new("choices", Shape::List(&Shape::AnyLine), "The values of a `choice`."),
        Key::new("summary", Shape::AnyLine, "One line about it."),
    ],
};

const BUILD_TABLE: Table = Table {
    name: "build",
    doc: "A build system and what the package adds to its commands.",
    keys: &[
        Key::new(
            "system",
            Shape::Word(&[
                Word { name: "autotools", doc: "`./configure`, `make`, `make install`" },
                Word { name: "cmake", doc: "CMake" },
                Word { name: "meson", doc: "Meson with Ninja" },
                Word { name: "make", doc: "a plain makefile" },
                Word { name: "python", doc: "a Python distribution, installed by pip without a network" },
                Word { name: "perl", doc: "a Perl distribution with `Makefile.PL`" },
                Word { name: "cargo", doc: "a Rust package with vendored crates" },
                Word { name: "custom", doc: "nothing but the spec's own phases; the default" },
            ]),
            "The build system that gives the phases their commands.",
        ),
        Key::new("subdir", PATH, "Build in this directory below the source; it is made if absent."),
        Key::new(
            "configure",
            WORDS,
            "Words after the configure command. Each reaches it as one word, whatever it holds.",
        ),
        Key::new("make", WORDS, "Words after the build command."),
        Key::new("install", WORDS, "Words after the install command."),
        Key::new("env", ENV, "Environment variables of all phases, over the stage's."),
    ],
};

const PHASE: Shape = Shape::TableOrText(&PHASE_TABLE, "replace");

const PHASES_TABLE: Table = Table {
    name: "phases",
    doc: "Shell text by phase. A text stands for `replace`.",
    keys: &[
        Key::new("prepare", PHASE, "Unpacks the sources and applies the patches."),
        Key::new("configure", PHASE, "Sets the build up."),
        Key::new("build", PHASE, "Compiles."),
        Key::new("check", PHASE, "Runs the tests. Skipped unless the spec has it."),
        Key::new("install", PHASE, "Installs into the root; everything that it writes there is captured."),
    ],
};

const PHASE_TABLE: Table = Table {
    name: "phase",
    doc: "Shell text around or instead of a build system's commands.",
    keys: &[
        Key::new("replace", SCRIPT, "Runs instead of the build system's commands."),
        Key::new("before", SCRIPT, "Runs before them."),
        Key::new("after", SCRIPT, "Runs after them."),
    ],
};

const ARTIFACTS_TABLE: Table = Table {
    name: "artifacts",
    doc: "What a package must have installed.",
    keys: &[Key::new(
        "expect",
        Shape::List(&PATH),
        "Paths that its artifact must hold, relative to the stage's mount point. The build fails if one is missing.",
    )],
};

const RESOURCES_TABLE: Table = Table {
    name: "resources",
    doc: "What a build of a package needs.",
    keys: &[
        Key::new(
            "jobs",
            Shape::CountOr("max"),
            "Jobs at once inside a phase. Default: `max`, as many as there are.",
        ),
        Key::new(
            "memory",
            Shape::Line("a size, such as `512 MiB`"),
            "Peak memory of one phase, such as `512 MiB`. A phase that takes far more is ended.",
        ),
        Key::new(
            "disk",
            Shape::Line("a size, such as `512 MiB`"),
            "Disk for its build tree and what it installs, such as `2 GiB`. A phase that writes far more is ended.",
        ),
        Key::new(
            "timeout",
            Shape::Line("a time, such as `10m`"),
            "How long one phase may take, such as `90s`, `10m` or `1h 30m`.",
        ),
        Key::new(
            "sbu",
            Shape::Number,
            "Expected time in standard build units (LFS book, 4.5), without tests. `lfsgen plan` goes by it until the package is built.",
        ),
    ],
};

const TESTS_TABLE: Table = Table {
    name: "tests",
    doc: "What is known of a test suite.",
    keys: &[Key::new(
        "expected-failures",
        Shape::List(&Shape::AnyLine),
        "Names of tests that are known to fail, as their driver prints them (docs/runner.md).",
    )],
};

const LINT_TABLE: Table = Table {
    name: "lint",
    doc: "Findings that are accepted.",
    keys: &[Key::new(
        "allow",
        Shape::List(&Shape::Table(&ALLOW)),
        "Rules that do not count for this package, each with its reason.",
    )],
};

const ALLOW: Table = Table {
    name: "exception",
    doc: "A rule that does not count here.",
    keys: &[
        Key::new("rule", Shape::Line("a rule's name"), "The rule's name.").required(),
        Key::new("reason", Shape::AnyLine, "Why that is right.").required(),
    ],
};
