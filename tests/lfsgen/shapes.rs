//! The shapes in `docs/reports.md`, held against what the program writes.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::building::Project;
use crate::support::root;

/// What a section of the page has between its fences.
fn shape(section: &str) -> String {
    let page = std::fs::read_to_string(root().join("docs/reports.md")).unwrap();
    let (_, rest) =
        page.split_once(&format!("\n### {section}\n")).unwrap_or_else(|| panic!("no section {section}"));
    let (_, rest) = rest.split_once("```text\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

/// Every name of a member, and every value of one that tells kinds apart, but for what stands under names that are data, and what is
/// documented as part of another shape.
fn words(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                into.insert(name.clone());
                if matches!(name.as_str(), "type" | "verdict" | "captured" | "because" | "how") {
                    into.extend(value.as_str().map(str::to_owned));
                }
                if !matches!(name.as_str(), "xattrs" | "entry") {
                    words(value, into);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| words(item, into)),
        _ => {}
    }
}

/// Holds a document against a section: the version is the one that is written there, and each of its names is.
fn is_documented(section: &str, json: &str) -> BTreeSet<String> {
    let shape = shape(section);
    let known: BTreeSet<&str> =
        shape.split(|char: char| !(char.is_ascii_alphanumeric() || "_-".contains(char))).collect();
    let document: Value = serde_json::from_str(json).unwrap();
    let (version, number) = shape.lines().next().unwrap().split_once(' ').unwrap();
    assert_eq!(document[version].to_string(), number.trim(), "{section}");
    let mut found = BTreeSet::new();
    words(&document, &mut found);
    let unknown: Vec<_> = found.iter().filter(|word| !known.contains(word.as_str())).collect();
    assert!(unknown.is_empty(), "docs/reports.md, {section}, does not have {unknown:?}");
    found
}

#[test]
fn machine_formats_have_the_shapes_that_are_documented() {
    let project = Project::new();
    let install = "mkdir /opt/base; cd /opt/base; echo >file; ln file second; ln -s file link; mkfifo fifo; rm -rf /usr/share/doc";
    project.spec("base", "[]", "true");
    let path = project.dir().join("specs/base.yaml");
    let spec =
        std::fs::read_to_string(&path).unwrap().replace("mkdir -p /opt/base\n", &format!("{install}\n"));
    std::fs::write(&path, spec).unwrap();
    project.well(&["build"]);
    let manifest = is_documented("Manifests", &project.well(&["files", "base", "--json"]));
    for kind in ["file", "link_of", "symlink", "target", "fifo", "directory", "sha256"] {
        assert!(manifest.contains(kind), "{kind}");
    }
    is_documented("Doctor", &crate::support::stdout(&project.run(&["doctor", "--json"])));
    project.spec("top", "[base]", "rm -rf /$nothing");
    project.run(&["lint", "--write-baseline", "known.json"]);
    let baseline = std::fs::read_to_string(project.dir().join("known.json")).unwrap();
    assert!(is_documented("Baselines", &baseline).contains("message"), "it has a finding");
    is_documented("Report", &project.well(&["report", "--format", "json"]));
    is_documented("Status", &project.well(&["status", "--json"]));
    is_documented("Why", &project.well(&["why", "base", "top", "--json"]));
    is_documented("Owners", &project.well(&["owns", "/opt/base/text", "--json"]));
    is_documented("The graph", &project.well(&["graph", "--format", "json"]));
}
