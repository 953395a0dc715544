//! Diagnostics for people, in the shape that rustc's have.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Element, Level, Renderer, Snippet, normalize_untrusted_str};

use super::Style;
use super::wrap::wrap;
use crate::diag::{Diagnostic, Diagnostics, Label, Safety, Severity};
use crate::source::{FileId, Place, SourceFile, SourceMap};

/// Lines of prose are not longer than this on any terminal.
const PROSE: usize = 100;
/// A terminal that is narrower than this is not heeded.
const NARROWEST: usize = 40;

/// One diagnostic with its lines of source, its notes and its help. Ends with a newline.
pub fn human(sources: &SourceMap, diagnostic: &Diagnostic, style: Style) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let width = style.width.max(NARROWEST);
    let prose = |text: &str, before: usize| {
        wrap(&clean(text), width.min(PROSE).saturating_sub(before).max(NARROWEST / 2))
    };
    let margin = margin(sources, diagnostic);
    let line = |level: Level<'static>, name: &str, text: &str| {
        Element::from(level.message(prose(text, margin + name.len() + " = : ".len())))
    };
    let notes = diagnostic.notes.iter().map(|note| line(Level::NOTE, "note", note));
    let excuse = diagnostic
        .excuse
        .iter()
        .map(|excuse| line(Level::NOTE, "note", &format!("an exception covers this: {}", excuse.reason)));
    // A fix of the same words says the same.
    let is_fix = |help: &&String| diagnostic.fixes.iter().any(|fix| fix.title == **help);
    let help =
        diagnostic.help.iter().filter(|help| !is_fix(help)).map(|help| line(Level::HELP, "help", help));
    let fixes = diagnostic.fixes.iter().map(|fix| {
        let how = match fix.safety {
            Safety::Safe => "`--fix`",
            Safety::Unsafe => "`--fix --unsafe`",
        };
        line(Level::HELP.with_name("fix"), "fix", &format!("{} ({how})", fix.title))
    });
    let group = level
        .clone()
        .primary_title(prose(
            &diagnostic.message,
            format!("{}[{}]: ", diagnostic.severity, diagnostic.rule).len(),
        ))
        .id(diagnostic.rule)
        .elements(snippets(sources, diagnostic))
        .elements(notes)
        .elements(excuse)
        .elements(help)
        .elements(fixes);
    let renderer = if style.color { Renderer::styled() } else { Renderer::plain() };
    let mut text = renderer.decor_style(DecorStyle::Ascii).term_width(width).render(&[group]);
    text.push('\n');
    text
}

/// How many characters the numbers of the lines take that are shown.
fn margin(sources: &SourceMap, diagnostic: &Diagnostic) -> usize {
    let labels = diagnostic.primary.iter().chain(&diagnostic.related);
    let last = |label: &Label| sources.file(label.place.file).line_column(label.place.end as usize).0;
    labels.map(last).max().unwrap_or(1).to_string().len()
}

/// All diagnostics with an empty line after each, and the [`summary`] where there is anything to sum up.
pub fn human_all(sources: &SourceMap, diagnostics: &Diagnostics, style: Style) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&human(sources, diagnostic, style));
        text.push('\n');
    }
    if !diagnostics.is_empty() {
        text.push_str(&summary(diagnostics));
        text.push('\n');
    }
    text
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

/// One snippet a file, the primary label's file first.
fn snippets<'a>(sources: &'a SourceMap, diagnostic: &'a Diagnostic) -> Vec<Element<'a>> {
    let Some(primary) = &diagnostic.primary else { return Vec::new() };
    let mut others: BTreeMap<FileId, Vec<&Label>> = BTreeMap::new();
    for label in &diagnostic.related {
        others.entry(label.place.file).or_default().push(label);
    }
    let own = others.remove(&primary.place.file).unwrap_or_default();
    let first = snippet(sources.file(primary.place.file), Some(primary), &own);
    let rest = others.into_iter().map(|(file, labels)| snippet(sources.file(file), None, &labels));
    std::iter::once(first).chain(rest).collect()
}

/// The lines of one file that its labels cover.
///
/// Only these are handed over, because the renderer splits all that it is given into lines again for each diagnostic.
fn snippet<'a>(file: &'a SourceFile, primary: Option<&'a Label>, related: &[&'a Label]) -> Element<'a> {
    let labels = || primary.into_iter().chain(related.iter().copied());
    let ranges = || labels().map(|label| within(&file.text, label.place));
    let start = ranges().map(|range| range.start).min().unwrap_or(0);
    let end = ranges().map(|range| range.end).max().unwrap_or(0);
    let start = file.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let end = file.text[end..].find('\n').map_or(file.text.len(), |newline| end + newline + 1);
    let annotations = labels().zip(ranges()).enumerate().map(|(at, (label, range))| {
        let kind = match primary {
            Some(_) if at == 0 => AnnotationKind::Primary,
            _ => AnnotationKind::Context,
        };
        let text = Some(label.text.as_str()).filter(|text| !text.is_empty()).map(clean);
        kind.span(range.start - start..range.end - start).label(text)
    });
    Snippet::source(&file.text[start..end])
        .line_start(file.line_column(start).0)
        .path(clean(&file.name))
        .annotations(annotations)
        .into()
}

/// The place's bytes, moved to the nearest character boundaries inside the text.
fn within(text: &str, place: Place) -> Range<usize> {
    let start = text.floor_char_boundary(place.range().start);
    let end = text.ceil_char_boundary(place.range().end).max(start);
    start..end
}

/// The text without anything that a terminal would obey.
fn clean(text: &str) -> String {
    normalize_untrusted_str(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources() -> (SourceMap, FileId, FileId) {
        let mut sources = SourceMap::default();
        let zlib = sources.add(SourceFile::new("specs/zlib.yaml", "package: zlib\nversoin: 1.3.1\n"));
        let other = sources.add(SourceFile::new("specs/other.yaml", "# é\npackage: zlib\n"));
        (sources, zlib, other)
    }

    fn place(sources: &SourceMap, file: FileId, needle: &str) -> Place {
        let start = sources.file(file).text.find(needle).expect("the needle is there");
        Place::new(file, start..start + needle.len())
    }

    #[test]
    fn a_diagnostic_shows_its_places_in_every_file_its_notes_and_its_help() {
        let (sources, zlib, other) = sources();
        let diagnostic = Diagnostic::error("duplicate-package", "the package `zlib` is defined twice")
            .at(place(&sources, zlib, "zlib"), "here")
            .related(place(&sources, other, "zlib"), "and here")
            .note("names are unique in a project")
            .help("rename one of them");
        let expected = "\
error[duplicate-package]: the package `zlib` is defined twice
 --> specs/zlib.yaml:1:10
  |
1 | package: zlib
  |          ^^^^ here
  |
 ::: specs/other.yaml:2:10
  |
2 | package: zlib
  |          ---- and here
  |
  = note: names are unique in a project
  = help: rename one of them
";
        assert_eq!(human(&sources, &diagnostic, Style::PLAIN), expected);
    }

    #[test]
    fn everything_fits_into_the_width() {
        let mut sources = SourceMap::default();
        let line = format!("{}needle{}\n", "x ".repeat(90), " y".repeat(90));
        let file = sources.add(SourceFile::new("specs/long.yaml", line));
        let words = "several words that say one thing ".repeat(6);
        let mut diagnostic = Diagnostic::error("some-rule", words.clone())
            .at(place(&sources, file, "needle"), "")
            .note(words.clone())
            .help(words.clone());
        diagnostic.fix_safe(words, None, "");
        for width in [80, 60, 40, 1] {
            let text = human(&sources, &diagnostic, Style { color: false, width });
            let longest = text.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(longest <= width.max(40) && text.contains("needle"), "{width}: {longest}\n{text}");
        }
    }

    #[test]
    fn colour_adds_escapes_and_the_author_cannot() {
        let (sources, zlib, _) = sources();
        let diagnostic =
            Diagnostic::error("x", "\u{1b}[31m").at(place(&sources, zlib, "1.3"), "\u{1b}").note("\u{1b}");
        assert!(!human(&sources, &diagnostic, Style::PLAIN).contains('\u{1b}'));
        assert!(human(&sources, &diagnostic, Style { color: true, ..Style::PLAIN }).contains('\u{1b}'));
    }

    #[test]
    fn a_place_beyond_the_text_is_shown_at_its_end() {
        let (sources, zlib, other) = sources();
        for range in [0..0, 3..3, 28..28, 28..29, 900..1000, 5..900] {
            let wild = Diagnostic::error("x", "y").at(Place::new(zlib, range.clone()), "z");
            assert!(human(&sources, &wild, Style::PLAIN).contains("specs/zlib.yaml"), "{range:?}");
        }
        let inside_a_character = Diagnostic::error("x", "y").at(Place::new(other, 3..3), "z");
        assert!(human(&sources, &inside_a_character, Style::PLAIN).contains("specs/other.yaml:1"));
    }

    #[test]
    fn the_summary_counts_by_severity() {
        let diagnostics: Diagnostics =
            [Diagnostic::error("a", "a"), Diagnostic::warning("b", "b"), Diagnostic::error("c", "c")]
                .into_iter()
                .collect();
        assert_eq!(summary(&diagnostics), "2 errors, 1 warning");
        assert_eq!(summary(&Diagnostics::default()), "nothing found");
        assert!(
            human_all(&SourceMap::default(), &diagnostics, Style::PLAIN).ends_with("2 errors, 1 warning\n")
        );
    }
}
