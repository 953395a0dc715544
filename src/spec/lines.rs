//! Edits within a line of a block of text. They change what the line reads as, and nothing else can come of them: so whether a
//! spec still reads as it is meant to need not be tried for each of them, which takes as long as to read the whole spec.

use super::edit::scalars;
use super::tree::{Form, Node};
use crate::diag::Edit;
use crate::source::Place;

/// The lines of a spec's blocks, without their indentation, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockLines(Vec<Place>);

impl BlockLines {
    /// Those of a tree.
    pub fn of(root: &Node) -> Self {
        let blocks = scalars(root).filter(|scalar| scalar.form == Form::Block);
        let pieces = blocks.flat_map(|scalar| scalar.text.verbatim_pieces());
        let mut lines: Vec<_> = pieces.map(|(_, place)| place).collect();
        lines.sort_unstable();
        Self(lines)
    }

    /// The line in which an edit changes printable ASCII, and whose first character that is no blank stays one: so it has the
    /// indentation that it had, and is as empty as it was (YAML 1.2.2, 8.1, "Block Scalar Styles"). Nothing of any other edit.
    pub fn changed_by(&self, file: &str, edit: &Edit) -> Option<Place> {
        let line =
            *self.0.get(self.0.partition_point(|line| line.start <= edit.place.start).checked_sub(1)?)?;
        let text = file.get(line.range())?.trim_end_matches(['\n', '\r']);
        let (start, end) =
            ((edit.place.start - line.start) as usize, edit.place.end.checked_sub(line.start)?);
        let (before, changed) = (text.get(..start)?, text.get(start..end as usize)?);
        let blank = [' ', '\t'];
        let begins_as_before = !before.trim_matches(blank).is_empty()
            || (text[start..].starts_with(|c| !blank.contains(&c))
                && edit.text.starts_with(|c| !blank.contains(&c)));
        let plain = |text: &str| text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        (begins_as_before && plain(&edit.text) && plain(changed)).then_some(line)
    }
}
