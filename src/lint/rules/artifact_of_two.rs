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
    let holders = holders(&roots, packages.len());
    for ((stage, path), claims) in &claims {
        let before: Vec<_> = claims.iter().map(|(at, _)| roots.before(*at)).collect();
        let above = project.stages.iter().find(|above| above.base.contains(stage));
        let meeting = |first: usize, second: usize| match above {
            Some(above) => Some((above.place, format!("every root of the stage `{}` has both", above.name))),
            None => holders[first].intersection(&holders[second]).next().map(|&holder| {
                let name = &packages[holder].name;
                (name.place, format!("the root of `{}` has both", name.value))
            }),
        };
        for (nth, &(second, place)) in claims.iter().enumerate() {
            let conflict = claims[..nth].iter().zip(&before).find_map(|(&(first, other), needs)| {
                // Where one is built after the other, it lies over it and replaces the file, in every root.
                let is_ordered = needs.contains(&second) || before[nth].contains(&first);
                (!is_ordered).then(|| meeting(first, second)).flatten().map(|meeting| (first, other, meeting))
            });
            let Some((first, other, (root, has_both))) = conflict else { continue };
            let [first, second] = [first, second].map(|at| &packages[at].name.value);
            let finding = report.at(place, format!("`{first}` and `{second}` both install `{path}`"));
            if other != place {
                finding.related.push(Label { place: other, text: format!("`{first}` expects it here") });
            }
            finding.related.push(Label { place: root, text: has_both });
            finding.help =
                Some("let one of them leave it out, or let one depend on the other to replace it".to_owned());
        }
    }
}

/// By package, the packages in whose roots it is because it was declared.
fn holders(roots: &Roots<'_>, count: usize) -> Vec<BTreeSet<usize>> {
    let mut holders = vec![BTreeSet::new(); count];
    for holder in 0..count {
        for held in roots.declared(holder) {
            holders[held].insert(holder);
        }
    }
    holders
}
