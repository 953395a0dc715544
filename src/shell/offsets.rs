//! Where the bytes of a text inside a text stand in the whole.

use super::tree::Span;

/// A map from offsets in a text that was cut out of another (and lost some bytes of it) to offsets there.
#[derive(Debug, Clone)]
pub(super) struct Offsets {
    /// Offset in the inner text, offset in the outer; never empty, rising.
    pieces: Vec<(usize, usize)>,
}

impl Offsets {
    /// An inner text that starts at `origin` and has lost nothing.
    pub(super) fn from(origin: usize) -> Self {
        Self { pieces: vec![(0, origin)] }
    }

    /// From `at` on, the inner text stands at `origin`.
    pub(super) fn push(&mut self, at: usize, origin: usize) {
        self.pieces.push((at, origin));
    }

    /// Where the byte at `at` stands.
    pub(super) fn origin(&self, at: usize) -> usize {
        let piece = self.pieces.partition_point(|&(start, _)| start <= at).saturating_sub(1);
        let (start, origin) = self.pieces[piece];
        origin + at.saturating_sub(start)
    }

    /// Where a range stands.
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        if end <= start {
            let at = self.origin(start);
            return Span::new(at, at);
        }
        Span::new(self.origin(start), self.origin(end - 1) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_that_lost_bytes_points_past_them() {
        let mut offsets = Offsets::from(10);
        offsets.push(3, 14);
        assert_eq!(offsets.origin(2), 12);
        assert_eq!(offsets.origin(3), 14);
        assert_eq!(offsets.span(1, 5), Span::new(11, 16));
        assert_eq!(offsets.span(3, 3), Span::new(14, 14));
    }
}
