//! Commands that handle text, in which what a rule looks for in any word is only mentioned: `grep -- --nogpg *.sh`.

use crate::shell::tree::Simple;

/// Programs that compare, search, print or edit text.
const TEXT: [&str; 15] = [
    "[", "awk", "cat", "echo", "egrep", "expr", "fgrep", "gawk", "grep", "perl", "printf", "rg", "sed",
    "test", "tr",
];

/// Whether a command only mentions what stands in its words.
pub(super) fn only_mentions(simple: &Simple) -> bool {
    simple.name().is_some_and(|name| TEXT.contains(&name.rsplit('/').next().unwrap_or_default()))
}
