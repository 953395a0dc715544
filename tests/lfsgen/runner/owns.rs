//! Whose a file is, and which files several packages have.

use serde_json::{Value, json};

use super::project::{Package, Project, Who};
use crate::support::{stderr, stdout};

/// `high` is built over `low`; `lone` and `other` know nothing of each other.
fn project() -> Project {
    let project = Project::new(Who::Me);
    project.write("lfsgen.yaml", "project: example\nspecs: [specs]\n");
    project.install(
        "low",
        &[],
        "umask 022; mkdir /opt/t; cd /opt/t; echo low >file; echo x >both; echo >gone; echo >own",
    );
    project.install(
        "high",
        &["low"],
        "umask 022; cd /opt/t; rm file both gone; echo higher >file; echo x >both",
    );
    for name in ["lone", "other"] {
        project.install(
            name,
            &[],
            &format!("umask 022; mkdir /opt/t; cd /opt/t; echo {name} >info; ln -s info link"),
        );
    }
    let never = Package { phases: &[("install", "false")], expect: &["opt/t/later"], ..Package::default() };
    project.package("never", &never);
    project
}

#[test]
fn a_path_has_its_owners_and_the_one_that_is_seen_comes_first() {
    let project = project();
    let owns = |path: &str| {
        let output = project.command(&["owns", path]).output().unwrap();
        (output.status.code().unwrap(), stdout(&output), stderr(&output))
    };
    let whole = owns("/opt/t/file");
    assert_eq!(
        whole.1,
        "\
path         package  stage  what
/opt/t/file  high 1   host   file 0644, 7 B  seen
             low 1    host   file 0644, 4 B  differs
"
    );
    assert_eq!(whole.0, 0);
    assert_eq!(owns("t/file"), whole);
    assert_eq!(owns("file"), whole);
    let (_, gone, _) = owns("gone");
    assert!(gone.contains("high 1   host   removes it"), "{gone}");
    let (status, later, _) = owns("/opt/t/later");
    assert!(status == 0 && later.contains("never 1  host   is to have it, not built yet"), "{later}");
    for absent in ["/t/file", "ile", "/opt/t/fil", "/opt/t/file/x", "/opt/t\x1b[2J"] {
        let (status, none, told) = owns(absent);
        assert_eq!((status, none.as_str()), (1, ""));
        let absent = absent.escape_debug();
        let note = "note: 1 package is not built, and what it has is not known\n";
        assert_eq!(told, format!("no package has `{absent}`\n{note}"));
    }
}

#[test]
fn paths_that_several_packages_have_are_listed_but_for_directories_that_they_share() {
    let project = project();
    let output = project.command(&["owns", "--shared"]).output().unwrap();
    assert_eq!(
        stdout(&output),
        "\
path         package  stage  what
/opt/t/both  high 1   host   file 0644, 2 B  seen
             low 1    host   file 0644, 2 B  the same
/opt/t/file  high 1   host   file 0644, 7 B  seen
             low 1    host   file 0644, 4 B  differs
/opt/t/gone  high 1   host   removes it      seen
             low 1    host   file 0644, 1 B  differs
/opt/t/info  lone 1   host   file 0644, 5 B
             other 1  host   file 0644, 6 B  differs
/opt/t/link  lone 1   host   link to info
             other 1  host   link to info    the same
"
    );
    let of = |stage: &str| project.command(&["owns", "--shared", "--stage", stage]).output().unwrap();
    assert_eq!(stdout(&of("host")), stdout(&output), "all of them are of one stage");
    assert!(stderr(&of("hots")).contains("no package is in a stage `hots`; did you mean `host`?"));
    let output = project.command(&["owns", "--shared", "--json"]).output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&json["lfsgen-owns"], &json["unknown"]), (&json!(1), &json!(1)));
    let gone = &json["paths"][2];
    assert_eq!((&gone["path"], &gone["stacked"]), (&json!("opt/t/gone"), &json!(true)));
    assert_eq!(
        gone["owners"][0],
        json!({"package": "high", "version": "1", "stage": "host", "how": "removes"})
    );
}

#[test]
fn what_stages_have_in_different_places_is_found_by_both_names_and_not_shared_with_the_machine() {
    let project = project();
    let phases = [("install", "umask 022; mkdir -p /mnt/t/opt/t; echo >/mnt/t/opt/t/file")];
    let stage = json!({"name": "away", "mount": "/mnt/t"});
    project.package("away", &Package { phases: &phases, stage, ..Package::default() });
    project.good("away", "install");
    let owners = |path: &str| stdout(&project.command(&["owns", path]).output().unwrap()).lines().count() - 1;
    assert_eq!([owners("/mnt/t/opt/t/file"), owners("/opt/t/file")], [1, 3]);
    let shared = stdout(&project.command(&["owns", "--shared"]).output().unwrap());
    assert!(!shared.contains("away"), "{shared}");
    let of_away = project.command(&["owns", "--shared", "--stage", "away"]).output().unwrap();
    assert_eq!(stdout(&of_away), "no path is in the artifacts of several packages of `away`\n");
}

#[test]
fn the_files_of_a_package_are_listed_as_they_lie_in_its_root() {
    let project = project();
    let output = project.command(&["files", "high"]).output().unwrap();
    assert_eq!(
        stdout(&output),
        "\
mode  owner  size  path
0644  0:0       2  /opt/t/both
0644  0:0       7  /opt/t/file
-     -         -  /opt/t/gone (removed)
"
    );
    let output = project.command(&["files", "high", "--json"]).output().unwrap();
    assert_eq!(output.stdout, project.manifest("high").to_json().unwrap());
    let output = project.command(&["files", "never"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("`never` is not built: `lfsgen build never` does"),
        "{}",
        stderr(&output)
    );
}
