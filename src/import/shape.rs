//! What a document must not be, whatever else it is: readers of XML take time and memory by the square of these.

use super::scan::Scan;

/// How deep elements may lie in each other. In the book they lie fifteen deep.
const DEEPEST: usize = 100;
/// How many bytes a tag may have.
const LONGEST: usize = 16 << 10;

/// Where a document has a tag beyond every use, and what is wrong with it. What is no XML at all is for its reader to say.
pub(super) fn beyond_use(text: &str) -> Option<(usize, &'static str)> {
    let mut scan = Scan { text, at: 0 };
    let mut depth = 0_usize;
    loop {
        scan.until('<');
        let at = scan.at;
        let whole = |open, close| scan.skip(open, close);
        match whole("<!--", "-->").or_else(|| whole("<![CDATA[", "]]>")).or_else(|| whole("<?", "?>")) {
            Some(Some(end)) => scan.at = end,
            Some(None) => return None,
            None => {
                if !scan.take("<") {
                    return None;
                }
                let closes = scan.rest().starts_with('/');
                let end = tag_end(&scan)?;
                if end - at > LONGEST {
                    return Some((at, "this tag is longer than any needs to be"));
                }
                scan.at = end;
                depth = if closes {
                    depth.saturating_sub(1)
                } else {
                    depth + usize::from(!text[..end].ends_with("/>"))
                };
                if depth > DEEPEST {
                    return Some((at, "elements lie deeper in each other than any book needs"));
                }
            }
        }
    }
}

/// Behind the `>` of a tag.
fn tag_end(scan: &Scan<'_>) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in scan.rest().bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(scan.at + at + 1),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}
