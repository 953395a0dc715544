use crate::shell::tree::{PartKind, Simple, Value, Word};

use super::super::flow::{Context, Node};
use super::super::mentions::only_mentions;
use super::super::rule::{Report, Scene};

/// What makes a compiler use all that the processor has that it runs on (gcc(1), clang(1), rustc book).
const NATIVE: [&str; 4] = ["-march=native", "-mcpu=native", "-mtune=native", "target-cpu=native"];

pub(super) fn check(node: Node<'_>, context: &Context<'_>, _: Scene, report: &mut Report<'_>) {
    let Node::Simple(simple) = node else { return };
    for word in words(simple) {
        let Some(flag) = flag(word) else { continue };
        if only_mentions(simple) {
            return;
        }
        let message = if flag == "-mtune=native" {
            format!("with `{flag}` the result depends on the processor that it is built on")
        } else {
            format!("what is built with `{flag}` may not run on any other processor")
        };
        let finding = report.in_text(context.text, word.span, message);
        finding.help =
            Some("name the processor that it is for, such as `-march=x86-64-v2`, or leave it out".to_owned());
    }
}

/// All words that a command has, values of assignments included.
fn words(simple: &Simple) -> impl Iterator<Item = &Word> {
    let values = simple.assignments.iter().flat_map(|one| match &one.value {
        Value::Scalar(word) => std::slice::from_ref(word),
        Value::Array(words) => words.as_slice(),
    });
    simple.words.iter().chain(values)
}

fn flag(word: &Word) -> Option<&'static str> {
    word.parts.iter().find_map(|part| {
        let PartKind::Literal(text) = &part.kind else { return None };
        if !text.contains("=native") {
            return None;
        }
        let ends = |at: usize| {
            text[at..].chars().next().is_none_or(|c| c.is_whitespace() || matches!(c, '"' | '\'' | ';'))
        };
        NATIVE.into_iter().find(|flag| {
            text.match_indices(flag).any(|(at, _)| {
                let before = text[..at].chars().next_back();
                let begins = before.is_none_or(|c| {
                    c.is_whitespace() || matches!(c, '=' | '"' | '\'') || flag.starts_with('t')
                });
                begins && ends(at + flag.len())
            })
        })
    })
}
