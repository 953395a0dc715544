//! Text with places.
//!
//! Everything that lfsgen says about an author's input points into a file that is kept here. This module knows
//! bytes and lines; it does not know YAML, shell, or how a place is shown to a person.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

/// A file in a [`SourceMap`], by its position there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileId(pub u32);

/// A range of bytes in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Place {
    /// A place from a byte range.
    pub fn new(file: FileId, range: Range<usize>) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { file, start: clamp(range.start), end: clamp(range.end) }
    }

    /// The bytes that this place covers.
    pub fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Where it begins, without a byte.
    #[must_use]
    pub fn at_start(self) -> Self {
        Self { end: self.start, ..self }
    }

    /// Whether it begins in another place, wherever it ends.
    pub fn begins_in(&self, other: Self) -> bool {
        self.file == other.file && (other.start..other.end).contains(&self.start)
    }

    /// Whether another place lies in this one.
    pub fn contains(&self, other: Self) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }
}

/// A value and the place where it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub place: Place,
}

impl<T> Spanned<T> {
    /// A value at a place.
    pub fn new(value: T, place: Place) -> Self {
        Self { value, place }
    }

    /// The same place with another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: f(self.value), place: self.place }
    }

    /// The same place, the value borrowed.
    pub fn as_ref(&self) -> Spanned<&T> {
        Spanned { value: &self.value, place: self.place }
    }
}

/// One file as it was read.
#[derive(Debug)]
pub struct SourceFile {
    /// Path as a person would type it from the project's root, with `/`.
    pub name: String,
    /// The whole text.
    pub text: Arc<str>,
    line_starts: OnceLock<Vec<u32>>,
    /// How many characters begin before each stretch of [`STRETCH`] bytes.
    characters: OnceLock<Vec<usize>>,
}

/// Characters are counted once for each so many bytes, so that a column far out in a long line need not be counted from its start.
const STRETCH: usize = 256;

impl SourceFile {
    /// A file with its text.
    pub fn new(name: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        let (line_starts, characters) = (OnceLock::new(), OnceLock::new());
        Self { name: name.into(), text: text.into(), line_starts, characters }
    }

    /// Line and column of a byte offset, both from 1; the column counts characters.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let starts = self.line_starts.get_or_init(|| {
            let after_newline =
                self.text.match_indices('\n').map(|(at, _)| Place::new(FileId(0), at + 1..at + 1).start);
            std::iter::once(0).chain(after_newline).collect()
        });
        let offset = offset.min(self.text.len());
        let line = starts.partition_point(|&start| start as usize <= offset).saturating_sub(1);
        (line + 1, self.characters(offset) - self.characters(starts[line] as usize) + 1)
    }

    /// How many characters begin before a byte of the text.
    fn characters(&self, offset: usize) -> usize {
        let begin = |bytes: &[u8]| bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
        let counts = self.characters.get_or_init(|| {
            let mut counts = vec![0];
            for stretch in self.text.as_bytes().chunks(STRETCH) {
                counts.push(counts[counts.len() - 1] + begin(stretch));
            }
            counts
        });
        let stretch = offset / STRETCH;
        counts[stretch] + begin(&self.text.as_bytes()[stretch * STRETCH..offset])
    }
}

/// All files that were read.
#[derive(Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// Keeps a file and gives its id.
    pub fn add(&mut self, file: SourceFile) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(file);
        id
    }

    /// The file with an id that this map gave.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// Every file, in the order of their ids.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(at, file)| (FileId(u32::try_from(at).unwrap_or(u32::MAX)), file))
    }

    /// Line and column of a place's first byte, both from 1.
    pub fn line_column(&self, place: Place) -> (usize, usize) {
        self.file(place.file).line_column(place.start as usize)
    }

    /// `file:line:column` of a place's first byte.
    pub fn describe(&self, place: Place) -> String {
        let (line, column) = self.line_column(place);
        format!("{}:{line}:{column}", self.file(place.file).name)
    }
}

/// Text that was put together from pieces of a file, and still knows where each byte came from.
///
/// A YAML block scalar loses its indentation and `%{version}` becomes `1.3.1`; a finding in the result must point at
/// what the author wrote. A piece is either copied byte for byte, or stands as a whole for one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    text: String,
    segments: Vec<Segment>,
    /// The scalar as a whole.
    place: Place,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Segment {
    /// Where the piece starts in the text.
    at: u32,
    origin: Place,
    /// Whether byte n of the piece is byte n of the origin.
    verbatim: bool,
}

impl Text {
    /// An empty text that stands for `place`.
    pub fn empty(place: Place) -> Self {
        Self { text: String::new(), segments: Vec::new(), place }
    }

    /// Text that as a whole stands for `place`.
    pub fn opaque(text: &str, place: Place) -> Self {
        let mut whole = Self::empty(place);
        whole.push_opaque(text, place);
        whole
    }

    /// Text that stands byte for byte at `place`.
    pub fn verbatim(text: &str, place: Place) -> Self {
        let mut whole = Self::empty(place);
        whole.push_verbatim(text, place.file, place.start as usize);
        whole
    }

    /// Appends bytes that stand in the file as they are, from `start` on.
    pub fn push_verbatim(&mut self, text: &str, file: FileId, start: usize) {
        self.push(text, Place::new(file, start..start + text.len()), true);
    }

    /// Appends text that as a whole stands for `origin`.
    pub fn push_opaque(&mut self, text: &str, origin: Place) {
        self.push(text, origin, false);
    }

    /// Appends `range` of another text with its places.
    pub fn push_slice(&mut self, other: &Text, range: Range<usize>) {
        let before = other.segments.partition_point(|segment| segment.at as usize <= range.start);
        for (at, segment) in other.segments.iter().enumerate().skip(before.saturating_sub(1)) {
            if segment.at as usize >= range.end {
                break;
            }
            let end = other.segments.get(at + 1).map_or(other.text.len(), |next| next.at as usize);
            let (from, to) = (range.start.max(segment.at as usize), range.end.min(end));
            if from >= to {
                continue;
            }
            let piece = &other.text[from..to];
            if segment.verbatim {
                let shift = from - segment.at as usize;
                self.push_verbatim(piece, segment.origin.file, segment.origin.start as usize + shift);
            } else {
                self.push_opaque(piece, segment.origin);
            }
        }
    }

    fn push(&mut self, text: &str, origin: Place, verbatim: bool) {
        if text.is_empty() {
            return;
        }
        let at = Place::new(origin.file, self.text.len()..self.text.len()).start;
        self.segments.push(Segment { at, origin, verbatim });
        self.text.push_str(text);
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The whole scalar's place.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Where a range of the text was written. A range over several pieces gives the span from the first to the last.
    pub fn place_of(&self, range: Range<usize>) -> Place {
        if self.segments.is_empty() {
            return self.place;
        }
        let first = self.origin_of(range.start, false);
        let last = self.origin_of(range.end.max(range.start + 1) - 1, true);
        if first.file == last.file && first.start <= last.end {
            Place { file: first.file, start: first.start, end: last.end }
        } else {
            first
        }
    }

    /// Where a range of the text stands byte for byte; nowhere, where any of it was made of something else.
    pub fn verbatim_place_of(&self, range: Range<usize>) -> Option<Place> {
        let first =
            self.segments.partition_point(|segment| segment.at as usize <= range.start).checked_sub(1)?;
        let mut at = self.segments.get(first)?.origin.start as usize;
        let start = at + (range.start - self.segments[first].at as usize);
        for (number, segment) in self.segments.iter().enumerate().skip(first) {
            if segment.at as usize >= range.end && number > first {
                break;
            }
            if !segment.verbatim || segment.origin.start as usize != at {
                return None;
            }
            at = segment.origin.end as usize;
        }
        (range.end <= self.text.len())
            .then(|| Place::new(self.segments[first].origin.file, start..start + range.len()))
    }

    /// The pieces that stand in a file byte for byte: where in the text, and where in the file.
    pub fn verbatim_pieces(&self) -> impl Iterator<Item = (Range<usize>, Place)> {
        self.segments.iter().filter(|segment| segment.verbatim).map(|segment| {
            let at = segment.at as usize;
            (at..at + segment.origin.range().len(), segment.origin)
        })
    }

    /// The pieces that stand as a whole for a place: where in the text, and for which.
    pub fn made_pieces(&self) -> impl Iterator<Item = (Range<usize>, Place)> {
        let ends = self.segments.iter().skip(1).map(|next| next.at as usize).chain([self.text.len()]);
        let made = self.segments.iter().zip(ends).filter(|(segment, _)| !segment.verbatim);
        made.map(|(segment, end)| (segment.at as usize..end, segment.origin))
    }

    /// The origin of the byte at `offset`: from it on, or up to its end.
    fn origin_of(&self, offset: usize, up_to: bool) -> Place {
        let at = self.segments.partition_point(|segment| segment.at as usize <= offset).saturating_sub(1);
        let segment = &self.segments[at];
        if !segment.verbatim {
            return segment.origin;
        }
        let byte = segment.origin.start as usize + (offset - segment.at as usize);
        let end = segment.origin.end as usize;
        let byte = byte.min(end);
        let range = if up_to { segment.origin.start as usize..(byte + 1).min(end) } else { byte..end };
        Place::new(segment.origin.file, range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: FileId = FileId(0);

    #[test]
    fn a_place_has_a_line_and_a_column_in_characters() {
        let file = SourceFile::new("a.yaml", "é: 1\nb: 2\n");
        assert_eq!(file.line_column(0), (1, 1));
        assert_eq!(file.line_column(2), (1, 2));
        assert_eq!(file.line_column(6), (2, 1));
        assert_eq!(file.line_column(999), (3, 1));
    }

    #[test]
    fn a_column_is_counted_alike_wherever_in_a_long_line_it_is() {
        let text = format!("first\n{}\nlast", "aé".repeat(1000));
        let file = SourceFile::new("a.sh", text.as_str());
        for (number, (at, c)) in text.char_indices().skip(6).enumerate().take(2000) {
            assert_eq!(file.line_column(at), (2, number + 1), "{c}");
        }
        assert_eq!(file.line_column(text.len()), (3, 5));
        assert_eq!(SourceFile::new("empty", "").line_column(0), (1, 1));
    }

    #[test]
    fn a_joined_text_points_back_at_its_pieces() {
        let mut text = Text::empty(Place::new(FILE, 10..40));
        text.push_verbatim("cd zlib-", FILE, 12);
        text.push_opaque("1.3.1", Place::new(FILE, 20..30));
        text.push_verbatim(" && ls", FILE, 30);
        assert_eq!(text.as_str(), "cd zlib-1.3.1 && ls");
        assert_eq!(text.place_of(3..7), Place::new(FILE, 15..19));
        assert_eq!(text.place_of(8..10), Place::new(FILE, 20..30));
        assert_eq!(text.place_of(3..13), Place::new(FILE, 15..30));
        assert_eq!(text.place_of(17..19), Place::new(FILE, 34..36));
    }

    #[test]
    fn a_slice_keeps_its_places() {
        let whole = Text::verbatim("one two three", Place::new(FILE, 5..18));
        let mut slice = Text::empty(whole.place());
        slice.push_slice(&whole, 4..7);
        assert_eq!(slice.as_str(), "two");
        assert_eq!(slice.place_of(0..3), Place::new(FILE, 9..12));
    }
}
