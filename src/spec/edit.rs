//! Changes to a spec's bytes, held against what they mean: whether the changed text reads as the old one did, but for what was
//! meant to change.

use std::ops::Range;

use super::tree::{Entry, Kind, Node, Scalar};
use crate::diag::{Diagnostics, Edit};
use crate::source::{FileId, Place, Text};

/// Reads a YAML text, whatever keys it has; nothing where anything is wrong with it.
pub fn read_any(file: FileId, text: &str) -> Option<Node> {
    let mut diagnostics = Diagnostics::default();
    super::yaml::read(file, text, &mut diagnostics).filter(|_| diagnostics.is_empty())
}

/// Whether `new` is what `old` becomes by edits: scalars change where an edit lies in their text, and nothing but items and
/// entries that begin in an edit that leaves nothing are gone.
pub fn reads_as_meant(file: &str, old: &Node, new: &Node, edits: &[Edit]) -> bool {
    // The blanks after a block may stay.
    let gone = |place: Place| {
        edits.iter().any(|edit| edit.text.is_empty() && edit.place.range().contains(&(place.start as usize)))
    };
    match (&old.kind, &new.kind) {
        (Kind::Null, Kind::Null) => true,
        (Kind::Scalar(old), Kind::Scalar(new)) => {
            old.reading == new.reading
                && edited(file, &old.text, edits).is_some_and(|text| text == new.text.as_str())
        }
        (Kind::List(old), Kind::List(new)) => {
            let kept: Vec<_> = old.iter().filter(|item| !gone(item.place)).collect();
            kept.len() == new.len()
                && kept.iter().zip(new).all(|(old, new)| reads_as_meant(file, old, new, edits))
        }
        (Kind::Map(old), Kind::Map(new)) => {
            let kept: Vec<_> = old.iter().filter(|entry| !gone(entry.key.place)).collect();
            kept.len() == new.len()
                && kept.iter().zip(new).all(|(old, new)| {
                    old.key.value == new.key.value && reads_as_meant(file, &old.value, &new.value, edits)
                })
        }
        _ => false,
    }
}

/// The text with its edits; nothing where one touches what does not stand in the file as it is.
fn edited(file: &str, text: &Text, edits: &[Edit]) -> Option<String> {
    let mut changed = text.as_str().to_owned();
    // From the last to the first, so that those before keep their places.
    for edit in edits.iter().rev() {
        let Some((range, indent)) = within(file, text, edit.place) else { continue };
        let new = edit.text.replace(&format!("\n{indent}"), "\n");
        changed.get(range.clone())?;
        changed.replace_range(range, &new);
    }
    Some(changed)
}

/// The part of a text that stands at a place, and the indentation there.
fn within<'f>(file: &'f str, text: &Text, place: Place) -> Option<(Range<usize>, &'f str)> {
    let mut found: Option<(Range<usize>, &str)> = None;
    for (range, origin) in text.verbatim_pieces() {
        let (start, end) = (origin.start.max(place.start), origin.end.min(place.end));
        // What has no length touches the first piece that it lies in.
        if origin.file != place.file
            || start > end
            || (start == end && (place.start < place.end || found.is_some()))
        {
            continue;
        }
        let at = |byte: u32| range.start + (byte - origin.start) as usize;
        found = match found {
            Some((before, indent)) => Some((before.start..at(end), indent)),
            None => Some((at(start)..at(end), indentation(file, origin.start as usize))),
        };
    }
    found
}

/// The spaces before a place in its line; none where there is something else.
fn indentation(file: &str, at: usize) -> &str {
    let line = &file[line_start(file, at)..at];
    if line.bytes().all(|byte| byte == b' ') { line } else { "" }
}

fn line_start(file: &str, at: usize) -> usize {
    file[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// The edit as it has to be in the file: a text of several lines is indented, and what takes an item or a line away takes its
/// dash, comma, key or line with it.
pub fn in_file(file: &str, root: &Node, edit: &Edit) -> Edit {
    if edit.text.is_empty() {
        let range = removal(file, root, edit.place).unwrap_or_else(|| whole_lines(file, edit.place.range()));
        return Edit { place: Place::new(edit.place.file, range), text: String::new() };
    }
    let mut text = edit.text.clone();
    if text.contains('\n')
        && let Some(indent) = scalars(root).find_map(|scalar| Some(within(file, &scalar.text, edit.place)?.1))
    {
        text = text.replace('\n', &format!("\n{indent}"));
    }
    Edit { place: edit.place, text }
}

/// A range that ends with a line, and the indentation before it.
pub fn whole_lines(file: &str, range: Range<usize>) -> Range<usize> {
    let before = line_start(file, range.start);
    let blank = file[before..range.start].trim_matches([' ', '\t']).is_empty();
    let start = if blank && file[range.clone()].ends_with('\n') { before } else { range.start };
    start..range.end
}

pub(super) fn scalars(node: &Node) -> Box<dyn Iterator<Item = &Scalar> + '_> {
    match &node.kind {
        Kind::Null => Box::new(std::iter::empty()),
        Kind::Scalar(scalar) => Box::new(std::iter::once(scalar)),
        Kind::List(items) => Box::new(items.iter().flat_map(scalars)),
        Kind::Map(entries) => Box::new(entries.iter().flat_map(|entry| scalars(&entry.value))),
    }
}

/// What has to go so that an item of a list is gone: where it is the last that is left, its list's key too.
fn removal(file: &str, node: &Node, item: Place) -> Option<Range<usize>> {
    match &node.kind {
        Kind::List(items) => {
            if items.iter().any(|node| node.place == item) {
                // A list of nothing goes as a whole, with its key; that is the caller's.
                return (items.len() > 1).then(|| piece(file, item.range()));
            }
            items.iter().find(|node| node.place.contains(item)).and_then(|node| removal(file, node, item))
        }
        Kind::Map(entries) => {
            let entry = entries.iter().find(|entry| entry.value.place.contains(item))?;
            if !is_alone(&entry.value, item) {
                return removal(file, &entry.value, item);
            }
            // The caller's key, where this is the only one here.
            let whole = entry.key.place.start as usize..entry.value.place.end as usize;
            (entries.len() > 1).then(|| piece(file, whole))
        }
        _ => None,
    }
}

/// Whether nothing is left of a value without the item.
fn is_alone(node: &Node, item: Place) -> bool {
    match &node.kind {
        Kind::List(items) => {
            matches!(items.as_slice(), [only] if only.place == item || is_alone(only, item))
        }
        Kind::Map(entries) => matches!(entries.as_slice(), [Entry { value, .. }] if is_alone(value, item)),
        _ => false,
    }
}

/// An item or entry with what belongs to it: its dash and its lines, or one comma.
fn piece(file: &str, range: Range<usize>) -> Range<usize> {
    let end = range.start + file[range.clone()].trim_end().len();
    let start = line_start(file, range.start);
    let line_end = file[end..].find('\n').map_or(file.len(), |newline| end + newline + 1);
    let before = file[start..range.start].trim();
    let after = file[end..line_end].trim();
    if (before.is_empty() || before == "-") && (after.is_empty() || after.starts_with('#')) {
        return start..line_end;
    }
    if let Some(rest) = file[end..].trim_start().strip_prefix(',') {
        return range.start..file.len() - rest.trim_start_matches(' ').len();
    }
    let kept = file[..range.start].trim_end();
    match kept.strip_suffix(',') {
        Some(kept) => kept.len()..end,
        None => range.start..end,
    }
}
