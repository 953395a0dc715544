//! Workflow commands of GitHub Actions, which become annotations of a pull request.
//!
//! `::error file=…,line=…::message`; in values `%` and line ends are written as `%25`, `%0D` and `%0A`, in properties `:` and
//! `,` too (actions/toolkit, `packages/core/src/command.ts`).

use super::{View, region};
use crate::diag::{Diagnostic, Severity};
use crate::source::SourceMap;

pub(super) fn write(view: View<'_>) -> String {
    view.diagnostics.iter().map(|diagnostic| line(view.sources, diagnostic)).collect()
}

fn line(sources: &SourceMap, diagnostic: &Diagnostic) -> String {
    let command = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let place = diagnostic.primary.as_ref().map(|label| {
        let region = region(sources, label.place);
        let mut place =
            format!("file={},line={},endLine={}", property(region.file), region.start.0, region.end.0);
        // Columns are heeded only where the annotation stays on one line.
        if region.start.0 == region.end.0 {
            place += &format!(",col={},endColumn={}", region.start.1, region.end.1);
        }
        place + ","
    });
    let place = place.unwrap_or_default();
    let help = diagnostic.help.iter().map(|help| format!("help: {help}"));
    let lines: Vec<_> =
        std::iter::once(diagnostic.message.clone()).chain(diagnostic.notes.clone()).chain(help).collect();
    format!("::{command} {place}title={}::{}\n", property(diagnostic.rule), data(&lines.join("\n")))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Place, SourceFile};

    #[test]
    fn nothing_that_a_spec_says_can_end_the_line_or_a_property() {
        let mut sources = SourceMap::default();
        let file = sources.add(SourceFile::new("a,b:c%\n.yaml", "one\ntwo\n"));
        let diagnostic = Diagnostic::error("x", "100 %\n::error::fake").at(Place::new(file, 4..7), "");
        let expected = "::error file=a%2Cb%3Ac%25%0A.yaml,line=2,endLine=2,col=1,endColumn=4,title=x::100 %25%0A::error::fake\n";
        assert_eq!(line(&sources, &diagnostic), expected);
    }
}
