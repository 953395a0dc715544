//! What every step has in its environment.

/// The environment of a step whose stage and package say nothing else. It is the same everywhere and always: what a build
/// writes into its output of the place, the time or the machine comes from here.
pub const DEFAULT_ENVIRONMENT: [(&str, &str); 9] = [
    // The build tree of every root.
    ("HOME", "/lfsgen/work"),
    // glibc has it since 2.35, as a file that every distribution installs; where it is not there, C is used.
    ("LC_ALL", "C.UTF-8"),
    ("PATH", "/usr/bin:/usr/sbin:/bin:/sbin"),
    // Python writes compiled modules beside whatever it imports, with the time of the source in them. Programs that
    // install modules compile them all the same (Python's manual, "Environment variables").
    ("PYTHONDONTWRITEBYTECODE", "1"),
    // The order of Python's sets, which finds its way into files.
    ("PYTHONHASHSEED", "0"),
    (SOURCE_DATE_EPOCH, "946684800"),
    ("TERM", "dumb"),
    ("TZ", "UTC0"),
    ("USER", "root"),
];

/// The moment that stands for now in whatever is built, in seconds since the Unix epoch (reproducible-builds.org,
/// "SOURCE_DATE_EPOCH specification"). Unless a stage or package says otherwise, the start of the year 2000.
pub const SOURCE_DATE_EPOCH: &str = "SOURCE_DATE_EPOCH";

/// Variables by which programs search what packages have installed: lists of directories with colons between them. Where steps may run
/// on the machine itself, and a stage or a package sets one, its script puts in front what the runner says in the variable of the same
/// name with `LFSGEN_` before it, which ends with a colon.
pub const SEARCH_PATHS: [&str; 8] = [
    "ACLOCAL_PATH",
    "CMAKE_PREFIX_PATH",
    "CPATH",
    "LD_LIBRARY_PATH",
    "LIBRARY_PATH",
    "PATH",
    "PKG_CONFIG_PATH",
    "PYTHONPATH",
];
