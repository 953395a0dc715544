//! Good specs and what they mean: each folder of `tests/cases/specs` is a project, its snapshot what was understood.

use std::fmt::Write as _;

use lfsgen::model::{Package, PatchOrigin, Project, Resources, SourcesConfig};
use lfsgen::render;

use crate::errors::load_folder;
use crate::support;

#[test]
fn each_project_is_understood_in_full() {
    for case in support::cases("specs") {
        let loaded = load_folder(&case);
        let found = render::human_all(&loaded.sources, &loaded.diagnostics, render::Style::PLAIN);
        assert!(loaded.diagnostics.is_empty(), "{}\n{found}", case.display());
        let mut text = project(&loaded.project.expect("a project"));
        loaded.packages.iter().for_each(|one| text.push_str(&package(one)));
        support::assert_snapshot(&format!("specs-{}", case.file_name().unwrap().to_str().unwrap()), &text);
    }
}

#[test]
fn every_byte_of_a_script_points_at_the_byte_that_was_written() {
    let loaded = load_folder(&support::root().join("tests/cases/specs/every-key"));
    let zlib = &loaded.packages[0];
    let file = &loaded.sources.file(zlib.file.file).text;
    let install = &zlib.phases[&lfsgen::model::Phase::Install];
    for text in [install.before.as_ref().unwrap(), install.after.as_ref().unwrap()] {
        for word in ["mkdir -p", "${file%{*}", "%{not}", "/libz.a", "echo \""] {
            let Some(at) = text.as_str().find(word) else { continue };
            assert_eq!(&file[text.place_of(at..at + word.len()).range()], word);
        }
        for (value, reference) in [("/usr/lib", "%{libdir}"), ("aarch64-lfs-linux-gnu", "%{triplet}")] {
            let Some(at) = text.as_str().find(value) else { continue };
            assert_eq!(&file[text.place_of(at..at + value.len()).range()], reference);
        }
    }
}

fn project(project: &Project) -> String {
    // A new field must be thought about here.
    let Project {
        name,
        specs,
        output,
        state,
        target,
        stages,
        variables,
        unread_variables,
        options,
        resources,
        sources,
        sandbox,
        lint,
    } = project;
    let mut text = String::new();
    writeln!(text, "project {name}: {output} from {specs:?} with {state}, {target:?}").unwrap();
    for stage in stages {
        let env: Vec<_> =
            stage.env.iter().map(|(name, value)| format!("{name}={}", value.as_str())).collect();
        let (root, base, mount) = (stage.root, &stage.base, &stage.mount);
        writeln!(text, "stage {}: {root:?} {base:?} {mount} {env:?}", stage.name).unwrap();
        writeln!(text, "  {:?}, network {}", stage.user, stage.network).unwrap();
    }
    for (name, value) in variables {
        writeln!(text, "variable {name} = {}", value.value).unwrap();
    }
    for variable in unread_variables {
        writeln!(text, "nothing reads {}", variable.value).unwrap();
    }
    for (name, value) in options {
        writeln!(text, "option {name} = {:?}", value.value).unwrap();
    }
    writeln!(text, "{resources:?}").unwrap();
    let mirrors: Vec<_> = sources.mirrors.iter().map(|mirror| mirror.value.as_str()).collect();
    let SourcesConfig { cache, mirrors_first, max_size, .. } = sources;
    writeln!(text, "sources {cache:?} {mirrors:?} first {mirrors_first}, at most {max_size:?}").unwrap();
    let levels: Vec<_> =
        lint.levels.iter().map(|(rule, level)| format!("{rule}: {:?}", level.value)).collect();
    writeln!(text, "sandbox {sandbox:?}, lint {levels:?}, fails on {}", lint.fail_on).unwrap();
    text
}

fn package(package: &Package) -> String {
    let mut text = String::new();
    let Package { name, version, stage, dialect, build, resources, .. } = package;
    writeln!(text, "\npackage {} {} in {}, {dialect:?}", name.value, version.value, stage.value).unwrap();
    let [summary, license] =
        [&package.summary, &package.license].map(|value| value.as_ref().map(lfsgen::source::Text::as_str));
    let homepage = package.homepage.as_ref().map(|value| value.value.as_str());
    writeln!(text, "  {summary:?} {license:?} {homepage:?}").unwrap();
    for source in &package.sources {
        let mirrors: Vec<_> = source.mirrors.iter().map(|mirror| mirror.text.as_str()).collect();
        writeln!(text, "  source {} as {}", source.url.text.as_str(), source.file_name).unwrap();
        let unpack = match &source.unpack {
            lfsgen::model::Unpack::Directory(path) => path.value.to_string(),
            other => format!("{other:?}"),
        };
        let sha256 = source.sha256.as_ref().map(|digest| digest.value.short());
        let md5 = source.md5.as_ref().map(|md5| md5.value.as_str());
        let most = source.max_size.map(|size| format!(" at most {size}")).unwrap_or_default();
        writeln!(text, "    {sha256:?} {md5:?} {mirrors:?} {unpack}{most}").unwrap();
    }
    for patch in &package.patches {
        let origin = match &patch.origin {
            PatchOrigin::File { written, path, sha256 } => {
                format!("{} at {path} {}", written.value, sha256.short())
            }
            PatchOrigin::Fetched(source) => source.url.text.as_str().to_owned(),
        };
        writeln!(text, "  patch {origin} -p{}", patch.strip).unwrap();
    }
    for (when, list) in
        [("build", &package.build_depends), ("run", &package.run_depends), ("check", &package.check_depends)]
    {
        let names: Vec<_> = list.iter().map(|name| name.value.as_str()).collect();
        writeln!(text, "  {when} {names:?}").unwrap();
    }
    for (name, value) in &package.options {
        writeln!(text, "  option {name} = {value:?}").unwrap();
    }
    for option in &package.unread_options {
        writeln!(text, "  nothing reads {}", option.value).unwrap();
    }
    let subdir = build.subdir.as_ref().map(|subdir| subdir.value.as_str());
    writeln!(text, "  {:?} in {subdir:?}", build.system.value).unwrap();
    for (command, words) in
        [("configure", &build.configure), ("make", &build.make), ("install", &build.install)]
    {
        let words: Vec<_> = words.iter().map(lfsgen::source::Text::as_str).collect();
        writeln!(text, "    {command} {words:?}").unwrap();
    }
    for (name, value) in &build.env {
        writeln!(text, "    {name}={:?}", value.as_str()).unwrap();
    }
    for (phase, of) in &package.phases {
        for (how, script) in [("replace", &of.replace), ("before", &of.before), ("after", &of.after)] {
            let Some(script) = script else { continue };
            writeln!(text, "  {phase} {how} {:?}", script.as_str()).unwrap();
        }
    }
    let expect: Vec<_> = package.expect.iter().map(|path| path.value.as_str()).collect();
    let Resources { jobs, memory, disk, timeout, sbu } = resources;
    let jobs = jobs.map(|jobs| jobs.value);
    let [memory, disk] = [memory, disk].map(|size| size.map(|size| size.value.to_string()));
    writeln!(text, "  expect {expect:?}\n  jobs {jobs:?}, memory {memory:?}, disk {disk:?}").unwrap();
    writeln!(text, "  timeout {timeout:?}, sbu {sbu:?}").unwrap();
    let failures: Vec<_> = package.expected_failures.iter().map(|name| name.value.as_str()).collect();
    let allows: Vec<_> =
        package.allows.iter().map(|allow| format!("{}: {}", allow.rule.value, allow.reason.value)).collect();
    writeln!(text, "  may fail {failures:?}, allows {allows:?}").unwrap();
    text
}
