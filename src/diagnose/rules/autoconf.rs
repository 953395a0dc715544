//! Scripts that autoconf made, and autoconf itself.

use crate::diagnose::rule::{Meaning, Rank, Rule, Seen};
use crate::diagnose::{Kind, OwnLog};

pub(super) const RULES: &[Rule] = &[
    Rule {
        needles: &["configure: error: "],
        pattern: r"configure: error: (?P<option>unrecognized option|missing argument to|invalid (?:variable name|feature name|package name)|expected an absolute directory name for)",
        rank: Rank::Sure,
        read: |seen| {
            let text = after_error(seen);
            Some(Meaning::new(
                Kind::ConfigureTest,
                format!("configure does not take how it was called: {text}"),
            ))
        },
    },
    Rule {
        needles: &["configure: error: "],
        pattern: r"configure: error: in <q>.+<q>:$",
        rank: Rank::Sure,
        read: |seen| {
            let next = seen.next(1).next()?.split_once("configure: error: ")?.1.to_owned();
            Some(gave_up(&next))
        },
    },
    Rule {
        needles: &["configure: error: "],
        pattern: r"configure: error: Package requirements \((?P<want>.+)\) were not met",
        rank: Rank::Sure,
        read: |seen| {
            let lines: Vec<_> = seen.next(10).collect();
            let missing = lines.iter().find(|line| line.contains("ackage '") && line.ends_with("found"));
            Some(match missing.map(|line| line.split('\'').collect::<Vec<_>>()) {
                Some(parts) => {
                    super::pkg_config::wanted_by(parts[1], parts.get(3).copied().unwrap_or_default())
                        .look_in(OwnLog::Autoconf)
                }
                None => too_old(&lines, seen.group("want")),
            })
        },
    },
    Rule {
        needles: &["configure: error: "],
        pattern: r"configure: error: (?P<what>.+)",
        rank: Rank::Sure,
        read: |seen| Some(gave_up(after_error(seen))),
    },
    Rule {
        needles: &["possibly undefined macro: "],
        pattern: r"error: possibly undefined macro: (?P<name>\w+)",
        rank: Rank::Sure,
        read: |seen| Some(macro_of(seen.name())),
    },
    Rule {
        needles: &["is missing on your system"],
        pattern: r"^WARNING: <q>(?P<name>[\w+.-]+?)<q> is missing on your system",
        rank: Rank::Sure,
        read: |seen| {
            let meaning = Meaning::missing(Kind::MissingProgram, seen.name());
            let remade = ["aclocal", "automake", "autoconf", "autoheader"];
            Some(if remade.iter().any(|program| seen.name().starts_with(program)) {
                meaning.advise("make wants to make `configure` anew because files have the wrong times, as after a patch: `autoreconf -fi` in `prepare` does it with the versions that are there")
            } else {
                meaning
            })
        },
    },
    Rule {
        // bash, of a script that autoconf would have made.
        needles: &["configure: No such file or directory"],
        pattern: r"(?:^|: )(?P<name>(?:[^\s:]*/)?configure): No such file or directory$",
        rank: Rank::Likely,
        read: |seen| {
            let name = seen.name();
            let meaning = Meaning::new(Kind::MissingFile, format!("the source has no `{name}`")).about(name);
            seen.led_to_exit(127).then(|| meaning.advise("archives of what upstream's repository holds have none: take the one that upstream released, or let `prepare` make it, with `autoreconf -fi` or the source's `autogen.sh`"))
        },
    },
];

fn after_error<'a>(seen: &'a Seen<'_>) -> &'a str {
    let line = seen.window.and_after().first().map_or("", |line| line.text.as_str());
    line.split_once("error: ").map_or(line, |(_, rest)| rest)
}

fn gave_up(text: &str) -> Meaning {
    if let Some(what) =
        text.strip_prefix("no acceptable ").and_then(|rest| rest.strip_suffix(" found in $PATH"))
    {
        let program = match what {
            "C compiler" => "cc",
            "C++ compiler" => "c++",
            what => what,
        };
        return Meaning::missing(Kind::MissingProgram, program);
    }
    Meaning::new(Kind::ConfigureTest, format!("configure gave up: {text}")).look_in(OwnLog::Autoconf)
}

fn too_old(lines: &[&str], want: &str) -> Meaning {
    let said = lines
        .iter()
        .find(|line| line.starts_with("Requested '") || line.contains("dependency requirement '"));
    let name = said.and_then(|line| line.split('\'').nth(1)).unwrap_or(want);
    // pkg-config's own words, and pkgconf's.
    let is = said.and_then(|line| line.rsplit_once(" is ")).map(|(_, is)| is);
    let is =
        is.or_else(|| lines.iter().find_map(|line| line.split("has version '").nth(1)?.split('\'').next()));
    let is = is.map(|is| format!(", and the root has {is}")).unwrap_or_default();
    let (name, version) = name.split_once(' ').unwrap_or((name, "newer"));
    Meaning::new(Kind::TooOld, format!("the pkg-config module `{name}` must be {version}{is}")).about(name)
}

/// A macro that is not there comes with the program whose macros begin so.
fn macro_of(name: &str) -> Meaning {
    let known = [
        ("PKG_", "pkg-config"),
        ("AC_PROG_LIBTOOL", "libtool"),
        ("LT_", "libtool"),
        ("AM_GNU_GETTEXT", "gettext"),
        ("AM_NLS", "gettext"),
        ("AM_ICONV", "gettext"),
        ("IT_PROG_INTLTOOL", "intltool"),
        ("AX_", "autoconf-archive"),
        ("GTK_DOC_CHECK", "gtk-doc"),
        ("AM_PATH_GLIB_2_0", "glib"),
        ("GLIB_", "glib"),
        ("AM_", "automake"),
    ];
    let says = format!("autoconf does not know the macro `{name}`: what brings it is not in the step's root");
    let meaning = Meaning::new(Kind::MissingFile, says).about(name);
    match known.iter().find(|(start, _)| name.starts_with(start)) {
        Some((_, from)) => meaning.advise(format!("{from} brings it")),
        None => meaning,
    }
}
