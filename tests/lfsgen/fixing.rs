//! `lfsgen lint --fix`: what it changes, and what it leaves.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{lfsgen, stderr, stdout};

/// What becomes of a file in a project of its own.
fn fixed(name: &str, text: &str, arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(folder.path().join("lfsgen.yaml"), "project: x\nvariables: { v: $x }\n").unwrap();
    std::fs::write(&file, text).unwrap();
    let output = lfsgen(folder.path(), &[&["lint", "--fix", name], arguments].concat());
    assert_ne!(output.status.code(), Some(2), "{text}\n{}{}", stdout(&output), stderr(&output));
    std::fs::read_to_string(file).unwrap()
}

fn spec(rest: &str) -> String {
    format!("package: a   # the first\nversion: \"1\"\n{rest}")
}

/// Specs with what becomes of them; nothing where they stay.
fn check(cases: &[(&str, &str, Option<&str>)]) {
    for (about, before, after) in cases {
        let expected = spec(after.unwrap_or(before));
        assert_eq!(fixed("specs/a.yaml", &spec(before), &[]), expected, "{about}");
    }
}

#[test]
fn every_piece_of_a_word_that_is_split_is_mended_at_once() {
    let script = "#!/bin/sh\nmv $a/$b/`basename ${c} .py`*.o \"$d\"/$e\n";
    let mended = "#!/bin/sh\nmv \"$a\"/\"$b\"/\"`basename ${c} .py`\"*.o \"$d\"/\"$e\"\n";
    assert_eq!(fixed("a.sh", script, &["--unsafe"]), mended);
    // Quotes between the same quotes would end them.
    let script = "#!/bin/sh\ntrap \"rm -f $a\" 0\nsh -c 'rm -f $b'\n";
    let mended = "#!/bin/sh\ntrap \"rm -f $a\" 0\nsh -c 'rm -f \"$b\"'\n";
    assert_eq!(fixed("a.sh", script, &["--unsafe"]), mended);
}

#[test]
fn only_the_bytes_of_a_finding_change() {
    check(&[
        (
            "a literal block, with what stands around it",
            "phases:\n  # build\n  build: |2\n      cd  src # here\n\n      rm -rf \"$x/lib\" $y/b   # why\n  check:  'true'\n",
            Some(
                "phases:\n  # build\n  build: |2\n      cd  src # here\n\n      rm -rf \"${x:?}/lib\" ${y:?}/b   # why\n  check:  'true'\n",
            ),
        ),
        (
            "a plain scalar",
            "phases: \n  build: rm -r $x/b # b\n",
            Some("phases: \n  build: rm -r ${x:?}/b # b\n"),
        ),
        (
            "foreign line ends",
            "phases:\r\n  build: |\r\n    a\r\n    rm -r $x/b\r\n",
            Some("phases:\r\n  build: |\r\n    a\r\n    rm -r ${x:?}/b\r\n"),
        ),
        (
            "a script in a script",
            "phases:\n  build: |\n    sh -c 'rm -r $1/b' a\n",
            Some("phases:\n  build: |\n    sh -c 'rm -r ${1:?}/b' a\n"),
        ),
        ("a name that a variable made", "phases:\n  build: rm -r $%{package}/b\n", None),
        (
            "a variable beside it",
            "phases:\n  build: rm -r $x/%{version}\n",
            Some("phases:\n  build: rm -r ${x:?}/%{version}\n"),
        ),
    ]);
    let script = "#!/bin/sh\n\trm -r  $x/é \\\n  $y/b; :";
    assert_eq!(fixed("a.sh", script, &[]), "#!/bin/sh\n\trm -r  ${x:?}/é \\\n  ${y:?}/b; :");
}

#[test]
fn what_does_not_stand_there_or_would_break_the_yaml_is_left() {
    check(&[
        ("braces in a flow mapping", "phases: { build: rm -r $x/b }\n", None),
        ("a folded block", "phases:\n  build: >\n    rm -r\n    $x/b\n", None),
        ("an escape", "phases:\n  build: \"rm -r \\x24x/b\"\n", None),
        ("a variable's value", "phases:\n  build: rm -r %{v}/b\n", None),
        ("an operator", "phases:\n  build: rm -r ${x%/}/b\n", None),
    ]);
}

#[test]
fn an_exception_that_nothing_needs_goes_with_all_that_was_there_for_it() {
    let phases = "phases: { build: su nobody }\n";
    let needed = "- { rule: privilege-switch, reason: needed }";
    let unused = "- rule: recursive-remove\n      reason: gone";
    let flow = "{ rule: recursive-remove, reason: gone }";
    let block = |items: &[&str]| format!("lint:\n  allow:\n    {}\n{phases}", items.join("\n    "));
    let only = block(&[needed]);
    let cases = [
        (block(&[unused, needed]), only.clone()),
        (block(&[needed, unused]), only.clone()),
        (block(&[unused, needed, &format!("- {flow} # why")]), only.clone()),
        (block(&[unused, "- rule: syntax-error\n      reason: gone"]), phases.to_owned()),
        (block(&["- rule: recursive-remove\n      reason: >-\n        a\n        b", needed]), only),
        (
            format!(
                "lint: {{ allow: [ {flow}, {{ rule: privilege-switch, reason: needed }}, {flow} ] }}\n{phases}"
            ),
            format!("lint: {{ allow: [ {{ rule: privilege-switch, reason: needed }} ] }}\n{phases}"),
        ),
        (format!("lint: {{ allow: [ {flow} ] }}\n{phases}"), phases.to_owned()),
    ];
    for (before, after) in cases {
        assert_eq!(fixed("specs/a.yaml", &spec(&before), &[]), spec(&after), "{before}");
    }
    let comment = "# lfsgen: allow syntax-error because it was";
    check(&[
        (
            "its line",
            &format!("phases:\n  build: |\n    {comment}\n    a\n      {comment}\n      b\n"),
            Some("phases:\n  build: |\n    a\n      b\n"),
        ),
        (
            "the end of a line",
            &format!("phases:\n  build: |\n    a  {comment}\n    b\n"),
            Some("phases:\n  build: |\n    a\n    b\n"),
        ),
    ]);
    for (before, after) in [
        (format!("{comment}\na\n"), "a\n"),
        (format!("a\n  {comment}"), "a"),
        // What makes a line end in two ways is mended with it.
        (format!("a {comment}\r\nb\r\n"), "a\nb\n"),
        (format!("{comment}\n{comment}\n"), ""),
    ] {
        assert_eq!(fixed("a.sh", &before, &[]), after, "{before:?}");
    }
}

#[test]
fn what_a_person_should_look_at_needs_a_word_more() {
    let before = spec("phases:\n  install: |\n    sudo rm -r $x/b\n    sudo -u a make\n");
    let safe = before.replace("$x", "${x:?}");
    assert_eq!(fixed("specs/a.yaml", &before, &[]), safe);
    let all = safe.replace("sudo rm -r ${x:?}", "rm -r \"${x:?}\"");
    assert_eq!(fixed("specs/a.yaml", &before, &["--unsafe"]), all);
    let output = lfsgen(Path::new("/"), &["lint", "--unsafe"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_diff_shows_what_would_change_and_nothing_does() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("a.sh");
    std::fs::write(&script, "a\nrm -r $x/b\n").unwrap();
    for arguments in [&["lint", "--diff", "a.sh"][..], &["lint", "--fix", "--diff", "a.sh"]] {
        let output = lfsgen(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(1));
        let expected = "--- a/a.sh\n+++ b/a.sh\n@@ -1,2 +1,2 @@\n a\n-rm -r $x/b\n+rm -r ${x:?}/b\n";
        assert_eq!(stdout(&output), expected, "{}", stderr(&output));
        assert_eq!(std::fs::read_to_string(&script).unwrap(), "a\nrm -r $x/b\n");
    }
    std::fs::write(&script, "a\n").unwrap();
    let output = lfsgen(folder.path(), &["lint", "--diff", "a.sh"]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), ""));
    assert_eq!(stderr(&output), "there is nothing to fix\n");
}

#[test]
fn a_script_keeps_its_mode_and_a_link_stays_one() {
    let folder = tempfile::tempdir().unwrap();
    let (script, link) = (folder.path().join("a"), folder.path().join("b.sh"));
    std::fs::write(&script, "rm -r $x/b\n").unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o751)).unwrap();
    std::os::unix::fs::symlink("a", &link).unwrap();
    let output = lfsgen(folder.path(), &["lint", "--fix", "b.sh"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert!(stderr(&output).contains("fixed 1 finding in 1 file"), "{}", stderr(&output));
    assert_eq!(std::fs::read_to_string(&script).unwrap(), "rm -r ${x:?}/b\n");
    assert_eq!(std::fs::metadata(&script).unwrap().permissions().mode() & 0o7777, 0o751);
    assert!(link.is_symlink());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn what_is_not_the_file_s_own_text_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = b"rm -r $x/\xff\n";
    std::fs::write(folder.path().join("a.sh"), bytes).unwrap();
    let output = lfsgen(folder.path(), &["lint", "--fix", "a.sh"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("`a.sh` is left alone: it is not UTF-8"), "{}", stderr(&output));
    assert_eq!(std::fs::read(folder.path().join("a.sh")).unwrap(), bytes);
    let mut child = Command::new(env!("CARGO_BIN_EXE_lfsgen"))
        .args(["lint", "--shell", "-", "--fix"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"rm -r $x/b\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("it is no file"), "{}", stderr(&output));
}

#[test]
fn a_file_that_changed_meanwhile_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a");
    std::fs::write(&file, "new").unwrap();
    assert!(!lfsgen::host::files::replace(&file, b"old", b"fixed").unwrap());
    assert_eq!(std::fs::read(&file).unwrap(), b"new");
    assert!(lfsgen::host::files::replace(&file, b"new", b"fixed").unwrap());
    assert_eq!(std::fs::read(&file).unwrap(), b"fixed");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn rules_that_know_what_to_write_write_it() {
    for (before, after) in [
        ("rm *.o", "rm ./*.o"),
        ("[ $x = a ] || x=", "[ \"$x\" = a ] || x="),
        ("#!/bin/sh\nsource ./a\n[ \"$1\" == b ]", "#!/bin/sh\n. ./a\n[ \"$1\" = b ]"),
        ("make\r\nmake install\r\n", "make\nmake install\n"),
    ] {
        assert_eq!(fixed("a.sh", before, &["--persona", "pedantic"]), after);
    }
    for (before, after) in [
        ("make 2>&1 >log", "make >log 2>&1"),
        ("x=$(cat a)\nrm $x", "x=$(cat a)\nrm \"$x\""),
        ("rm a/$*", "rm a/\"$@\""),
    ] {
        assert_eq!(fixed("a.sh", before, &[]), before);
        assert_eq!(fixed("a.sh", before, &["--unsafe"]), after);
    }
    let build = |line: &str| spec(&format!("phases:\n  build: |\n    {line}\n"));
    for (before, after) in [
        ("make -j4 all", "make all"),
        ("make all -j $(nproc)", "make all"),
        ("ninja -j\"$jobs\"", "ninja"),
        ("scons -j4 all", "scons -j\"$jobs\" all"),
        ("awk 'BEGIN { print %{jobs} }'", "awk 'BEGIN { print '\"%{jobs}\"' }'"),
    ] {
        assert_eq!(fixed("specs/a.yaml", &build(before), &[]), build(after));
    }
}

#[test]
fn a_file_that_is_write_protected_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.sh");
    std::fs::write(&file, "rm -r \"$x/b\"\n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o444)).unwrap();
    let output = lfsgen(folder.path(), &["lint", "--fix", "a.sh"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("`a.sh` is left alone: it is write-protected"), "{}", stderr(&output));
    assert_eq!(std::fs::read(&file).unwrap(), b"rm -r \"$x/b\"\n");
}
