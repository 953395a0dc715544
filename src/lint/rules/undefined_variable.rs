use crate::diag::{Confidence, Severity};
use crate::model::is_variable_name;
use crate::shell::tree::{Operation, Parameter, Part, PartKind};
use crate::suggest::nearest;

use super::super::familiar::set_by_shell;
use super::super::flow::{Context, Node};
use super::super::rule::{Report, Scene};
use super::unexpanded_variable::OF_SPECS;

/// The shortest name in a plain script that is called a slip of another; shorter ones are too much alike.
const SHORTEST: usize = 5;

/// What other builders call the folder into which a package installs.
const STAGING: [&str; 4] = ["DESTDIR", "PKG", "PKGDIR", "pkgdir"];

/// How many names of a script a name is compared with.
const MOST_NAMES: usize = 500;

pub(super) fn check(node: Node<'_>, context: &Context<'_>, scene: Scene, report: &mut Report<'_>) {
    let Node::Expansion(part) = node else { return };
    let PartKind::Parameter(parameter) = &part.kind else { return };
    if !needs_value(parameter) || set_by_shell(&parameter.name) {
        return;
    }
    let (name, overview) = (parameter.name.as_str(), context.state.overview());
    if scene.phase && !overview.open && !overview.asks(name) && overview.is_kept_outside(name) {
        let message = format!("the shell that reads this has no variable `{name}`");
        let finding = report.in_text(context.text, part.span, message);
        finding.severity = Severity::Warning;
        finding
            .notes
            .push("the phase sets it for itself; other programs are given what is exported".to_owned());
        finding.help = Some(format!("write `export {name}` before this, or end the quotes around it"));
        return;
    }
    // Whoever calls a function may have set it by then.
    let at = if context.around.function { u32::MAX } else { part.span.start };
    if overview.open || context.state.may_be_set(name, at) || overview.asks(name) {
        return;
    }
    let near = nearest(name, overview.names().filter(|other| *other != name).take(MOST_NAMES));
    let is_set = context.state.is_assigned(name);
    if scene.phase && context.state.options().nounset {
        let message = format!("nothing sets `{name}`{}", if is_set { " before this" } else { "" });
        let finding = report.in_text(context.text, part.span, message);
        finding.notes.push("`set -u` stops the phase here".to_owned());
        finding.help = Some(match near {
            _ if OF_SPECS.contains(&name) => format!("a variable of the spec is written `%{{{name}}}`"),
            _ if STAGING.contains(&name) => {
                "leave it out, or name the stage's mount point: what is written below that is captured"
                    .to_owned()
            }
            Some(near) if !is_set => format!("did you mean `{near}`?"),
            _ => format!("set it in `build.env` or the stage's `env`, or write `${{{name}:-}}`"),
        });
        return;
    }
    // Anybody may have set it for a plain script; but one that is hardly another than one of its own is a slip.
    if let Some(near) = near.filter(|near| !is_set && is_slip(name, near)) {
        let message = format!("nothing sets `{name}`");
        let finding = report.in_text(context.text, part.span, message);
        finding.severity = Severity::Warning;
        finding.confidence = Confidence::Medium;
        finding.help = Some(format!("did you mean `{near}`?"));
    }
}

/// Whether an expansion is an error under `set -u` where the variable is unset.
fn needs_value(parameter: &Parameter) -> bool {
    let indirect = parameter.operation == Operation::Other
        && parameter.word.iter().any(|part: &Part| part.literal() == Some("@"));
    is_variable_name(&parameter.name)
        && !indirect
        && matches!(
            parameter.operation,
            Operation::Value | Operation::Length | Operation::Trim | Operation::Other
        )
}

/// Whether a name is most likely meant to be the other.
fn is_slip(name: &str, other: &str) -> bool {
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
    let same_case =
        name.bytes().all(|c| !c.is_ascii_lowercase()) == other.bytes().all(|c| !c.is_ascii_lowercase());
    name.len() >= SHORTEST
        && other.len() >= SHORTEST
        && name.len().abs_diff(other.len()) <= 1
        && same_case
        && name.trim_start_matches('_') != other.trim_start_matches('_')
        && digits(name) == 0
        && digits(other) == 0
        && strsim::damerau_levenshtein(name, other) == 1
}

#[cfg(test)]
mod tests {
    use crate::lint::testing::{in_phase, is_silent, tells};

    #[test]
    fn another_shell_has_what_it_is_given_and_nothing_else() {
        tells(
            "undefined-variable",
            in_phase,
            &[
                "x=1; sh -c 'a $x'",
                "x=1; bash <<'E'\na \"$x\"\nE\n",
                "sh -c 'make -j$jobs'",
                "x=1; find . -exec sh -c 'a $x' sh {} +",
                "x=1; declare -r x; sh -c 'a $x'",
                "x=1; sh -c \"sh -c 'a \\$x'\"",
            ],
        );
        is_silent(
            "undefined-variable",
            in_phase,
            &[
                "export x=1; sh -c 'a $x'",
                "x=1; sh -c 'a $x'; export x",
                "declare -rx x=1; sh -c 'a $x'",
                "x=1 sh -c 'a $x'",
                "x=1; nice env -i x=\"$x\" sh -c 'a $x'",
                "set -a; x=1; sh -c 'a $x'",
                "x=1; sh -c \"a $x\"",
                "x=1; eval 'a $x'; trap 'a $x' EXIT; (a $x)",
                "x=1; sh -c 'x=2; a $x'; sh -c 'for x in a; do b $x; done'",
                "x=1; sh -c '. ./f; a $x'; sh -c 'a ${x-}'",
                "sh -c 'a $LFSGEN_WORK $HOME $0 $1'",
            ],
        );
    }
}
