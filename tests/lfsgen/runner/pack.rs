//! What packages installed, as an archive: whoever built it, and whatever they removed of each other.

use std::process::{Command, Stdio};

use super::project::{Package, Project, Who, everyone};
use crate::support::{stderr, stdout};

/// Everything that an archive can hold, and a socket.
const LOW: &str = r#"umask 022; mkdir -p /opt/t/dir; cd /opt/t
echo low >file; ln file dir/second; chown 5:6 file; chmod 4755 file
python3 -c 'import os; os.setxattr("file", "user.note", b"a\0b")'
echo x >gone; echo low >under; echo x >dir/under
mknod null c 1 3; mkfifo pipe; ln -s ./a//../b link; ln -s "$(printf '%0120d' 7)" far
mkdir -p "$(printf '%0120d' 8)"; echo deep >"$(printf '%0120d' 8)/deep"
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'"#;

/// Changes, replaces and removes.
const HIGH: &str =
    "umask 022; cd /opt/t; rm gone; echo higher >under; rm -r dir; echo file >dir; rm /usr/bin/env";

/// `high` over `low`, both built.
fn built(project: &Project) {
    project.write("lfsgen.yaml", "project: example\nspecs: [specs]\n");
    project.install("low", &[], LOW);
    project.install("high", &["low"], HIGH);
}

/// What `tar` prints of an archive.
fn tar(archive: &[u8], arguments: &[&str]) -> String {
    let mut tar = Command::new("tar")
        .args(arguments)
        .env("TZ", "UTC")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = tar.stdin.take().unwrap();
    let archive = archive.to_owned();
    let writer = std::thread::spawn(move || std::io::Write::write_all(&mut input, &archive));
    let output = tar.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

fn packed(project: &Project, arguments: &[&str]) -> (Vec<u8>, String) {
    let output = project.command(&[&["pack"], arguments].concat()).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let said = stderr(&output);
    (output.stdout, said)
}

#[test]
fn an_archive_has_what_a_root_of_its_packages_shows_with_the_owners_of_their_manifests() {
    everyone(|project| {
        built(project);
        let (low, said) = packed(project, &["low"]);
        let long = "0".repeat(119);
        let expected = format!(
            "\
drwxr-xr-x 0/0               0 2000-01-01 00:00 opt
drwxr-xr-x 0/0               0 2000-01-01 00:00 opt/t
drwxr-xr-x 0/0               0 2000-01-01 00:00 opt/t/{long}8
-rw-r--r-- 0/0               5 2000-01-01 00:00 opt/t/{long}8/deep
drwxr-xr-x 0/0               0 2000-01-01 00:00 opt/t/dir
-rwsr-xr-x 5/6               4 2000-01-01 00:00 opt/t/dir/second
-rw-r--r-- 0/0               2 2000-01-01 00:00 opt/t/dir/under
lrwxrwxrwx 0/0               0 2000-01-01 00:00 opt/t/far -> {long}7
hrwsr-xr-x 5/6               0 2000-01-01 00:00 opt/t/file link to opt/t/dir/second
-rw-r--r-- 0/0               2 2000-01-01 00:00 opt/t/gone
lrwxrwxrwx 0/0               0 2000-01-01 00:00 opt/t/link -> ./a//../b
crw-r--r-- 0/0             1,3 2000-01-01 00:00 opt/t/null
prw-r--r-- 0/0               0 2000-01-01 00:00 opt/t/pipe
-rw-r--r-- 0/0               4 2000-01-01 00:00 opt/t/under
"
        );
        assert_eq!(tar(&low, &["--numeric-owner", "-tvf", "-"]), expected);
        assert_eq!(
            said,
            "packed 1 package: 5 files, 17 B\nnote: no archive can hold sockets: `/opt/t/socket`\n"
        );
        let with_attributes = tar(&low, &["--xattrs", "-tvvf", "-", "opt/t/dir/second"]);
        assert!(with_attributes.contains("x: 3 user.note"), "{with_attributes}");

        let (high, said) = packed(project, &["high"]);
        let expected = "\
drwxr-xr-x 0/0               0 2000-01-01 00:00 opt
drwxr-xr-x 0/0               0 2000-01-01 00:00 opt/t
-rw-r--r-- 0/0               5 2000-01-01 00:00 opt/t/dir
-rw-r--r-- 0/0               7 2000-01-01 00:00 opt/t/under
";
        assert_eq!(tar(&high, &["--numeric-owner", "-tvf", "-"]), expected);
        let removed = "`/opt/t/gone`, `/usr/bin/env`";
        let note =
            format!("note: no archive can tell of what is removed from below these packages: {removed}\n");
        assert_eq!(said, format!("packed 1 package: 2 files, 12 B\n{note}"));

        for (arguments, packages) in
            [(&["--with-needs", "high"][..], 2), (&["low", "high"], 2), (&["all"], 2)]
        {
            let (both, said) = packed(project, arguments);
            assert!(said.starts_with(&format!("packed {packages} packages: 4 files, 21 B\n")), "{said}");
            assert!(said.contains("removed from below these packages: `/usr/bin/env`\n"), "{said}");
            assert_eq!(
                tar(&both, &["-xOf", "-", "opt/t/under", "opt/t/dir", "opt/t/file"]),
                "file\nlow\nhigher\n"
            );
            let paths = tar(&both, &["-tf", "-"]);
            assert!(!paths.contains("gone") && !paths.contains("second"), "{paths}");
        }
    });
}

#[test]
fn the_same_artifacts_give_the_same_archive_and_a_name_says_whether_it_is_compressed() {
    let project = Project::new(Who::Me);
    built(&project);
    let (archive, _) = packed(&project, &["low"]);
    for name in ["a.tar", "b.tar.gz", "c.tgz", "d.gz"] {
        let (printed, _) = packed(&project, &["low", "--output", name]);
        assert_eq!(printed, b"");
    }
    let files = ["a.tar", "b.tar.gz", "c.tgz", "d.gz"].map(|name| std::fs::read(project.path(name)).unwrap());
    assert_eq!(files[0], archive);
    assert!(files[1..].iter().all(|file| *file == files[1] && file.len() < archive.len()));
    assert_eq!(tar(&files[1], &["-tzf", "-"]), tar(&archive, &["-tf", "-"]));
    let output = project.command(&["pack", "low", "-o", "a.tar.zst"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        stderr(&output),
        "error: for `.zst`, leave out `--output` and use a pipe: `lfsgen pack … | zstd > a.tar.zst`\n"
    );
}

#[test]
fn what_is_not_built_or_not_whole_is_not_packed_and_an_older_archive_stays() {
    let project = Project::new(Who::Me);
    built(&project);
    project.package("later", &Package { phases: &[("install", "true")], ..Package::default() });
    project.write("old.tar", "old");
    let refused = |arguments: &[&str]| {
        let output = project.command(&[&["pack", "-o", "old.tar"], arguments].concat()).output().unwrap();
        assert_eq!((output.status.code(), project.read("old.tar").as_str()), (Some(2), "old"));
        stderr(&output)
    };
    assert_eq!(refused(&[]), "error: not built from present inputs: `lfsgen build later` does\n");
    assert!(refused(&["lwo"]).contains("no package or stage is called `lwo`; did you mean `low`?"));
    let file = project.path(&format!("build/artifacts/{}/tree/opt/t/under", project.key("low")));
    std::fs::write(file, "wol\n").unwrap();
    let said = refused(&["low"]);
    assert!(said.contains("tree/opt/t/under` was changed after it was built: remove the artifact"), "{said}");
    for (arguments, to) in
        [(&["pack", "high"][..], "standard output"), (&["pack", "high", "-o", "/dev/full"], "`/dev/full`")]
    {
        let full = std::fs::File::create("/dev/full").unwrap();
        let output = project.command(arguments).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(
            stderr(&output),
            format!("error: failed to write {to}: No space left on device (os error 28)\n")
        );
    }
}

#[test]
fn stages_that_do_not_build_on_each_other_are_not_packed_together() {
    let project = Project::new(Who::Me);
    project.write("lfsgen.yaml", "project: example\nspecs: [specs]\n");
    for name in ["one", "two"] {
        let phases = [("install", "echo x >/opt/x")];
        let stage = serde_json::json!({"name": name});
        project.package(name, &Package { phases: &phases, stage, ..Package::default() });
        project.good(name, "install");
    }
    let output = project.command(&["pack"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(said.contains("the stages `one` and `two` do not build on each other"), "{said}");
    packed(&project, &["two"]);
}

#[test]
fn a_file_that_is_empty_for_the_most_part_takes_little_of_an_archive() {
    let project = Project::new(Who::Me);
    project.write("lfsgen.yaml", "project: example\nspecs: [specs]\n");
    let long = "0".repeat(120);
    let install = format!(
        "cd /opt; truncate -s 100M empty; for at in 0 3 6 9 12 15; do echo $at | dd of={long} bs=1M seek=$at conv=notrunc; done
         python3 -c 'import os; os.setxattr(\"empty\", \"user.note\", b\"a\")'; cat {long} > full; echo end >> full"
    );
    project.install("tool", &[], &install);
    let (archive, said) = packed(&project, &["tool"]);
    assert!(archive.len() < 2 << 20, "{} bytes", archive.len());
    assert!(said.starts_with("packed 1 package: 3 files, 130 MiB"), "{said}");
    let to = tempfile::tempdir().unwrap();
    tar(&archive, &["--xattrs", "-C", to.path().to_str().unwrap(), "-xf", "-"]);
    let tree = project.path(&format!("build/artifacts/{}/tree", project.key("tool")));
    for name in ["empty", &long, "full"] {
        let file = |folder: &std::path::Path| std::fs::read(folder.join("opt").join(name)).unwrap();
        assert!(file(to.path()) == file(&tree), "{name}");
    }
    assert!(tar(&archive, &["--xattrs", "-tvvf", "-", "opt/empty"]).contains("user.note"));
}
