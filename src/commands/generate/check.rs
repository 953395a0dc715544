//! What `generate` would change, as a unified diff.

use similar::TextDiff;

use super::tree::Changes;
use crate::emit::Tree;
use crate::report::text::count;

/// The diff from the disk to the tree; empty where there is none.
pub(super) fn show(output: &str, changes: &Changes, tree: &Tree) -> String {
    let written =
        changes.written.iter().map(|(path, old)| (path, old.as_deref(), tree.get(path).map(Vec::as_slice)));
    let removed = changes.removed.iter().map(|(path, old)| (path, Some(old.as_slice()), None));
    let mut files: Vec<_> = written.chain(removed).collect();
    files.sort_by_key(|(path, ..)| *path);
    let shown = files.into_iter().map(|(path, old, new)| {
        let side = |prefix: &str, bytes: Option<&[u8]>| match bytes {
            Some(_) => format!("{prefix}/{output}/{path}"),
            None => "/dev/null".to_owned(),
        };
        let text = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
        let (before, after) = (text(old), text(new));
        let diff = TextDiff::from_lines(&before, &after);
        diff.unified_diff().header(&side("a", old), &side("b", new)).to_string()
    });
    shown.collect()
}

/// Says how much differs, and what to do.
pub(super) fn say(output: &str, changes: &Changes) -> String {
    let missing = changes.written.values().filter(|old| old.is_none()).count();
    let counts = [
        (changes.written.len() - missing, "with other text"),
        (missing, "missing"),
        (changes.removed.len(), "too many"),
    ];
    let counts = counts.iter().filter(|(number, _)| *number > 0);
    let counts: Vec<_> = counts.map(|(number, what)| format!("{} {what}", count(*number, "file"))).collect();
    format!(
        "`{output}` is not what the specs say ({}): run `lfsgen generate`, and commit what it writes\n",
        counts.join(", ")
    )
}
