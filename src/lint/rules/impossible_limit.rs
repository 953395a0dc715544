use crate::model::{ByteSize, Jobs, Package, Project};
use crate::source::Spanned;

use super::super::rule::Report;

pub(super) fn check(project: &Project, packages: &[Package], report: &mut Report<'_>) {
    let all = &project.resources;
    for resources in packages.iter().map(|package| &package.resources) {
        if let (Some(Spanned { value: Jobs::At(jobs), place }), Jobs::At(limit)) = (resources.jobs, all.jobs)
            && jobs > limit
        {
            let finding = report.at(place, format!("{jobs} jobs do not fit into a build of {limit}"));
            finding.help = Some(help("jobs"));
        }
        let mut size = |key: &str, needed: Option<Spanned<ByteSize>>, limit: Option<ByteSize>| {
            let (Some(needed), Some(limit)) = (needed, limit) else { return };
            if needed.value > limit {
                let message =
                    format!("{} of {key} do not fit into the {limit} of the whole build", needed.value);
                report.at(needed.place, message).help = Some(help(key));
            }
        };
        size("memory", resources.memory, all.memory);
        size("disk", resources.disk, all.disk);
    }
}

fn help(key: &str) -> String {
    format!("lower it, or raise `{key}` under `resources:` in `lfsgen.yaml`")
}
