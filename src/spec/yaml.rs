//! From text to a tree.
//!
//! The events come from the parser that serde-saphyr re-exports and is built on. Its `Deserialize` way was tried first:
//! it takes 2.5 times as long (each value's place makes a detour through serde's data model), makes `1.1` of `1.10`, and does
//! not say whether a text was quoted, or where the first of two equal keys stands.

use serde_saphyr::granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, Span, Tag};

use super::align::align;
use super::column;
use super::tree::{Entry, Form, Kind, Node, Reading, Scalar};
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::{FileId, Place, Spanned};

/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;
/// The most values that a document may have, each use of an anchor counted in full.
pub const MAX_NODES: usize = 20_000;
/// How deep lists and mappings may lie in each other.
pub const MAX_DEPTH: usize = 32;

/// Reads one document. Nothing is returned where no sense could be made of the text; then there is an error.
pub(super) fn read(file: FileId, text: &str, diagnostics: &mut Diagnostics) -> Option<Node> {
    if text.len() > MAX_BYTES {
        let message = format!("the file is larger than {} KiB", MAX_BYTES / 1024);
        diagnostics.push(
            Diagnostic::error("enormous-file", message)
                .at(Place::new(file, 0..0), "")
                .note(format!("it has {} bytes", text.len()))
                .help("put long scripts into a file of their own, and name it in `sources:` or `patches:`"),
        );
        return None;
    }
    if let Some(at) = text.find('\0') {
        diagnostics.push(
            Diagnostic::error("not-text", "the file holds a NUL byte")
                .at(Place::new(file, at..at + 1), "here")
                .note("a spec is UTF-8 text"),
        );
        return None;
    }
    let mut reader = Reader { file, text, diagnostics, open: Vec::new(), anchors: Vec::new(), nodes: 0 };
    match reader.document() {
        Ok(Some(node)) if node.kind != Kind::Null => Some(node),
        Ok(_) => {
            diagnostics.push(
                Diagnostic::error("empty-file", "the file has nothing in it")
                    .at(Place::new(file, 0..0), "")
                    .note("expected a mapping of keys to values, such as `package: zlib`"),
            );
            None
        }
        Err(error) => {
            diagnostics.push(*error);
            None
        }
    }
}

/// Why reading stopped.
type Stop = Box<Diagnostic>;

struct Reader<'a, 'd> {
    file: FileId,
    text: &'a str,
    diagnostics: &'d mut Diagnostics,
    open: Vec<Open>,
    /// By anchor, numbered from 1 as the parser does.
    anchors: Vec<Option<Anchored>>,
    nodes: usize,
}

/// A collection whose end has not come yet.
struct Open {
    start: usize,
    anchor: usize,
    first_node: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, key: Option<Spanned<String>> },
}

/// A value with an anchor.
struct Anchored {
    node: Node,
    /// How many values it is made of.
    size: usize,
}

impl Reader<'_, '_> {
    fn document(&mut self) -> Result<Option<Node>, Stop> {
        let mut options = Options::default();
        options.set_emit_comments(false);
        options.flow_nesting_limit = MAX_DEPTH;
        options.block_nesting_limit = MAX_DEPTH;
        let mut root = None;
        let mut documents = 0;
        for event in Parser::new_from_str_with_options(self.text, options) {
            let (event, span) = event.map_err(|error| self.syntax_error(&error))?;
            let place = self.place(&span);
            let done = match event {
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(Box::new(
                            Diagnostic::error(
                                "several-documents",
                                "the file has more than one YAML document",
                            )
                            .at(place, "the second starts here")
                            .help("give each its own file"),
                        ));
                    }
                    None
                }
                Event::Scalar(value, style, anchor, tag) => {
                    self.refuse_tag(tag.as_deref(), &span)?;
                    self.count(1, place)?;
                    let node = self.scalar(&value, style, place);
                    self.remember(anchor, &node, 1);
                    Some(node)
                }
                Event::SequenceStart(_, anchor, tag) => {
                    self.refuse_tag(tag.as_deref(), &span)?;
                    self.start(place, anchor, Content::List(Vec::new()))?;
                    None
                }
                Event::MappingStart(_, anchor, tag) => {
                    self.refuse_tag(tag.as_deref(), &span)?;
                    self.start(place, anchor, Content::Map { entries: Vec::new(), key: None })?;
                    None
                }
                Event::SequenceEnd | Event::MappingEnd => self.end(place),
                Event::Alias(anchor) => Some(self.alias(anchor, place)?),
                _ => None,
            };
            if let Some(node) = done
                && let Some(node) = self.put(node)?
            {
                root = Some(node);
            }
        }
        Ok(root)
    }

    fn start(&mut self, place: Place, anchor: usize, content: Content) -> Result<(), Stop> {
        self.count(1, place)?;
        if self.open.len() >= MAX_DEPTH {
            return Err(Box::new(too_deep(place)));
        }
        self.open.push(Open { start: place.start as usize, anchor, first_node: self.nodes, content });
        Ok(())
    }

    fn end(&mut self, place: Place) -> Option<Node> {
        let Open { start, anchor, first_node, content } = self.open.pop()?;
        let (kind, last) = match content {
            Content::List(items) => {
                let last = items.last().map(|item| item.place);
                (Kind::List(items), last)
            }
            Content::Map { entries, .. } => {
                let last = entries.last().map(|entry| entry.value.place);
                (Kind::Map(entries), last)
            }
        };
        // A block has no end of its own; the parser sees it only where the next thing begins.
        let is_flow = self.text.as_bytes().get(start).is_some_and(|byte| matches!(byte, b'[' | b'{'));
        let end = match last {
            Some(last) if !is_flow => last.end as usize,
            None if !is_flow => start,
            _ => place.end as usize,
        };
        let node = Node { place: Place::new(self.file, start..end.max(start)), kind };
        self.remember(anchor, &node, self.nodes - first_node + 1);
        Some(node)
    }

    /// Puts a finished value where it belongs. Gives it back where it is the document itself.
    fn put(&mut self, node: Node) -> Result<Option<Node>, Stop> {
        let Some(open) = self.open.last_mut() else { return Ok(Some(node)) };
        match &mut open.content {
            Content::List(items) => items.push(node),
            Content::Map { entries, key } => match key.take() {
                Some(key) => {
                    let first = entries.iter().find(|entry| entry.key.value == key.value);
                    if let Some(first) = first {
                        self.diagnostics.push(
                            Diagnostic::error(
                                "duplicate-key",
                                format!("the key `{}` is there twice", key.value),
                            )
                            .at(key.place, "again here")
                            .related(first.key.place, "first here"),
                        );
                    } else {
                        entries.push(Entry { key, value: node });
                    }
                }
                None => *key = Some(as_key(&node)?),
            },
        }
        Ok(None)
    }

    fn scalar(&self, value: &str, style: ScalarStyle, place: Place) -> Node {
        let range = place.range();
        let raw = self.text.get(range.clone()).unwrap_or_default();
        // To the parser a block goes on to where the next thing begins.
        let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let length = if is_block { raw.trim_end().len() } else { raw.len() };
        let place = Place::new(self.file, range.start..range.start + length);
        let reading = if style == ScalarStyle::Plain { plain_reading(value) } else { Some(Reading::Text) };
        let kind = match reading {
            None => Kind::Null,
            Some(reading) => {
                let form = match raw.trim_end().contains('\n') {
                    _ if is_block => Form::Block,
                    true => Form::Joined,
                    false => Form::Line,
                };
                Kind::Scalar(Scalar { text: align(value, raw, place), reading, form })
            }
        };
        Node { place, kind }
    }

    fn alias(&mut self, anchor: usize, place: Place) -> Result<Node, Stop> {
        let Some(Some(anchored)) = self.anchors.get(anchor) else {
            return Err(Box::new(
                Diagnostic::error("yaml-syntax", "an alias inside of what it stands for").at(place, "here"),
            ));
        };
        let (node, size) = (anchored.node.clone(), anchored.size);
        self.count(size, place)?;
        Ok(node)
    }

    fn remember(&mut self, anchor: usize, node: &Node, size: usize) {
        if anchor == 0 {
            return;
        }
        if self.anchors.len() <= anchor {
            self.anchors.resize_with(anchor + 1, || None);
        }
        self.anchors[anchor] = Some(Anchored { node: node.clone(), size });
    }

    fn count(&mut self, more: usize, place: Place) -> Result<(), Stop> {
        self.nodes = self.nodes.saturating_add(more);
        if self.nodes <= MAX_NODES {
            return Ok(());
        }
        Err(Box::new(
            Diagnostic::error("enormous-file", format!("the document has more than {MAX_NODES} values"))
                .at(place, "the limit is passed here")
                .note("each use of an anchor counts as everything that it stands for"),
        ))
    }

    fn refuse_tag(&self, tag: Option<&Tag>, span: &Span) -> Result<(), Stop> {
        if tag.is_none() {
            return Ok(());
        }
        Err(Box::new(
            Diagnostic::error("yaml-tag", "a YAML tag has no meaning here")
                .at(self.place(&span.tag_span().unwrap_or(*span)), "")
                .help("remove it, or put quotes around text that starts with `!`"),
        ))
    }

    fn place(&self, span: &Span) -> Place {
        let start = span.start.byte_offset().unwrap_or(self.text.len());
        let end = span.end.byte_offset().unwrap_or(start);
        self.within(start, end)
    }

    fn within(&self, start: usize, end: usize) -> Place {
        let start = self.text.floor_char_boundary(start);
        let end = self.text.ceil_char_boundary(end.max(start));
        Place::new(self.file, start..end)
    }

    fn syntax_error(&self, error: &ScanError) -> Stop {
        let at = error.marker().byte_offset().unwrap_or_else(|| self.offset(error.marker().index()));
        let next = self.text.get(at..).and_then(|rest| rest.chars().next());
        let end = at + next.filter(|c| *c != '\n').map_or(0, char::len_utf8);
        let place = self.within(at, end);
        let info = error.info();
        if info.contains("recursion limit") || info.contains("nesting limit") {
            return Box::new(too_deep(place));
        }
        if info.contains("unexpected character")
            && let Some(control) = self.control_character(at)
        {
            return Box::new(
                Diagnostic::error("yaml-syntax", "this is not YAML: it has a control character")
                    .at(control, "here")
                    .help("remove it; where it is meant, write it as an escape, such as `printf '\\033'` in shell"),
            );
        }
        let message = format!("this is not YAML: {}", lower_first(&info));
        let diagnostic = Diagnostic::error("yaml-syntax", message).at(place, "the reader stopped here");
        let is_about_lines = ["mapping values", "block mapping", "block collection", "simple key"];
        let column =
            is_about_lines.iter().any(|part| info.contains(part)).then(|| column::advice(self.text, at));
        Box::new(match column.flatten().or_else(|| advice(&info).map(str::to_owned)) {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        })
    }

    /// The first character on the rest of a line that YAML does not let a file have (YAML 1.2.2, 5.1). The reader says where the
    /// text began in which it found one.
    fn control_character(&self, from: usize) -> Option<Place> {
        let line = self.text.get(from..)?.lines().next()?;
        let (at, found) = line.char_indices().find(|(_, c)| c.is_control() && *c != '\t')?;
        Some(self.within(from + at, from + at + found.len_utf8()))
    }

    /// The byte offset of the character with an index.
    fn offset(&self, index: usize) -> usize {
        self.text.char_indices().nth(index).map_or(self.text.len(), |(at, _)| at)
    }
}

fn as_key(node: &Node) -> Result<Spanned<String>, Stop> {
    let text = match &node.kind {
        Kind::Scalar(scalar) => scalar.text.as_str(),
        _ => {
            let message = format!("expected a word as the key, found {}", node.describe());
            return Err(Box::new(Diagnostic::error("wrong-type", message).at(node.place, "")));
        }
    };
    if text == "<<" {
        return Err(Box::new(
            Diagnostic::error("merge-key", "merge keys are not part of the format")
                .at(node.place, "here")
                .help("share text with `extends: other-package`, or use an alias for a whole value"),
        ));
    }
    Ok(Spanned::new(text.to_owned(), node.place))
}

fn too_deep(place: Place) -> Diagnostic {
    Diagnostic::error("enormous-file", format!("the document is nested deeper than {MAX_DEPTH} levels"))
        .at(place, "here")
}

/// What the YAML 1.2 core schema (10.3.2) takes a plain scalar for; nothing for null. Octal and hexadecimal forms and `.inf`
/// are text here: no key takes them.
fn plain_reading(text: &str) -> Option<Reading> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => None,
        "true" | "True" | "TRUE" => Some(Reading::Bool(true)),
        "false" | "False" | "FALSE" => Some(Reading::Bool(false)),
        _ if text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
            && text.bytes().any(|byte| byte.is_ascii_digit())
            && text.parse::<f64>().is_ok() =>
        {
            Some(Reading::Number)
        }
        _ => Some(Reading::Text),
    }
}

/// A sentence as a fragment.
pub(super) fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// What to do about the mistakes that people make most.
fn advice(info: &str) -> Option<&'static str> {
    let has = |part: &str| info.contains(part);
    if has("',' or ']'") || has("',' or '}'") || has("illegal placement of ':'") {
        Some(
            "between brackets, put quotes around text that holds `%{`, `[`, `{` or `,`, and close every bracket that is open",
        )
    } else if has("tab") {
        Some("YAML indents with spaces only; a script in a `|` block may have tabs after its indentation")
    } else if has("mapping values are not allowed") || has("mapping value") {
        Some("put quotes around text that holds `: ` or ` #`")
    } else if has("simple key") {
        Some("behind a key stand a colon and a blank: `key: value`")
    } else if has("trailing content") {
        Some("put quotes around all of the text; between them, `''` stands for `'`, and `\\\"` for `\"`")
    } else if has("anchor") || has("directive") || has("cannot start") || has("character") {
        Some("put quotes around text that starts with `%`, `@`, `` ` ``, `*`, `&`, `!`, `{`, `[`, `>` or `|`")
    } else if has("unclosed") {
        Some("close it, or put quotes around the text if it was meant as text")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Text;

    fn read_text(text: &str) -> (Option<Node>, Vec<&'static str>) {
        let mut diagnostics = Diagnostics::default();
        let node = read(FileId(0), text, &mut diagnostics);
        (node, diagnostics.iter().map(|diagnostic| diagnostic.rule).collect())
    }

    fn good(text: &str) -> Node {
        let (node, rules) = read_text(text);
        assert_eq!(rules, [""; 0], "{text}");
        node.expect("a tree")
    }

    #[test]
    fn a_scalar_keeps_what_was_written() {
        let node = good("a: 1.10\nb: 010\nc: yes\nd: 1e3\ne: 'true'\nf: 99999999999999999999\n");
        let texts: Vec<_> = node.entries().iter().map(|entry| entry.value.text().map(Text::as_str)).collect();
        assert_eq!(
            texts,
            [Some("1.10"), Some("010"), Some("yes"), Some("1e3"), Some("true"), Some("99999999999999999999")]
        );
        let reading = |key| node.get(key).and_then(Node::scalar).map(|scalar| scalar.reading);
        assert_eq!(reading("a"), Some(Reading::Number));
        assert_eq!(reading("c"), Some(Reading::Text));
        assert_eq!(reading("e"), Some(Reading::Text));
    }

    #[test]
    fn every_value_has_its_place_also_after_characters_of_several_bytes() {
        let text = "é: ü\nlist: [ x, y ]\nmap:\n  k: |\n    one\n      two\nlast: z\n";
        let node = good(text);
        let slice = |node: &Node| &text[node.place.range()];
        assert_eq!(slice(node.get("é").expect("é")), "ü");
        assert_eq!(slice(node.get("list").expect("list")), "[ x, y ]");
        assert_eq!(slice(node.get("last").expect("last")), "z");
        let block = node.get("map").and_then(|map| map.get("k")).and_then(Node::text).expect("a block");
        assert_eq!(block.as_str(), "one\n  two\n");
        assert_eq!(&text[block.place_of(6..9).range()], "two");
        assert!(slice(node.get("map").expect("map")).starts_with("k: |"));
    }

    #[test]
    fn a_block_ends_with_its_last_word() {
        let text = "a: |\n  one\n\n  two\n\nm:\n  b: >-\n    three\n    four\n  c: x\n";
        let node = good(text);
        assert_eq!(&text[node.get("a").expect("a").place.range()], "one\n\n  two");
        let inner = node.get("m").and_then(|inner| inner.get("b")).expect("b");
        assert_eq!(&text[inner.place.range()], "three\n    four");
        assert_eq!(node.get("a").and_then(Node::text).map(Text::as_str), Some("one\n\ntwo\n"));
    }

    #[test]
    fn an_alias_is_its_anchors_value_at_the_anchors_place() {
        let text = "a: &x [ one, two ]\nb: *x\n";
        let node = good(text);
        assert_eq!(node.get("a"), node.get("b"));
        assert_eq!(&text[node.get("b").expect("b").items()[1].place.range()], "two");
    }

    #[test]
    fn what_is_no_sane_document_is_refused() {
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
             d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
        let deep = format!("a: {}{}", "[".repeat(200), "]".repeat(200));
        let deep_blocks: String = (0..100).map(|depth| format!("{}k:\n", " ".repeat(depth))).collect();
        let enormous = format!("a: {}\n", "x".repeat(MAX_BYTES));
        for (text, rule) in [
            ("", "empty-file"),
            ("# nothing\n", "empty-file"),
            ("a: 1\n---\nb: 2\n", "several-documents"),
            ("a: [1\n", "yaml-syntax"),
            ("a:\n\t- b\n", "yaml-syntax"),
            ("a: *x\n", "yaml-syntax"),
            ("a: &x [ *x ]\n", "yaml-syntax"),
            ("<<: {a: 1}\n", "merge-key"),
            ("a: !!str 5\n", "yaml-tag"),
            ("? [a]\n: b\n", "wrong-type"),
            ("a: \0\n", "not-text"),
            (bomb, "enormous-file"),
            (&deep, "enormous-file"),
            (&deep_blocks, "enormous-file"),
            (&enormous, "enormous-file"),
        ] {
            let (node, rules) = read_text(text);
            assert_eq!((node, rules), (None, vec![rule]), "{}", &text[..text.len().min(60)]);
        }
    }

    #[test]
    fn a_key_that_is_there_twice_is_reported_and_the_first_counts() {
        let (node, rules) = read_text("a: 1\na: 2\nb: 3\n");
        assert_eq!(rules, ["duplicate-key"]);
        let node = node.expect("a tree");
        assert_eq!(node.entries().len(), 2);
        assert_eq!(node.get("a").and_then(Node::text).map(Text::as_str), Some("1"));
    }
}
