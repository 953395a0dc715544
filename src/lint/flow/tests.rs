//! What stands around a program, and where the shell is, on the way through a script.

use super::*;
use crate::lint::options::Options;
use crate::lint::testing::as_text;
use crate::model::Dialect;
use crate::shell::parse;

/// Collects what becomes of the failure of each program, where it runs and under which options.
#[derive(Default)]
struct Seen(Vec<(String, Fate, Option<String>, Options, bool)>);

impl Visitor for Seen {
    fn call(&mut self, call: &Call<'_, '_>) {
        let dir = call.state.dir().map(str::to_owned);
        self.0.push((call.layer.name.clone(), call.around.fate, dir, call.state.options(), call.around.tail));
    }

    fn node(&mut self, _: Node<'_>, _: &Context<'_>) {}
}

fn seen(script: &str) -> Seen {
    let text = as_text(script);
    let parsed = parse(script, Dialect::Bash);
    let mut state = State::default().before(Overview::of(&parsed.statements));
    let mut seen = Seen::default();
    walk(&parsed.statements, &text, Around::script(), &mut state, &mut seen);
    seen
}

#[test]
fn what_becomes_of_a_failure_is_known() {
    use Fate::{Asked, Chained, Handled, Lost, Open, Piped};
    let cases: &[(&str, &[Fate])] = &[
        ("a; b", &[Open, Open]),
        ("a && b && c", &[Chained, Chained, Open]),
        ("a || b", &[Handled, Open]),
        ("a && b || c", &[Handled, Handled, Open]),
        ("a || b && c", &[Handled, Chained, Open]),
        ("if a; then b; else c; fi", &[Asked, Open, Open]),
        ("if a; b; then c; fi", &[Lost, Asked, Open]),
        ("if a && b; then c; fi", &[Asked, Asked, Open]),
        ("while a; do b; done", &[Asked, Open]),
        ("! a", &[Asked]),
        ("! a | b", &[Piped, Asked]),
        ("a | b", &[Piped, Open]),
        ("set -o pipefail; a | b", &[Open, Open, Open]),
        ("{ a; b; } | c", &[Piped, Piped, Open]),
        ("{ a; b; } && c", &[Lost, Chained, Open]),
        ("{ a && b; } || c", &[Handled, Handled, Open]),
        ("( a; b ) || c", &[Lost, Handled, Open]),
        ("a &", &[Lost]),
        ("f() { a; b; }", &[Open, Open]),
        ("[ $(a; b) ]", &[Open, Open, Open]),
        ("case x in y) a;; esac", &[Open]),
        ("for x in y; do a; b; done && c", &[Lost, Chained, Open]),
    ];
    for (script, fates) in cases {
        let found: Vec<_> = seen(script).0.into_iter().map(|(_, fate, ..)| fate).collect();
        assert_eq!(found, *fates, "{script}");
    }
}

#[test]
fn where_the_shell_is_and_what_its_options_are_is_known() {
    let dir = |script: &str| seen(script).0.pop().unwrap().2;
    assert_eq!(dir("cd a; cd b/; a").as_deref(), Some("a/b/"));
    assert_eq!(dir("cd a; cd /b; a").as_deref(), Some("/b"));
    assert_eq!(dir("x=c; pushd $x; a").as_deref(), Some("c"));
    for unknown in
        ["a", "cd $y; cd b; a", "cd b; cd -; a", "if a; then cd b; fi; a", "cd a; cd; a", "(cd a); b"]
    {
        assert_eq!(dir(unknown), None, "{unknown}");
    }
    let errexit = |script: &str| seen(script).0.pop().unwrap().3.errexit;
    for script in ["set -e; a", "set -eu; (a)", "f() { a; }; set -e", "set -o errexit; { a; }"] {
        let found = seen(script).0;
        let (_, _, _, options, _) = found.iter().find(|(name, ..)| name == "a").unwrap();
        assert!(options.errexit, "{script}");
    }
    for script in ["a", "set -e; set +e; a", "(set -e); a", "if a; then set -e; fi; b", "set -- -e; a"] {
        assert!(!errexit(script), "{script}");
    }
    assert!(!seen("set -e; x=$(a)").0[1].3.errexit, "bash forgets it in a substitution");
}

#[test]
fn what_ends_a_script_function_or_subshell_is_known() {
    let tails = |script: &str| -> String {
        seen(script).0.into_iter().filter(|one| one.4).map(|one| one.0).collect()
    };
    for (script, expected) in [
        ("a; b", "b"),
        ("a && b", "b"),
        ("if a; then b; else c; fi", "bc"),
        ("if a; then b; fi; c", "c"),
        ("f() { a; { b; }; }; c", "bc"),
        ("(a; b); c", "bc"),
        ("while a; do b; done", ""),
        ("a | b; c", "abc"),
    ] {
        assert_eq!(tails(script), expected, "{script}");
    }
}
