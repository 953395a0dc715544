use crate::shell::tree::{CompoundKind, PartKind, Statement, Word};

use super::super::flow::{Context, Node};
use super::super::rule::{Report, Scene};

pub(super) fn check(node: Node<'_>, context: &Context<'_>, _: Scene, report: &mut Report<'_>) {
    let Node::Compound(compound) = node else { return };
    let CompoundKind::For { words: Some(words), .. } = &compound.kind else { return };
    for (word, name) in words.iter().filter_map(|word| Some((word, lister(word)?))) {
        let message = format!("what `{name}` prints is split at blanks, of which names may have some");
        report.in_text(context.text, word.span, message).help = Some(
            if name == "ls" {
                "write the pattern itself: `for file in ./*`"
            } else {
                "write `find … -exec … {} +`, or read its output line by line"
            }
            .to_owned(),
        );
    }
}

/// The program whose list of files is split.
fn lister(word: &Word) -> Option<&'static str> {
    word.parts.iter().filter(|part| !part.quoted).find_map(|part| {
        let PartKind::Command(body) = &part.kind else { return None };
        // What another program makes of the list may be no list of names.
        let simple = Statement::only(body)?;
        let name = simple.name()?;
        // No pattern gives names in the order of their times or sizes.
        let sorts = |word: &Word| {
            word.literal()
                .is_some_and(|text| text.starts_with('-') && text.contains(['t', 'S', 'v', 'X', 'c', 'u']))
        };
        match &*name {
            "ls" => (!simple.words.iter().any(sorts)).then_some("ls"),
            "find" => Some("find"),
            _ => None,
        }
    })
}
