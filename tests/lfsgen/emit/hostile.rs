//! Values that mean something to a shell, to ninja or to make arrive as they were written, or are refused.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use lfsgen::compile::Compiled;
use lfsgen::emit::Backend;
use proptest::prelude::*;

use super::{Project, file, told};
use crate::support;

/// Text of the characters that are dangerous somewhere, and of some that are dangerous nowhere.
fn hostile() -> impl Strategy<Value = String> {
    let characters =
        prop::sample::select(" $:'\"\\`;|&<>(){}[]*?~#%=!^,\n\t-ab1é/.".chars().collect::<Vec<_>>());
    prop::collection::vec(characters, 0..12).prop_map(|characters| characters.into_iter().collect())
}

/// Text as YAML that means just that: JSON is YAML (YAML 1.2.2, 1.2).
fn yaml(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// Text as a spec's value that means just that.
fn value_of(text: &str) -> String {
    yaml(&lfsgen::model::escaped(text))
}

/// A program that writes down its arguments and some of its environment, each with a NUL after it.
const TELL: &str = "#!/bin/sh\nfor word; do printf '%s\\0' \"$word\"; done >> \"$TOLD\"\nprintf 'A=%s\\0' \"${A-}\" >> \"$TOLD\"\n";

/// Another process writes it: a file that this one has open to write while another test starts a program is open in that
/// program too, for a moment, and cannot be run ("text file busy", execve(2)).
pub(super) fn program(path: &Path, text: &str) {
    let source = path.with_extension("text");
    std::fs::write(&source, text).unwrap();
    let status = Command::new("install").args(["-m", "755"]).arg(&source).arg(path).status().unwrap();
    assert!(status.success());
}

fn told_in(path: &Path) -> Vec<String> {
    let bytes = std::fs::read(path).unwrap_or_default();
    let words = bytes.split(|&byte| byte == 0).map(|word| String::from_utf8(word.to_vec()).unwrap());
    let mut words: Vec<_> = words.collect();
    words.pop();
    words
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arguments_and_environment_reach_the_command_as_they_were_written(
        words in prop::collection::vec(hostile(), 0..6),
        value in hostile(),
        summary in hostile(),
    ) {
        let list = words.iter().map(|word| value_of(word)).collect::<Vec<_>>().join(", ");
        let spec = format!(
            "package: a\nversion: \"1\"\nsummary: {}\nbuild:\n  system: make\n  make: [{list}]\n  env: {{ A: {} }}\n",
            value_of(&summary), value_of(&value),
        );
        let specs = vec![("specs/a.yaml".to_owned(), spec)];
        let compiled = Project { config: "project: x\n".to_owned(), specs }.compile(Backend::Ninja);
        if compiled.diagnostics.has_errors() {
            let refusable = |text: &String| text.contains(char::is_control) || text.is_empty();
            prop_assert!(words.iter().chain([&value, &summary]).any(refusable), "{}", told(&compiled));
            return Ok(());
        }
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("work/src")).unwrap();
        program(&dir.path().join("make"), TELL);
        program(&dir.path().join("a.sh"), file(&compiled, "scripts/a.sh"));
        for shell in ["bash", "dash"] {
            let _ = std::fs::remove_file(dir.path().join("told"));
            let path = std::env::var("PATH").unwrap();
            let output = Command::new(shell)
                .arg("a.sh").arg("build")
                .current_dir(dir.path())
                .env_clear()
                .env("PATH", format!("{}:{path}", dir.path().display()))
                .env("TOLD", dir.path().join("told"))
                .env("LFSGEN_WORK", dir.path().join("work"))
                .env("LFSGEN_JOBS", "3")
                .output()
                .unwrap();
            prop_assert!(output.status.success(), "{shell}: {}", support::stderr(&output));
            let mut expected = words.clone();
            expected.push(format!("A={value}"));
            prop_assert_eq!(told_in(&dir.path().join("told")), expected, "{}", shell);
        }
    }

    #[test]
    fn paths_reach_the_runner_through_ninja_and_make_as_they_are(
        output in hostile_name(),
        state in hostile_name(),
        name in hostile_name(),
    ) {
        let project = Project {
            config: format!("project: x\noutput: {}\nstate: {}\n", yaml(&output), yaml(&state)),
            specs: vec![(format!("specs/{name}.yaml"), "package: a\nversion: \"1\"\n".to_owned())],
        };
        for backend in Backend::ALL {
            let compiled = project.compile(backend);
            if compiled.diagnostics.has_errors() {
                let odd = |text: &String| text.contains(|c: char| !c.is_ascii_alphanumeric());
                prop_assert!([&output, &state, &name].into_iter().any(odd), "{}", told(&compiled));
                continue;
            }
            let steps = run(&project, &compiled, backend, &output);
            for phase in ["prepare", "install"] {
                let plan = format!("{output}/plan/a.json");
                let step = ["run-step", "--plan", &plan, "--state", &state, "a", phase].map(str::to_owned).to_vec();
                prop_assert!(steps.contains(&step), "{step:?} is not in {steps:?}");
            }
        }
    }
}

/// A short name of a file or folder, so that many are not refused. It ends in no newline, which YAML's `|` would add.
fn hostile_name() -> impl Strategy<Value = String> {
    ("[a-z]{1,3}", hostile()).prop_map(|(start, rest)| {
        start + rest.replace(['/', '.'], "").chars().take(2).collect::<String>().trim_end_matches('\n')
    })
}

#[test]
fn each_character_of_a_name_is_written_right_or_refused() {
    for (backend, refused) in [(Backend::Ninja, "|"), (Backend::Make, "%&()*;=?[\\]|~")] {
        let characters: Vec<char> = (' '..='~').filter(|&c| c != '/').chain(['é', '→']).collect();
        let project = |characters: &[char]| Project {
            config: "project: x\n".to_owned(),
            specs: characters
                .iter()
                .enumerate()
                .map(|(at, c)| (format!("specs/x{c}{c}y.yaml"), format!("package: p{at}\nversion: \"1\"\n")))
                .collect(),
        };
        let (bad, good): (Vec<char>, Vec<char>) = characters.iter().partition(|&&c| {
            let compiled = project(&[c]).compile(backend);
            compiled.diagnostics.has_errors()
        });
        assert_eq!(bad.into_iter().collect::<String>(), refused, "{backend:?}");
        let project = project(&good);
        let compiled = project.compile(backend);
        let steps = run(&project, &compiled, backend, "generated");
        assert_eq!(steps.iter().filter(|step| step[0] == "run-step").count(), 2 * good.len());
    }
}

/// Lays a project out in a folder and runs its graph; gives the arguments of each time that lfsgen was called.
fn run(project: &Project, compiled: &Compiled, backend: Backend, output: &str) -> Vec<Vec<String>> {
    let dir = tempfile::tempdir().unwrap();
    let at = |path: &str| dir.path().join(path);
    let write = |path: &str, bytes: &[u8]| {
        std::fs::create_dir_all(at(path).parent().unwrap()).unwrap();
        std::fs::write(at(path), bytes).unwrap();
    };
    write("lfsgen.yaml", project.config.as_bytes());
    project.specs.iter().for_each(|(name, text)| write(name, text.as_bytes()));
    compiled.tree.iter().for_each(|(path, bytes)| write(&format!("{output}/{path}"), bytes));
    program(&at("runner"), RUNNER);
    let ran = Command::new(backend.name())
        .arg("-f")
        .arg(format!("{output}/{}", backend.file()))
        .current_dir(dir.path())
        .env("LFSGEN", at("runner"))
        .env("TOLD", at("told"))
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}{}", support::stdout(&ran), support::stderr(&ran));
    told_in(&at("told"))
        .split(|word| word == "END")
        .filter(|step| !step.is_empty())
        .map(<[_]>::to_vec)
        .collect()
}

/// Tells its arguments, and leaves the stamp of a step.
const RUNNER: &str = r#"#!/bin/sh
printf '%s\0' "$@" END >> "$TOLD"
if [ "$1" = run-step ]; then
    mkdir -p "$5/stamps/$6"
    echo key > "$5/stamps/$6/$7"
fi
"#;

/// What ninja reads in a path or value: the rules of its manual, "Lexical syntax".
fn unescaped(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            ' ' => words.push(String::new()),
            '$' => words.last_mut().unwrap().push(characters.next().unwrap()),
            other => words.last_mut().unwrap().push(other),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_ninja_reads_is_what_was_meant(names in prop::collection::btree_set(hostile(), 1..5)) {
        let named: BTreeSet<String> = names.iter().map(|name| format!("specs/{}.yaml", name.replace('/', "-"))).collect();
        let specs = named.iter().enumerate();
        let specs = specs.map(|(at, name)| (name.clone(), format!("package: p{at}\nversion: \"1\"\n"))).collect();
        let compiled = Project { config: "project: x\n".to_owned(), specs }.compile(Backend::Ninja);
        if compiled.diagnostics.has_errors() {
            prop_assert!(named.iter().any(|name| name.contains(|c: char| c.is_control() || c == '|')), "{}", told(&compiled));
            return Ok(());
        }
        let text = file(&compiled, "build.ninja");
        let edge = text.lines().find(|line| line.contains(": generate ")).unwrap();
        let (_, inputs) = edge.split_once(": generate ").unwrap();
        let read: BTreeSet<String> = unescaped(inputs).into_iter().collect();
        let mut meant = named;
        meant.extend(["lfsgen.yaml".to_owned(), "specs".to_owned()]);
        prop_assert_eq!(read, meant);
    }
}
