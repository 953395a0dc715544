//! Cuts commands that a book shows in one piece into those that configure, build, test and install.

use std::ops::Range;

use crate::model::{Dialect, Phase};
use crate::shell::parse;
use crate::shell::tree::{Command, Connector, Pipeline, RedirectKind, Simple, Statement, Word};

/// Programs that have a phase of their own, whatever their arguments are.
const PROGRAMS: [(&str, Phase); 22] = [
    ("configure", Phase::Configure),
    ("Configure", Phase::Configure),
    ("config", Phase::Configure),
    ("autogen.sh", Phase::Configure),
    ("bootstrap", Phase::Configure),
    ("bootstrap.sh", Phase::Configure),
    ("autoreconf", Phase::Configure),
    ("autoconf", Phase::Configure),
    ("automake", Phase::Configure),
    ("aclocal", Phase::Configure),
    ("libtoolize", Phase::Configure),
    ("qmake", Phase::Configure),
    ("qmake6", Phase::Configure),
    ("buildconf", Phase::Configure),
    ("scons", Phase::Build),
    ("ant", Phase::Build),
    ("b2", Phase::Build),
    ("gcc", Phase::Build),
    ("ctest", Phase::Check),
    ("pytest", Phase::Check),
    ("prove", Phase::Check),
    ("xmlcatalog", Phase::Install),
];
/// Programs that are told what to make.
const MAKERS: [&str; 7] = ["make", "gmake", "ninja", "samu", "scons", "ant", "Build"];

/// What stands in a text one after another, each with its phase if it has one of its own, and where it stands.
pub(super) fn members(text: &str) -> Vec<(Option<Phase>, Range<usize>)> {
    let mut members = Vec::new();
    for statement in &parse(text, Dialect::Bash).statements {
        if divides(statement) {
            members.extend(statement.pipelines().map(|pipeline| (phase(pipeline), pipeline.span.range())));
        } else {
            // The first program that says something speaks for what is not cut.
            let first = statement.pipelines().find_map(phase);
            members.push((first, statement.span.range()));
        }
    }
    if members.is_empty() { vec![(None, 0..text.len())] } else { members }
}

/// Cuts a text where the phase changes.
pub(super) fn cut(text: &str, members: &[(Phase, Range<usize>)]) -> Vec<(Phase, String)> {
    let mut pieces: Vec<(Phase, usize)> = Vec::new();
    for (phase, span) in members {
        if pieces.last().is_none_or(|(last, _)| last != phase) {
            // What stands before the first is a comment.
            pieces.push((*phase, if pieces.is_empty() { 0 } else { span.start }));
        }
    }
    let ends: Vec<_> = pieces.iter().skip(1).map(|(_, start)| *start).chain([text.len()]).collect();
    let cut = pieces.into_iter().zip(ends).map(|((phase, start), end)| {
        let piece = text.get(start..end).unwrap_or_default().trim_end();
        (phase, piece.strip_suffix("&&").unwrap_or(piece).trim_end().to_owned())
    });
    cut.collect()
}

/// Whether the pipelines of a statement are one command after another. The text of a here-document is not beside its command.
fn divides(statement: &Statement) -> bool {
    let in_turn = statement.rest.iter().all(|(connector, _)| *connector == Connector::And);
    let reads_on = |pipeline: &Pipeline| {
        pipeline.commands.iter().any(|command| match command {
            Command::Simple(simple) => {
                simple.redirects.iter().any(|one| one.kind == RedirectKind::HereDocument)
            }
            _ => false,
        })
    };
    in_turn && !statement.background && !statement.pipelines().any(reads_on)
}

/// The phase of a pipeline that is, or begins with, a program that has one.
fn phase(pipeline: &Pipeline) -> Option<Phase> {
    let Some(Command::Simple(simple)) = pipeline.commands.first() else { return None };
    of(simple)
}

/// The phase of a command that is one of those that build.
fn of(simple: &Simple) -> Option<Phase> {
    let words: Vec<_> = simple.words.iter().map(|word| word.literal().unwrap_or_default()).collect();
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    by_words(&words)
}

fn by_words(words: &[&str]) -> Option<Phase> {
    let (program, rest) = words.split_first()?;
    let name = program.rsplit('/').next().unwrap_or(program);
    let first = rest.first().copied().unwrap_or_default();
    if MAKERS.contains(&name) {
        return Some(target(rest));
    }
    match name {
        // These run another program.
        "env" | "dbus-run-session" | "xvfb-run" | "time" | "nice" => {
            (0..rest.len()).find_map(|from| by_words(&rest[from..]))
        }
        "cmake" if first == "--build" => Some(Phase::Build),
        "cmake" if first == "--install" => Some(Phase::Install),
        "cmake" => Some(Phase::Configure),
        "meson" => Some(match first {
            "compile" => Phase::Build,
            "test" => Phase::Check,
            "install" => Phase::Install,
            _ => Phase::Configure,
        }),
        "cargo" => Some(match first {
            "test" => Phase::Check,
            "install" | "cinstall" => Phase::Install,
            _ => Phase::Build,
        }),
        "pip3" | "pip" if first == "wheel" => Some(Phase::Build),
        "pip3" | "pip" if first == "install" => Some(Phase::Install),
        "perl" if first.ends_with("Makefile.PL") || first.ends_with("Build.PL") => Some(Phase::Configure),
        "python3" | "python" | "waf" if rest.contains(&"configure") => Some(Phase::Configure),
        "python3" | "python" | "waf" if rest.contains(&"build") => Some(Phase::Build),
        "python3" | "python" | "waf" if rest.contains(&"install") => Some(Phase::Install),
        // Scripts that a package brings, such as `runtests.sh`.
        _ if name.contains("test") && name != "test" => Some(Phase::Check),
        _ => PROGRAMS.iter().find(|(known, _)| *known == name).map(|(_, phase)| *phase),
    }
}

/// The phase of what is made: `check` of `make -k check`.
fn target(words: &[&str]) -> Phase {
    let mut targets = words.iter().filter(|word| !word.starts_with('-') && !word.contains('='));
    match targets.find(|word| !word.is_empty() && !word.chars().all(|c| c.is_ascii_digit())) {
        Some(target) if target.starts_with("install") => Phase::Install,
        Some(target) if target.starts_with("test") || target.starts_with("check") => Phase::Check,
        _ => Phase::Build,
    }
}

/// Whether commands bring files from the network.
pub(super) fn fetches(text: &str) -> bool {
    let parsed = parse(text, Dialect::Bash);
    let commands = parsed.statements.iter().flat_map(Statement::pipelines).flat_map(|it| &it.commands);
    let simple = commands.filter_map(|command| match command {
        Command::Simple(simple) => Some(simple),
        _ => None,
    });
    simple.into_iter().any(|simple| {
        let second = simple.words.get(1).and_then(Word::literal);
        match simple.name().as_deref() {
            Some("wget") => true,
            Some("git") => second.is_some_and(|second| second == "clone"),
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_find_their_phase_by_program_and_target() {
        let cases = [
            ("./configure --prefix=/usr", Some(Phase::Configure)),
            ("CC=gcc ../src/configure", Some(Phase::Configure)),
            ("meson setup ..", Some(Phase::Configure)),
            ("cmake -B build", Some(Phase::Configure)),
            ("cmake --build build", Some(Phase::Build)),
            ("make", Some(Phase::Build)),
            ("make -j1 -k check", Some(Phase::Check)),
            ("make -j 4 PREFIX=/usr install-doc", Some(Phase::Install)),
            ("env -u X LC_ALL=C ninja test |& tee log", Some(Phase::Check)),
            ("perl Makefile.PL", Some(Phase::Configure)),
            ("pip3 wheel -w dist .", Some(Phase::Build)),
            ("pip3 install dist", Some(Phase::Install)),
            ("./runtests.sh", Some(Phase::Check)),
            ("test -e x", None),
            ("sed -i s/make/ninja/ x", None),
        ];
        for (text, phase) in cases {
            assert_eq!(members(text).iter().map(|(phase, _)| *phase).collect::<Vec<_>>(), [phase], "{text}");
        }
    }

    #[test]
    fn a_text_is_cut_between_commands_and_nowhere_else() {
        let cut_by = |text: &str| {
            let mut last = Phase::Prepare;
            let of = |(phase, span): (Option<Phase>, Range<usize>)| {
                last = phase.unwrap_or(last);
                (last, span)
            };
            cut(text, &members(text).into_iter().map(of).collect::<Vec<_>>())
        };
        let both =
            [(Phase::Configure, "./configure \\\n  --x".to_owned()), (Phase::Build, "make".to_owned())];
        assert_eq!(cut_by("./configure \\\n  --x &&\nmake"), both);
        // Of an `or`, and of a here-document, nothing is torn off.
        for whole in ["./configure || make", "make && cat > x << E &&\na && b\nE\nmake install"] {
            assert_eq!(
                cut_by(whole).iter().map(|(_, text)| text.as_str()).collect::<String>(),
                whole.to_owned()
            );
        }
    }
}
