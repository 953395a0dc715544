//! What a step has in its root stays in the store until it ends, whoever cleans.

use std::io::Write as _;
use std::process::{Child, Output, Stdio};
use std::thread::ScopedJoinHandle;

use super::project::{Package, Project, end_sleeps, everyone, processes_with, wait_until, who};
use crate::support::{stderr, stdout};

/// Removes all that no step uses and the present plan does not need; says what it did.
fn clean(project: &Project) -> String {
    let output = project.command(&["clean", "--keep", "0", "--max-size", "1B"]).output().unwrap();
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    stdout(&output)
}

#[test]
fn no_part_of_the_state_goes_while_a_shell_is_open() {
    everyone(|project| {
        project.write("lfsgen.yaml", "project: small\nspecs: [specs]\n");
        let mark = format!("56{}", std::process::id());
        project.install("below", &[], "echo text >/opt/below");
        let phases = [("prepare", "echo made >made"), ("install", "true")];
        project.package("user", &Package { phases: &phases, layers: &["below"], ..Package::default() });
        project.good("user", "prepare");
        let mut command = project.command(&["shell", "user:install"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut shell = command.spawn().unwrap();
        let commands = format!("sleep {mark} || true; cat /opt/below made");
        shell.stdin.take().unwrap().write_all(commands.as_bytes()).unwrap();
        wait_until("the shell sleeps", || !processes_with(&mark).is_empty());
        for parts in [&["--layers", "--artifacts"][..], &["--all"], &["--sources"]] {
            let output = project.command(&[&["clean"], parts].concat()).output().unwrap();
            assert_eq!(output.status.code(), Some(2), "{parts:?}: {}", stdout(&output));
            let told = format!("`lfsgen shell` (process {}) is open in", shell.id());
            assert!(stderr(&output).contains(&told), "{}", stderr(&output));
        }
        end_sleeps(&mark);
        let output = shell.wait_with_output().unwrap();
        assert_eq!(stdout(&output), "text\nmade\n", "{}", stderr(&output));
        let output = project.command(&["clean", "--all"]).output().unwrap();
        assert!(output.status.success() && !project.path("build").exists(), "{}", stderr(&output));
    });
}

#[test]
fn an_artifact_goes_when_the_last_step_over_it_has_ended() {
    everyone(|project| {
        project.write("lfsgen.yaml", "project: small\nspecs: [specs]\n");
        let mark = format!("5{}", std::process::id());
        project.install("below", &[], "echo old >/opt/below; for i in $(seq 50); do echo $i >/opt/$i; done");
        let old = project.path(&format!("build/artifacts/{}", project.key("below")));
        let text = format!("sleep {mark} || test $? = 143; cat /opt/below /opt/[0-9]* | wc -l >/opt/lines");
        project.package(
            "user",
            &Package { phases: &[("install", &text)], layers: &["below"], ..Package::default() },
        );
        let runner = project.start("user", "install");
        wait_until("the step sleeps", || !processes_with(&mark).is_empty());
        project.install("below", &[], "echo new >/opt/below");
        let said = clean(project);
        assert!(said.contains("stays: in use\n\n0 of 2 artifacts removed"), "{said}");
        assert!(old.exists());
        end_sleeps(&mark);
        assert!(runner.wait_with_output().unwrap().status.success());
        assert_eq!(project.artifact_file("user", "opt/lines"), "51\n");
        let said = clean(project);
        assert!(said.contains("1 of 3 artifacts removed"), "{said}");
        assert!(!old.exists() && project.has_artifact("below") && project.has_artifact("user"));
        assert_eq!(std::fs::read_dir(project.path("build/tmp/trash")).unwrap().count(), 0);
    });
}

#[test]
fn a_damaged_artifact_that_is_made_again_stays_for_who_still_uses_it() {
    everyone(|project| {
        let mark = format!("4{}", std::process::id());
        project.install("below", &[], "echo text >/opt/below; echo more >/opt/more");
        let text = format!("sleep {mark} || test $? = 143; cat /opt/below >/opt/user");
        project.package(
            "user",
            &Package { phases: &[("install", &text)], layers: &["below"], ..Package::default() },
        );
        let runner = project.start("user", "install");
        wait_until("the step sleeps", || !processes_with(&mark).is_empty());
        let more = format!("build/artifacts/{}/tree/opt/more", project.key("below"));
        std::fs::remove_file(project.path(&more)).unwrap();
        assert!(project.good("below", "install").contains("was damaged and was made again"));
        assert_eq!(project.read(&more), "more\n");
        end_sleeps(&mark);
        assert!(runner.wait_with_output().unwrap().status.success());
        assert_eq!(project.artifact_file("user", "opt/user"), "text\n");
    });
}

/// Packages, each of which has all before it in its root and looks at what they installed, at its start and at its end.
fn plan_chain(project: &Project, version: &str) -> Vec<String> {
    let names: Vec<String> = (0..5).map(|number| format!("part-{number}")).collect();
    for (at, name) in names.iter().enumerate() {
        let layers: Vec<&str> = names[..at].iter().map(String::as_str).collect();
        let look: String = layers.iter().map(|name| format!("grep -q {version} /opt/{name}; ")).collect();
        let text = format!("{look} sleep 0.03; {look} echo {version} >/opt/{name}");
        project
            .package(name, &Package { phases: &[("install", &text)], layers: &layers, ..Package::default() });
    }
    names
}

/// Starts a step by the plan of one project, in the state of another.
fn start(planner: &Project, state: &Project, name: &str) -> Child {
    let (plan, state) = (format!("generated/plan/{name}.json"), state.path("build").display().to_string());
    let mut command = planner.command(&["run-step", "--plan", &plan, "--state", &state, name, "install"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Builds a chain as a person would, who starts the build again where an artifact is gone.
fn build(planner: &Project, state: &Project, names: &[String], is_protected: bool) {
    loop {
        let step = |name: &String| start(planner, state, name).wait_with_output().unwrap();
        let Some(failed) = names.iter().map(step).find(|output| !output.status.success()) else { return };
        let Output { status, .. } = failed;
        let said = stderr(&failed);
        let is_gone = said.contains("which is not in the store; start the build again");
        assert!(status.code() == Some(2) && is_gone && !is_protected, "{}{said}", stdout(&failed));
    }
}

#[test]
fn two_builds_of_two_plans_and_a_clean_that_knows_one_of_them_disturb_no_step() {
    for who in who() {
        let [here, there] = [Project::new(who), Project::new(who)];
        here.write("lfsgen.yaml", "project: small\nspecs: [specs]\n");
        let names = plan_chain(&here, "one");
        plan_chain(&there, "two");
        // The other project's steps must reach this one's state.
        std::fs::set_permissions(
            here.path(""),
            <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755),
        )
        .unwrap();
        // There is something to remove from the start on.
        [&here, &there].into_iter().for_each(|planner| build(planner, &here, &names[..2], false));
        let mut removed = 0;
        std::thread::scope(|scope| {
            let builds = [
                scope.spawn(|| (0..8).for_each(|_| build(&here, &here, &names, true))),
                scope.spawn(|| build(&there, &here, &names, false)),
            ];
            // Not for ever: whoever cleans all the time lets the other plan's build come to no end.
            for _ in 0..60 {
                if builds.iter().all(ScopedJoinHandle::is_finished) {
                    break;
                }
                let said = clean(&here);
                removed += usize::from(!said.starts_with("0 of "));
            }
            builds.into_iter().for_each(|build| build.join().unwrap());
        });
        assert!(removed > 0, "nothing was removed meanwhile");
        build(&there, &here, &names, false);
        for (project, version) in [(&here, "one"), (&there, "two")] {
            for name in &names {
                let key = project.key(name);
                let text = here.read(&format!("build/artifacts/{key}/tree/opt/{name}"));
                assert_eq!(text.trim(), version);
            }
        }
        let said = clean(&here);
        assert!(said.contains("5 of 10 artifacts removed"), "{said}");
    }
}
