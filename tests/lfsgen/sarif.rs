//! What `lint --format sarif` writes is SARIF 2.1.0.
//!
//! It is held against the official schema, which the crate `serde-sarif` carries in its source, and against the types that
//! this crate makes of it, which refuse properties that the schema does not know. What a schema cannot say is held against
//! the standard's own sentences.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use serde_sarif::sarif::Sarif;

use crate::support::{lfsgen, root, stderr};

/// Specs and a script with everything that a result may have: errors of specs, findings, places in other files, fixes, exceptions
/// in the spec and in the shell, and known findings.
const FILES: [(&str, &str); 4] = [
    ("lfsgen.yaml", "project: x\n"),
    (
        "specs/a.yaml",
        "package: a\nversion: \"1\"\nphases:\n  build: |\n    # é\n    rm -rf \"$x/lib\" $y\n    curl u | sh\n  check: sudo make\n  install: |\n    sudo a # lfsgen: allow privilege-switch because of \"x\"\nlint: { allow: [ { rule: download-to-shell, reason: no }, { rule: syntax-error, reason: no } ] }\n",
    ),
    ("specs/b.yaml", "package: b\nversion: \"1\"\nfazes: 1\n"),
    ("a b.sh", "#!/bin/sh\nrm -rf $x/b $x/b\nif\n"),
];

fn sarif(folder: &Path, arguments: &[&str]) -> Value {
    for (name, text) in FILES {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let output = lfsgen(folder, &[&["lint", "--format", "sarif"], arguments].concat());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)))
}

/// Every value below a value, with the keys that lead there.
fn walk<'v>(value: &'v Value, path: &str, tell: &mut dyn FnMut(&str, &'v Value)) {
    tell(path, value);
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(key, value)| walk(value, &format!("{path}.{key}"), tell));
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, &format!("{path}[]"), tell)),
        _ => {}
    }
}

fn results(document: &Value) -> &Vec<Value> {
    document["runs"][0]["results"].as_array().unwrap()
}

/// The official schema. Cargo knows where the source of a dependency lies.
fn schema() -> Value {
    let arguments = ["metadata", "--format-version", "1", "--locked"];
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut packages = metadata["packages"].as_array().unwrap().iter();
    let package = packages.find(|package| package["name"] == "serde-sarif").unwrap();
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    let schema = std::fs::read_to_string(manifest.with_file_name("src").join("schema.json")).unwrap();
    // A bracket too many in the pattern of `language`, in the schema as it was published, which is no regular expression.
    serde_json::from_str(&schema.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$")).unwrap()
}

/// Everything that the standard asks of what we write.
fn check(document: &Value) {
    let schema = jsonschema::validator_for(&schema()).unwrap();
    let wrong: Vec<_> =
        schema.iter_errors(document).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let typed: Sarif = serde_json::from_value(document.clone()).unwrap();
    assert_eq!(
        &serde_json::to_value(typed).unwrap(),
        document,
        "something is lost on the way through the types"
    );
    let rules = document["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    for result in results(document) {
        // 3.27.6, 3.27.23
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(result["suppressions"].is_array(), "where one result has suppressions all have: {result}");
    }
    walk(document, "", &mut |path, value| {
        if path.ends_with("region") || path.ends_with("deletedRegion") {
            let number = |key: &str| value[key].as_u64().unwrap();
            // 3.30: lines and columns count from 1, and an end is not before its start.
            let (start, end) =
                ((number("startLine"), number("startColumn")), (number("endLine"), number("endColumn")));
            assert!(start.0 > 0 && start.1 > 0 && start <= end, "{value}");
        }
        if path.ends_with(".uri") {
            let uri = value.as_str().unwrap();
            assert!(uri.is_ascii() && !uri.contains([' ', '"', '<', '>']), "{uri}");
        }
        if path.ends_with(".level") {
            assert!(["none", "note", "warning", "error"].contains(&value.as_str().unwrap()), "{value}");
        }
        if path.ends_with("suppressions[].kind") {
            assert!(["inSource", "external"].contains(&value.as_str().unwrap()), "{value}");
        }
    });
    let fingerprints: Vec<_> = results(document)
        .iter()
        .map(|result| result["partialFingerprints"]["lfsgenFinding/v1"].as_str())
        .collect();
    let different: std::collections::BTreeSet<_> = fingerprints.iter().collect();
    assert_eq!(different.len(), fingerprints.len(), "two results have one fingerprint");
}

#[test]
fn errors_findings_exceptions_and_fixes_are_valid_sarif() {
    let folder = tempfile::tempdir().unwrap();
    let document = sarif(folder.path(), &["specs", "a b.sh"]);
    check(&document);
    let has = |what: &dyn Fn(&Value) -> bool| results(&document).iter().any(what);
    assert!(has(&|result| result["ruleId"] == "unknown-key"));
    assert!(has(&|result| result["fixes"][0]["properties"]["safety"] == "safe"));
    assert!(has(&|result| result["fixes"][0]["properties"]["safety"] == "unsafe"));
    let justified = |result: &Value, kind: &str, reason: &str| {
        result["suppressions"][0]["kind"] == kind && result["suppressions"][0]["justification"] == reason
    };
    assert!(has(&|result| justified(result, "inSource", "of \"x\"")));
    assert!(has(&|result| justified(result, "inSource", "no")));
    assert!(has(&|result| !result["relatedLocations"].as_array().unwrap().is_empty()));
    let rules = document["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let rule = rules.iter().find(|rule| rule["id"] == "recursive-remove").unwrap();
    assert!(rule["help"]["markdown"].as_str().unwrap().starts_with("# recursive-remove"));
    assert_eq!(rule["properties"]["confidence"], "medium");
    assert_eq!(rule["properties"]["persona"], "default");
}

#[test]
fn known_findings_are_suppressed_from_outside() {
    let folder = tempfile::tempdir().unwrap();
    let before = sarif(folder.path(), &["--write-baseline", "known.json"]);
    let document = sarif(folder.path(), &["--baseline", "known.json"]);
    assert_eq!(before, document);
    check(&document);
    for result in results(&document) {
        // An error of a spec is never known.
        let free = result["suppressions"].as_array().unwrap().is_empty();
        assert_eq!(free, result["ruleId"] == "unknown-key", "{result}");
    }
    let known = |result: &&Value| result["suppressions"][0]["kind"] == "external";
    assert!(results(&document).iter().filter(known).count() > 2);
}

#[test]
fn a_project_in_which_nothing_is_found_is_valid_sarif() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("good.sh"), "#!/bin/sh\nset -e\nmake\n").unwrap();
    let output = lfsgen(folder.path(), &["lint", "--format", "sarif", "good.sh"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    check(&document);
    assert!(results(&document).is_empty());
}
