//! The shell parser against real shells, and against anything at all.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lfsgen::model::Dialect;
use lfsgen::shell::{ProblemKind, parse};
use proptest::prelude::*;

/// Scripts of other people: those of the machine that the test runs on.
fn scripts_of_this_machine() -> Vec<(PathBuf, String)> {
    let mut scripts = Vec::new();
    for folder in
        ["/usr/bin", "/usr/sbin", "/etc/init.d", "/var/lib/dpkg/info", "/usr/share", "/usr/lib", "/opt"]
    {
        gather(Path::new(folder), 0, &mut scripts);
    }
    scripts
}

fn gather(folder: &Path, depth: usize, scripts: &mut Vec<(PathBuf, String)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let Ok(metadata) = path.symlink_metadata() else { continue };
        if metadata.is_dir() && depth < 5 {
            gather(&path, depth + 1, scripts);
        } else if metadata.is_file() && metadata.len() < 400_000 && begins_as_script(&path) {
            scripts.extend(std::fs::read_to_string(&path).ok().map(|text| (path, text)));
        }
    }
}

fn begins_as_script(path: &Path) -> bool {
    use std::io::Read as _;
    let mut head = [0; 48];
    let read = std::fs::File::open(path).and_then(|mut file| file.read(&mut head)).unwrap_or(0);
    let line = head[..read].split(|&byte| byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let program = line.split_whitespace().find(|word| !word.ends_with("env")).unwrap_or_default();
    line.starts_with("#!") && ["/sh", "/bash", "/dash"].iter().any(|end| program.ends_with(end))
}

/// Whether a real shell reads the text without complaint; nothing where that shell is not installed.
fn accepted_by(shell: &str, script: &Path) -> Option<bool> {
    let output = Command::new(shell).arg("-n").arg(script).stdin(Stdio::null()).output().ok()?;
    Some(output.status.success() && output.stderr.is_empty())
}

/// Compares with a real shell on every script; gives the disagreements.
fn disagreements(shell: &str, dialect: Dialect) -> (usize, Vec<String>) {
    let (mut compared, mut wrong) = (0, Vec::new());
    for (path, text) in scripts_of_this_machine() {
        let Some(accepted) = accepted_by(shell, &path) else { continue };
        let problem = parse(&text, dialect).problem;
        let refused = problem.as_ref().is_some_and(|problem| problem.kind == ProblemKind::Malformed);
        compared += 1;
        if refused == accepted {
            let said = problem.map_or("accepted".to_owned(), |problem| {
                let line = text[..problem.span.start as usize].matches('\n').count() + 1;
                format!("line {line}: {}", problem.message)
            });
            wrong.push(format!("{} ({shell} accepts: {accepted}): {said}", path.display()));
        }
    }
    (compared, wrong)
}

#[test]
fn what_bash_reads_is_never_called_malformed() {
    let (compared, wrong) = disagreements("bash", Dialect::Bash);
    println!("{compared} scripts compared with bash");
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_dash_reads_is_never_called_malformed() {
    let (compared, wrong) = disagreements("dash", Dialect::Posix);
    println!("{compared} scripts compared with dash");
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
}

/// What is taken away from a script, put in twice or put in anew, one at a time, to break it.
const PIECES: [&str; 16] =
    ["fi", "done", "then", "do", "esac", "}", "{", "(", ")", "\"", "'", ";;", "&&", "|", "$(", ";"];

/// Scripts that were hurt in one place each. They have no backticks and no here-documents: what is in these bash reads
/// only when it runs.
fn mutants() -> Vec<String> {
    let scripts = scripts_of_this_machine();
    let short: Vec<_> = scripts
        .into_iter()
        .map(|(_, text)| text)
        .filter(|text| text.len() < 6_000 && !text.contains('`') && !text.contains("<<"))
        .collect();
    let mut mutants = Vec::new();
    for (number, text) in short.iter().enumerate().step_by(short.len() / 100 + 1) {
        for (which, piece) in PIECES.iter().enumerate() {
            let places: Vec<usize> = text.match_indices(piece).map(|(at, _)| at).collect();
            let Some(&at) = places.get((number * 7 + which * 3) % places.len().max(1)) else { continue };
            let without = [&text[..at], &text[at + piece.len()..]].concat();
            let twice = [&text[..at], piece, " ", &text[at..]].concat();
            mutants.extend([without, twice]);
        }
    }
    mutants
}

#[test]
fn hurt_scripts_are_refused_where_bash_refuses_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("script");
    let (mut refused, mut missed, mut wrong) = (0, Vec::new(), Vec::new());
    for text in mutants() {
        std::fs::write(&path, &text).unwrap();
        let Some(accepted) = accepted_by("bash", &path) else { return };
        let problem = parse(&text, Dialect::Bash).problem;
        let malformed = problem.as_ref().is_some_and(|problem| problem.kind == ProblemKind::Malformed);
        match (accepted, malformed) {
            (true, true) => wrong.push(format!("{problem:?}\n{text}")),
            (false, false) => missed.push(text),
            (false, true) => refused += 1,
            (true, false) => {}
        }
    }
    println!("{refused} hurt scripts refused as bash does, {} missed, {} wrongly", missed.len(), wrong.len());
    assert!(wrong.is_empty(), "bash accepts this:\n{}", wrong[0]);
    assert!(missed.len() * 20 <= refused, "bash refuses this:\n{}", missed[0]);
}

/// Every span of a tree, through its debug form, which shows them all.
fn spans(tree: &str) -> impl Iterator<Item = (usize, usize)> {
    tree.split("Span { start: ").skip(1).filter_map(|rest| {
        let (start, rest) = rest.split_once(", end: ")?;
        Some((start.parse().ok()?, rest.split_once(' ')?.0.parse().ok()?))
    })
}

fn check_places(text: &str, dialect: Dialect) {
    let parsed = parse(text, dialect);
    for (start, end) in spans(&format!("{parsed:?}")) {
        assert!(start <= end && end <= text.len(), "{start}..{end} is not in {text:?}");
        assert!(text.is_char_boundary(start) && text.is_char_boundary(end), "{start}..{end} cuts {text:?}");
    }
}

/// Pieces that a shell reads specially, and some that it does not.
fn piece() -> impl Strategy<Value = &'static str> {
    let pieces = [
        "if", "then", "fi", "else", "elif", "for", "in", "do", "done", "while", "case", "esac", "function",
        "select", "time", "coproc", "[[", "]]", "((", "))", "(", ")", "{", "}", "!", ";", ";;", ";&", "&",
        "&&", "|", "||", "|&", "<", ">", ">>", "<<E\n", "<<-'E'\n", "<<<", "E\n", "&>", ">&", "2>", "{fd}>",
        "<(", "$(", "$((", "${", "${#a", "${a[", ":-", "%", "$[", "`", "\"", "'", "$'", "$\"", "\\", "\\\n",
        "\n", " ", "\t", "#", "a", "a=", "a+=(", "a[", "]=", "f()", "é", "\u{a0}", "\0", "\r", "0", "=~",
        "@(", "~", "*",
    ];
    proptest::sample::select(pieces.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_soup_of_tokens_is_read_and_its_places_lie_in_it(pieces in proptest::collection::vec(piece(), 0..40), glue: bool) {
        let text = pieces.join(if glue { "" } else { " " });
        check_places(&text, Dialect::Bash);
        check_places(&text, Dialect::Posix);
    }

    #[test]
    fn any_text_is_read_and_its_places_lie_in_it(text in "\\PC{0,60}") {
        check_places(&text, Dialect::Bash);
    }
}

#[test]
fn what_lies_very_deep_or_never_ends_is_refused_quickly() {
    let openers = [
        "(",
        "{ ",
        "$(",
        "$((",
        "((",
        "((a ",
        "if ",
        "`",
        "\\`",
        "\"$(",
        "${a:-",
        "a=(",
        "a[",
        "case x in ",
        "f() { ",
        "[[ ( ",
        "<(",
        "$(cat <<E\n",
        "cat <<E\n",
        "cat <<A <<B ",
        "@(",
        "! ",
        "$[",
        "for x in a; do ",
        "\"",
        "'",
        "$'",
    ];
    for opener in openers {
        let text = opener.repeat(20_000);
        check_places(&text, Dialect::Bash);
        check_places(&text, Dialect::Posix);
    }
}
