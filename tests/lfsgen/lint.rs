//! `lfsgen lint` and `lfsgen explain`, as a person or a CI job runs them.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{assert_snapshot, lfsgen, root, stderr, stdout};

fn project() -> std::path::PathBuf {
    root().join("tests/cases/lint/every-rule")
}

/// Writes files into a folder.
fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

#[test]
fn every_format_shows_the_same_findings() {
    for format in ["human", "json", "sarif", "github", "junit"] {
        let output = lfsgen(&project(), &["lint", "--format", format]);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        // The rules' pages are shown where they are written.
        let shown: String = stdout(&output)
            .lines()
            .filter(|line| !line.contains("\"markdown\"") && !line.contains("\"text\": \"# "))
            .fold(String::new(), |text, line| text + line + "\n");
        assert_snapshot(&format!("lint_{format}"), &shown.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
    }
}

#[test]
fn the_exit_status_says_whether_to_look_at_the_findings_or_at_the_specs() {
    let folder = tempfile::tempdir().unwrap();
    let spec = |text: &str| {
        let spec = format!("package: a\nversion: \"1\"\n{text}");
        write(folder.path(), &[("lfsgen.yaml", "project: x\n"), ("specs/a.yaml", &spec)]);
    };
    let status = |arguments: &[&str]| lfsgen(folder.path(), &[&["lint"], arguments].concat()).status.code();
    spec("phases: { build: make }\n");
    assert_eq!(status(&[]), Some(0));
    assert_eq!(status(&["--fail-on", "note"]), Some(0));
    spec("phases: { build: sudo make }\n");
    assert_eq!(status(&[]), Some(1));
    spec("phases: { check: make check || true }\n");
    assert_eq!(status(&[]), Some(0));
    assert_eq!(status(&["--fail-on", "note"]), Some(1));
    spec("phases: { build: make }\nlint: { allow: [ { rule: syntax-error, reason: no } ] }\n");
    assert_eq!(status(&[]), Some(0));
    assert_eq!(status(&["--fail-on", "warning"]), Some(1));
    spec("fazes: { build: make }\n");
    assert_eq!(status(&[]), Some(2));
    assert_eq!(status(&["nothing.sh"]), Some(2));
    assert_eq!(status(&["--format", "yaml"]), Some(2));
}

/// The rules and errors that lint names of one spec, in order.
fn said_of(spec: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let base = "package: base\nversion: \"1\"\nphases: { build: make }\n";
    write(
        folder.path(),
        &[("lfsgen.yaml", "project: x\n"), ("specs/base.yaml", base), ("specs/a.yaml", spec)],
    );
    let output = lfsgen(folder.path(), &["lint", "--format", "json"]);
    assert_eq!(output.status.code(), Some(2), "{spec}: {}{}", stdout(&output), stderr(&output));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let rules = json["findings"].as_array().unwrap().iter();
    rules.map(|one| one["rule"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_a_spec_with_errors_runs_is_looked_at_in_the_same_round() {
    let script = "phases:\n  build: |\n    sudo make $FLAGS\n    rm -r \"$dir/lib\"\n";
    let with = |rest: &str| said_of(&format!("package: a\nversion: \"1\"\n{script}{rest}"));
    let all = ["privilege-switch", "undefined-variable", "recursive-remove", "undefined-variable"];
    let and = |error: &'static str| all.into_iter().chain([error]).collect::<Vec<_>>();
    // What is wrong elsewhere changes nothing of what runs.
    assert_eq!(with("licence: MIT\n"), and("unknown-key"));
    assert_eq!(with("maintainer: me\n"), and("unknown-key"));
    assert_eq!(with("depends: { build: [no-such] }\n"), and("missing-dependency"));
    assert_eq!(with("artifacts: { expect: [ /usr/bin/a ] }\n"), and("bad-path"));
    assert_eq!(with("build: { system: cmak }\n"), and("wrong-type"));
    assert_eq!(said_of(&format!("package: a\n{script}"))[1..], all);
    // Nor does a phase, of the others.
    assert_eq!(
        said_of(&format!("package: a\nversion: \"1\"\n{script}  install: [ a ]\n")),
        and("wrong-type")
    );
}

#[test]
fn nothing_is_found_that_follows_from_an_error() {
    let spec = |build: &str, rest: &str| {
        said_of(&format!(
            "package: a\nversion: \"1\"\nphases:\n  build: |\n    sudo make\n    {build}\n{rest}"
        ))
    };
    let uses = "rm -r \"$dir/lib\" $FLAGS ${#FLAGS}";
    // Variables that may have been meant to be there.
    for rest in [
        "buld: { env: { FLAGS: a, dir: /x } }\n",
        "build: { envv: { FLAGS: a, dir: /x } }\n",
        "environment: { FLAGS: a, dir: /x }\n",
        "variables:\n  FLAGS: a\n  dir: /x\n",
        "FLAGS: a\n",
        "build: { env: [ FLAGS=a, dir=/x ] }\n",
        "build: { env: { FLAGS: \"%{no-such}\", dir: /x } }\n",
    ] {
        let said = spec(uses, rest);
        assert!(said.len() == 2 && said[0] == "privilege-switch", "{rest}: {said:?}");
    }
    // An exception, or the shell that is meant.
    for rest in [
        "lint: { allow: [ { rule: privilege-switch } ] }\n",
        "limt: { allow: [ { rule: privilege-switch, reason: so } ] }\n",
        "dialect: posx\n",
        "stage: no-such\n",
        "extends: no-such\n",
        "platform: [ { when: { arch: no-such }, build: { env: { FLAGS: a, dir: /x } } } ]\n",
    ] {
        let said = spec(uses, rest);
        assert_eq!(said.len(), 1, "{rest}: {said:?}");
    }
    // Half a phase: what sets the variable could not be made out.
    assert_eq!(
        said_of(
            "package: a\nversion: \"1\"\nphases:\n  build:\n    before: \"x=%{no-such}\"\n    after: sudo make $x\n"
        ),
        ["unknown-variable"]
    );
    assert_eq!(
        said_of(
            "package: a\nversion: \"a b\"\nphases:\n  build: { before: \"x=%{version}\", after: make $x }\n  \
             check: sudo make check\n"
        ),
        ["bad-name", "privilege-switch"]
    );
    // An exception for what could not be read.
    assert_eq!(
        spec("sed %{no-such}", "lint: { allow: [ { rule: privilege-switch, reason: so } ] }\n"),
        ["unknown-variable"]
    );
}

#[test]
fn a_path_shows_what_is_in_it_and_a_script_needs_no_project() {
    let folder = tempfile::tempdir().unwrap();
    let spec = |name: &str| format!("package: {name}\nversion: \"1\"\nphases: {{ build: sudo make }}\n");
    write(
        folder.path(),
        &[
            ("project/lfsgen.yaml", "project: x\nspecs: [specs]\n"),
            ("project/specs/a.yaml", &spec("a")),
            ("project/specs/deep/b.yaml", &spec("b")),
            ("alone/c.yaml", &spec("c")),
            ("script.sh", "#!/bin/sh\n[[ a && sudo b ]]\nx=(1)\n"),
        ],
    );
    let said = |arguments: &[&str]| {
        let output = lfsgen(folder.path(), &[&["lint", "--format", "github"], arguments].concat());
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        let lines = stdout(&output);
        let place = |line: &str| {
            line.split([',', ' ']).nth(1).map(|file| file.trim_start_matches("file=").to_owned())
        };
        lines.lines().filter_map(place).collect::<Vec<_>>()
    };
    assert_eq!(said(&["project"]), ["specs/a.yaml", "specs/deep/b.yaml"]);
    assert_eq!(said(&["project/specs/a.yaml"]), ["specs/a.yaml"]);
    assert_eq!(said(&["project/specs/deep"]), ["specs/deep/b.yaml"]);
    assert_eq!(said(&["alone"]), ["alone/c.yaml"]);
    assert_eq!(said(&["script.sh"]), ["script.sh", "script.sh", "script.sh"]);
    assert_eq!(said(&["script.sh", "project/specs/a.yaml"]).len(), 4);
    let output = lfsgen(folder.path(), &["lint", "--dialect", "bash", "script.sh"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
}

#[test]
fn an_exception_that_one_of_two_packages_needs_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let base = "package: a\nversion: \"1\"\nphases: { build: sudo make }\nlint: { allow: [ { rule: privilege-switch, reason: no } ] }\n";
    let other = "package: b\nextends: a\nphases: { build: make }\n";
    write(folder.path(), &[("lfsgen.yaml", "project: x\n"), ("specs/a.yaml", base), ("specs/b.yaml", other)]);
    let output = lfsgen(folder.path(), &["lint", "--fail-on", "note"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
}

#[test]
fn an_exception_hides_a_finding_until_all_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let spec = "package: a\nversion: \"1\"\nphases: { build: sudo make }\nlint: { allow: [ { rule: privilege-switch, reason: no root } ] }\n";
    let script = "rm -r \"$x\"/b # lfsgen: allow recursive-remove because it is empty\n";
    write(folder.path(), &[("lfsgen.yaml", "project: x\n"), ("specs/a.yaml", spec), ("a.sh", script)]);
    let output = lfsgen(folder.path(), &["lint", "specs", "a.sh"]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), ""));
    let output = lfsgen(folder.path(), &["lint", "--no-allow", "specs", "a.sh"]);
    assert_eq!(output.status.code(), Some(1));
    for reason in ["an exception covers this: no root", "an exception covers this: it is empty"] {
        assert!(stdout(&output).contains(reason), "{}", stdout(&output));
    }
    let output = lfsgen(folder.path(), &["lint", "--no-allow", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["findings"][0]["excuse"]["kind"], "in-source");
    assert_eq!(document["findings"][0]["excuse"]["reason"], "no root");
}

#[test]
fn who_is_asked_and_how_sure_a_finding_is_decide_what_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let spec = "package: a\nversion: \"1\"\nlicense: MIT\nphases: { build: 'x=$(cat f); sudo make; rm -r \"$x/b\"' }\n";
    let said = |config: &str, arguments: &[&str]| {
        let script = ("a.sh", "x=$(cat f); sudo make; rm -r \"$x/b\"\n");
        write(
            folder.path(),
            &[("lfsgen.yaml", &format!("project: x\n{config}")), ("specs/a.yaml", spec), script],
        );
        let count = |paths: &[&str]| {
            let output = lfsgen(folder.path(), &[&["lint", "--format", "github"], arguments, paths].concat());
            stdout(&output).lines().count()
        };
        // Specs and scripts are held to the same, also a script alone.
        assert_eq!(count(&["specs"]), count(&["a.sh"]));
        count(&["specs"])
    };
    assert_eq!(said("", &[]), 2);
    assert_eq!(said("", &["--min-confidence", "medium"]), 2);
    assert_eq!(said("", &["--min-confidence", "high"]), 1);
    assert_eq!(said("lint: { min-confidence: high }\n", &[]), 1);
    assert_eq!(said("lint: { min-confidence: high }\n", &["--min-confidence", "low"]), 2);
    assert_eq!(said("lint: { persona: pedantic, levels: { privilege-switch: off } }\n", &[]), 1);
    let output = lfsgen(folder.path(), &["lint", "--persona", "pedant"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn what_a_baseline_knows_is_not_told_again() {
    let folder = tempfile::tempdir().unwrap();
    let spec = |commands: &str| {
        let spec =
            format!("package: a\nversion: \"1\"\nphases:\n  build: |\n    x=$(cat f)\n    {commands}\n");
        write(folder.path(), &[("lfsgen.yaml", "project: x\n"), ("specs/a.yaml", &spec)]);
    };
    let run = |arguments: &[&str]| {
        let output = lfsgen(folder.path(), &[&["lint", "--format", "github"], arguments].concat());
        (output.status.code(), stdout(&output).lines().count(), stderr(&output))
    };
    let baseline = ["--baseline", "known.json"];
    spec("rm -r \"$x/b\"\n    rm -r \"$x/b\"\n    sudo make");
    assert_eq!(run(&["--write-baseline", "known.json"]).0, Some(0));
    let written = std::fs::read_to_string(folder.path().join("known.json")).unwrap();
    assert_snapshot("lint_baseline", &written);
    assert_eq!(run(&baseline), (Some(0), 0, String::new()));
    // Lines above, and another indentation, are no change; one more of the same is.
    spec(
        "if true; then\n      rm -r \"$x/b\"\n    fi\n    rm -r \"$x/b\"\n    rm -r \"$x/b\"\n    sudo make",
    );
    assert_eq!(run(&baseline), (Some(1), 1, String::new()));
    spec("rm -r \"$x/b\"");
    let (status, count, said) = run(&baseline);
    assert_eq!((status, count), (Some(0), 0));
    assert_eq!(said, "`known.json`: 2 entries match nothing any more\n");
    // What is known is not fixed.
    run(&["--fix", "--baseline", "known.json"]);
    assert!(std::fs::read_to_string(folder.path().join("specs/a.yaml")).unwrap().contains("rm -r \"$x/b\""));
    // An error of a spec is always told of.
    write(folder.path(), &[("specs/b.yaml", "package: b\nversion: \"1\"\nfazes: 1\n")]);
    assert_eq!(run(&["--write-baseline", "known.json"]).0, Some(2));
    assert_eq!(run(&baseline).0, Some(2));
    std::fs::write(folder.path().join("known.json"), "{}").unwrap();
    assert_eq!(run(&baseline).0, Some(2));
    assert_eq!(run(&["--baseline", "unknown.json"]).0, Some(2));
}

#[test]
fn nothing_that_was_remembered_outlives_a_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let spec = "package: a\nversion: \"1\"\npatches: [ { file: a.patch } ]\nphases: { build: sudo make, check: rm -r $x }\n";
    write(folder.path(), &[("lfsgen.yaml", "project: x\n"), ("specs/a.yaml", spec), ("specs/a.patch", "a")]);
    let run = |arguments: &[&str]| {
        let output = lfsgen(folder.path(), &[&["lint", "--format", "json"], arguments].concat());
        (output.status.code(), stdout(&output))
    };
    let first = run(&[]);
    assert_eq!(first.0, Some(1));
    let memory = path("build/lint.json");
    let marked = std::fs::read_to_string(&memory).unwrap().replace("switches the user", "is remembered");
    std::fs::write(&memory, &marked).unwrap();
    assert!(run(&[]).1.contains("is remembered"));
    assert!(run(&["specs/a.yaml"]).1.contains("is remembered"));
    assert!(!run(&["--min-confidence", "high"]).1.contains("is remembered"));
    let with_option = ["--option", "a.b=1"];
    assert_eq!(run(&with_option), run(&with_option));
    // Each of these is a change of what was asked or read, or no memory at all.
    let changes: [&dyn Fn(); 6] = [
        &|| write(folder.path(), &[("specs/a.yaml", &format!("{spec}\n"))]),
        &|| write(folder.path(), &[("lfsgen.yaml", "project: y\n")]),
        &|| write(folder.path(), &[("specs/b.yaml", "package: b\nversion: \"1\"\n")]),
        &|| write(folder.path(), &[("specs/a.patch", "b")]),
        &|| std::fs::remove_file(path("specs/a.patch")).unwrap(),
        &|| std::fs::write(&memory, &marked[..marked.len() / 2]).unwrap(),
    ];
    for change in changes {
        run(&[]);
        let text = std::fs::read_to_string(&memory).unwrap().replace("switches the user", "is remembered");
        std::fs::write(&memory, text).unwrap();
        change();
        assert!(!run(&[]).1.contains("is remembered"));
    }
    // Where nothing can be remembered, everything is looked at.
    std::fs::remove_dir_all(path("build")).unwrap();
    write(folder.path(), &[("build", ""), ("specs/a.patch", "a")]);
    assert!(run(&[]).1.contains("switches the user"));
}

#[test]
fn what_is_found_in_all_packages_together_is_excepted_where_it_points() {
    let folder = tempfile::tempdir().unwrap();
    let found = |lint: &str, level: &str| {
        let config = format!(
            "project: x\nvariables: {{ a: b }}\nlint: {{ levels: {{ unused-variable: {level} }} }}\n"
        );
        let spec = format!(
            "package: a\nversion: \"1\"\ndepends: {{ check: [ b ] }}\nlint: {{ allow: [ {lint} ] }}\n"
        );
        let other = "package: b\nversion: \"1\"\ndepends: { check: [ c ] }\n";
        let last = "package: c\nversion: \"1\"\n";
        let specs = [("specs/a.yaml", spec.as_str()), ("specs/b.yaml", other), ("specs/c.yaml", last)];
        write(folder.path(), &[&[("lfsgen.yaml", config.as_str())][..], &specs].concat());
        let output = lfsgen(folder.path(), &["lint", "--format", "json"]);
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let findings = document["findings"].as_array().unwrap().iter();
        let told = findings.map(|one| {
            let [rule, file] = [&one["rule"], &one["place"]["file"]].map(|value| value.as_str().unwrap());
            format!("{rule} in {file}")
        });
        told.collect::<Vec<_>>()
    };
    let both = ["unneeded-dependency in specs/a.yaml", "unneeded-dependency in specs/b.yaml"];
    assert_eq!(found("", "off"), both);
    let allow = "{ rule: unneeded-dependency, reason: the check comes later }";
    assert_eq!(found(allow, "off"), both[1..]);
    assert_eq!(found(allow, "note"), ["unused-variable in lfsgen.yaml", both[1]]);
}

#[test]
fn any_bytes_on_standard_input_are_linted() {
    for bytes in [&b"sudo \xff\xfe\n"[..], b"sudo a\r\n", b"sudo \0", b"", b"\xef\xbb\xbfsudo a"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lfsgen"))
            .args(["lint", "--shell", "-", "--format", "json"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), bytes).unwrap();
        let output = child.wait_with_output().unwrap();
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["lfsgen_findings"], 1);
        let found = document["findings"].as_array().unwrap().len();
        assert!(found > 0 || !bytes.windows(6).any(|word| word == b"sudo \xff"), "{document}");
    }
}

#[test]
fn explain_knows_every_rule_and_guesses_the_others() {
    let output = lfsgen(root(), &["explain", "recursive-remove"]);
    assert!(
        stdout(&output).starts_with("# recursive-remove\n\nerror, medium confidence, default persona\n"),
        "{}",
        stdout(&output)
    );
    let output = lfsgen(root(), &["explain", "recursive-rmove"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("did you mean `recursive-remove`?"), "{}", stderr(&output));
    let output = lfsgen(root(), &["explain"]);
    assert!(stdout(&output).lines().count() >= 10);
}

#[test]
fn what_cannot_be_looked_at_is_said_and_never_called_fine() {
    let folder = tempfile::tempdir().unwrap();
    let script = "sudo a\n";
    write(
        folder.path(),
        &[
            ("lfsgen.yaml", "project: x\n"),
            ("specs/a.yaml", "package: a\nversion: \"1\"\n"),
            ("empty/c", script),
            ("tools/b", script),
        ],
    );
    let alone = tempfile::tempdir().unwrap();
    write(alone.path(), &[("empty/c", script), ("tools/b", script)]);
    for folder in [folder.path(), alone.path()] {
        for (argument, wanted) in [
            ("empty", "there is no spec (`*.yaml`) and no shell script (`*.sh`) in"),
            ("tools/b", "`--shell` takes scripts of any name"),
            ("-", "`--shell -` reads a script from standard input"),
        ] {
            let output = lfsgen(folder, &["lint", argument]);
            assert_eq!(output.status.code(), Some(2), "{argument}: {}", stderr(&output));
            assert!(stderr(&output).contains(wanted), "{argument}: {}", stderr(&output));
        }
    }
}

#[test]
fn scripts_in_a_folder_are_checked_with_its_specs() {
    let (project, alone) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let config = ("lfsgen.yaml", "project: x\nspecs: [specs]\n");
    for (folder, more) in [(project.path(), &[config][..]), (alone.path(), &[])] {
        write(folder, more);
        write(
            folder,
            &[
                ("specs/a.yaml", "package: a\nversion: \"1\"\nlicense: MIT\n"),
                ("specs/more/helper.sh", "sudo rm -rf \"$X/\"\n"),
                ("specs/.git/x.sh", "sudo a\n"),
                ("specs/tool.sh", "#!/usr/bin/perl\n"),
                ("scripts/one.sh", "sudo a\n"),
                ("generated/scripts/a.sh", "sudo a\n"),
                ("build/x.sh", "sudo a\n"),
            ],
        );
        let found = |arguments: &[&str]| {
            let output = lfsgen(folder, &[&["lint", "--format", "github"], arguments].concat());
            let text = stdout(&output);
            let files = text
                .lines()
                .map(|line| line.split("file=").nth(1).unwrap().split(',').next().unwrap().to_owned());
            (output.status.code().unwrap(), files.collect::<std::collections::BTreeSet<_>>(), stderr(&output))
        };
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let (status, files, told) = found(&["specs"]);
        assert_eq!((status, files), (1, set(&["specs/more/helper.sh"])));
        assert_eq!(told, "`specs/tool.sh` is not checked: its first line names `perl`\n");
        let (status, files, _) = found(&["scripts"]);
        assert_eq!((status, files), (0, set(&["scripts/one.sh"])));
        // What lfsgen writes itself is looked at where it is named.
        if !more.is_empty() {
            let (_, files, _) = found(&["."]);
            assert_eq!(files, set(&["scripts/one.sh", "specs/more/helper.sh"]));
            let (_, files, _) = found(&["generated"]);
            assert_eq!(files, set(&["generated/scripts/a.sh"]));
        }
    }
}

#[test]
fn a_script_that_is_named_twice_is_one() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("a.sh", "rm -r \"$x/b\"\n"), ("sub/b.sh", "")]);
    let arguments =
        ["lint", "--format", "github", "a.sh", "sub/../a.sh", "--shell", "a.sh", "--shell", "./a.sh"];
    assert_eq!(stdout(&lfsgen(folder.path(), &arguments)).lines().count(), 1);
    let output = lfsgen(folder.path(), &["lint", "--fix", "a.sh", "./a.sh"]);
    assert_eq!(stderr(&output), "fixed 1 finding in 1 file\n1 file: nothing found\n");
}

#[test]
fn a_baseline_knows_a_script_by_whatever_path_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("a.sh", "sudo a\n"), ("sub/b.sh", "")]);
    lfsgen(folder.path(), &["lint", "a.sh", "--write-baseline", "known.json"]);
    let whole = folder.path().join("a.sh").display().to_string();
    for path in ["a.sh", "./a.sh", "sub/../a.sh", &whole] {
        let output = lfsgen(folder.path(), &["lint", path, "--baseline", "known.json"]);
        assert_eq!(output.status.code(), Some(0), "{path}: {}", stdout(&output));
    }
}

#[test]
fn a_baseline_of_all_is_not_outdated_where_one_spec_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let spec = |name: &str| format!("package: {name}\nversion: \"1\"\nphases: {{ build: sudo make }}\n");
    write(
        folder.path(),
        &[("lfsgen.yaml", "project: x\n"), ("specs/a.yaml", &spec("a")), ("specs/b.yaml", &spec("b"))],
    );
    lfsgen(folder.path(), &["lint", "--write-baseline", "known.json"]);
    let output = lfsgen(folder.path(), &["lint", "--baseline", "known.json", "--quiet", "specs/a.yaml"]);
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}

#[test]
fn what_is_wrong_only_in_a_package_that_extends_another_says_in_which() {
    let folder = tempfile::tempdir().unwrap();
    let base = "package: base\nversion: \"1\"\nsummary: opt/base\nphases:\n  build: rm -rf \"/%{summary}\"\n  install: sudo a\n";
    let other = "package: a\nextends: base\nsummary: usr\n";
    write(
        folder.path(),
        &[("lfsgen.yaml", "project: x\n"), ("specs/base.yaml", base), ("specs/a.yaml", other)],
    );
    let shown = stdout(&lfsgen(folder.path(), &["lint"]));
    assert_eq!(shown.matches("so it is in the package `a`").count(), 1, "{shown}");
    assert_eq!(shown.matches("sudo` switches").count(), 1, "{shown}");
    assert!(shown.contains("this removes `/usr`") && shown.contains("specs/base.yaml:5:17"), "{shown}");
}

#[test]
fn what_cannot_be_checked_is_a_note_and_fails_lint_where_a_project_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let deep = format!("{}make{}\n", "( ".repeat(200), " )".repeat(200));
    let inside = format!("{}make\n", "eval ".repeat(9));
    for text in [deep, inside] {
        let spec = format!(
            "package: a\nversion: \"1\"\nbuild: {{ system: custom }}\nlicense: MIT\nphases:\n  install: |\n    {text}"
        );
        for (levels, status) in [("{}", 0), ("{ not-checked: error }", 1)] {
            let config = format!("project: x\nlint: {{ levels: {levels} }}\n");
            write(folder.path(), &[("lfsgen.yaml", &config), ("specs/a.yaml", &spec)]);
            let output = lfsgen(folder.path(), &["lint"]);
            assert!(stdout(&output).contains("this part is not checked"), "{}", stdout(&output));
            assert_eq!(output.status.code(), Some(status), "{}", stdout(&output));
            assert_eq!(lfsgen(folder.path(), &["generate"]).status.success(), status == 0);
        }
        let allow = "# lfsgen: allow not-checked because a test\n    ";
        let excepted =
            spec.replace("    (", &format!("    {allow}(")).replace("    eval", &format!("    {allow}eval"));
        write(folder.path(), &[("specs/a.yaml", &excepted)]);
        let output = lfsgen(folder.path(), &["lint"]);
        assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    }
}

#[test]
fn a_script_of_another_language_is_refused_unless_somebody_knows_better() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("a.sh", "#!/usr/bin/env python3\nprint(1)\n")]);
    let output = lfsgen(folder.path(), &["lint", "a.sh"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        stderr(&output),
        "error: `a.sh` is no script for `sh` or `bash`: its first line names `python3` (`--dialect` reads it all the same)\n"
    );
    assert_eq!(lfsgen(folder.path(), &["lint", "--dialect", "bash", "a.sh"]).status.code(), Some(1));
    write(folder.path(), &[("b.sh", "#!/bin/zsh\nfor f (*.c) { cc $f }\n")]);
    assert_eq!(lfsgen(folder.path(), &["lint", "b.sh"]).status.code(), Some(2));
}

#[test]
fn without_a_project_lint_says_how_to_name_what_it_should_look_at() {
    let folder = tempfile::tempdir().unwrap();
    let output = lfsgen(folder.path(), &["lint"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("`lfsgen lint build.sh zlib.yaml`"), "{}", stderr(&output));
    assert!(stderr(&output).contains("there is no `lfsgen.yaml`"), "{}", stderr(&output));
}

#[test]
fn findings_that_are_known_are_counted_where_nothing_else_is_found() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("a.sh", "rm -r \"$x/b\"\n")]);
    lfsgen(folder.path(), &["lint", "a.sh", "--write-baseline", "known.json"]);
    let output = lfsgen(folder.path(), &["lint", "a.sh", "--baseline", "known.json"]);
    assert_eq!(stderr(&output), "1 file: nothing found but 1 known finding\n");
}

#[test]
fn a_folder_to_install_into_is_told_to_be_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let spec = "package: a\nversion: 1\nlicense: MIT\nphases:\n  install: make DESTDIR=\"$pkgdir\" install\n";
    write(folder.path(), &[("lfsgen.yaml", "project: x\n"), ("specs/a.yaml", spec)]);
    let output = lfsgen(folder.path(), &["lint"]);
    assert!(
        stdout(&output).contains("error[undefined-variable]: nothing sets `pkgdir`"),
        "{}",
        stdout(&output)
    );
    assert!(stdout(&output).contains("= help: leave it out, or name the stage's mount point"));
}

#[test]
fn a_variable_of_specs_that_is_written_as_one_of_a_shell_is_told_how_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let spec = "package: a\nversion: 1\nlicense: MIT\nbuild: { system: make, make: [ DOC=a-$version ] }\nphases:\n  install: cp -r \"$sources/a-$version\" /usr/share\nartifacts: { expect: [ usr/share/a-$version ] }\n";
    write(folder.path(), &[("lfsgen.yaml", "project: x\n"), ("specs/a.yaml", spec)]);
    let output = lfsgen(folder.path(), &["lint"]);
    let help = "= help: a variable of the spec is written `%{version}`\n";
    assert_eq!(stdout(&output).matches(help).count(), 3, "{}", stdout(&output));
}
