//! In what two files differ, by their format.

use std::io::Read as _;

use similar::TextDiff;

use super::{elf, members};

/// Lines of an explanation, of any kind.
const MOST: usize = 20;
/// Longer texts are not compared line by line, which could take long.
const LONGEST_TEXT: usize = 4 << 20;
/// What a compressed file may hold, in bytes.
const LARGEST: u64 = 512 << 20;

/// In what two files of different content differ, a line each.
pub(super) fn differences(a: &[u8], b: &[u8]) -> Vec<String> {
    let by_format = elf::differences(a, b)
        .or_else(|| members::differences(a, b))
        .or_else(|| gzip(a, b))
        .or_else(|| text(a, b));
    let mut lines = by_format.filter(|lines| !lines.is_empty()).unwrap_or_else(|| vec![bytes(a, b)]);
    if lines.len() > MOST {
        let more = lines.len() - MOST;
        lines.truncate(MOST);
        lines.push(format!("… and {more} more lines"));
    }
    lines
}

/// Puts a name before each line of what differs inside of it.
pub(super) fn inside(name: &str, lines: Vec<String>) -> impl Iterator<Item = String> {
    lines.into_iter().map(move |line| format!("{name}: {line}"))
}

/// Files that gzip(1) wrote (RFC 1952, section 2.3): bytes 4 to 7 are the time of the file that was compressed.
fn gzip(a: &[u8], b: &[u8]) -> Option<Vec<String>> {
    let header = |bytes: &[u8]| {
        let time = bytes.strip_prefix(&[0x1f, 0x8b, 8])?.get(1..5)?;
        Some(u32::from_le_bytes(time.try_into().ok()?))
    };
    let (time_a, time_b) = (header(a)?, header(b)?);
    let unpacked = |bytes: &[u8]| {
        let mut unpacked = Vec::new();
        let mut reader = flate2::read::MultiGzDecoder::new(bytes).take(LARGEST);
        reader.read_to_end(&mut unpacked).ok().map(|_| unpacked)
    };
    let (in_a, in_b) = (unpacked(a)?, unpacked(b)?);
    let mut lines = Vec::new();
    if time_a != time_b {
        lines.push(format!("time in the header of gzip: {time_a} / {time_b} (`gzip -n` leaves it out)"));
    }
    if in_a != in_b {
        lines.extend(inside("uncompressed", differences(&in_a, &in_b)));
    } else if lines.is_empty() {
        lines.push("the same, compressed differently".to_owned());
    }
    Some(lines)
}

fn text(a: &[u8], b: &[u8]) -> Option<Vec<String>> {
    let text = |bytes| std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
    let (a, b) = (text(a)?, text(b)?);
    if a.len().max(b.len()) > LONGEST_TEXT {
        return None;
    }
    let diff = TextDiff::from_lines(a, b);
    let unified = diff.unified_diff().context_radius(1).to_string();
    Some(unified.lines().map(shown).collect())
}

/// Where the first bytes differ, with what can be read around them.
pub(super) fn bytes(a: &[u8], b: &[u8]) -> String {
    let at = a.iter().zip(b).position(|(a, b)| a != b).unwrap_or(a.len().min(b.len()));
    let sizes = if a.len() == b.len() { String::new() } else { format!("{} / {} bytes; ", a.len(), b.len()) };
    format!("{sizes}from byte {at:#x}: {} / {}", around(a, at), around(b, at))
}

/// The text that a byte is part of, or else the byte and its next ones in hexadecimal.
fn around(bytes: &[u8], at: usize) -> String {
    let is_text = |byte: &&u8| matches!(byte, b' '..=b'~');
    let (before, after) = bytes.split_at(at.min(bytes.len()));
    let start = at - before.iter().rev().take(60).take_while(is_text).count();
    let end = at + after.iter().take(60).take_while(is_text).count();
    match bytes.get(start..end) {
        Some(text) if text.len() >= 4 => format!("`{}`", String::from_utf8_lossy(text)),
        _ if after.is_empty() => "the end".to_owned(),
        _ => after.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "),
    }
}

fn shown(line: &str) -> String {
    let plain = line.chars().map(|c| if c == '\t' || !c.is_control() { c } else { '\u{fffd}' });
    plain.take(200).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, GzBuilder};

    use super::*;

    fn gz(time: u32, text: &str) -> Vec<u8> {
        let mut writer = GzBuilder::new().mtime(time).write(Vec::new(), Compression::fast());
        writer.write_all(text.as_bytes()).unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn texts_differ_in_lines() {
        let lines = differences(b"a\nbuilt at 1\nc\n", b"a\nbuilt at 2\nc\n");
        assert_eq!(lines, ["@@ -1,3 +1,3 @@", " a", "-built at 1", "+built at 2", " c"]);
    }

    #[test]
    fn long_differences_are_cut_short() {
        let text = |word: &str| (0..100).map(|n| format!("{word} {n}\n")).collect::<String>();
        let lines = differences(text("one").as_bytes(), text("two").as_bytes());
        assert_eq!(lines.len(), MOST + 1);
        assert_eq!(lines[MOST], "… and 181 more lines");
    }

    #[test]
    fn gzip_tells_of_its_header_and_of_what_is_inside() {
        assert_eq!(
            differences(&gz(1, "same"), &gz(2, "same")),
            ["time in the header of gzip: 1 / 2 (`gzip -n` leaves it out)"]
        );
        let lines = differences(&gz(1, "one\n"), &gz(1, "two\n"));
        assert_eq!(lines, ["uncompressed: @@ -1 +1 @@", "uncompressed: -one", "uncompressed: +two"]);
    }

    #[test]
    fn other_bytes_are_told_of_with_what_can_be_read_around_them() {
        assert_eq!(
            differences(b"\0\0on Monday\0\0", b"\0\0on Friday\0\0"),
            ["from byte 0x5: `on Monday` / `on Friday`"]
        );
        assert_eq!(differences(b"\0\x01\x02", b"\0\x03"), ["3 / 2 bytes; from byte 0x1: 01 02 / 03"]);
        assert_eq!(differences(b"\0\x01", b"\0"), ["2 / 1 bytes; from byte 0x1: 01 / the end"]);
    }

    proptest::proptest! {
        #[test]
        fn whatever_differs_is_told_of_without_a_panic(
            head in proptest::sample::select(vec![&b""[..], b"\x7fELF\x02\x01\x01\0", b"!<arch>\n", b"\x1f\x8b\x08\0"]),
            a in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
            b in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
        ) {
            let [a, b] = [a, b].map(|rest| [head, &rest].concat());
            if a != b {
                proptest::prop_assert!(!differences(&a, &b).is_empty());
            }
        }
    }
}
