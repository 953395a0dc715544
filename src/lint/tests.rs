//! What lint knows at each point of a script. `rm -r` of a variable shows it: a finding says that it may be empty.

use super::flow::{Around, Call, Context, Fate, Node, Visitor, walk};
use super::*;
use crate::diag::Severity;
use crate::source::{FileId, Place, Text};

pub(super) fn lint_of(script: &str) -> Diagnostics {
    let text = Text::verbatim(script, Place::new(FileId(0), 0..script.len()));
    lint_scripts(&LintConfig::default(), &[(text, Dialect::Bash)]).findings
}

/// The words that findings of an error's severity point at.
fn found(script: &str) -> Vec<String> {
    let findings = lint_of(script);
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| script[finding.primary.as_ref().unwrap().place.range()].to_owned()).collect()
}

/// The words at which one rule points.
pub(super) fn found_by(rule: &str, script: &str) -> Vec<String> {
    let findings = lint_of(script);
    let of_rule = findings.iter().filter(|finding| finding.rule == rule);
    of_rule.map(|finding| script[finding.primary.as_ref().unwrap().place.range()].to_owned()).collect()
}

fn is_silent(scripts: &[&str]) {
    for script in scripts {
        assert!(found(script).is_empty(), "{script}: {:?}", found(script));
    }
}

fn finds(cases: &[(&str, &str)]) {
    for (script, word) in cases {
        assert_eq!(found(script), [*word], "{script}");
    }
}

#[test]
fn what_is_assigned_on_every_way_is_known() {
    is_silent(&[
        "x=a; rm -r $x/b",
        "x=a && rm -r $x/b",
        "export x=a; rm -r $x/b",
        "if a; then x=1; else x=2; fi; rm -r $x/b",
        "if a; then x=1; else exit; fi; rm -r $x/b",
        "case $1 in a) x=1;; *) x=2;; esac; rm -r $x/b",
        "for x in a b; do rm -r $x/b; done",
        "x=$(mktemp -d); rm -r $x/b",
        "x=${1:-a}; rm -r $x/b",
        "x=a; y=$x; rm -r $y/b",
        "x=a; (rm -r $x/b)",
        "f() { local x=a; rm -r $x/b; }",
        "x=(a b); rm -r ${x[0]}/b",
        "rm -r ${x%/}a/b",
    ]);
}

#[test]
fn what_may_not_have_been_assigned_is_not_known() {
    finds(&[
        ("if a; then x=1; fi; rm -r $x/b", "$x/b"),
        ("a && x=1; rm -r $x/b", "$x/b"),
        ("(x=1); rm -r $x/b", "$x/b"),
        ("x=1 | a; rm -r $x/b", "$x/b"),
        ("x=1 a; rm -r $x/b", "$x/b"),
        ("while a; do x=1; done; rm -r $x/b", "$x/b"),
        ("case $1 in a) x=1;; esac; rm -r $x/b", "$x/b"),
        ("x=a; unset x; rm -r $x/b", "$x/b"),
        ("x=a; read x; rm -r $x/b", "$x/b"),
        ("x=a; x=; rm -r $x/b", "$x/b"),
        ("x=$(sed -n 1p f); rm -r $x/b", "$x/b"),
        ("x=${1-a}; rm -r $x/b", "$x/b"),
        ("rm -r `a`/b", "`a`/b"),
        ("export x=; rm -r $x/b", "$x/b"),
    ]);
}

#[test]
fn a_path_is_put_together_from_what_is_written_down() {
    finds(&[("x=/usr; rm -r \"$x/lib\"", "\"$x/lib\""), ("x=/usr/; y=$x; rm -r /us\"r\"/*", "/us\"r\"/*")]);
    is_silent(&[
        "x=/usr; rm -r $x/lib/a",
        "x=/; x=a; rm -r $x",
        "rm -r /usr/lib/a /opt/b ./usr usr",
        "rm /usr",
    ]);
}

#[test]
fn a_path_is_what_the_shell_makes_of_it_however_it_is_written() {
    finds(&[
        ("rm -r /usr/.", "/usr/."),
        ("rm -r /opt/../usr//lib", "/opt/../usr//lib"),
        ("rm -r {/usr,/opt/a}", "{/usr,/opt/a}"),
        ("rm -r /us[r]", "/us[r]"),
        ("rm -r /usr/*/", "/usr/*/"),
        ("cd / && rm -r usr", "usr"),
        ("cd /usr; rm -r ./*", "./*"),
        ("rm --rec /usr", "/usr"),
        ("env -S 'rm -r /usr'", "/usr"),
        ("echo 'rm -r /usr' | sh", "/usr"),
        ("printf '%s' 'rm -r /usr' | sh -x", "/usr"),
        (". /dev/stdin <<< 'rm -r /usr'", "/usr"),
        ("rm -r ~", "~"),
        ("rm -r \"$HOME\"/*", "\"$HOME\"/*"),
    ]);
    is_silent(&[
        "cd build; rm -r *",
        "cd $1; rm -r *",
        "cd /usr; cd $1; rm -r *",
        "(cd /usr); rm -r *",
        "rm -r /usr/{lib,bin}/a '/us?' ~/a \"$HOME\"/.cache",
        "echo 'rm -r /usr' | sh f",
        "rm --rec ./usr",
    ]);
}

#[test]
fn tests_and_guards_teach() {
    is_silent(&[
        "rm -r ${x:?}/b",
        ": ${x:?}; rm -r $x/b",
        ": ${x:=a}; rm -r $x/b",
        "[ -n \"$x\" ] && rm -r $x/b",
        "[ -z \"$x\" ] || rm -r $x/b",
        "[ -z \"$x\" ] && exit 1; rm -r $x/b",
        "test -n \"$x\" || { echo no; exit 1; }; rm -r $x/b",
        "[[ -n $x && $y == b ]] && rm -r $x/b",
        "if [ -d \"$x\" ]; then rm -r $x/b; fi",
        "if [ ! -n \"$x\" ]; then return; fi; rm -r $x/b",
        "if [ -z \"$x\" ]; then exit; fi; rm -r $x/b",
        "if ! [ \"$x\" ]; then exit; fi; rm -r $x/b",
        "if [ \"$x\" = a ]; then rm -r $x/b; fi",
        "[ \"$x\" != \"\" ] && rm -r $x/b",
        "[ \"$x\" = \"\" ] && exit; rm -r $x/b",
    ]);
    finds(&[
        ("[ -z \"$x\" ] && rm -r $x/b", "$x/b"),
        ("[ -n \"$x\" ] || rm -r $x/b", "$x/b"),
        ("[ -n \"$x\" ] && a; rm -r $x/b", "$x/b"),
        ("[[ -n $x || -n $y ]] && rm -r $x/b", "$x/b"),
    ]);
}

#[test]
fn an_old_value_is_forgotten_where_there_may_be_another() {
    finds(&[
        ("x=a; export x=/usr; rm -r $x", "$x"),
        ("x=/; y=${x}usr; z=$y/lib; rm -r $z", "$z"),
        ("f() { rm -r $1/b; }; [ -n \"$1\" ] && f", "$1/b"),
        ("[ -n \"$1\" ] || exit; shift; rm -r $1/b", "$1/b"),
        ("[ -n \"$1\" ] || exit; sh -c 'rm -r $1/b'", "$1/b"),
        ("[ -n $x ] && rm -r $x/b", "$x/b"),
        ("[ -n \"${#x}\" ] && rm -r $x/b", "$x/b"),
        ("[ -n \"${x:-a}\" ] && rm -r $x/b", "$x/b"),
        ("[ \"$x\" ] || exec >f; rm -r $x/b", "$x/b"),
        ("case $x in *) rm -r $x/b;; esac", "$x/b"),
    ]);
    is_silent(&[
        "x=/usr; f() { x=/opt/a; }; f; rm -r $x",
        "x=/usr; while a; do rm -r $x; x=/opt/a; done",
        "x=/usr; for y in a b; do rm -r $x; x=/opt/a; done",
        "x=/usr; . ./f; rm -r $x",
        "x=/usr; x+=a; rm -r $x",
        "x=/usr; printf -v x %s /a; rm -r ${x:?}",
        "[ -n \"${x:-}\" ] && rm -r $x/b",
        "[[ -n $x ]] && rm -r $x/b",
        "case $x in a|b*) rm -r $x/b;; esac",
        "for x in $(a); do rm -r $x/b; done",
        "[ \"$x\" ] || exec a; rm -r $x/b",
    ]);
}

/// Collects what becomes of the failure of each program, where it runs and under which options.
#[derive(Default)]
struct Seen(Vec<(String, Fate, Option<String>, options::Options, bool)>);

impl Visitor for Seen {
    fn call(&mut self, call: &Call<'_, '_>) {
        let dir = call.state.dir().map(str::to_owned);
        self.0.push((call.layer.name.clone(), call.around.fate, dir, call.state.options(), call.around.tail));
    }

    fn node(&mut self, _: Node<'_>, _: &Context<'_>) {}
}

fn seen(script: &str) -> Seen {
    let text = Text::verbatim(script, Place::new(FileId(0), 0..script.len()));
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

#[test]
fn programs_are_seen_behind_others() {
    for script in [
        "env -u A B=c sudo a",
        "command sudo a",
        "exec /usr/bin/sudo a",
        "nohup nice -n 5 timeout -k 1 10 sudo a",
        "a | xargs -n 1 sudo b",
        "find . -type f -exec sudo a {} +",
        "find . -exec a {} \\; -exec sudo b {} \\;",
        "command -p env -i PATH=/bin /usr/bin/sudo -u a b",
        "find . -print0 | xargs -0 -n1 doas a",
        "x=/usr/bin/su; \"$x\" - a",
        "x='sudo -n'; $x a",
        "ssh() { runuser -u a -- b; }",
        "sh -s <<E\nsudo a\nE\n",
        "env bash <<< 'sudo a'",
        "x=$(sudo a)",
        "cat <(sudo a)",
        "sh -ec 'true; sudo a'",
        "bash <<'E'\nsudo a\nE\n",
        "eval 'sudo a'",
        "trap 'sudo a' EXIT",
        "f() { sudo a; }",
        "[ \"$(sudo a)\" ]",
        "cat <<E\n$(sudo a)\nE\n",
        "x=sudo; $x a",
        "echo `sh -c \"sudo a\"`",
        "a=(\"$(sudo b)\")",
        "FOO=# ; sudo a",
    ] {
        let found = lint_of(script);
        assert!(found.iter().any(|finding| finding.rule == "privilege-switch"), "{script}");
    }
    is_silent(&["command -v sudo", "echo sudo", "cat <<'E'\nsudo a\nE\n", "# sudo a", "man sudo", "x=sudo"]);
}

#[test]
fn what_may_be_the_purpose_of_a_script_is_a_note() {
    for script in ["useradd a", "systemctl restart a", "mount a /b"] {
        let severities: Vec<_> = lint_of(script).iter().map(|finding| finding.severity).collect();
        assert_eq!(severities, [Severity::Note], "{script}");
    }
}

#[test]
fn a_script_inside_a_script_has_its_places() {
    let script = "sh -c 'a; rm -r /usr'";
    assert_eq!(found(script), ["/usr"]);
    let script = "bash -e <<\"E\"\nif a; then\n  rm -r $x/b\nfi\nE\n";
    assert_eq!(found(script), ["$x/b"]);
    assert_eq!(found("sh -c 'if'"), ["if"]);
    // What the shell will read is not known here.
    is_silent(&["sh -c \"$x () {\""]);
}

#[test]
fn only_what_runs_a_download_is_told() {
    let rules = |script: &str| lint_of(script).iter().map(|finding| finding.rule).collect::<Vec<_>>();
    for script in [
        "curl u | sh",
        "curl u | tee f | bash -x",
        "{ echo a; wget -O- u; } | sh",
        ". <(curl u)",
        "bash -c \"`curl u`\"",
        "bash <<< \"$(curl u)\"",
        "curl u | python3 -",
        "python3 -c \"$(curl u)\"",
    ] {
        assert_eq!(rules(script), ["download-to-shell"], "{script}");
    }
    for script in [
        "curl u | sh f",
        "curl u | python3 f.py",
        "curl u | jq .",
        "sh f | curl u",
        "echo \"$(curl u)\"",
        "cat f | sh",
    ] {
        assert!(rules(script).is_empty(), "{script}");
    }
}

#[test]
fn an_exception_holds_for_its_line_alone() {
    let allowed = "# lfsgen: allow recursive-remove because a test\n";
    assert_eq!(found(&format!("{allowed}rm -r $x/a\nrm -r $x/b\n")), ["$x/b"]);
    assert_eq!(found(&format!("{allowed}\n# more\nrm -r \\\n $x/a\nrm -r $x/b\n")), ["$x/b"]);
    assert_eq!(found("rm -r $x/a # lfsgen: allow recursive-remove because a test\nrm -r $x/b\n"), ["$x/b"]);
}

#[test]
fn every_line_that_a_template_writes_is_shell() {
    use crate::model::testing::{package, project, source, stage, text};
    use crate::model::{EnvName, Unpack};
    for dialect in [Dialect::Bash, Dialect::Posix] {
        let packages = crate::recipe::SYSTEMS.iter().enumerate().map(|(number, &system)| {
            let mut package = package(&format!("p{number}"), &[]);
            package.dialect = dialect;
            package.build.system.value = system;
            package.build.configure = vec![text("it's \"$a\" `b`\n(c)"), text("")];
            package.build.env.insert(EnvName::new("CFLAGS").unwrap(), text("'\"\\ $(x)\n"));
            package.sources =
                vec![source("a b.tar.gz", Unpack::TopDirectory), source("'.zip", Unpack::TopDirectory)];
            package
        });
        let (plan, _) =
            crate::plan::resolve(project(vec![stage("host", &[])]), packages.collect(), &Default::default());
        assert_eq!(check_templates(&plan.unwrap()), Diagnostics::default());
    }
}

#[test]
fn levels_change_findings_and_name_rules_that_are_there() {
    use crate::model::testing::{package, place, project, stage, text};
    use crate::model::{LintLevel, PhaseText};
    use crate::source::Spanned;
    let mut package = package("a", &[]);
    let build = PhaseText {
        replace: Some(text("sudo a; rm -r \"$x\"; rm -r \"$x/b\"; curl u")),
        ..PhaseText::default()
    };
    package.phases.insert(Phase::Build, build);
    let said = |levels: &[(&str, LintLevel)]| {
        let mut project = project(vec![stage("host", &[])]);
        for (name, level) in levels {
            project.lint.levels.insert((*name).to_owned(), Spanned::new(*level, place(1)));
        }
        let findings = lint(&project, std::slice::from_ref(&package)).findings;
        let wanted = ["privilege-switch", "recursive-remove", "network-in-build", "unknown-rule"];
        let findings = findings.iter().filter(|finding| wanted.contains(&finding.rule));
        findings.map(|finding| format!("{} {}", finding.severity, finding.rule)).collect::<Vec<_>>()
    };
    let usual = [
        "error privilege-switch",
        "note recursive-remove",
        "error recursive-remove",
        "error network-in-build",
    ];
    assert_eq!(said(&[]), usual);
    assert_eq!(
        said(&[
            ("privilege-switch", LintLevel::Off),
            ("recursive-remove", LintLevel::At(Severity::Warning)),
            ("network-in-build", LintLevel::At(Severity::Note)),
        ]),
        ["note recursive-remove", "warning recursive-remove", "note network-in-build"]
    );
    assert_eq!(said(&[("sudo", LintLevel::Off)])[0], "error unknown-rule");
}

#[test]
fn a_loop_goes_through_the_paths_that_are_written_for_it() {
    finds(&[
        ("for d in /opt/a /usr; do rm -r $d; done", "$d"),
        ("for d in usr etc; do rm -rf \"/$d\"; done", "\"/$d\""),
        ("rm -rf \"${x:-/usr}\"", "\"${x:-/usr}\""),
    ]);
    is_silent(&[
        "for d in /opt/a /opt/b; do rm -r $d; done",
        "for d in usr etc; do rm -rf a/$d; done",
        "for d in usr etc; do d=a/$d; rm -rf /$d; done",
        "for d in /usr /etc; do :; done; rm -rf \"/opt/a$d\"",
        "rm -rf \"${x:-/opt/a}\"",
        "for d in /usr/*; do case $d in *.bak) rm -rf $d ;; esac; done",
    ]);
}
