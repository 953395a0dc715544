//! For which readers commands are, by the condition that the page puts before them.

use super::before::Before;
use super::page::{Named, Page};
use crate::model::Dialect;
use crate::shell::parse;
use crate::shell::tree::{Pipeline, Statement};

/// For whom commands are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// For everybody who builds as the import does.
    All,
    /// For others, and for which.
    Others(&'static str),
    /// For some, and a person has to see for which.
    Some,
}

/// Why commands for optional files are left out.
pub(super) const NOT_FETCHED: &str = "it is for those who fetched what need not be fetched";
/// Where packages have a folder each for their documents.
const DOCUMENTS: &str = "/usr/share/doc/";

/// What a condition says, all of it in one of these pieces, and what that means.
const SAID: [(&[&str], Readers); 8] = [
    (&["upgrad", "previous version"], Readers::Others("it is for those who had an older version")),
    (&["destdir"], Readers::Others("it is for those who install into another folder first")),
    (&["non-root user"], Readers::Others("it is for those who build as another user")),
    (&["downloaded"], Readers::Others(NOT_FETCHED)),
    // Tests are run, and packages are installed for the first time with what the book recommends.
    (&["run the test", "running test", "run the regression test", "run tests"], Readers::All),
    (&["first installation", "recommended dependencies"], Readers::All),
    (&["not desired", "do not want", "don't want", "do not plan", "do not wish"], Readers::Some),
    (
        &[
            "desired",
            "you want",
            "you'd like",
            "you wish",
            "you would like",
            "you intend",
            "you prefer",
            "you plan",
            "you need the",
            "you may want",
            "you may wish",
            "may be created",
        ],
        Readers::Others("it is for those who want it"),
    ),
];

/// What other packages are there decides before what a person wants.
const OTHER_PACKAGES: Readers =
    Readers::Others("it is for those who have other packages installed than it needs");

/// For whom commands behind these words are.
pub(super) fn of(page: &Page, before: Before<'_>) -> Readers {
    let Some(condition) = condition(before.words) else { return Readers::All };
    let said = condition.text.to_lowercase();
    let by_words = SAID.iter().find(|(pieces, _)| pieces.iter().any(|piece| said.contains(piece)));
    let by_words = by_words.map(|(_, readers)| *readers);
    let not_there = matches!(by_words, Some(Readers::Others(why)) if !why.ends_with("want it"));
    if not_there {
        return by_words.unwrap_or(Readers::Some);
    }
    let named = before.named.iter().filter(|named| condition.names(named));
    match (is_there(page, named), by_words) {
        (Some(there), _) if there == negates(condition.clause) => OTHER_PACKAGES,
        (Some(_), None) => Readers::All,
        (_, Some(readers)) => readers,
        (None, None) => Readers::Some,
    }
}

/// A sentence that begins with `If`.
#[derive(Debug, Clone, Copy)]
struct Condition<'a> {
    text: &'a str,
    /// The part before its first comma.
    clause: &'a str,
    /// Where it begins in the paragraph.
    at: usize,
}

impl Condition<'_> {
    /// Whether a name stands in the part before the comma.
    fn names(&self, named: &Named) -> bool {
        (self.at..self.at + self.clause.len()).contains(&named.at)
    }
}

/// The condition for what comes next: the first sentence, or the last.
fn condition(words: &str) -> Option<Condition<'_>> {
    let sentence = |at: usize| {
        let rest = words.get(at..).unwrap_or_default();
        let text = rest.get(..rest.find(". ").unwrap_or(rest.len())).unwrap_or_default();
        let clause = text.split(", ").next().unwrap_or(text);
        text.starts_with("If ").then_some(Condition { text, clause, at })
    };
    let last = words.trim_end_matches('.').rfind(". ").map_or(0, |at| at + 2);
    sentence(0).or_else(|| sentence(last))
}

/// Whether packages that are named are there: nothing where none is known.
fn is_there<'a>(page: &Page, named: impl Iterator<Item = &'a Named>) -> Option<bool> {
    let mut there = None;
    for named in named {
        let is = |id: &str| named.is(id);
        if page.needs.iter().any(|need| is(&need.id)) {
            return Some(true);
        }
        // A page that is referred to is a package, and so is one that this page offers.
        if (named.refers || page.offers.iter().any(|id| is(id))) && !is(&page.id) {
            there = Some(false);
        }
    }
    there
}

/// The folder of documents that commands fill.
pub(super) fn documents(text: &str) -> Option<String> {
    let (_, rest) = text.split_once(DOCUMENTS)?;
    let ends = |c: char| !c.is_ascii_alphanumeric() && !"._+-".contains(c);
    let name = rest.get(..rest.find(ends).unwrap_or(rest.len()))?;
    (!name.is_empty()).then(|| format!("{DOCUMENTS}{name}"))
}

/// Whether each of these commands works on what a folder holds.
pub(super) fn all_work_in(text: &str, folder: &str) -> bool {
    let parsed = parse(text, Dialect::Bash);
    let mut pipelines = parsed.statements.iter().flat_map(Statement::pipelines).peekable();
    let works =
        |pipeline: &Pipeline| text.get(pipeline.span.range()).is_some_and(|text| text.contains(folder));
    pipelines.peek().is_some() && pipelines.all(works)
}

fn negates(clause: &str) -> bool {
    clause.contains(" not ") || clause.contains("n't ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_the_first_sentence_or_the_last() {
        let clause = |words| condition(words).map(|condition| condition.clause);
        assert_eq!(clause("If a is there, do b. Then go."), Some("If a is there"));
        assert_eq!(clause("It is so. If you want b, do c:"), Some("If you want b"));
        assert_eq!(clause("It is so. If not, so be it. Do c:"), None);
        assert_eq!(clause("Do c."), None);
    }
}
