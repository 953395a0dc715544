//! Diagnostics for people, in the shape that rustc's have.

use std::collections::BTreeMap;
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Element, Level, Renderer, Snippet, normalize_untrusted_str};

use super::Style;
use super::wrap::{without_middles, wrap};
use crate::diag::{Diagnostic, Label, Safety, Severity};
use crate::source::{FileId, Place, SourceFile, SourceMap};

/// Lines of prose are not longer than this on any terminal.
const PROSE: usize = 100;
/// A terminal that is narrower than this is not heeded.
const NARROWEST: usize = 40;
/// How many bytes a character takes at most (RFC 3629).
const LONGEST: usize = 4;

/// One diagnostic with its lines of source, its notes and its help. Ends with a newline.
pub fn human(sources: &SourceMap, diagnostic: &Diagnostic, style: Style) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let width = style.width.max(NARROWEST);
    let prose = |text: &str, before: usize| {
        wrap(&without_middles(&clean(text)), width.min(PROSE).saturating_sub(before).max(NARROWEST / 2))
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
    let (snippets, columns) = snippets(sources, diagnostic, width * LONGEST);
    let group = level
        .clone()
        .primary_title(prose(
            &diagnostic.message,
            format!("{}[{}]: ", diagnostic.severity, diagnostic.rule).len(),
        ))
        .id(diagnostic.rule)
        .elements(snippets)
        .elements(notes)
        .elements(excuse)
        .elements(help)
        .elements(fixes);
    let renderer = if style.color { Renderer::styled() } else { Renderer::plain() };
    let mut text = renderer.decor_style(DecorStyle::Ascii).term_width(width).render(&[group]);
    if let Some([told, right]) = columns {
        text = text.replacen(&told, &right, 1);
    }
    text.push('\n');
    text
}

/// How many characters the numbers of the lines take that are shown.
fn margin(sources: &SourceMap, diagnostic: &Diagnostic) -> usize {
    let labels = diagnostic.primary.iter().chain(&diagnostic.related);
    let last = |label: &Label| sources.file(label.place.file).line_column(label.place.end as usize).0;
    labels.map(last).max().unwrap_or(1).to_string().len()
}

/// One snippet a file, the primary label's file first; and the primary place as it would be told, with what it is, where these
/// differ.
fn snippets<'a>(
    sources: &'a SourceMap,
    diagnostic: &'a Diagnostic,
    around: usize,
) -> (Vec<Element<'a>>, Option<[String; 2]>) {
    let Some(primary) = &diagnostic.primary else { return (Vec::new(), None) };
    let mut others: BTreeMap<FileId, Vec<&Label>> = BTreeMap::new();
    for label in &diagnostic.related {
        others.entry(label.place.file).or_default().push(label);
    }
    let own = others.remove(&primary.place.file).unwrap_or_default();
    let (first, columns) = snippet(sources.file(primary.place.file), Some(primary), &own, around);
    let rest = others.into_iter().map(|(file, labels)| snippet(sources.file(file), None, &labels, around).0);
    (std::iter::once(first).chain(rest).collect(), columns)
}

/// The lines of one file that its labels cover.
///
/// Only these are handed over, and of very long ones a part that is wider than the terminal (`around` bytes on either side of what
/// is shown), because the renderer goes through all that it is given again for each diagnostic. It counts columns from where the part begins: the primary label's place as it tells it comes back with the right one.
fn snippet<'a>(
    file: &'a SourceFile,
    primary: Option<&'a Label>,
    related: &[&'a Label],
    around: usize,
) -> (Element<'a>, Option<[String; 2]>) {
    let labels = || primary.into_iter().chain(related.iter().copied());
    let ranges = || labels().map(|label| within(&file.text, label.place));
    let start = ranges().map(|range| range.start).min().unwrap_or(0);
    let end = ranges().map(|range| range.end).max().unwrap_or(0);
    let (nearest, farthest) = (start.saturating_sub(around), end.saturating_add(around));
    let line = file.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    // A column of an earlier line than the primary label's is not told.
    let one_line = primary.is_some() && !file.text[start..end].contains('\n');
    let start = if one_line { line.max(file.text.floor_char_boundary(nearest)) } else { line };
    let end = file.text[end..].find('\n').map_or(file.text.len(), |newline| end + newline + 1);
    let end = end.min(file.text.ceil_char_boundary(farthest));
    let annotations = labels().zip(ranges()).enumerate().map(|(at, (label, range))| {
        let kind = match primary {
            Some(_) if at == 0 => AnnotationKind::Primary,
            _ => AnnotationKind::Context,
        };
        let text = Some(label.text.as_str()).filter(|text| !text.is_empty()).map(clean);
        kind.span(range.start - start..range.end - start).label(text)
    });
    let element = Snippet::source(&file.text[start..end])
        .line_start(file.line_column(start).0)
        .path(name(file))
        .annotations(annotations)
        .into();
    let columns = primary.filter(|_| start != line).map(|primary| {
        let shown = within(&file.text, primary.place).start;
        let (line, column) = file.line_column(shown);
        let in_part = file.text[start..shown].chars().count() + 1;
        [in_part, column].map(|column| format!("{}:{line}:{column}", name(file)))
    });
    (element, columns)
}

/// The place's bytes, moved to the nearest character boundaries inside the text.
fn within(text: &str, place: Place) -> Range<usize> {
    let start = text.floor_char_boundary(place.range().start);
    let end = text.ceil_char_boundary(place.range().end).max(start);
    start..end
}

/// A text with pictures in place of what a terminal would obey and of what turns the direction of text. Tabs and line ends stay.
pub fn visible(text: &str) -> String {
    text.split('\t').map(normalize_untrusted_str).collect::<Vec<_>>().join("\t")
}

/// The text without anything that a terminal would obey.
fn clean(text: &str) -> String {
    normalize_untrusted_str(text)
}

/// The same of a file's name, which stands in a line with others.
fn name(file: &SourceFile) -> String {
    clean(&file.name).replace('\n', "␊")
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
    fn of_a_very_long_line_what_is_shown_is_the_same_wherever_it_stands() {
        let told = |before: usize| {
            let mut sources = SourceMap::default();
            let line =
                format!("first\n{}é $needle{}\nlast\n", "é=1; ".repeat(before), "; b=2".repeat(30_000));
            let file = sources.add(SourceFile::new("long.sh", line));
            let diagnostic = Diagnostic::error("some-rule", "m").at(place(&sources, file, "$needle"), "l");
            human(&sources, &diagnostic, Style::PLAIN)
        };
        let (short, long) = (told(200), told(30_000));
        assert!(short.contains(" --> long.sh:2:1003\n") && short.contains("^^^^^^^ l"), "{short}");
        assert_eq!(short.replace("2:1003", "2:150003"), long);
    }

    #[test]
    fn colour_adds_escapes_and_the_author_cannot() {
        let (sources, zlib, _) = sources();
        let diagnostic =
            Diagnostic::error("x", "\u{1b}[31m").at(place(&sources, zlib, "1.3"), "\u{1b}").note("\u{1b}");
        assert!(!human(&sources, &diagnostic, Style::PLAIN).contains('\u{1b}'));
        assert!(human(&sources, &diagnostic, Style { color: true, ..Style::PLAIN }).contains('\u{1b}'));
        assert_eq!(visible("\u{1b}[2K\ta\n\u{202e}b"), "␛[2K\ta\n�b");

        let mut sources = SourceMap::default();
        let file = sources.add(SourceFile::new("a\n::error::b.sh", "x\n"));
        let shown =
            human(&sources, &Diagnostic::error("x", "y").at(Place::new(file, 0..1), ""), Style::PLAIN);
        assert!(shown.contains("a␊::error::b.sh:1:1\n"), "{shown}");
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
}
