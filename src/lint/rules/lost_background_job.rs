use super::super::flow::{Context, Node};
use super::super::rule::{Report, Scene};

pub(super) fn check(node: Node<'_>, context: &Context<'_>, scene: Scene, report: &mut Report<'_>) {
    let Node::Statement(statement) = node else { return };
    if !statement.background || !context.state.options().errexit || context.state.overview().waits {
        return;
    }
    // What remembers the job may do with it what it likes.
    let end = statement.span.range().end;
    if context.text.as_str().get(end..).is_some_and(|after| after.contains("$!")) {
        return;
    }
    let message = "nothing waits for this, and nothing sees it fail";
    let head = statement.first.simple().and_then(|simple| simple.words.first());
    let finding = report.in_text(context.text, head.map_or(statement.span, |head| head.span), message);
    finding.help = Some(if scene.phase {
        "leave the `&` out: what still runs when a phase ends is killed".to_owned()
    } else {
        "keep `$!`, and `wait` for it before the script ends".to_owned()
    });
}
