//! Stages with another root, mount point or user.

use serde_json::json;

use super::project::{Package, Project, Who, everyone, is_root};
use crate::support::stderr;

/// Puts a shell and its libraries into `/mnt/lfs`.
const SHELL: &str = "for file in /bin/sh $(ldd /bin/sh | grep -o '/[^ ]*'); do
                         mkdir -p \"/mnt/lfs$(dirname $file)\"; cp -L $file /mnt/lfs$file
                     done; echo stray >/usr/stray; mkdir -p /mnt/lfs/empty";

#[test]
fn a_cross_stage_captures_its_mount_point_and_a_composed_root_has_nothing_else() {
    everyone(|project| {
        let stage = json!({"name": "cross", "mount": "/mnt/lfs"});
        let phases = [("build", "echo early >/mnt/lfs/early; echo work >work"), ("install", SHELL)];
        let expect = ["bin/sh", "early"];
        project.package("shell", &Package { phases: &phases, stage, expect: &expect, ..Package::default() });
        project.good("shell", "build");
        project.good("shell", "install");
        let paths = project.paths("shell");
        assert!(paths.contains(&"bin/sh".to_owned()) && paths.contains(&"empty".to_owned()), "{paths:?}");
        assert!(!paths.iter().any(|path| path.contains("stray") || path.starts_with("mnt")), "{paths:?}");

        let stage = json!({"name": "system", "root": "composed"});
        let phases = [("install", "for path in /* /bin/*; do echo $path; done; echo made >/made")];
        project
            .package("inside", &Package { phases: &phases, layers: &["shell"], stage, ..Package::default() });
        // The script asks for bash, which this root does not have.
        let said = project.bad("inside", "install", 2);
        assert!(said.contains("failed to start `/bin/bash`"), "{said}");
        assert!(said.contains("; no layer of the root has it: name the package"), "{said}");
        let script = project.read("generated/scripts/inside.sh").replace("#!/bin/bash", "#!/bin/sh");
        let digest = lfsgen::model::Digest::of(script.as_bytes()).to_string();
        let plan = project.read("generated/plan/inside.json");
        let old =
            lfsgen::model::Digest::of(project.read("generated/scripts/inside.sh").as_bytes()).to_string();
        project.write("generated/plan/inside.json", &plan.replace(&old, &digest));
        project.write("generated/scripts/inside.sh", &script);
        project.good("inside", "install");
        let log = project.log("inside", "install");
        assert!(log.contains("/early\n") && log.contains("/bin/sh\n") && !log.contains("/bin/ls\n"), "{log}");
        assert_eq!(project.paths("inside"), ["made"]);
    });
}

#[test]
fn what_was_installed_beside_a_mount_point_is_told_to_be_lost() {
    everyone(|project| {
        let stage = json!({"name": "cross", "mount": "/mnt/lfs"});
        let phases = [("install", "mkdir -p /usr/include; echo 1 >/usr/include/a.h")];
        project.package(
            "a",
            &Package { phases: &phases, stage, expect: &["usr/include/a.h"], ..Package::default() },
        );
        let said = project.bad("a", "install", 1);
        assert!(
            said.contains(
                "it did not install below `/mnt/lfs`, the one place that its stage keeps, what `art"
            ),
            "{said}"
        );
    });
}

#[test]
fn what_is_written_outside_of_the_mount_point_is_lost_and_told_of() {
    everyone(|project| {
        let phases = [
            ("build", "mkdir -p /usr/share/x; echo >/usr/share/x/out; echo >/etc/zzz; mkdir /opt/x"),
            ("install", "mkdir -p /mnt/lfs/usr; echo >/mnt/lfs/usr/kept; touch /lfsgen/work/mine"),
        ];
        project.package(
            "tool",
            &Package { phases: &phases, stage: json!({"mount": "/mnt/lfs"}), ..Package::default() },
        );
        let said = project.good("tool", "build");
        assert!(
            said.contains(
                "; thrown away, since it lies outside of `/mnt/lfs`: `/usr/share/x/out` and 1 more\n"
            ),
            "{said}"
        );
        let said = project.good("tool", "install");
        assert!(!said.contains("thrown away"), "{said}");
        assert_eq!(project.paths("tool"), ["usr", "usr/kept"]);
    });
}

#[test]
fn a_composed_root_with_a_mount_point_is_refused() {
    everyone(|project| {
        let stage = json!({"root": "composed", "mount": "/mnt/lfs"});
        project.package("tool", &Package { phases: &[("install", "true")], stage, ..Package::default() });
        assert!(project.bad("tool", "install", 2).contains("use `mount: /`"));
    });
}

#[test]
fn roots_builder_owns_the_build_tree_and_the_target_and_nothing_else() {
    if !is_root() {
        return;
    }
    let project = super::project::Project::new(Who::Me);
    let stage = json!({"user": "builder", "mount": "/mnt/lfs"});
    let phases = [
        ("prepare", "id -u; mkdir src; cd src; echo x >file"),
        ("install", "cp src/file /mnt/lfs/file; ! echo >/usr/stray"),
    ];
    project.package("tool", &Package { phases: &phases, stage, ..Package::default() });
    project.good("tool", "prepare");
    project.good("tool", "install");
    assert_eq!(project.log("tool", "prepare"), "1000\n");
    assert_eq!(project.paths("tool"), ["file"]);
}

#[test]
fn a_shell_opens_in_the_root_before_a_phase_and_leaves_nothing() {
    use std::io::Write as _;
    everyone(|project| {
        project.write("lfsgen.yaml", "project: test\nspecs: [specs]\n");
        let phases =
            [("prepare", "mkdir src; echo prepared >src/file"), ("install", "cp src/file /opt/file")];
        project.package("tool", &Package { phases: &phases, ..Package::default() });
        project.good("tool", "prepare");
        let before = project.state();
        let mut shell = project.command(&["shell", "tool"]);
        shell.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut shell = shell.stderr(std::process::Stdio::piped()).spawn().unwrap();
        let text = b"pwd; cat file; echo $LFSGEN_JOBS; echo x >/usr/stray; exit 0\n";
        shell.stdin.take().unwrap().write_all(text).unwrap();
        let output = shell.wait_with_output().unwrap();
        let (said, told) = (crate::support::stdout(&output), crate::support::stderr(&output));
        assert!(output.status.success(), "{said}{told}");
        assert_eq!(said, "/lfsgen/work/src\nprepared\n1\n", "{told}");
        assert!(told.contains("the root of `tool` before `install`"), "{told}");
        assert_eq!(project.state(), before);
    });
}

#[test]
fn a_shell_opens_only_for_phases_that_run_a_command() {
    let project = Project::new(Who::Me);
    project.write("lfsgen.yaml", "project: x\n");
    let phases = [("fetch", ":"), ("prepare", ":"), ("install", ":")];
    project.package("tool", &Package { phases: &phases, ..Package::default() });
    let said = |target: &str| {
        let output = project.command(&["shell", target]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        stderr(&output)
    };
    let said_of_check = said("tool:check");
    assert!(said_of_check.contains("it has `fetch`, `prepare`, `install`"), "{said_of_check}");
    assert!(said("tool:fetch").contains("`lfsgen logs tool:fetch`"), "{}", said("tool:fetch"));
}
