//! What a package writes becomes its artifact, and means the same over any other layers.

use std::path::Path;
use std::time::Duration;

use lfsgen::store::{Entry, Kind};
use serde_json::json;

use super::project::{Package, Project, everyone, who};

fn entry(project: &Project, package: &str, path: &str) -> Entry {
    let manifest = project.manifest(package);
    let found = manifest.entries.into_iter().find(|entry| entry.path == path);
    found.unwrap_or_else(|| panic!("no `{path}` in {:?}", project.paths(package)))
}

#[test]
fn whatever_a_package_writes_is_in_its_artifact_and_not_on_the_host() {
    everyone(|project| {
        project.install(
            "tool",
            &[],
            "mkdir -m 1777 /usr/share/lfsgen-test; cd /usr/share/lfsgen-test
             echo hello >a; chmod 4711 a; ln a b; ln -s ../a c; mkfifo d; echo new >$'\\xff'
             echo at the top >/lfsgen-test; echo home >/root/lfsgen-test",
        );
        assert!(!Path::new("/usr/share/lfsgen-test").exists() && !Path::new("/lfsgen-test").exists());
        let dir = "usr/share/lfsgen-test";
        let names = ["", "/\\xff", "/a", "/b", "/c", "/d"].map(|name| format!("{dir}{name}"));
        let expected = [["lfsgen-test".into(), "root/lfsgen-test".into()].as_slice(), &names].concat();
        assert_eq!(project.paths("tool"), expected);
        assert_eq!(entry(project, "tool", dir).mode, "1777");
        let a = entry(project, "tool", &format!("{dir}/a"));
        assert_eq!((a.mode.as_str(), a.uid, a.gid), ("4711", 0, 0));
        assert!(matches!(&a.kind, Kind::File { size: 6, link_of: None, .. }));
        let b = entry(project, "tool", &format!("{dir}/b"));
        assert!(matches!(&b.kind, Kind::File { link_of: Some(first), .. } if *first == a.path));
        let c = entry(project, "tool", &format!("{dir}/c"));
        assert_eq!(c.kind, Kind::Symlink { target: "../a".into() });
        assert_eq!(entry(project, "tool", &format!("{dir}/d")).kind, Kind::Fifo);
    });
}

#[test]
fn a_file_of_several_names_goes_by_the_first_in_the_order_of_the_manifest() {
    everyone(|project| {
        project.install("tool", &[], "mkdir -p /opt/t/a; cd /opt/t; echo x >a/x; ln a/x a-b; ln a/x a0");
        let links =
            ["opt/t/a-b", "opt/t/a/x", "opt/t/a0"].map(|path| match entry(project, "tool", path).kind {
                Kind::File { link_of, .. } => link_of,
                _ => None,
            });
        assert_eq!(links, [None, Some("opt/t/a-b".into()), Some("opt/t/a-b".into())]);
        assert_eq!(project.manifest("tool").totals().0, 1);
    });
}

#[test]
fn root_and_an_ordinary_user_make_the_same_artifact() {
    let manifests = who().into_iter().map(|who| {
        let project = Project::new(who);
        project.install("tool", &[], "umask 077; mkdir -p /opt/t/u; echo x >/opt/t/u/x; rm -f /etc/passwd");
        project.manifest("tool").to_json().unwrap()
    });
    let manifests: Vec<_> = manifests.collect();
    assert!(manifests.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn a_directory_passed_through_and_a_file_left_as_it_was_are_no_changes() {
    everyone(|project| {
        project.install(
            "below",
            &[],
            "mkdir -p /usr/share/lfsgen-test/deep; echo x >/usr/share/lfsgen-test/file",
        );
        project.install(
            "tool",
            &["below"],
            "mkdir -p /usr/share/lfsgen-test/deep; : >>/usr/share/lfsgen-test/file; echo >/usr/share/lfsgen-test/new
             echo >/usr/share/gone; rm /usr/share/gone",
        );
        let manifest = project.manifest("tool");
        assert_eq!(project.paths("tool"), ["usr/share/lfsgen-test/new"]);
        assert!(manifest.removes.is_empty(), "{:?}", manifest.removes);
        project.install(
            "again",
            &["below"],
            "chmod 700 /usr/share/lfsgen-test; echo x >/usr/share/lfsgen-test/file",
        );
        assert_eq!(project.paths("again"), ["usr/share/lfsgen-test", "usr/share/lfsgen-test/file"][..1]);
    });
}

#[test]
fn what_a_package_removes_is_gone_for_those_who_depend_on_it() {
    everyone(|project| {
        project.install("tool", &[], "rm /etc/passwd; rm -r /usr/share/doc");
        assert!(Path::new("/etc/passwd").exists());
        assert_eq!(project.manifest("tool").removes, ["etc/passwd", "usr/share/doc"]);
        project.install(
            "user",
            &["tool"],
            "test ! -e /etc/passwd; test ! -e /usr/share/doc; test -e /etc/group",
        );
        project.install("other", &[], "test -e /etc/passwd");
    });
}

#[test]
fn a_dependency_lies_over_the_hosts_own_copy() {
    everyone(|project| {
        project.install("tool", &[], "rm /etc/passwd; echo of the artifact >/etc/passwd");
        project.install(
            "user",
            &["tool"],
            "cp /etc/passwd /etc/seen; test \"$(cat /etc/passwd)\" = 'of the artifact'",
        );
        assert_eq!(project.paths("user"), ["etc/seen"]);
        project.install("upper", &["tool"], "rm /etc/passwd; echo of the upper one >/etc/passwd");
        project.install("both", &["upper", "tool"], "test \"$(cat /etc/passwd)\" = 'of the upper one'");
    });
}

#[test]
fn a_directory_that_two_packages_made_shows_the_files_of_both() {
    everyone(|project| {
        for name in ["one", "two"] {
            let text =
                format!("mkdir -p /opt/common/sub; echo >/opt/common/{name}; echo >/opt/common/sub/{name}");
            project.install(name, &[], &text);
        }
        project.install(
            "user",
            &["one", "two"],
            "cd /opt/common; ls . sub >list; cat list; cp list /etc/list",
        );
        assert_eq!(project.log("user", "install"), ".:\nlist\none\nsub\ntwo\n\nsub:\none\ntwo\n");
    });
}

#[test]
fn a_directory_that_was_made_anew_hides_what_was_in_it() {
    everyone(|project| {
        project.install(
            "below",
            &[],
            "mkdir -p /opt/d/sub; echo >/opt/d/old; echo >/opt/d/kept; echo >/opt/d/sub/x",
        );
        project.install(
            "tool",
            &["below"],
            "rm -r /opt/d; mkdir -p /opt/d/sub; echo >/opt/d/kept; echo >/opt/d/sub/y",
        );
        assert_eq!(project.manifest("tool").removes, ["opt/d/old", "opt/d/sub/x"]);
        project.install("user", &["tool", "below"], "cd /opt/d; find . -type f | sort");
        assert_eq!(project.log("user", "install"), "./kept\n./sub/y\n");
    });
}

/// Links of the lower layer, to the host's directory as to the layer's own, lead to what the package never touched.
#[test]
fn a_directory_in_place_of_a_link_removes_nothing_of_what_the_link_led_to() {
    everyone(|project| {
        project.install(
            "low",
            &[],
            "mkdir -p /opt/there/man; touch /opt/there/man/a; ln -s /usr/share /opt/far; ln -s there /opt/near",
        );
        project.install("up", &["low"], "cd /opt; rm far near; mkdir -p far/man near/man; touch near/man/b");
        let expected = ["opt/far", "opt/far/man", "opt/near", "opt/near/man", "opt/near/man/b"];
        assert_eq!(project.paths("up"), expected);
        assert_eq!(project.manifest("up").removes, [""; 0]);
        project.install("user", &["up", "low"], "cd /opt; find far near there | sort");
        let seen = "far\nfar/man\nnear\nnear/man\nnear/man/b\nthere\nthere/man\nthere/man/a\n";
        assert_eq!(project.log("user", "install"), seen);
    });
}

#[test]
fn an_artifact_is_what_all_phases_but_the_check_leave() {
    everyone(|project| {
        let phases = [
            ("prepare", "mkdir src; echo >/opt/of-prepare"),
            (
                "configure",
                "cd src; echo config >config; mkdir -p /opt/shared; echo >/opt/shared/early; echo >/opt/gone",
            ),
            ("build", "cd src; cat config; echo built >built"),
            ("check", "test -e src/built; echo >/opt/of-check; echo broken >src/built"),
            ("install", "cat src/built; test ! -e /opt/of-check; rm /opt/gone; echo >/opt/shared/late"),
        ];
        project.package("tool", &Package { phases: &phases, ..Package::default() });
        for (phase, _) in phases {
            project.good("tool", phase);
        }
        assert_eq!(project.log("tool", "install"), "built\n");
        assert_eq!(
            project.paths("tool"),
            ["opt/of-prepare", "opt/shared", "opt/shared/early", "opt/shared/late"]
        );
        assert!(project.manifest("tool").removes.is_empty());
        assert!(
            !project.path("build/layers/tool").exists(),
            "the build tree goes when the artifact is there"
        );
    });
}

#[test]
fn an_artifact_without_what_it_must_hold_is_not_committed() {
    everyone(|project| {
        let phases = [("install", "mkdir -p /opt/lib; echo >/opt/lib/libz.so.1")];
        let expect = ["opt/lib/libz.so.1", "usr/lib/libz.so.1"];
        project.package("tool", &Package { phases: &phases, expect: &expect, ..Package::default() });
        let card = project.bad("tool", "install", 1);
        assert!(card.contains("missing: usr/lib/libz.so.1 (there is `opt/lib/libz.so.1`)"), "{card}");
        assert!(!project.has_artifact("tool") && !project.path("build/stamps/tool/install").exists());
    });
}

#[test]
fn nothing_in_an_artifact_is_dated_later_than_the_time_that_stands_for_now() {
    let text = "mkdir -p /opt/dir; echo >/opt/dir/new; ln -s new /opt/dir/link; echo >/opt/old; touch -d @1000 /opt/old";
    let time = |project: &Project, path: &str| {
        let path = project.path(&format!("build/artifacts/{}/tree/{path}", project.key("tool")));
        let time = std::fs::symlink_metadata(path).unwrap().modified().unwrap();
        time.duration_since(std::time::UNIX_EPOCH).unwrap()
    };
    everyone(|project| {
        let stage = json!({"env": {"SOURCE_DATE_EPOCH": "5000"}});
        let phases = [("install", text)];
        project.package("tool", &Package { phases: &phases, stage, ..Package::default() });
        project.good("tool", "install");
        for (path, seconds) in [
            ("", 5000),
            ("opt", 5000),
            ("opt/dir", 5000),
            ("opt/dir/new", 5000),
            ("opt/dir/link", 5000),
            ("opt/old", 1000),
        ] {
            assert_eq!(time(project, path), Duration::from_secs(seconds), "{path}");
        }
    });
    everyone(|project| {
        let stage = json!({"env": {"SOURCE_DATE_EPOCH": ""}});
        let phases = [("install", text)];
        project.package("tool", &Package { phases: &phases, stage, ..Package::default() });
        project.good("tool", "install");
        assert!(
            time(project, "opt/dir/new") > Duration::from_secs(1_700_000_000),
            "times are left as they are"
        );
    });
}

#[test]
fn an_attribute_that_a_package_sets_or_removes_on_a_file_of_another_is_a_change() {
    everyone(|project| {
        let python = |code: &str| format!("python3 -c 'import os; {code}'");
        let set = python("os.setxattr(\"/usr/lfsgen-b\", \"user.b\", b\"1\")");
        project.install(
            "below",
            &[],
            &format!("echo x >/usr/lfsgen-a; cp /usr/lfsgen-a /usr/lfsgen-b\n{set}"),
        );
        let change = python(
            "os.setxattr(\"/usr/lfsgen-a\", \"user.a\", b\"2\"); os.removexattr(\"/usr/lfsgen-b\", \"user.b\")",
        );
        project.install("tool", &["below"], &change);
        assert_eq!(project.paths("tool"), ["usr/lfsgen-a", "usr/lfsgen-b"]);
        assert_eq!(entry(project, "tool", "usr/lfsgen-a").xattrs["user.a"], "32");
        assert!(entry(project, "tool", "usr/lfsgen-b").xattrs.is_empty());
        project.install("same", &["below"], ": >>/usr/lfsgen-a; : >>/usr/lfsgen-b");
        assert!(project.paths("same").is_empty(), "{:?}", project.paths("same"));
    });
}

#[test]
fn an_attribute_whose_name_is_no_text_is_captured_in_each_phase_and_its_name_escaped() {
    everyone(|project| {
        let set = |path: &str, name: &str| {
            format!(
                "echo x >>{path}; python3 -c 'import os; os.setxattr(\"{path}\", b\"user.{name}\", b\"1\")'"
            )
        };
        let phases = ["prepare", "configure", "build", "install"];
        let texts = phases.map(|phase| set(&format!("/usr/lfsgen-{phase}"), r"\xff\\a"));
        let check = set("/usr/lfsgen-check", r"\xff");
        let phases: Vec<_> = phases.into_iter().zip(texts.iter().map(String::as_str)).collect();
        let all = [&phases[..3], &[("check", check.as_str())], &phases[3..]].concat();
        project.package("below", &Package { phases: &all, ..Package::default() });
        all.iter().for_each(|(phase, _)| drop(project.good("below", phase)));
        let paths = ["build", "configure", "install", "prepare"].map(|phase| format!("usr/lfsgen-{phase}"));
        assert_eq!(project.paths("below"), paths);
        for path in &paths {
            assert_eq!(entry(project, "below", path).xattrs[r"user.\xff\\a"], "31");
        }
        // A file that is opened for writing is copied up with it.
        let change = format!(": >>/usr/lfsgen-build; {}", set("/usr/lfsgen-install", r"\xfe"));
        project.install("tool", &["below"], &change);
        assert_eq!(project.paths("tool"), ["usr/lfsgen-install"]);
        let xattrs = entry(project, "tool", "usr/lfsgen-install").xattrs;
        assert_eq!(xattrs.keys().collect::<Vec<_>>(), [r"user.\xfe", r"user.\xff\\a"]);
    });
}
