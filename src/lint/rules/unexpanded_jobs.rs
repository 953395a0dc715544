use crate::shell::tree::{CompoundKind, RedirectKind, Simple, Span, Value, Word};
use crate::source::{Place, Text};

use super::super::embedded::scripts;
use super::super::flow::{Call, Context, Node, Visitor, walk};
use super::super::rule::{Report, Scene};
use super::super::settings::DECLARING;

/// What `%{jobs}` becomes in shell text.
const JOBS: [&str; 2] = ["$jobs", "${jobs}"];

pub(super) fn check(node: Node<'_>, context: &Context<'_>, _: Scene, report: &mut Report<'_>) {
    let Node::Script(statements) = node else { return };
    let text = context.text;
    let references: Vec<(usize, Place)> = text
        .made_pieces()
        .filter(|(range, _)| JOBS.contains(&&text.as_str()[range.clone()]))
        .map(|(range, place)| (range.start, place))
        .collect();
    if references.is_empty() {
        return;
    }
    let mut seen = Seen::default();
    walk(statements, text, context.around, &mut context.state.clone(), &mut seen);
    for (at, place) in references {
        let holds = |span: &Span| span.range().contains(&at);
        let Some(kept) = seen.kept.iter().find(|kept| holds(&kept.span)) else { continue };
        let inner = seen.shells.iter().find(|(span, _)| holds(span)).map(|(_, sees)| *sees);
        if inner == Some(true) || (seen.evaluates && seen.handed.iter().any(holds)) {
            continue;
        }
        tell(kept, inner.is_some(), text, place, report);
    }
}

fn tell(kept: &Kept, in_shell: bool, text: &Text, place: Place, report: &mut Report<'_>) {
    let (before, after) = text.as_str().split_at(kept.span.range().start);
    let in_quotes = before.ends_with('\'') && after[kept.span.len()..].starts_with('\'');
    let finding = report.at(place, "the shell does not put the number of jobs in here");
    finding.notes.push("`%{jobs}` becomes `$jobs`, which in this quoting stays as it is written".to_owned());
    if in_shell {
        finding.notes.push("the shell that reads it later has no variable `jobs`".to_owned());
    }
    finding.help = Some(match (kept.document, in_quotes) {
        (true, _) if in_shell => "write `export jobs` before this command".to_owned(),
        (true, _) => {
            "take the quotes from the delimiter, and write `\\$` for each `$` that the text itself is to have"
                .to_owned()
        }
        (false, true) => {
            "end the quotes before it and begin them again behind it: `'…'\"%{jobs}\"'…'`".to_owned()
        }
        (false, false) => "write it in double quotes, without a backslash".to_owned(),
    });
    if in_quotes && !kept.document {
        finding.fix_safe("put it between double quotes", Some(place), "'\"%{jobs}\"'");
    }
}

/// Text that the shell leaves as it is.
struct Kept {
    span: Span,
    /// Whether it is the text of a here-document.
    document: bool,
}

/// What becomes of the texts of a script.
#[derive(Default)]
struct Seen {
    kept: Vec<Kept>,
    /// The words that a shell reads later, and whether that one has the variable.
    shells: Vec<(Span, bool)>,
    /// The texts that wait in a variable or an argument of a function for whoever reads them.
    handed: Vec<Span>,
    /// Whether anything reads such.
    evaluates: bool,
    /// Whether other shells have the variable from here on.
    exported: bool,
}

impl Seen {
    fn words<'w>(&mut self, words: impl IntoIterator<Item = &'w Word>, document: bool) {
        let parts = words.into_iter().flat_map(|word| &word.parts);
        let kept = parts.filter(|part| part.literal().is_some());
        self.kept.extend(kept.map(|part| Kept { span: part.span, document }));
    }

    fn simple(&mut self, simple: &Simple) {
        self.words(&simple.words, false);
        for assignment in &simple.assignments {
            self.handed.push(assignment.span);
            match &assignment.value {
                Value::Scalar(word) => self.words([word], false),
                Value::Array(words) => self.words(words, false),
            }
        }
    }
}

impl Visitor for Seen {
    fn call(&mut self, call: &Call<'_, '_>) {
        let layer = call.layer;
        self.evaluates |= layer.name == "eval";
        if DECLARING.contains(&layer.name.as_str()) {
            let exports = layer.name == "export" || layer.has_letter('x');
            let is_jobs = |text: &str| text == "jobs" || text.starts_with("jobs=");
            self.exported |= exports && layer.arguments.iter().any(|word| is_jobs(&word.literal_prefix()));
            self.handed.extend(layer.arguments.iter().map(|word| word.span));
        }
        if layer.function().is_some() {
            self.handed.extend(layer.arguments.iter().map(|word| word.span));
        }
        let scripts = scripts(call);
        if scripts.is_empty() {
            return;
        }
        let given = self.exported || call.simple.assignments.iter().any(|one| one.name == "jobs");
        let sees = scripts.iter().all(|script| script.shell.is_none() || (given && !script.kept));
        let documents = call.simple.redirects.iter().map(|redirect| redirect.target.span);
        let words = layer.arguments.iter().map(|word| word.span);
        self.shells.extend(words.chain(documents).map(|span| (span, sees)));
    }

    fn node(&mut self, node: Node<'_>, _: &Context<'_>) {
        match node {
            Node::Simple(simple) => self.simple(simple),
            Node::Redirect(redirect) => {
                self.words([&redirect.target], redirect.kind == RedirectKind::HereDocument);
            }
            Node::Compound(compound) => match &compound.kind {
                CompoundKind::For { words: Some(words), .. } | CompoundKind::Test(words) => {
                    self.words(words, false);
                }
                CompoundKind::Case { word, .. } => self.words([word], false),
                _ => {}
            },
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::lint;
    use crate::model::testing::{package, project, stage};
    use crate::model::{Phase, PhaseText};
    use crate::source::{FileId, Place, Text};

    /// The places of `%{jobs}` in a phase that are told of.
    fn told(script: &str) -> Vec<usize> {
        let file = FileId(0);
        let mut text = Text::empty(Place::new(file, 0..script.len()));
        let mut at = 0;
        for (start, reference) in script.match_indices("%{jobs}") {
            text.push_verbatim(&script[at..start], file, at);
            at = start + reference.len();
            text.push_opaque("$jobs", Place::new(file, start..at));
        }
        text.push_verbatim(&script[at..], file, at);
        let mut package = package("a", &[]);
        package.phases.insert(Phase::Build, PhaseText { replace: Some(text), ..PhaseText::default() });
        let found = lint(&project(vec![stage("host", &[])]), &[package], &[]).findings.sorted();
        let own = found.iter().filter(|finding| finding.rule == "unexpanded-jobs");
        own.map(|finding| finding.primary.as_ref().unwrap().place.start as usize).collect()
    }

    #[test]
    fn whatever_keeps_the_shell_from_expanding_it_is_seen() {
        for script in [
            "make '-j%{jobs}'",
            "x='%{jobs}'; make -j$x",
            "export x='-j%{jobs}'",
            "a $'%{jobs}'",
            "a \"\\%{jobs}\"",
            "cat > f <<\\E\n%{jobs}\nE\n",
            "cat > f <<'E'\n#!/bin/sh\nmake -j%{jobs}\nE\n",
            "sh <<'E'\nmake -j%{jobs}\nE\n",
            "bash -c 'make -j%{jobs}'; export jobs",
            "for x in a '%{jobs}'; do b; done",
            "[[ $x == '%{jobs}' ]]",
            "case '%{jobs}' in a) b ;; esac",
            "a=('%{jobs}')",
            "f() { a; }; f '%{jobs}'",
            "if a; then b \"$(c '%{jobs}')\"; fi",
        ] {
            assert_eq!(told(script), [script.find("%{jobs}").unwrap()], "{script}");
        }
    }

    #[test]
    fn what_some_shell_expands_is_not_told_of() {
        for script in [
            "make -j%{jobs} \"-l%{jobs}\"",
            "make '-l'\"%{jobs}\"'x'",
            "cat > f <<E\n%{jobs}\nE\n",
            "eval 'make -j%{jobs}'",
            "x='make -j%{jobs}'; eval \"$x\"",
            "run() { eval \"$1\"; }; run 'make -j%{jobs}'",
            "trap 'a %{jobs}' EXIT",
            "export jobs; sh -c 'make -j%{jobs}'",
            "declare -x jobs; sh <<'E'\nmake -j%{jobs}\nE\n",
            "jobs=%{jobs} sh -c 'make -j%{jobs}'",
            "make # it's '%{jobs}'",
            "make \"${x:-'%{jobs}'}\"",
        ] {
            assert_eq!(told(script), [0; 0], "{script}");
        }
    }
}
