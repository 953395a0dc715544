use std::ops::Range;

use crate::diag::Diagnostic;
use crate::plan::jobs::NUMBERS;
use crate::shell::tree::{Operation, PartKind, Simple, Span, Word};

use super::super::call::layers;
use super::super::flow::{Context, Node};
use super::super::rule::{Report, Scene};
use super::super::settings::settings;

/// Programs that run as many jobs at once as they are told, with the options that tell them.
const RUNNERS: [(&str, &[&str]); 10] = [
    ("make", &["-j", "--jobs"]),
    ("gmake", &["-j", "--jobs"]),
    ("ninja", &["-j"]),
    ("samu", &["-j"]),
    ("cmake", &["-j", "--parallel"]),
    ("ctest", &["-j", "--parallel"]),
    ("meson", &["-j", "--jobs"]),
    ("cargo", &["-j", "--jobs"]),
    ("scons", &["-j", "--jobs"]),
    ("waf", &["-j", "--jobs"]),
];

/// Those that take their jobs from the step's job server, unless they are told a number (GNU make manual, 13.1.1; ninja
/// manual, "GNU Jobserver support"); cmake hands its number on to them.
const SERVED: [&str; 4] = ["make", "gmake", "ninja", "cmake"];

/// Variables that tell them (GNU make manual, 5.7.3; cmake(1); ctest(1); Cargo book).
const VARIABLES: [&str; 6] = [
    "MAKEFLAGS",
    "GNUMAKEFLAGS",
    "NINJAFLAGS",
    "CMAKE_BUILD_PARALLEL_LEVEL",
    "CTEST_PARALLEL_LEVEL",
    "CARGO_BUILD_JOBS",
];

const LEAVE_OUT: &str = "leave it out: as many jobs run at once as the budget has room for";

pub(super) fn check(node: Node<'_>, context: &Context<'_>, scene: Scene, report: &mut Report<'_>) {
    let Node::Simple(simple) = node else { return };
    if scene.phase {
        variables(simple, context, report);
        options(simple, context, report);
    }
}

fn variables(simple: &Simple, context: &Context<'_>, report: &mut Report<'_>) {
    settings(simple, &VARIABLES, |set| {
        let text = context.state.resolved(&set.value);
        let first = set.value.parts.first().map(|part| &part.kind);
        let words = text.clone().unwrap_or_else(|| set.value.literal_prefix());
        let flag = words.split(' ').find(|word| word.starts_with("-j") || word.starts_with("--jobs"));
        let fixed = if set.name.ends_with("FLAGS") {
            flag.is_some_and(|flag| {
                let number =
                    flag.trim_start_matches("--jobs").trim_start_matches("-j").trim_start_matches('=');
                if number.is_empty() { text.is_some() || counts(&set.value) } else { is_fixed(number) }
            })
        } else {
            text.as_deref().is_some_and(is_fixed) || matches!(first, Some(PartKind::Command(_)))
        };
        if fixed {
            let message = "this many jobs run at once, whatever the budget of the step says";
            report.in_text(context.text, set.span, message).help = Some(LEAVE_OUT.to_owned());
        }
    });
}

fn options(simple: &Simple, context: &Context<'_>, report: &mut Report<'_>) {
    let begins = |word: &Word| {
        let first = word.first_text();
        first.is_some_and(|text| {
            text.starts_with("-j") || text.starts_with("--jobs") || text.starts_with("--parallel")
        })
    };
    if !simple.words.iter().any(begins) {
        return;
    }
    for layer in layers(&simple.words, context.state) {
        let served = SERVED.contains(&layer.base_name());
        let Some((_, options)) = RUNNERS.iter().find(|(name, _)| *name == layer.base_name()) else {
            continue;
        };
        for (at, word) in layer.arguments.iter().enumerate() {
            let prefix = word.literal_prefix();
            let Some(option) = options.iter().find(|option| prefix.starts_with(**option)) else { continue };
            let glued = prefix[option.len()..].trim_start_matches('=');
            let next = layer.arguments.get(at + 1);
            let all = word.literal().is_some();
            let (fixed, span) = match (glued, next) {
                // `-j` alone; the number may be the next word.
                ("", Some(next)) if all && takes(next) => {
                    (has_fixed(next) || served && asks(next), word.span.to(next.span))
                }
                ("", _) => (all || counts(word) || served && asks(word), word.span),
                (number, _) => (all && is_fixed(number), word.span),
            };
            if fixed && served {
                let message = "with a number, this takes no part in the job server of its step";
                let finding = report.in_text(context.text, span, message);
                finding.help = Some(LEAVE_OUT.to_owned());
                finding.fix_safe(
                    "leave it out",
                    context.text.verbatim_place_of(with_blank(span, context.text.as_str())),
                    "",
                );
            } else if fixed {
                let finding = tell(span, context, report);
                let place = context.text.verbatim_place_of(span.range());
                finding.fix_safe("write `-j\"$jobs\"`", place, "-j\"$jobs\"");
            }
        }
    }
}

fn tell<'r>(span: Span, context: &Context<'_>, report: &'r mut Report<'_>) -> &'r mut Diagnostic {
    let finding = report.in_text(
        context.text,
        span,
        "this many jobs run at once, whatever the budget of the step says",
    );
    finding.help = Some("write `-j\"$jobs\"`, which is the share of this step".to_owned());
    finding
}

/// The bytes of a word with the blank before it.
fn with_blank(span: Span, text: &str) -> Range<usize> {
    let Range { start, end } = span.range();
    let blank = text.get(..start).is_some_and(|before| before.ends_with(' '));
    start - usize::from(blank)..end
}

/// Whether a word has the step's number of jobs.
fn asks(word: &Word) -> bool {
    let is_jobs = |kind: &PartKind| match kind {
        PartKind::Parameter(parameter) => NUMBERS.contains(&parameter.name.as_str()),
        _ => false,
    };
    word.parts.iter().any(|part| is_jobs(&part.kind))
}

/// More than one job, whatever the machine.
fn is_fixed(number: &str) -> bool {
    number.parse::<u32>().is_ok_and(|number| number != 1)
}

/// Whether the word after `-j` is its number.
fn takes(word: &Word) -> bool {
    word.literal().is_none_or(|text| text.parse::<u32>().is_ok())
}

fn has_fixed(word: &Word) -> bool {
    word.literal().map_or_else(|| counts(word), |text| is_fixed(&text))
}

/// Whether a word has what a command prints, such as `$(nproc)`, which knows nothing of other steps.
fn counts(word: &Word) -> bool {
    word.parts.iter().any(|part| match &part.kind {
        PartKind::Command(_) => true,
        PartKind::Parameter(parameter) => {
            matches!(parameter.operation, Operation::Default { .. })
                && parameter.name != "jobs"
                && parameter.word.iter().any(|part| matches!(part.kind, PartKind::Command(_)))
        }
        PartKind::Arithmetic(_) | PartKind::Literal(_) | PartKind::Process(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use crate::lint::lint;
    use crate::model::EnvName;
    use crate::model::testing::{package, project, stage, text};

    #[test]
    fn what_no_shell_expands_is_not_told_to_name_a_variable() {
        let mut package = package("a", &[]);
        package.build.env.insert(EnvName::new("MAKEFLAGS").expect("a name"), text("-j9"));
        let found = lint(&project(vec![stage("host", &[])]), &[package], &[]).findings;
        let helps: Vec<_> =
            found.iter().filter(|it| it.rule == "jobs-outside-budget").map(|it| &it.help).collect();
        assert_eq!(helps, [&Some(super::LEAVE_OUT.to_owned())]);
    }
}
