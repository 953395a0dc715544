//! A person's shell in the root of a phase: what it shows, that nothing of it stays, and the patch that may come of it.

use std::io::Write as _;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use lfsgen::journal::Outcome;
use rustix::process::{Pid, Signal};

use super::project::{Package, Project, end_sleeps, everyone, processes_with, wait_until};
use crate::building;
use crate::support::{stderr, stdout};

const PREPARE: (&str, &str) =
    ("prepare", "mkdir src; cd src; printf '1\\n2\\n3\\n4\\n5\\n6\\n7\\n8\\n' >text");
const CONFIGURE: (&str, &str) = ("configure", "cd src; echo made >config");
const INSTALL: (&str, &str) = ("install", "cd src; cp text built /opt");
const BUILD: &str = "cd src; echo built >built; mkdir -p /opt/half";

fn package(project: &Project, configure: &str, build: &str) {
    project.write("lfsgen.yaml", "project: test\n");
    let phases = [PREPARE, ("configure", configure), ("build", build), INSTALL];
    project.package("tool", &Package { phases: &phases, ..Package::default() });
}

fn run(project: &Project, phases: &[&str]) {
    for phase in phases {
        project.good("tool", phase);
    }
}

/// What commands in a shell say.
fn shell(project: &Project, arguments: &[&str], commands: &str) -> Output {
    let mut command = project.command(&[&["shell"], arguments].concat());
    feed(&mut command, commands)
}

fn feed(command: &mut Command, commands: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut shell = command.spawn().unwrap();
    // One that refuses does not read.
    let _ = shell.stdin.take().unwrap().write_all(commands.as_bytes());
    shell.wait_with_output().unwrap()
}

/// The same, of a shell that must leave with this status; and that nothing of it stays.
fn told(project: &Project, arguments: &[&str], commands: &str, status: i32) -> (String, String) {
    let before = project.state();
    let output = shell(project, arguments, commands);
    let (said, told) = (stdout(&output), stderr(&output));
    assert_eq!(output.status.code(), Some(status), "{said}{told}");
    assert!(project.state() == before, "nothing of a shell stays");
    let left: Vec<_> = std::fs::read_dir(project.path("build/tmp/shells")).into_iter().flatten().collect();
    assert_eq!(left.len(), 0, "{left:?}");
    (said, told)
}

#[test]
fn a_shell_shows_the_root_before_a_phase_and_after_it() {
    everyone(|project| {
        package(project, CONFIGURE.1, BUILD);
        run(project, &["prepare", "configure", "build"]);
        let look = "pwd; ls; ls -d /opt/half 2>/dev/null; rm -f text; exit 1";
        let (said, words) = told(project, &["tool:build"], look, 1);
        assert_eq!(said, "/lfsgen/work/src\nconfig\ntext\n", "{words}");
        assert!(
            words.contains("the root of `tool` before `build`; `/lfsgen/script.sh build` runs it"),
            "{words}"
        );
        let (said, words) = told(project, &["--after", "tool:build"], look, 1);
        assert_eq!(said, "/lfsgen/work/src\nbuilt\nconfig\ntext\n/opt/half\n", "{words}");
        assert!(words.contains("the root of `tool` after `build`"), "{words}");
        let (said, _) = told(project, &["tool:prepare"], "pwd; ls", 0);
        assert_eq!(said, "/lfsgen/work\n");
        assert_eq!(project.outcomes(), vec![Outcome::Succeeded; 3]);
    });
}

#[test]
fn a_finished_package_s_phases_are_run_again_in_scratch() {
    everyone(|project| {
        package(project, CONFIGURE.1, BUILD);
        run(project, &["prepare", "configure", "build", "install"]);
        let (said, words) = told(project, &["tool"], "ls; ls -d /opt/half /opt/text 2>/dev/null; exit 0", 0);
        assert_eq!(said, "built\nconfig\ntext\n/opt/half\n", "{words}");
        for phase in ["prepare", "configure", "build"] {
            assert!(words.contains(&format!("running `{phase}` of `tool` in scratch")), "{words}");
        }
        let (said, _) = told(project, &["--after", "tool:install"], "ls -d /opt/half /opt/text", 0);
        assert_eq!(said, "/opt/half\n/opt/text\n");
        assert_eq!(project.finished().len(), 4, "the journal does not hear of it");
    });
}

#[test]
fn after_a_failed_phase_a_shell_shows_what_it_left_and_says_which_attempt_that_is() {
    everyone(|project| {
        package(project, CONFIGURE.1, "cd src; echo $(date +%N) >half; mkdir -p /opt/half; exit 3");
        run(project, &["prepare", "configure"]);
        project.bad("tool", "build", 1);
        let half = project.read("build/tmp/steps/tool/build/tree/lfsgen/work/src/half");
        let look = "cat half; ls -d /opt/half; echo more >>half";
        let (said, words) = told(project, &["--after", "tool:build"], look, 0);
        assert_eq!(said, format!("{half}/opt/half\n"), "{words}");
        assert!(
            words.contains("as the last attempt at `build`, which did not end well, has left it"),
            "{words}"
        );
        // Of other phases nothing is left.
        package(project, "cd src; echo half >config; echo oh no >&2; exit 4", BUILD);
        project.bad("tool", "configure", 1);
        let (said, words) = told(project, &["--after", "tool"], "cat config /lfsgen/log", 0);
        assert_eq!(said, "half\noh no\n", "{words}");
        assert!(
            words.contains("after `configure`, which was run again for this and did not end well"),
            "{words}"
        );
        let (_, words) = told(project, &["tool:build"], "exit 0", 2);
        assert!(
            words.contains("`configure` of `tool` fails where it is run again (exit status 4"),
            "{words}"
        );
        assert!(words.contains("`lfsgen shell --after tool:configure`"), "{words}");
    });
}

#[test]
fn whoever_goes_over_a_limit_of_the_project_is_told_to_raise_that() {
    everyone(|project| {
        let write = "head -c 200M /dev/zero >big; sleep 300";
        let more = serde_json::json!({"limits": {"project_disk": 32 << 20, "jobs": 1}});
        project.write("lfsgen.yaml", "project: test\n");
        project
            .package("tool", &Package { phases: &[("build", write), INSTALL], more, ..Package::default() });
        let raise = "may write 32 MiB: raise `resources.disk` in `lfsgen.yaml`";
        let (_, words) = told(project, &["tool:install"], "exit 0", 2);
        assert!(words.contains("fails where it is run again") && words.contains(raise), "{words}");
        let (_, words) = told(project, &["tool:build"], write, 2);
        assert!(words.contains("the shell wrote") && words.contains(raise), "{words}");
    });
}

#[test]
fn what_is_changed_in_the_source_tree_becomes_a_patch_that_fits() {
    everyone(|project| {
        let prepare = "mkdir -p src/dir/deep src/gone; cd src; seq 40 >text; echo old >dir/deep/file; printf end >'a b'
                       echo x >gone/x; echo y >gone/y; printf 'a\\0b' >binary; echo '#!/bin/sh' >run; echo l1 >latin
                       ln -s text link";
        let phases =
            [("prepare", prepare), ("configure", "cd src; echo made >config; echo 41 >>text2"), INSTALL];
        project.write("lfsgen.yaml", "project: test\n");
        project.package("tool", &Package { phases: &phases, ..Package::default() });
        project.good("tool", "prepare");
        project.good("tool", "configure");
        let changes = "sed -i 's/^7$/seven/; 30d; $a last' text; sed -i s/old/new/ dir/deep/file; printf ' of it' >>'a b'
                       rm -r gone; printf 'a\\0c' >binary; chmod +x run; printf 'caf\\351\\n' >latin; ln -sf run link
                       mkdir fresh; echo fresh >fresh/file; : >fresh/empty; echo mine >>config; touch text2
                       echo elsewhere >/opt/elsewhere; rm -r dir; mkdir -p dir/deep; echo newer >dir/deep/file";
        let words = told(project, &["--after", "--make-patch", "my.patch", "tool:configure"], changes, 0).1;
        let expected = "left out of the patch: binary: it is not text
left out of the patch: config: another phase than `prepare` made or changed it
left out of the patch: fresh/empty: a patch does not hold an empty file
left out of the patch: link: it is or was no regular file
left out of the patch: run: a patch does not hold whether it can be run
changed a b
changed dir/deep/file
new     fresh/file
removed gone/x
removed gone/y
changed latin
changed text
wrote `my.patch`; with it beside the spec of `tool`, these lines apply it, behind the patches that are there:
patches:
  - file: my.patch
    strip: 1
";
        assert!(words.ends_with(expected), "{words}");
        // Onto what `prepare` leaves, as a spec's patches are.
        project.write("check.sh", "set -e; cd build/layers/tool/prepare/tree/lfsgen/work; cp -r src ../../../copy; cd ../../../copy
                                   patch --fuzz=0 -Np1 -i ../../../../../my.patch >&2; cat text | sed -n '7p;30p;$p'
                                   cat 'a b' dir/deep/file fresh/file; od -An -c latin; ls");
        let output = Command::new("sh").arg("check.sh").current_dir(project.path("")).output().unwrap();
        assert!(
            output.status.success(),
            "{}\n{}",
            stderr(&output),
            String::from_utf8_lossy(&std::fs::read(project.path("my.patch")).unwrap())
        );
        assert_eq!(
            stdout(&output),
            "seven\n31\nlast\nend of itnewer\nfresh\n   c   a   f 351  \\n\na b\nbinary\ndir\nfresh\nlatin\nlink\nrun\ntext\n"
        );
    });
}

#[test]
fn a_patch_is_not_made_of_nothing_nor_over_a_file_that_is_there() {
    everyone(|project| {
        package(project, CONFIGURE.1, BUILD);
        project.good("tool", "prepare");
        let words = told(project, &["--make-patch", "x.patch", "tool:configure"], "ls", 0).1;
        assert!(words.contains("none was written") && !project.path("x.patch").exists(), "{words}");
        let words = told(project, &["--make-patch", "x.patch", "tool:prepare"], "ls", 2).1;
        assert!(words.contains("there is no source tree before `prepare`"), "{words}");
        project.write("x.patch", "mine");
        let words = told(project, &["--make-patch", "x.patch", "tool:configure"], "ls", 2).1;
        assert!(words.contains("`x.patch` is there already") && project.read("x.patch") == "mine", "{words}");
        let phases = [("prepare", "mkdir src; echo half >src/text; exit 3"), INSTALL];
        project.package("tool", &Package { phases: &phases, ..Package::default() });
        let words = told(project, &["--after", "--make-patch", "y.patch", "tool:prepare"], "ls", 2).1;
        assert!(words.contains("make a new one for the tree without it"), "{words}");
        assert!(!project.path("y.patch").exists());
    });
}

#[test]
fn a_shell_has_the_functions_of_the_script_and_starts_where_phases_do() {
    let project = building::Project::new();
    let text = "package: top\nversion: \"1\"\nbuild: { system: custom, subdir: out/of }\nphases:\n  build: echo built $PWD\n";
    project.write("specs/top.yaml", text);
    project.well(&["build", "base"]);
    project.well(&["generate"]);
    let mut command = project.command(&["shell", "top:build"]);
    let output = feed(&mut command, "pwd; phase_build; cd /; false; echo $- on");
    let said = stdout(&output);
    assert!(
        said.starts_with("/lfsgen/work/src/out/of\nbuilt /lfsgen/work/src/out/of\n"),
        "{said}{}",
        stderr(&output)
    );
    assert!(said.ends_with(" on\n") && !said.lines().last().unwrap().contains(['e', 'u']), "{said}");
}

#[test]
fn a_patch_for_a_package_that_inherits_its_patches_repeats_them() {
    let project = building::Project::new();
    let new = |name: &str| format!("--- /dev/null\n+++ b/{name}\n@@ -0,0 +1 @@\n+{name}\n");
    project.write("specs/first.patch", &new("first"));
    project.write("specs/second.patch", &new("second"));
    let rest = "version: \"1\"\nbuild: { system: custom }\nphases: { build: cat first second text }\n";
    let list = "patches: [ { file: first.patch, strip: 1 }, { file: \"second.patch\" } ]\n";
    project.write("specs/base.yaml", &format!("package: base\n{rest}{list}"));
    let child = "package: top\nextends: base\n";
    project.write("specs/top.yaml", child);
    project.well(&["generate"]);
    let said = |patch: &str| {
        let mut command = project.command(&["shell", "--make-patch", patch, "top:build"]);
        stderr(&feed(&mut command, &format!("echo {patch} >text")))
    };
    let words = said("specs/own.patch");
    let lines = "patches:\n  - file: first.patch\n    strip: 1\n  - file: \"second.patch\"\n  - file: own.patch\n    strip: 1\n";
    let told = "wrote `specs/own.patch`; with it beside the spec of `top`, these lines apply it; they replace the list that `top` \
                has from `specs/base.yaml`, and so repeat it:\n";
    assert!(words.ends_with(&format!("{told}{lines}")), "{words}");
    project.write("specs/top.yaml", &format!("{child}{lines}"));
    project.well(&["build", "top"]);
    assert!(project.well(&["logs", "top:build"]).ends_with("first\nsecond\nspecs/own.patch\n"));
    // It has a list of its own now.
    let words = said("again.patch");
    assert!(
        words.contains("behind the patches that are there:\npatches:\n  - file: again.patch\n"),
        "{words}"
    );
    // What lies beside the other spec does not lie beside its own.
    std::fs::remove_file(project.dir().join("specs/top.yaml")).unwrap();
    project.write("specs/deep/top.yaml", child);
    project.well(&["generate"]);
    let words = said("deep.patch");
    assert!(words.ends_with("put `first.patch`, `second.patch` beside the spec of `top` too\n"), "{words}");
    // Entries of several lines are left to whoever writes them.
    let sha256 = lfsgen::model::Digest::of(new("first").as_bytes());
    let path = project.dir().join("specs/first.patch");
    let list = format!(
        "patches:\n  - url: file:{}\n    sha256: {sha256}\n    mirrors:\n      - file:/a\n      - file:/b\n",
        path.display()
    );
    project.write("specs/base.yaml", &format!("package: base\n{rest}{list}"));
    project.well(&["generate"]);
    let words = said("lines.patch");
    let told = "so write the entries of that list before this one:\npatches:\n  - file: lines.patch\n";
    assert!(words.contains(told), "{words}");
}

/// Opens a shell that sleeps before it does what it is told, and waits until it does.
fn sleeping(project: &Project, arguments: &[&str], mark: &str, commands: &str) -> Child {
    let mut command = project.command(&[&["shell"], arguments].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut shell = command.spawn().unwrap();
    let commands = format!("sleep {mark} || true; {commands}");
    shell.stdin.take().unwrap().write_all(commands.as_bytes()).unwrap();
    wait_until("the shell sleeps", || !processes_with(mark).is_empty());
    shell
}

/// What such a shell says once it goes on.
fn said(shell: Child, mark: &str) -> (String, String) {
    end_sleeps(mark);
    let output = shell.wait_with_output().unwrap();
    (stdout(&output), stderr(&output))
}

/// How many layers were put aside and are still there.
fn put_aside(project: &Project) -> usize {
    let trash = std::fs::read_dir(project.path("build/tmp/trash")).into_iter().flatten().flatten();
    trash.filter(|entry| entry.path().join("key").exists()).count()
}

#[test]
fn a_shell_keeps_what_it_shows_while_the_package_is_built_to_its_end() {
    everyone(|project| {
        package(project, CONFIGURE.1, BUILD);
        run(project, &["prepare", "configure"]);
        let mark = format!("57{}", std::process::id());
        let look = "cat config; sed -i s/^8$/eight/ text; exit 0";
        let shell = sleeping(project, &["--make-patch", "my.patch", "tool:build"], &mark, look);
        run(project, &["build", "install"]);
        assert!(!project.path("build/layers/tool").exists(), "no build waits for a shell");
        assert_eq!(put_aside(project), 2, "what nobody looks at is gone");
        let (said, words) = said(shell, &mark);
        assert_eq!(said, "made\n", "{words}");
        assert!(project.read("my.patch").contains("-8\n+eight\n"), "{words}");
        // Any later step has time to remove what nobody uses any more.
        project.install("other", &[], "sleep 1");
        assert_eq!(put_aside(project), 0);
    });
}

#[test]
fn a_shell_keeps_the_tree_of_a_failed_attempt_and_nobody_goes_on_in_it_meanwhile() {
    everyone(|project| {
        package(project, CONFIGURE.1, "cd src; echo x >>half; date +%N >when; exit 3");
        run(project, &["prepare", "configure"]);
        project.bad("tool", "build", 1);
        let mark = format!("58{}", std::process::id());
        let when = project.read("build/tmp/steps/tool/build/tree/lfsgen/work/src/when");
        let shell = sleeping(project, &["--after", "tool:build"], &mark, "cat when half");
        let go_on = || {
            let mut command = project.command(&["run-step", "tool", "build"]);
            command.env("LFSGEN_CONTINUE", "on").output().unwrap()
        };
        let refused = go_on();
        assert_eq!(refused.status.code(), Some(2), "{}", stdout(&refused));
        assert!(
            stderr(&refused).contains("a shell shows the tree of `tool` in which `--continue` would go on"),
            "{}",
            stderr(&refused)
        );
        // Who begins anew needs not wait.
        project.bad("tool", "build", 1);
        let (said, words) = said(shell, &mark);
        assert_eq!(said, format!("{when}x\n"), "{words}");
        assert_eq!(go_on().status.code(), Some(1));
        let half = project.read("build/tmp/steps/tool/build/tree/lfsgen/work/src/half");
        assert_eq!(half, "x\nx\n", "it went on in the second attempt's tree");
    });
}

#[test]
fn a_build_that_is_at_work_is_not_shown_as_one_that_failed() {
    everyone(|project| {
        let mark = format!("59{}", std::process::id());
        package(project, CONFIGURE.1, &format!("cd src; sleep {mark} || true; echo whole >whole"));
        run(project, &["prepare", "configure"]);
        let step = project.start("tool", "build");
        wait_until("the step sleeps", || processes_with(&mark).len() == 1);
        let mut command = project.command(&["shell", "--after", "tool:build"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut shell = command.spawn().unwrap();
        shell.stdin.take().unwrap().write_all(b"cat whole").unwrap();
        wait_until("it runs again for the shell", || processes_with(&mark).len() == 2);
        end_sleeps(&mark);
        let output = shell.wait_with_output().unwrap();
        assert_eq!(stdout(&output), "whole\n", "{}", stderr(&output));
        assert!(step.wait_with_output().unwrap().status.success());
    });
}

#[test]
fn a_shell_that_is_asked_to_stop_leaves_nothing() {
    everyone(|project| {
        package(project, CONFIGURE.1, BUILD);
        project.good("tool", "prepare");
        for (number, signal) in [Signal::TERM, Signal::HUP, Signal::KILL].into_iter().enumerate() {
            let mark = format!("55{number}{}", std::process::id());
            let mut command = project.command(&["shell", "tool"]);
            let mut shell = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
            writeln!(shell.stdin.take().unwrap(), "sleep {mark}").unwrap();
            wait_until("the shell sleeps", || !processes_with(&mark).is_empty());
            let asked = Instant::now();
            rustix::process::kill_process(Pid::from_child(&shell), signal).unwrap();
            assert_eq!(shell.wait().unwrap().code(), (signal != Signal::KILL).then_some(1));
            wait_until("the command has ended", || processes_with(&mark).is_empty());
            assert!(asked.elapsed() < Duration::from_secs(15), "it took {:?}", asked.elapsed());
            let left = std::fs::read_dir(project.path("build/tmp/shells")).unwrap().count();
            assert_eq!(left, usize::from(signal == Signal::KILL));
        }
        // The next one clears what a killed one left.
        told(project, &["tool"], "exit 0", 0);
    });
}

#[test]
fn a_prompt_says_where_one_is_and_a_ctrl_c_is_for_the_command() {
    const TERMINAL: &str = "
import os, pty, sys
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[1], sys.argv[1:])
seen = b''
def until(end):
    global seen
    while not seen.endswith(end):
        seen += os.read(terminal, 4096)
until(b'# ')
os.write(terminal, b'sh -c \"echo begun; exec sleep 1000\"\\n')
until(b'begun\\r\\n')
os.write(terminal, bytes([3]))
until(b'# ')
os.write(terminal, b'exit 0\\n')
print(seen.decode(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
";
    let project = building::Project::new();
    project.well(&["generate"]);
    let mut python = Command::new("python3");
    python.args(["-c", TERMINAL, env!("CARGO_BIN_EXE_lfsgen"), "shell", "base:build"]);
    let output = python.current_dir(project.dir()).output().unwrap();
    let said = stdout(&output);
    let prompt = "[base before build] /lfsgen/work/src # ";
    assert!(said.matches(prompt).count() >= 2 && said.ends_with(" 0\n"), "{said}{}", stderr(&output));
}
