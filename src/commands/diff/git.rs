//! The generated files of a revision, from git.

use std::io::Write as _;
use std::path::Path;
use std::process::{Output, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::emit::Tree;
use crate::host::process;
use crate::model::RelPath;

/// What a revision has below the output folder.
///
/// # Errors
/// There is no git, no repository, or no such revision.
pub(super) fn generated(root: &Path, output: &RelPath, rev: &str) -> Result<Tree> {
    if rev.starts_with('-') {
        bail!("`{rev}` is no revision");
    }
    let listed = git(root, &["ls-tree", "-r", "-z", rev, "--", &format!("{output}/")], &[])?;
    let blobs: Vec<(RelPath, &str)> =
        listed.split(|&byte| byte == 0).filter_map(|entry| blob(entry, output)).collect();
    let wanted: String = blobs.iter().map(|(_, id)| format!("{id}\n")).collect();
    let contents = git(root, &["cat-file", "--batch"], wanted.as_bytes())?;
    let mut rest = contents.as_slice();
    let mut tree = Tree::new();
    for (path, id) in blobs {
        let bytes = next(&mut rest).with_context(|| format!("git said something else of `{id}`"))?;
        tree.insert(path, bytes.to_vec());
    }
    Ok(tree)
}

/// The path below the output folder and the id in a line of `git ls-tree -z`: mode, type and id, a tab, the path.
fn blob<'a>(entry: &'a [u8], output: &RelPath) -> Option<(RelPath, &'a str)> {
    let (about, path) = std::str::from_utf8(entry).ok()?.split_once('\t')?;
    let below = path.strip_prefix(output.as_str())?.strip_prefix('/')?;
    let id = about.split(' ').nth(2)?;
    Some((RelPath::new(below).ok()?, id))
}

/// Takes the next object off the answer of `git cat-file --batch`: id, type and size, a newline, the content, a newline.
fn next<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = rest.iter().position(|&byte| byte == b'\n')?;
    let size: usize = std::str::from_utf8(&rest[..end]).ok()?.rsplit(' ').next()?.parse().ok()?;
    let content = rest.get(end + 1..end + 1 + size)?;
    *rest = rest.get(end + 2 + size..)?;
    Some(content)
}

/// What git says, given some input.
fn git(root: &Path, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>> {
    let mut child = process::command("git")
        .arg("-C")
        .arg(root)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("failed to start `git`")?;
    let stdin = child.stdin.take();
    // Git answers while it is asked: to ask everything first could fill both pipes.
    let output = std::thread::scope(|scope| -> Result<Output> {
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input)));
        child.wait_with_output().context("failed to wait for `git`")
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("`git {}` failed: {}", arguments.join(" "), said.trim());
    }
    Ok(output.stdout)
}
