use crate::diag::{Confidence, Label, Severity};
use crate::model::Package;

use super::super::rule::Report;

pub(super) fn check(package: &Package, report: &mut Report<'_>) {
    for lost in &package.lost_texts {
        let (phase, around) = (&lost.phase, &lost.around);
        let message = format!("this takes the place of the inherited `{around}` of `{phase}`, too");
        let finding = report.at(lost.place, message);
        finding.related.push(Label { place: lost.was, text: "which does not run here".to_owned() });
        if lost.whole {
            finding.help = Some(format!(
                "write it as `replace:`, beside which the inherited `{around}:` stays, or say `{around}:` here, too"
            ));
        } else {
            // Mostly that is what it was written for.
            finding.severity = Severity::Note;
            finding.confidence = Confidence::Low;
        }
    }
}
