//! A document with its entities replaced, each byte of which still knows where it came from.

use super::dtd::{DEEPEST, Dtd, MOST};
use super::reader::{Problem, Reader};
use super::scan::Scan;
use crate::source::{FileId, Place, Text};

/// Stands for an entity that nobody declared. The book uses some of DocBook's own in its prose.
pub(super) const UNKNOWN: char = '\u{fffd}';

/// XML's own entities (XML 1.0, 4.6), which its reader replaces.
const OWN: [&str; 5] = ["lt", "gt", "amp", "quot", "apos"];

/// The document in a file, without its document type.
///
/// # Errors
/// Entities go on for ever, or beyond every use.
pub(super) fn expand(file: FileId, start: usize, dtd: &Dtd, reader: &Reader<'_>) -> Result<Text, Problem> {
    let text = reader.text(file);
    let mut whole = Text::empty(Place::new(file, start..text.len()));
    let mut scan = Scan { text: &text, at: start };
    let mut left = MOST;
    let mut in_tag = false;
    loop {
        let from = scan.at;
        let rest = scan.rest();
        scan.at += rest.find(['<', '>', '&']).unwrap_or(rest.len());
        whole.push_verbatim(&text[from..scan.at], file, from);
        let at = scan.at;
        let place = |end: usize| Some(Place::new(file, at..end));
        // What no entity is replaced in.
        let whole_of = |open, close| Scan { ..scan }.skip(open, close);
        match whole_of("<!--", "-->")
            .or_else(|| whole_of("<![CDATA[", "]]>"))
            .or_else(|| whole_of("<?", "?>"))
        {
            Some(Some(end)) => scan.at = end,
            Some(None) => {
                return Err(Problem { place: place(at + 1), message: "this has no end".to_owned() });
            }
            None => match scan.next() {
                None => return Ok(whole),
                Some('&') => {
                    if let Some(name) = scan.reference().filter(|name| !OWN.contains(name)) {
                        let mut value = String::new();
                        replace(name, dtd, 0, &mut left, &mut value)
                            .map_err(|message| Problem { place: place(scan.at), message })?;
                        if in_tag {
                            value = value.replace('"', "&quot;").replace('\'', "&apos;").replace('<', "&lt;");
                        }
                        whole.push_opaque(&value, Place::new(file, at..scan.at));
                        continue;
                    }
                }
                Some(sign) => in_tag = sign == '<',
            },
        }
        whole.push_verbatim(&text[at..scan.at], file, at);
    }
}

/// Adds what an entity stands for. No more than `left` bytes are looked at.
fn replace(name: &str, dtd: &Dtd, depth: usize, left: &mut usize, into: &mut String) -> Result<(), String> {
    if depth > DEEPEST {
        return Err(format!(
            "`&{name};` lies more than {DEEPEST} deep in other entities, as where one is made of itself"
        ));
    }
    let Some(value) = dtd.get(name) else {
        into.push(UNKNOWN);
        return Ok(());
    };
    // One more, since what stands for nothing takes time too.
    let rest = left.checked_sub(value.len() + 1);
    *left = rest.ok_or_else(|| format!("with `&{name};` this grows beyond every use"))?;
    let mut scan = Scan { text: value, at: 0 };
    loop {
        into.push_str(scan.until('&'));
        let at = scan.at;
        if !scan.take("&") {
            return Ok(());
        }
        match scan.reference().filter(|name| !OWN.contains(name)) {
            Some(name) => replace(name, dtd, depth + 1, left, into)?,
            None => into.push_str(&value[at..scan.at]),
        }
    }
}
