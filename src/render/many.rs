//! Many diagnostics for people: all or the first of them, and what they come to.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::Style;
use super::human::human;
use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::source::{FileId, SourceMap};

/// With more diagnostics than this, which no screen holds, it is counted how many there are of each kind.
const SCREENFUL: usize = 20;

/// All diagnostics with an empty line after each, and the [`summary`] where there is anything to sum up. Of many, the last lines
/// say how many there are of each kind.
pub fn human_all(sources: &SourceMap, diagnostics: &Diagnostics, style: Style) -> String {
    let shown = shown(sources, diagnostics.iter(), style);
    if diagnostics.is_empty() {
        shown
    } else {
        format!("{shown}{}\n{}", summary(diagnostics), kinds(diagnostics))
    }
}

/// The same, but of many only the first of the worst, and where all of them are shown: for commands that are asked for something
/// else.
pub fn human_first(sources: &SourceMap, diagnostics: &Diagnostics, style: Style, all: &str) -> String {
    let number = diagnostics.iter().count();
    if number <= SCREENFUL {
        return human_all(sources, diagnostics, style);
    }
    let worst = diagnostics.iter().filter(|one| Some(one.severity) == diagnostics.worst());
    let first: Vec<_> = worst.take(SCREENFUL).collect();
    let more = number - first.len();
    let shown = shown(sources, first.into_iter(), style);
    format!(
        "{shown}{}\n{}{more} more are not shown here: {all} shows all\n",
        summary(diagnostics),
        kinds(diagnostics)
    )
}

fn shown<'a>(sources: &SourceMap, some: impl Iterator<Item = &'a Diagnostic>, style: Style) -> String {
    some.map(|diagnostic| human(sources, diagnostic, style) + "\n").collect()
}

/// How many of each severity there are, the worst first: `3 errors, 1 warning`. `nothing found` where there is none.
pub fn summary(diagnostics: &Diagnostics) -> String {
    let mut text = String::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let count = diagnostics.count(severity);
        if count > 0 {
            let comma = if text.is_empty() { "" } else { ", " };
            let plural = if count == 1 { "" } else { "s" };
            // Writing to a string does not fail.
            let _ = write!(text, "{comma}{count} {severity}{plural}");
        }
    }
    if text.is_empty() { "nothing found".to_owned() } else { text }
}

/// A line for each kind of many diagnostics, the worst and the most frequent first.
fn kinds(diagnostics: &Diagnostics) -> String {
    if diagnostics.iter().count() <= SCREENFUL {
        return String::new();
    }
    let mut kinds: BTreeMap<(Severity, &str), Vec<Option<FileId>>> = BTreeMap::new();
    for Diagnostic { severity, rule, primary, .. } in diagnostics {
        let file = primary.as_ref().map(|label| label.place.file);
        kinds.entry((*severity, rule)).or_default().push(file);
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|((severity, name), files)| (Reverse(*severity), Reverse(files.len()), *name));
    let mut text = String::new();
    for ((severity, name), files) in kinds {
        let count = files.len();
        let files: BTreeSet<FileId> = files.into_iter().flatten().collect();
        let files = if files.len() == 1 { "1 file".to_owned() } else { format!("{} files", files.len()) };
        let _ = writeln!(text, "{count:7} {severity}[{name}] in {files}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Place, SourceFile};

    #[test]
    fn the_summary_counts_by_severity() {
        let diagnostics: Diagnostics =
            [Diagnostic::error("a", "a"), Diagnostic::warning("b", "b"), Diagnostic::error("c", "c")]
                .into_iter()
                .collect();
        assert_eq!(summary(&diagnostics), "2 errors, 1 warning");
        assert_eq!(summary(&Diagnostics::default()), "nothing found");
        let sources = SourceMap::default();
        for text in [
            human_all(&sources, &diagnostics, Style::PLAIN),
            human_first(&sources, &diagnostics, Style::PLAIN, "x"),
        ] {
            assert!(text.contains("warning[b]: b\n") && text.ends_with("2 errors, 1 warning\n"), "{text}");
        }
    }

    #[test]
    fn of_many_the_kinds_are_counted_and_the_first_of_the_worst_shown_where_that_is_enough() {
        let mut sources = SourceMap::default();
        let files: Vec<_> = ["a", "b"].map(|name| sources.add(SourceFile::new(name, "text\n"))).to_vec();
        let at = |one: Diagnostic, file: usize| one.at(Place::new(files[file], 0..1), "");
        let errors = (0..25).map(|number| at(Diagnostic::error("wrong", format!("e{number}")), number % 2));
        let others = (0..3).map(|_| at(Diagnostic::error("odd", "o"), 0));
        let warnings = (0..30).map(|_| at(Diagnostic::warning("doubtful", "w"), 1));
        let diagnostics: Diagnostics = warnings.chain(errors).chain(others).collect();
        let end = "28 errors, 30 warnings
     25 error[wrong] in 2 files
      3 error[odd] in 1 file
     30 warning[doubtful] in 1 file
";
        let all = human_all(&sources, &diagnostics, Style::PLAIN);
        assert!(all.ends_with(end) && all.matches(" --> ").count() == 58, "{all}");
        let first = human_first(&sources, &diagnostics, Style::PLAIN, "`lfsgen lint`");
        assert!(
            first.ends_with(&format!("{end}38 more are not shown here: `lfsgen lint` shows all\n")),
            "{first}"
        );
        assert_eq!(first.matches("error[").count(), 20 + 2);
        assert!(first.contains("e19") && !first.contains("e20") && !first.contains(": w"), "{first}");
    }
}
