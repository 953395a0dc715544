//! A phase stops at the first command that fails, also in a chain of `&&`. Every script here is run.

use std::fmt::Write as _;
use std::process::Command;

use lfsgen::compile::Compiled;
use lfsgen::emit::Backend;
use lfsgen::model::Dialect;
use lfsgen::recipe::script;
use lfsgen::shell::parse;
use proptest::prelude::*;

use super::Project;

/// A package whose `build` phase is this text, and some text after it.
struct Built {
    script: String,
    /// The author's text as it stands in the script.
    user: Vec<String>,
}

fn built(dialect: &str, build: &str, after: &str) -> Built {
    let json = |text: &str| serde_json::to_string(text).unwrap();
    let spec = format!(
        "package: a\nversion: \"1\"\ndialect: {dialect}\nphases:\n  build:\n    replace: {}\n    after: {}\n",
        json(build),
        json(after)
    );
    let spec = spec.replace("phases:\n", "build: { system: custom }\nphases:\n");
    let project =
        Project { config: "project: x\n".to_owned(), specs: vec![("specs/a.yaml".to_owned(), spec)] };
    let Compiled { sources, plan, diagnostics, .. } = project.compile(Backend::Ninja);
    let plan = plan.unwrap_or_else(|| panic!("{diagnostics:?}"));
    let planned = &plan.packages[0];
    let script = script(&sources, &planned.package, &planned.recipe);
    let user = script.user.iter().map(|user| script.text[user.range.clone()].to_owned()).collect();
    Built { script: script.text, user }
}

/// `c NAME STATUS` writes its name down and gives that status; what it is fed it throws away.
const COMMAND: &str =
    "#!/bin/sh\n[ -t 0 ] || cat > /dev/null\nprintf '%s ' \"$1\" >> \"$TOLD\"\nexit \"$2\"\n";

/// Runs the phase; gives what was written down and the exit status.
fn run(shell: &str, script: &str) -> (String, i32) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("work/src")).unwrap();
    super::hostile::program(&dir.path().join("c"), COMMAND);
    std::fs::write(dir.path().join("a.sh"), script).unwrap();
    let path = std::env::var("PATH").unwrap();
    let status = Command::new(shell)
        .args(["a.sh", "build"])
        .current_dir(dir.path())
        .env("PATH", format!("{}:{path}", dir.path().display()))
        .env("TOLD", dir.path().join("told"))
        .env("LFSGEN_WORK", dir.path().join("work"))
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    let told = std::fs::read_to_string(dir.path().join("told")).unwrap_or_default();
    (told.trim_end().to_owned(), status.code().unwrap())
}

const BOTH: [(&str, &str); 3] = [("bash", "bash"), ("posix", "bash"), ("posix", "dash")];

#[track_caller]
fn assert_runs(build: &str, told: &str, status: i32) {
    for (dialect, shell) in BOTH {
        let Built { script, .. } = built(dialect, build, "c after 0");
        let ran = run(shell, &script);
        assert_eq!(ran, (told.to_owned(), status), "{dialect} in {shell}:\n{build}\n---\n{script}");
    }
}

#[test]
fn a_chain_stops_at_its_first_failure_with_its_status() {
    assert_runs("c a 0 && c b 0 && c d 0", "a b d after", 0);
    assert_runs("c a 3 && c b 0 && c d 0", "a", 3);
    assert_runs("c a 0 && c b 4 && c d 0", "a b", 4);
    assert_runs("c a 0 && c b 0 && c d 5", "a b d", 5);
    assert_runs("c a 3&&c b 0", "a", 3);
    assert_runs("c a 0 |\n  c b 6 &&\n  c d 0", "a b", 6);
}

#[test]
fn a_chain_stops_wherever_it_stands() {
    assert_runs("for x in 1 2; do c $x 3 && c b 0; done", "1", 3);
    assert_runs("for x in 1 2; do c $x 0 && c b 0; done", "1 b 2 b after", 0);
    assert_runs("while c w 0; do\n  c a 3 && c b 0\ndone", "w a", 3);
    assert_runs("until c w 0; do :; done; c a 3 && c b 0", "w a", 3);
    assert_runs("f() { c a 3 && c b 0; c d 0; }\nf", "a", 3);
    assert_runs("f() { c a 3 && c b 0; }\nf", "a", 3);
    assert_runs("(c a 3 && c b 0; c d 0)", "a", 3);
    assert_runs("(c a 3 && c b 0)", "a", 3);
    assert_runs("{ c a 3 && c b 0; }", "a", 3);
    assert_runs("if c q 0; then c a 3 && c b 0; else c d 0; fi", "q a", 3);
    assert_runs("if c q 1; then :; elif c r 1; then :; else c a 3 && c b 0; fi", "q r a", 3);
    assert_runs("case x in x) c a 3 && c b 0 ;; esac", "a", 3);
    assert_runs("[ 1 = 2 ] || { c a 3 && c b 0; c d 0; }", "a", 3);
    assert_runs("[ 1 = 1 ] && { c a 3 && c b 0; }", "a", 3);
    assert_runs("{ c a 3 && c b 0; c d 0; } | c e 4", "a e", 4);
}

#[test]
fn the_last_of_a_chain_is_still_watched_inside() {
    // With `|| exit` behind the whole chain, the shell would no longer look at what fails in the braces.
    assert_runs("c a 0 && { c b 3; c d 0; }", "a b", 3);
    assert_runs("f() { c b 3; c d 0; }\nc a 0 && f", "a b", 3);
    assert_runs("c a 0 && (c b 3; c d 0)", "a b", 3);
    assert_runs("c a 0 && eval 'c b 3; c d 0'", "a b", 3);
}

#[test]
fn a_here_document_stays_behind_the_line_of_its_operator() {
    assert_runs("c a 3 <<E && c b 0\nx && y\nE", "a", 3);
    assert_runs("c a 0 <<E && c b 4 <<'F' &&\nx\nE\ny && z\nF\nc d 0", "a b", 4);
    assert_runs("{ c a 0; c b 3 <<E\nx\nE\n} > out 2>&1 && c d 0", "a b", 3);
}

#[test]
fn comments_and_joined_lines_stay_where_they_are() {
    assert_runs("c a 3 && # why, && why not\n  c b 0 # more", "a", 3);
    assert_runs("c \\\n  a 3 \\\n  && c b 0", "a", 3);
    assert_runs("if :; then c a 3; fi && c b 0", "a", 3);
    assert_runs("(c a 3) && c b 0", "a", 3);
    assert_runs("c a 0 && c \"$(c b 0 && c d 0)\"e 0 && c f 3 && c g 0", "a b d e f", 3);
}

#[test]
fn a_question_is_answered_and_the_phase_goes_on() {
    assert_runs("[ 1 = 2 ] && c a 0", "after", 0);
    assert_runs("[ 1 = 1 ] && [ 1 = 2 ] && c a 0", "after", 0);
    assert_runs("! c q 0 && c a 0", "q after", 0);
    assert_runs("echo x | grep -q y && c a 0", "after", 0);
    assert_runs("command -v no-such-program > /dev/null && c a 0", "after", 0);
    assert_runs("c a 0 && [ 1 = 2 ] && c b 0", "a after", 0);
    assert_runs("c a 3 && [ 1 = 2 ] && c b 0", "a", 3);
}

#[test]
fn what_the_author_handles_is_left_to_the_author() {
    assert_runs("c a 3 && c b 0 || c d 0", "a d after", 0);
    assert_runs("if c a 3 && c b 0; then c d 0; else c e 0; fi", "a e after", 0);
    assert_runs("while c a 3 && c b 0; do c d 0; done", "a after", 0);
    assert_runs("{ c a 3 && c b 0; } || c d 0", "a d after", 0);
    assert_runs("! { c a 3 && c b 0; }", "a after", 0);
    assert_runs("set +e\nc a 3 && c b 0\nset -e", "a after", 0);
    assert_runs("set +e\nc a 3\nset -e\nc b 3 && c d 0", "a b", 3);
    assert_runs("(set +e; c a 3 && c b 0; c d 0); c e 3 && c f 0", "a d e", 3);
    assert_runs("set -ex; set +o errexit\nc a 3 && c b 0\nset -o errexit", "a after", 0);
}

#[test]
fn the_rest_of_the_text_is_verbatim() {
    for (build, stands) in [
        ("./configure && make", "./configure || exit && make"),
        ("[ -f a ] && rm a", "[ -f a ] && rm a"),
        ("./configure && make &", "./configure && make &"),
        ("./configure && make )", "./configure && make )"),
        ("a  \\\n  && b #c\n\n", "a || exit  \\\n  && b #c\n\n"),
        ("a <<E && b\né\tE\nE\n", "a <<E || exit && b\né\tE\nE\n"),
    ] {
        assert_eq!(built("bash", build, "true").user[0], stands);
    }
    // The phase ends with the chain's own status.
    assert_eq!(built("bash", "", "./configure && make").user, ["./configure && make"]);
    assert_eq!(
        built("bash", "", "if a; then b && c; fi\n# done\n").user,
        ["if a; then b && c; fi\n# done\n"]
    );
}

/// A small script.
#[derive(Debug, Clone)]
enum Step {
    /// A command with its status, and whether it is fed a here-document.
    Run(u8, bool),
    /// Commands, then questions with their answers, then the last.
    Chain(Vec<(u8, bool)>, Vec<bool>, Box<Step>),
    /// One command or the other.
    Either(u8, u8),
    If(bool, Vec<Step>, Vec<Step>),
    Case(Vec<Step>),
    Twice(Vec<Step>),
    Brace(Vec<Step>),
    Subshell(Vec<Step>),
    Function(Vec<Step>),
}

fn step() -> impl Strategy<Value = Step> {
    let status = || prop_oneof![5 => Just(0_u8), 1 => 1..6_u8];
    let run = (status(), any::<bool>()).prop_map(|(status, fed)| Step::Run(status, fed));
    let leaf = prop_oneof![run, (status(), status()).prop_map(|(one, other)| Step::Either(one, other))];
    leaf.prop_recursive(3, 24, 4, move |inner| {
        let body = || prop::collection::vec(inner.clone(), 1..4);
        let commands = prop::collection::vec((status(), any::<bool>()), 0..3);
        let questions = prop::collection::vec(any::<bool>(), 0..2);
        let chain = (commands, questions, inner.clone())
            .prop_filter("a chain has two members", |(commands, questions, last)| {
                commands.len() + questions.len() > 0 && !matches!(last, Step::Chain(..) | Step::Either(..))
            })
            .prop_map(|(commands, questions, last)| Step::Chain(commands, questions, Box::new(last)));
        prop_oneof![
            3 => chain,
            1 => (any::<bool>(), body(), body()).prop_map(|(yes, then, other)| Step::If(yes, then, other)),
            1 => body().prop_map(Step::Case),
            1 => body().prop_map(Step::Twice),
            1 => body().prop_map(Step::Brace),
            1 => body().prop_map(Step::Subshell),
            1 => body().prop_map(Step::Function),
        ]
    })
}

/// Writes steps as shell, in ways that differ with `style`.
struct Writer {
    text: String,
    documents: usize,
    names: usize,
    style: usize,
}

impl Writer {
    fn line(&mut self) {
        self.text.push('\n');
        for _ in 0..std::mem::take(&mut self.documents) {
            self.text += "made && left\nE\n";
        }
    }

    fn run(&mut self, status: u8, fed: bool) {
        self.names += 1;
        write!(self.text, "c {} {status}", self.names).unwrap();
        if fed {
            self.text += " <<E";
            self.documents += 1;
        }
    }

    fn and(&mut self) {
        self.style += 1;
        match self.style % 4 {
            0 => self.text += "&&",
            1 => self.text += " && ",
            2 => {
                self.text += " && # && not here";
                self.line();
            }
            _ if self.documents > 0 => self.text += " && ",
            _ => self.text += " \\\n  && ",
        }
    }

    fn list(&mut self, steps: &[Step]) {
        for step in steps {
            self.step(step);
            self.line();
        }
    }

    fn inside(&mut self, before: &str, steps: &[Step], after: &str) {
        self.text += before;
        self.line();
        self.list(steps);
        self.text += after;
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Run(status, fed) => self.run(*status, *fed),
            Step::Chain(commands, questions, last) => {
                for (status, fed) in commands {
                    self.run(*status, *fed);
                    self.and();
                }
                for yes in questions {
                    self.text += if *yes { "[ 1 = 1 ]" } else { "[ 1 = 2 ]" };
                    self.and();
                }
                self.step(last);
            }
            Step::Either(one, other) => {
                self.run(*one, false);
                self.text += " || ";
                self.run(*other, false);
            }
            Step::If(yes, then, other) => {
                let head = if *yes { "if [ 1 = 1 ] && true; then" } else { "if false && true; then" };
                self.inside(head, then, "else");
                self.inside("", other, "fi");
            }
            Step::Case(body) => self.inside("case x in x)", body, ";; esac"),
            Step::Twice(body) => self.inside("for _ in 1 2; do", body, "done"),
            Step::Brace(body) => self.inside("{", body, "}"),
            Step::Subshell(body) => self.inside("(", body, ")"),
            Step::Function(body) => {
                self.names += 1;
                let name = format!("f{}", self.names);
                // A definition is no part of what follows, so that it may stand in a chain only in braces.
                self.inside(&format!("{{ {name}() {{"), body, "}");
                self.line();
                write!(self.text, "{name}; }}").unwrap();
            }
        }
    }
}

/// What should happen: the names of the commands that run, and the status with which the phase stops, if it does.
#[derive(Default)]
struct Model {
    names: usize,
    told: Vec<String>,
}

/// The status to go on with, or the status to stop with.
type Outcome = Result<u8, u8>;

impl Model {
    fn list(&mut self, steps: &[Step], runs: bool) -> Outcome {
        let mut outcome = Ok(0);
        for step in steps {
            let here = self.step(step, runs && outcome.is_ok());
            outcome = outcome.and(here);
        }
        outcome
    }

    fn run(&mut self, status: u8, runs: bool) -> u8 {
        self.names += 1;
        if !runs {
            return 0;
        }
        self.told.push(self.names.to_string());
        status
    }

    /// A step that does not run still has names.
    fn step(&mut self, step: &Step, runs: bool) -> Outcome {
        let stops = |status: u8| if status == 0 { Ok(0) } else { Err(status) };
        match step {
            Step::Run(status, _) => stops(self.run(*status, runs)),
            Step::Chain(commands, questions, last) => {
                let mut outcome = Ok(0);
                for (status, _) in commands {
                    outcome = outcome.and(stops(self.run(*status, runs && outcome.is_ok())));
                }
                let no = questions.contains(&false);
                let ended = self.step(last, runs && outcome.is_ok() && !no);
                outcome.and(if no && runs { Ok(1) } else { ended })
            }
            Step::Either(one, other) => {
                let one = self.run(*one, runs);
                stops(self.run(*other, runs && one != 0))
            }
            Step::If(yes, then, other) => {
                let then = self.list(then, runs && *yes);
                let other = self.list(other, runs && !yes);
                if *yes { then } else { other }
            }
            Step::Case(body) | Step::Brace(body) => self.list(body, runs),
            Step::Twice(body) => {
                let names = self.names;
                let first = self.list(body, runs);
                self.names = names;
                let second = self.list(body, runs && first.is_ok());
                first.and(second)
            }
            Step::Subshell(body) => self.list(body, runs).and_then(stops),
            Step::Function(body) => {
                self.names += 1;
                self.list(body, runs).and_then(stops)
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_phase_stops_at_the_first_command_that_fails(
        steps in prop::collection::vec(step(), 1..4),
        after in prop::collection::vec(step(), 1..3),
        style in 0..4_usize,
    ) {
        let mut writer = Writer { text: String::new(), documents: 0, names: 0, style };
        writer.list(&steps);
        let build = std::mem::take(&mut writer.text);
        writer.list(&after);
        let mut model = Model::default();
        let outcome = model.list(&steps, true).and_then(|_| model.list(&after, true));
        let outcome = model.list(&[], outcome.is_ok()).and(outcome);
        let expected = (model.told.join(" "), i32::from(outcome.unwrap_or_else(|status| status)));
        for (dialect, shell) in BOTH {
            let Built { script, user } = built(dialect, &build, &writer.text);
            for text in &user {
                let read = if dialect == "bash" { Dialect::Bash } else { Dialect::Posix };
                prop_assert_eq!(parse(text, read).problem, None);
            }
            prop_assert_eq!(run(shell, &script), expected.clone(), "{} in {}:\n{}", dialect, shell, script);
        }
    }
}
