//! Users and groups that packages need. Each is in a file of which every artifact has the whole, so that one package adds them all.

use std::ops::Range;

use crate::import::phases::Phases;
use crate::model::{Dialect, Phase};
use crate::shell::parse;
use crate::shell::tree::{Connector, Pipeline, Simple, Statement};

/// The package that adds them.
pub(super) const ACCOUNTS: &str = "accounts";
/// Programs that change the files with users and groups.
const PROGRAMS: [&str; 4] = ["groupadd", "useradd", "groupmod", "usermod"];

/// Takes the commands that add users and groups out of a page's phases.
pub(super) fn take(phases: &mut Phases) -> Vec<String> {
    let mut taken = Vec::new();
    for texts in phases.texts.values_mut() {
        for text in &mut *texts {
            take_from(text, &mut taken);
        }
        texts.retain(|text| !text.is_empty());
    }
    // What only adds a user is a package all the same.
    phases.texts.retain(|phase, texts| *phase == Phase::Install || !texts.is_empty());
    taken
}

fn take_from(text: &mut String, taken: &mut Vec<String>) {
    let mut cuts = Vec::new();
    for statement in &parse(text, Dialect::Bash).statements {
        if statement.rest.iter().all(|(connector, _)| *connector == Connector::And) {
            cuts_of(statement, text, taken, &mut cuts);
        }
    }
    for cut in cuts.into_iter().rev() {
        text.replace_range(cut, "");
        *text = text.trim_matches(['\n', ' ']).to_owned();
    }
}

/// What to cut out of a text for the commands of a statement, and the commands.
fn cuts_of(statement: &Statement, text: &str, taken: &mut Vec<String>, cuts: &mut Vec<Range<usize>>) {
    let spans: Vec<_> =
        statement.pipelines().map(|pipeline| (changes(pipeline), pipeline.span.range())).collect();
    let mut before: Option<Range<usize>> = None;
    for run in spans.chunk_by(|(one, _), (other, _)| one == other) {
        let (Some((changes, first)), Some((_, last))) = (run.first(), run.last()) else { continue };
        if *changes {
            taken.extend(text.get(first.start..last.end).map(str::to_owned));
            let next = spans.iter().map(|(_, span)| span.start).find(|start| *start > last.end);
            cuts.push(match (next, &before) {
                (Some(next), _) => first.start..next,
                (None, Some(before)) => before.end..last.end,
                (None, None) => first.start..last.end,
            });
        }
        before = Some(last.clone());
    }
}

fn changes(pipeline: &Pipeline) -> bool {
    let name = pipeline.simple().and_then(Simple::name);
    name.is_some_and(|name| PROGRAMS.contains(&name.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_taken_out_of_a_text_and_the_rest_of_it_is_left() {
        let cases = [
            ("groupadd -g 1 a", "", "groupadd -g 1 a"),
            ("groupadd a &&\nuseradd -g a \\\n  a", "", "groupadd a &&\nuseradd -g a \\\n  a"),
            ("install -d /a &&\n\nuseradd a", "install -d /a", "useradd a"),
            ("useradd a && install -d /a", "install -d /a", "useradd a"),
            ("make && useradd a &&\nmake b", "make && make b", "useradd a"),
            ("make\n\nuseradd a\n\nmake b", "make\n\n\n\nmake b", "useradd a"),
            ("useradd a || true", "useradd a || true", ""),
            ("if x; then useradd a; fi", "if x; then useradd a; fi", ""),
        ];
        for (text, left, expected) in cases {
            let (mut rest, mut taken) = (text.to_owned(), Vec::new());
            take_from(&mut rest, &mut taken);
            assert_eq!((rest.as_str(), taken.join("|").as_str()), (left, expected), "{text}");
        }
    }
}
