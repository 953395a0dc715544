//! The entities that a file's document type declares: its internal subset, and the files that this pulls in.
//!
//! Just so much of XML 1.0 (sections 2.8, 3.4 and 4) as a document needs whose validity nobody checks: entity
//! declarations, parameter entities and conditional sections. The first declaration of a name counts. So what is declared
//! beforehand decides what otherwise the book's makefile would.

use std::collections::BTreeMap;

use super::reader::{Problem, Reader, beside};
use super::scan::Scan;
use crate::source::{FileId, Place};

/// How deep entities may lie in each other.
pub(super) const DEEPEST: usize = 32;
/// How many bytes a file of the book may become, every use of an entity counted in full. A real one becomes a tenth of that.
pub(super) const MOST: usize = 4 << 20;
/// Files that the book's makefile writes, so that a checkout does not have them.
const MADE: [&str; 2] = ["conditional.ent", "version.ent"];

/// What a document type declares.
#[derive(Debug, Default, Clone)]
pub(super) struct Dtd {
    parameters: BTreeMap<String, Entity>,
    general: BTreeMap<String, Entity>,
    /// Bytes of declarations that were read.
    read: usize,
}

#[derive(Debug, Clone)]
enum Entity {
    Text(String),
    /// The path of a file in the book, or why there is none.
    File(Result<String, String>),
}

/// A text of declarations, and where it stands.
#[derive(Clone, Copy)]
struct Text<'a> {
    text: &'a str,
    /// The file's path in the book.
    path: &'a str,
    file: FileId,
    /// Where it was referred to, if it is what an entity stands for.
    referred: Option<Place>,
    depth: usize,
}

/// What ends a text of declarations.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Text,
    /// `]`, of the internal subset.
    Bracket,
    /// `]]>`, of a conditional section.
    Section,
}

impl<'a> Text<'a> {
    fn place(&self, at: usize) -> Place {
        let here = Place::new(self.file, at.min(self.text.len())..(at + 1).min(self.text.len()));
        self.referred.unwrap_or(here)
    }

    fn problem<T>(&self, at: usize, message: impl Into<String>) -> Result<T, Problem> {
        Err(Problem { place: Some(self.place(at)), message: message.into() })
    }

    /// The depth of what begins at `at`.
    fn deeper(&self, at: usize) -> Result<usize, Problem> {
        if self.depth == DEEPEST {
            return self.problem(
                at,
                format!(
                    "this lies more than {DEEPEST} deep in other entities, as where one is made of itself"
                ),
            );
        }
        Ok(self.depth + 1)
    }

    fn scan(&self, at: usize) -> Scan<'a> {
        Scan { text: self.text, at }
    }
}

impl Dtd {
    /// Declares a parameter entity, unless it is declared already.
    pub(super) fn parameter(&mut self, name: &str, value: &str) {
        self.parameters.entry(name.to_owned()).or_insert_with(|| Entity::Text(value.to_owned()));
    }

    /// Declares a general entity, unless it is declared already.
    pub(super) fn general(&mut self, name: &str, value: &str) {
        self.general.entry(name.to_owned()).or_insert_with(|| Entity::Text(value.to_owned()));
    }

    /// What a general entity stands for.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        match self.general.get(name)? {
            Entity::Text(text) => Some(text),
            Entity::File(_) => None,
        }
    }

    /// Reads the document type declaration of a file, and says where the document behind it begins.
    ///
    /// # Errors
    /// It cannot be read, or a file that it pulls in cannot be.
    pub(super) fn read(
        &mut self,
        path: &str,
        file: FileId,
        reader: &mut Reader<'_>,
    ) -> Result<usize, Problem> {
        let text = reader.text(file);
        let whole = Text { text: &text, path, file, referred: None, depth: 0 };
        let mut scan = whole.scan(0);
        // What may stand before it.
        loop {
            scan.blanks();
            match scan.skip("<?", "?>").or_else(|| scan.skip("<!--", "-->")) {
                Some(Some(end)) => scan.at = end,
                Some(None) => return whole.problem(scan.at, "this has no end"),
                None => break,
            }
        }
        let start = scan.at;
        if !scan.take("<!DOCTYPE") {
            return Ok(start);
        }
        loop {
            if scan.take(">") {
                return Ok(scan.at);
            } else if scan.take("[") {
                let inside = Text { text: whole.text, ..whole };
                scan.at = self.declarations(&inside, scan.at, End::Bracket, reader)?;
            } else if scan.rest().starts_with(['"', '\'']) {
                if scan.literal().is_none() {
                    return whole.problem(scan.at, "this quote has no end");
                }
            } else if scan.next().is_none() {
                return whole.problem(start, "the document type has no end");
            }
        }
    }

    /// Reads declarations from `at` on, and says where their end ends.
    fn declarations(
        &mut self,
        text: &Text<'_>,
        at: usize,
        end: End,
        reader: &mut Reader<'_>,
    ) -> Result<usize, Problem> {
        let mut scan = text.scan(at);
        loop {
            scan.blanks();
            let start = scan.at;
            match end {
                End::Bracket if scan.take("]") => return Ok(scan.at),
                End::Section if scan.take("]]>") => return Ok(scan.at),
                End::Text if scan.rest().is_empty() => return Ok(scan.at),
                _ => {}
            }
            match scan.skip("<!--", "-->").or_else(|| scan.skip("<?", "?>")) {
                Some(Some(end)) => {
                    scan.at = end;
                    continue;
                }
                Some(None) => return text.problem(start, "this has no end"),
                None => {}
            }
            if scan.take("<![") {
                scan.at = self.section(text, scan.at, reader)?;
            } else if scan.take("<!ENTITY") {
                scan.at = self.entity(text, scan.at)?;
            } else if scan.rest().starts_with("<!") {
                scan.at = past_declaration(text, start)?;
            } else if scan.take("%") {
                let Some(name) = scan.reference() else {
                    return text.problem(start, "this is no reference to an entity");
                };
                self.pull_in(text, start, name, reader)?;
            } else {
                let what = if scan.rest().is_empty() {
                    "declarations end in their middle"
                } else {
                    "this is no declaration"
                };
                return text.problem(start, what);
            }
        }
    }

    /// A conditional section, from behind its `<![`.
    fn section(&mut self, text: &Text<'_>, at: usize, reader: &mut Reader<'_>) -> Result<usize, Problem> {
        let mut scan = text.scan(at);
        scan.blanks();
        let keyword = if scan.take("%") {
            let name = scan.reference().unwrap_or_default();
            match self.parameters.get(name) {
                Some(Entity::Text(word)) => word.trim().to_owned(),
                _ => return text.problem(at, format!("`%{name};` is not declared")),
            }
        } else {
            scan.name().unwrap_or_default().to_owned()
        };
        scan.blanks();
        if !scan.take("[") {
            return text.problem(at, "this is no conditional section");
        }
        let depth = text.deeper(at)?;
        match keyword.as_str() {
            "INCLUDE" => self.declarations(&Text { depth, ..*text }, scan.at, End::Section, reader),
            "IGNORE" => scan.past_section().map_or_else(|| text.problem(at, "this section has no end"), Ok),
            _ => text.problem(at, format!("a section is INCLUDE or IGNORE, and not `{keyword}`")),
        }
    }

    /// An entity's declaration, from behind its `<!ENTITY`.
    fn entity(&mut self, text: &Text<'_>, at: usize) -> Result<usize, Problem> {
        let mut scan = text.scan(at);
        scan.blanks();
        let parameter = scan.take("%");
        scan.blanks();
        let Some(name) = scan.name() else { return text.problem(at, "an entity's name is missing") };
        scan.blanks();
        let public = scan.take("PUBLIC");
        if public {
            scan.blanks();
            scan.literal();
        }
        let external = scan.take("SYSTEM") || public;
        scan.blanks();
        let start = scan.at;
        let Some(value) = scan.literal() else {
            return text.problem(start, format!("the value of `{name}` is missing or has no end"));
        };
        let entity = if external {
            Entity::File(beside(text.path, value))
        } else {
            Entity::Text(self.settled(text, start, value)?)
        };
        let entities = if parameter { &mut self.parameters } else { &mut self.general };
        entities.entry(name.to_owned()).or_insert(entity);
        past_declaration(text, scan.at)
    }

    /// A value with the parameter entities in it replaced.
    fn settled(&mut self, text: &Text<'_>, at: usize, value: &str) -> Result<String, Problem> {
        let mut settled = String::new();
        let mut scan = Scan { text: value, at: 0 };
        loop {
            settled += scan.until('%');
            if !scan.take("%") {
                break;
            }
            let Some(name) = scan.reference() else {
                settled.push('%');
                continue;
            };
            match self.parameters.get(name) {
                Some(Entity::Text(value)) => settled += value,
                _ => return text.problem(at, format!("`%{name};` is not declared")),
            }
            if settled.len() > MOST {
                return text.problem(at, "entities make this grow beyond every use");
            }
        }
        self.count(text, at, settled.len())?;
        Ok(settled)
    }

    /// Reads what a parameter entity stands for.
    fn pull_in(
        &mut self,
        text: &Text<'_>,
        at: usize,
        name: &str,
        reader: &mut Reader<'_>,
    ) -> Result<(), Problem> {
        let depth = text.deeper(at)?;
        match self.parameters.get(name).cloned() {
            None => text.problem(at, format!("`%{name};` is not declared")),
            Some(Entity::Text(value)) => {
                self.count(text, at, value.len())?;
                let inside = Text { text: &value, referred: Some(text.place(at)), depth, ..*text };
                self.declarations(&inside, 0, End::Text, reader).map(drop)
            }
            Some(Entity::File(Err(reason))) => text.problem(at, reason),
            Some(Entity::File(Ok(path))) => {
                let Some(file) = reader.open(&path) else {
                    if MADE.iter().any(|made| path == *made) {
                        return Ok(());
                    }
                    return text.problem(at, format!("`{path}` {}", reader.why_not(&path)));
                };
                let value = reader.text(file);
                self.count(text, at, value.len())?;
                self.declarations(
                    &Text { text: &value, path: &path, file, referred: None, depth },
                    0,
                    End::Text,
                    reader,
                )
                .map(drop)
            }
        }
    }

    fn count(&mut self, text: &Text<'_>, at: usize, bytes: usize) -> Result<(), Problem> {
        // One byte for what stands for nothing, since that takes time too.
        self.read += bytes + 1;
        if self.read > MOST {
            return text.problem(at, "entities make this grow beyond every use");
        }
        Ok(())
    }
}

/// Behind the `>` of a declaration.
fn past_declaration(text: &Text<'_>, at: usize) -> Result<usize, Problem> {
    let mut scan = text.scan(at);
    loop {
        if scan.take(">") {
            return Ok(scan.at);
        }
        let quoted = scan.rest().starts_with(['"', '\'']);
        if (quoted && scan.literal().is_none()) || (!quoted && scan.next().is_none()) {
            return text.problem(at, "this declaration has no end");
        }
    }
}
