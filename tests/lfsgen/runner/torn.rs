//! What a lost machine leaves of a store: names without content, and files that were cut off.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::project::{Package, Project, everyone};

/// What can be left where an artifact, or another key of one, had its name.
type Left = (&'static str, fn(&Path));

const LEFT: [Left; 7] = [
    ("nothing", |_| {}),
    ("an empty directory", |path| std::fs::create_dir(path).unwrap()),
    ("an empty file", |path| std::fs::write(path, "").unwrap()),
    ("a link to an artifact that is not there", |path| {
        let other = "0".repeat(64);
        symlink(other, path).unwrap();
    }),
    ("a link to nothing that could be an artifact", |path| symlink("0123", path).unwrap()),
    ("files without a manifest", |path| std::fs::create_dir_all(path.join("tree/opt")).unwrap()),
    ("a manifest without files", |path| {
        std::fs::create_dir(path).unwrap();
        std::fs::write(path.join("manifest.json"), "{}").unwrap();
    }),
];

/// A package on top of another one, so that its artifact has a second key.
fn build(project: &Project) {
    project.install("below", &[], "echo below >/opt/below");
    let install = "mkdir /opt/tool; cp /opt/below /opt/tool/file; ln -s file /opt/tool/link";
    project.package(
        "tool",
        &Package { phases: &[("install", install)], layers: &["below"], ..Package::default() },
    );
    project.good("tool", "install");
}

/// Runs the step, which must succeed, and holds what is in the store then against what was.
fn is_made_again(project: &Project, manifest: &str, after: &str) {
    project.good("tool", "install");
    assert_eq!(
        project.read(&format!("build/artifacts/{}/manifest.json", project.key("tool"))),
        manifest,
        "{after}"
    );
    assert_eq!(project.artifact_file("tool", "opt/tool/file"), "below\n", "{after}");
}

/// The names in the store that stand for an artifact.
fn names(project: &Project, of: &str) -> Vec<PathBuf> {
    let store = project.path("build/artifacts");
    let made = store.join(project.key(of));
    let entries = std::fs::read_dir(&store).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.canonicalize().unwrap() == made.canonicalize().unwrap()).collect()
}

#[test]
fn whatever_is_left_of_a_name_in_the_store_the_artifact_is_made_again() {
    everyone(|project| {
        build(project);
        let manifest = project.read(&format!("build/artifacts/{}/manifest.json", project.key("tool")));
        let names = names(project, "tool");
        assert_eq!(names.len(), 2, "two keys");
        for (what, leave) in LEFT {
            for name in &names {
                let aside = project.path("aside");
                std::fs::rename(name, &aside).unwrap();
                leave(name);
                // Writing gives everything to who runs steps.
                project.write("given", "");
                is_made_again(project, &manifest, what);
                let _ = std::fs::remove_dir_all(&aside).or_else(|_| std::fs::remove_file(&aside));
            }
        }
    });
}

#[test]
fn a_manifest_that_was_cut_off_or_lost_its_content_has_the_artifact_made_again() {
    everyone(|project| {
        build(project);
        let path = format!("build/artifacts/{}/manifest.json", project.key("tool"));
        let manifest = project.read(&path);
        let zeros = "\0".repeat(manifest.len());
        let cut = (0..manifest.len() - 1).step_by(150).map(|length| manifest[..length].to_owned());
        for left in cut.chain([zeros]) {
            project.write(&path, &left);
            is_made_again(project, &manifest, &format!("{} bytes", left.len()));
        }
    });
}

#[test]
fn a_stamp_or_a_layer_s_key_that_lost_its_content_has_the_step_run_again() {
    everyone(|project| {
        let phases = [("build", "mkdir src; echo built >src/made"), ("install", "cp src/made /opt/made")];
        for left in ["", "\0\0\0\0", "0123"] {
            project.package("tool", &Package { phases: &phases, ..Package::default() });
            project.good("tool", "build");
            project.write("build/layers/tool/build/key", left);
            project.write("build/stamps/tool/build", left);
            let line = project.good("tool", "install");
            assert!(line.contains("succeeded"), "{line}");
            assert_eq!(project.artifact_file("tool", "opt/made"), "built\n");
            assert_eq!(project.outcomes().len() % 3, 0, "the build phase ran twice");
            std::fs::remove_dir_all(project.path("build/artifacts")).unwrap();
        }
    });
}
