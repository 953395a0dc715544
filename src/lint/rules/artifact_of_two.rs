use std::collections::{BTreeMap, BTreeSet};

use crate::diag::Label;
use crate::model::{Package, Project, RelPath, StageName};
use crate::source::Place;

use super::super::roots::Roots;
use super::super::rule::Report;

/// Who expects what: a package and where it says so.
type Claims<'a> = BTreeMap<(&'a StageName, &'a RelPath), Vec<(usize, Place)>>;

pub(super) fn check(project: &Project, packages: &[Package], report: &mut Report<'_>) {
    let mut claims = Claims::new();
    for (at, package) in packages.iter().enumerate() {
        for path in &package.expect {
            let all = claims.entry((&package.stage.value, &path.value)).or_default();
            // A spec that names a path twice, or inherits it from one that does, has one claim to it.
            if all.iter().all(|(other, _)| *other != at) {
                all.push((at, path.place));
            }
        }
    }
    claims.retain(|_, claims| claims.len() > 1);
    if claims.is_empty() {
        return;
    }
    let roots = Roots::new(project, packages);
    let declared: Vec<_> = (0..packages.len()).map(|at| roots.declared(at)).collect();
    for ((stage, path), claims) in &claims {
        for (nth, &(second, place)) in claims.iter().enumerate() {
            for &(first, other) in &claims[..nth] {
                // Where one is in the root of the other, that one replaces the file knowingly.
                if declared[first].contains(&second) || declared[second].contains(&first) {
                    continue;
                }
                let Some(meeting) = meeting(project, packages, &declared, stage, [first, second]) else {
                    continue;
                };
                let names = [first, second].map(|at| &packages[at].name.value);
                let message = format!("`{}` and `{}` both install `{path}`", names[0], names[1]);
                let finding = report.at(place, message);
                finding.related.push(Label { place: other, text: format!("`{}` expects it here", names[0]) });
                finding.related.push(meeting);
                finding.help = Some(
                    "let one of them leave it out, or let one depend on the other to replace it".to_owned(),
                );
            }
        }
    }
}

/// Where both are in one root.
fn meeting(
    project: &Project,
    packages: &[Package],
    declared: &[BTreeSet<usize>],
    stage: &StageName,
    pair: [usize; 2],
) -> Option<Label> {
    let above = project.stages.iter().find(|above| above.base.contains(stage));
    if let Some(above) = above {
        let text = format!("every root of the stage `{}` has both", above.name);
        return Some(Label { place: above.place, text });
    }
    let at = declared.iter().position(|root| pair.iter().all(|at| root.contains(at)))?;
    let name = &packages[at].name;
    Some(Label { place: name.place, text: format!("the root of `{}` has both", name.value) })
}
