//! The command line as a whole.

use crate::support::{lfsgen, root, stderr, stdout};

#[test]
fn completions_name_the_program() {
    let output = lfsgen(root(), &["completions", "bash"]);
    assert!(output.status.success());
    assert!(stdout(&output).contains("_lfsgen()"));
}

#[test]
fn wrong_usage_leaves_with_status_2_and_says_what_is_known() {
    let output = lfsgen(root(), &["genrate"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("unrecognized subcommand"), "{}", stderr(&output));
}
