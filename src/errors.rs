//! The names of what lfsgen says of specs and `lfsgen.yaml`, for `explain` and the documents. Lint's rules have pages of their own.

/// The name of an error or warning and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorKind {
    /// As the error shows it in brackets.
    pub name: &'static str,
    /// What it means and what to do.
    pub meaning: &'static str,
}

const fn kind(name: &'static str, meaning: &'static str) -> ErrorKind {
    ErrorKind { name, meaning }
}

/// Every kind of error or warning that is no rule of lint, by name.
pub const ERRORS: &[ErrorKind] = &[
    kind(
        "bad-address",
        "lfsgen cannot fetch from the address of a source. An address begins with a scheme that lfsgen knows, such as `https:` or `file:`.",
    ),
    kind(
        "bad-digest",
        "A digest does not have the digits that it must have. `sha256sum FILE` prints the right one.",
    ),
    kind(
        "bad-name",
        "A name is taken, or has characters that would have to be escaped in file names, scripts or the build graph.",
    ),
    kind("bad-option", "An option's declaration makes no sense, or its value is not of its type."),
    kind(
        "bad-path",
        "A path leads out of where it belongs, or a folder of lfsgen's own would hold something else.",
    ),
    kind("bad-value", "A value is not in the notation that its key takes, such as `512 MiB` or `10m`."),
    kind(
        "book-choice",
        "A book that is imported leaves something to its reader, or says it in a way that had to be guessed. The line tells what was chosen.",
    ),
    kind(
        "book-circle",
        "Packages of a book need each other, and one of them is built without the other. What the page counts least was left out.",
    ),
    kind(
        "book-digest",
        "A file that was given with `--sources` is not the one that the book means, by its MD5 digest. Its SHA-256 digest was not taken.",
    ),
    kind(
        "book-left-out",
        "Something of a book was not imported: commands that are for a person or for the machine, a page that shows too little to be a package, or a package that another does for.",
    ),
    kind(
        "book-unreadable",
        "A file of a book cannot be read: it is not there or no XML, or its entities are not declared or go on for ever. What it would have become is missing.",
    ),
    kind(
        "dependency-cycle",
        "Packages need each other in a circle, so none can be built first. To break it, build one of them twice: write a second spec that `extends` it under another name and needs less.",
    ),
    kind("duplicate-dependency", "A package is named twice in one list of dependencies. Remove one."),
    kind("duplicate-key", "A mapping has a key twice. The first counts; remove one of them."),
    kind("duplicate-package", "Two specs give one name to their packages. Names are unique in a project."),
    kind(
        "duplicate-source",
        "Two files of a package would have the same name. Give one of them another with `file:`.",
    ),
    kind("empty-file", "A spec has nothing in it, or nothing but comments."),
    kind(
        "enormous-file",
        "A file is larger, has more values or is nested deeper than any spec needs. Anchors count for all that they stand for, so that a small file cannot become a huge document.",
    ),
    kind("enormous-text", "Variables made a text grow beyond every use."),
    kind("extends-cycle", "Specs extend each other in a circle, so none of them can be settled."),
    kind(
        "joined-lines",
        "Shell text in several lines without a `|` behind its key: YAML joins them with blanks, so that `make` and `make install` become `make make install`.",
    ),
    kind(
        "malformed-variable",
        "A reference to a variable is `%{`, its name and `}`. `%%{` stands for the text `%{` itself.",
    ),
    kind(
        "merge-key",
        "The merge key `<<` of old YAML is refused: `extends` shares text between specs, with rules that are written down.",
    ),
    kind(
        "misnamed-spec",
        "A file among the specs looks like one and would not be read: the name of a spec ends in `.yaml`.",
    ),
    kind(
        "misplaced-variable",
        "`%{jobs}` is known only while a phase runs, so it stands in shell text alone; and no variable is known when the folders that `lfsgen.yaml` names are looked for.",
    ),
    kind("missing-dependency", "A package needs one that is not in the project."),
    kind(
        "missing-folder",
        "A folder that `specs` in `lfsgen.yaml` names is not there. Packages that others look for are not called missing until it is.",
    ),
    kind("missing-key", "A required key is missing, here and in the specs that this one extends."),
    kind("not-text", "A file is not UTF-8 text, or holds a NUL byte."),
    kind("several-documents", "A file has more than one YAML document. Give each its own file."),
    kind("stage-cycle", "A stage lies on itself, directly or through other stages."),
    kind(
        "stage-out-of-reach",
        "A package needs another whose stage is neither its own nor a base of it, so the other could not be in its root.",
    ),
    kind(
        "target-name-clash",
        "Two things that can be built have the same name (packages, stages, `all`, files), and the program that runs the graph could not tell them apart.",
    ),
    kind(
        "unknown-digest",
        "A digest of nothing but zeros stands for one that nobody knows yet, and nothing is built with it. `lfsgen fetch PACKAGE` says which one the file has.",
    ),
    kind("unknown-key", "There is no such key at this place."),
    kind(
        "unknown-option",
        "An option is given a value, or a condition asks for it, but no package that could be meant declares it.",
    ),
    kind("unknown-package", "A spec extends a package that is not in the project, or an option names one."),
    kind("unknown-stage", "A package or a stage names a stage that `lfsgen.yaml` does not have."),
    kind(
        "unknown-variable",
        "`%{name}` stands for nothing here. Where the text itself is meant, write `%%{name}`.",
    ),
    kind(
        "unreadable-file",
        "A file beside the specs, such as a patch, or what is named like a spec cannot be read.",
    ),
    kind(
        "unused-arguments",
        "Arguments are written for a command that never runs: the phase's text replaces it, or the build system has none.",
    ),
    kind(
        "unwritable-name",
        "A path has a character that the language of the graph or of the scripts has no way to write.",
    ),
    kind("useless-key", "A key has no effect where it stands."),
    kind("variable-cycle", "A variable is made of itself."),
    kind(
        "wrong-type",
        "A value is a text where a list belongs, a list where a mapping belongs, or the like.",
    ),
    kind(
        "yaml-syntax",
        "A file is not YAML. The place is where the reader could not go on; the mistake is there or before it.",
    ),
    kind(
        "yaml-tag",
        "A YAML tag such as `!!str` has no meaning here: every value is read as its key needs it.",
    ),
];

/// The kind of that name.
pub fn error_kind(name: &str) -> Option<&'static ErrorKind> {
    ERRORS.iter().find(|kind| kind.name == name)
}
