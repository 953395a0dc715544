use crate::diag::Label;
use crate::model::{Dependency, Package, Phase, Project};
use crate::source::Place;

use super::super::package::own_texts;
use super::super::roots::Roots;
use super::super::rule::Report;

pub(super) fn check(project: &Project, packages: &[Package], report: &mut Report<'_>) {
    let roots = Roots::new(project, packages);
    for (at, package) in packages.iter().enumerate() {
        // What a spec inherits may be needed where it was written.
        let own = |list: &&Dependency| list.place.file == package.file.file;
        let Package { build_depends, run_depends, check_depends, .. } = package;
        for dependency in build_depends.iter().filter(own) {
            if let Some(other) = find(run_depends, dependency) {
                twice(dependency, other, "`run` puts it into the root in every phase, too", report);
            } else {
                in_base(&roots, at, dependency, report);
            }
        }
        for dependency in check_depends.iter().filter(own) {
            let other = find(build_depends, dependency).or_else(|| find(run_depends, dependency));
            if let Some(other) = other {
                twice(dependency, other, "this puts it into the root in every phase", report);
            } else if !checks(package) {
                report
                    .at(dependency.place, format!("`{}` is for a phase that is not there", dependency.value))
                    .help = Some("write the phase `check`, which no build system has of its own".to_owned());
            } else {
                in_base(&roots, at, dependency, report);
            }
        }
    }
}

fn find(list: &[Dependency], dependency: &Dependency) -> Option<Place> {
    list.iter().find(|other| other.value == dependency.value).map(|other| other.place)
}

fn checks(package: &Package) -> bool {
    package
        .phases
        .get(&Phase::Check)
        .is_some_and(|text| own_texts(text).any(|text| !text.as_str().trim().is_empty()))
}

fn twice(dependency: &Dependency, other: Place, why: &str, report: &mut Report<'_>) {
    let finding = report.at(dependency.place, format!("`{}` is declared already", dependency.value));
    finding.related.push(Label { place: other, text: why.to_owned() });
    finding.help = Some("remove it here".to_owned());
}

/// A package of a base stage is there anyway, if all that it brings is.
fn in_base(roots: &Roots<'_>, at: usize, dependency: &Dependency, report: &mut Report<'_>) {
    let Some(needed) = roots.get(dependency) else { return };
    if roots.is_below(needed, at) && roots.closure([needed]).into_iter().all(|one| roots.is_below(one, at)) {
        let message = format!("`{}` is in the root without being declared", dependency.value);
        let finding = report.at(dependency.place, message);
        finding.notes.push("its stage is a base of this package's stage".to_owned());
        finding.help = Some("remove it here".to_owned());
    }
}
