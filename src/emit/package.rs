//! The two files of a package: its script, and what the runner needs.

use std::collections::BTreeMap;

use super::stage;
use crate::diag::Diagnostic;
use crate::model::{Digest, PatchOrigin, Project, RelPath, Source, StageName};
use crate::plan::file::{self, LayerFile, Limits, LocalFile, PackageFile, SourceFile, StageRef, StepFile};
use crate::plan::{Layer, Plan, Planned, Step, paths};
use crate::recipe::script;
use crate::source::SourceMap;

type Problem = Box<Diagnostic>;

/// The files of a package, by their path below the output folder.
pub(super) fn files(
    sources: &SourceMap,
    plan: &Plan,
    planned: &Planned,
    stages: &BTreeMap<&StageName, stage::Written<'_>>,
) -> Result<[(RelPath, Vec<u8>); 2], Problem> {
    let name = planned.name();
    let path = |text: String| RelPath::new(text).map_err(|bad| nowhere(planned, &bad.to_string()));
    let script_path = path(paths::script(name))?;
    let plan_path = path(paths::plan_file(name))?;
    let script = script(sources, &planned.package, &planned.recipe).text.into_bytes();
    let spec = sources.file(planned.package.file.file).name.clone();
    let stage = stage(planned, stages)?;
    let file = package_file(plan, planned, stage, spec, script_path.clone(), Digest::of(&script))?;
    // The shape has only string keys and no value that refuses to be written.
    let json = super::json(&file).map_err(|error| nowhere(planned, &error.to_string()))?;
    Ok([(script_path, script), (plan_path, json)])
}

fn nowhere(planned: &Planned, why: &str) -> Problem {
    let message = format!("the files of `{}` cannot be written: {why}", planned.name());
    Box::new(Diagnostic::error("unwritable-name", message).at(planned.package.name.place, ""))
}

/// A package as the runner wants it.
fn package_file(
    plan: &Plan,
    planned: &Planned,
    stage: &stage::Written<'_>,
    spec: String,
    script: RelPath,
    script_sha256: Digest,
) -> Result<PackageFile<StageRef>, Problem> {
    let package = &planned.package;
    let fetched = planned.package.fetched().map(|source| source_file(&plan.project, source));
    let files = package.patches.iter().filter_map(|patch| match &patch.origin {
        PatchOrigin::File { path, sha256, .. } => {
            Some(LocalFile { name: patch.file_name().to_owned(), path: path.clone(), sha256: *sha256 })
        }
        PatchOrigin::Fetched(_) => None,
    });
    let resources = &package.resources;
    let timeout = resources.timeout.or(plan.project.resources.timeout);
    let upper = planned.layers.strip_suffix(stage.base);
    Ok(PackageFile {
        lfsgen: file::VERSION,
        package: planned.name().clone(),
        version: package.version.value.clone(),
        spec,
        key: planned.key,
        stage: stage.reference.clone(),
        env: planned.recipe.environment.clone(),
        script,
        script_sha256,
        sources: fetched.collect::<Result<_, _>>()?,
        files: files.collect(),
        steps: planned.steps.iter().map(step).collect(),
        upper_layers: layers(upper.unwrap_or(&planned.layers)),
        over_base: upper.is_some(),
        check_layers: layers(&planned.check_layers),
        expect: package.expect.iter().map(|path| path.value.clone()).collect(),
        expected_failures: package.expected_failures.iter().map(|name| name.value.clone()).collect(),
        sbu: resources.sbu,
        limits: Limits {
            jobs: resources.jobs.map(|jobs| jobs.value).unwrap_or_default(),
            memory: resources.memory.map(|size| size.value),
            disk: resources.disk.map(|size| size.value),
            timeout: timeout.map(|time| time.as_secs()),
            project_jobs: plan.project.resources.jobs,
            project_memory: plan.project.resources.memory,
            project_disk: plan.project.resources.disk,
            own_jobs: planned.own_jobs.clone(),
        },
        own_parts: planned.own_parts.clone(),
    })
}

fn step(&Step { phase, key, own }: &Step) -> StepFile {
    StepFile { phase, key, own }
}

pub(super) fn layers(layers: &[Layer]) -> Vec<LayerFile> {
    layers.iter().map(|layer| LayerFile { package: layer.package.clone(), key: layer.key }).collect()
}

fn stage<'a, 'plan>(
    planned: &Planned,
    stages: &'a BTreeMap<&StageName, stage::Written<'plan>>,
) -> Result<&'a stage::Written<'plan>, Problem> {
    let written = &planned.package.stage;
    stages.get(&written.value).ok_or_else(|| {
        let message =
            format!("`{}` builds in stage `{}`, which is not in the project", planned.name(), written.value);
        Box::new(Diagnostic::error("unknown-stage", message).at(written.place, ""))
    })
}

/// A source with every place that may have it. One whose bytes nobody vouches for is never fetched.
fn source_file(project: &Project, source: &Source) -> Result<SourceFile, Problem> {
    let name = source.file_name.clone();
    let Some(sha256) = &source.sha256 else {
        let message = format!("`{name}` cannot be fetched without a sha256");
        let error = Diagnostic::error("source-without-digest", message).at(source.place, "no `sha256` here");
        return Err(Box::new(error));
    };
    let own = std::iter::once(source.url.text.as_str().to_owned());
    let written = source.mirrors.iter().map(|mirror| mirror.text.as_str().to_owned());
    let general = project.sources.mirrors.iter().map(|mirror| mirrored(&mirror.value, &name));
    let urls = if project.sources.mirrors_first {
        written.chain(general).chain(own).collect()
    } else {
        own.chain(written).chain(general).collect()
    };
    let max_size = source.max_size.or(project.sources.max_size);
    Ok(SourceFile { name, sha256: sha256.value, urls, max_size })
}

/// Where a mirror of everything has a file: at its `{file}`, or at the end.
fn mirrored(mirror: &str, file: &str) -> String {
    if mirror.contains("{file}") {
        mirror.replace("{file}", file)
    } else {
        format!("{}/{file}", mirror.trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_is_a_prefix_or_a_pattern() {
        assert_eq!(mirrored("https://m.example/lfs/", "a.tar"), "https://m.example/lfs/a.tar");
        assert_eq!(mirrored("https://m.example/?f={file}&x", "a.tar"), "https://m.example/?f=a.tar&x");
    }
}
