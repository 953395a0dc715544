//! Files that are empty for the most part, in GNU tar's old sparse format ("Sparse Formats" in its manual, D.2): a map of what
//! holds data, and the data alone.
//!
//! What is left out goes by a file's bytes and not by how the disk has it, so that the same artifacts give the same archive. Some
//! programs, such as BusyBox's tar, do not know the format; so what most files have is written as ever.

use std::collections::VecDeque;
use std::io::{self, Read};

use tar::{EntryType, GnuExtSparseHeader, Header};

/// How many zeros in a row are left out, at least.
const HOLE: u64 = 1 << 20;
/// What is looked at as one: holes begin and end at multiples of it.
const BLOCK: usize = 1 << 16;

/// Where a file has data: offsets and lengths. If zeros end it, an empty piece stands at its end.
pub(super) type Pieces = VecDeque<(u64, u64)>;

/// Where a file of this size has data, if it has holes; nothing else.
///
/// # Errors
/// It cannot be read.
pub(super) fn pieces(file: impl Read, size: u64) -> io::Result<Option<Pieces>> {
    if size < HOLE {
        return Ok(None);
    }
    let mut pieces = Pieces::new();
    let (mut file, mut buffer) = (file.take(size), Vec::with_capacity(BLOCK));
    // Where the data begins that was seen last, and the zeros behind it.
    let (mut data, mut zeros, mut at) = (0, 0, 0);
    loop {
        buffer.clear();
        let count = file.by_ref().take(BLOCK as u64).read_to_end(&mut buffer)? as u64;
        if count == 0 || buffer.iter().any(|&byte| byte != 0) {
            if at - zeros >= HOLE {
                pieces.extend((zeros > data).then_some((data, zeros - data)));
                data = at;
            }
            zeros = at + count;
        }
        at += count;
        if count == 0 {
            break;
        }
    }
    pieces.push_back((data, at - data));
    Ok((pieces.iter().any(|&(offset, _)| offset > 0)).then_some(pieces))
}

/// Makes a header one of a sparse file, and gives what stands between it and the data: the rest of the map.
pub(super) fn map(header: &mut Header, pieces: &Pieces, size: u64) -> Vec<u8> {
    /// How many of the map fit into a header.
    const FIRST: usize = 4;
    header.set_entry_type(EntryType::GNUSparse);
    header.set_size(pieces.iter().map(|(_, length)| length).sum());
    if let Some(gnu) = header.as_gnu_mut() {
        gnu.set_real_size(size);
        gnu.set_is_extended(pieces.len() > FIRST);
        for (slot, &(offset, length)) in gnu.sparse.iter_mut().zip(pieces) {
            slot.set_offset(offset);
            slot.set_length(length);
        }
    }
    let mut rest = pieces.iter().skip(FIRST).peekable();
    let mut more = Vec::new();
    while rest.peek().is_some() {
        let mut next = GnuExtSparseHeader::new();
        for (slot, &(offset, length)) in next.sparse.iter_mut().zip(rest.by_ref()) {
            slot.set_offset(offset);
            slot.set_length(length);
        }
        next.set_is_extended(rest.peek().is_some());
        more.extend(next.as_bytes());
    }
    more
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(parts: &[(u8, u64)]) -> Option<Vec<(u64, u64)>> {
        let bytes: Vec<u8> =
            parts.iter().flat_map(|&(byte, count)| std::iter::repeat_n(byte, count as usize)).collect();
        pieces(bytes.as_slice(), bytes.len() as u64).unwrap().map(Into::into)
    }

    #[test]
    fn zeros_are_left_out_where_there_are_many_of_them_wherever_they_stand() {
        let (hole, block) = (HOLE, BLOCK as u64);
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[(1, 2 * hole)]), None);
        assert_eq!(of(&[(1, block), (0, hole - block), (1, block)]), None);
        assert_eq!(of(&[(0, hole)]), Some(vec![(hole, 0)]));
        assert_eq!(of(&[(0, hole), (1, 1)]), Some(vec![(hole, 1)]));
        assert_eq!(of(&[(1, 1), (0, 2 * hole)]), Some(vec![(0, block), (2 * hole + 1, 0)]));
        let both = [(1, block), (0, hole), (1, block + 1), (0, hole + block - 1), (1, 5)];
        let second = block + hole;
        assert_eq!(of(&both), Some(vec![(0, block), (second, 2 * block), (second + 2 * block + hole, 5)]));
    }
}
