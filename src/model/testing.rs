//! Projects and packages for the unit tests of what comes after the model.

use std::collections::BTreeMap;

use super::*;
use crate::source::{FileId, Place, SourceFile, SourceMap, Spanned, Text};

/// A place that is different for each text, so that a test can tell them apart.
pub(crate) fn place(start: usize) -> Place {
    Place::new(FileId(0), start..start + 1)
}

pub(crate) fn text(value: &str) -> Text {
    Text::opaque(value, place(0))
}

fn spanned<T>(value: T) -> Spanned<T> {
    Spanned::new(value, place(0))
}

pub(crate) fn sources() -> SourceMap {
    let mut map = SourceMap::default();
    map.add(SourceFile::new("specs/a.yaml", "package: a\n"));
    map
}

pub(crate) fn stage(name: &str, base: &[&str]) -> Stage {
    let name_of = |name: &str| StageName::new(name).unwrap();
    Stage {
        name: name_of(name),
        root: RootKind::Host,
        base: base.iter().map(|name| name_of(name)).collect(),
        mount: AbsPath::new("/").unwrap(),
        env: BTreeMap::new(),
        user: StageUser::Root,
        network: false,
        place: place(0),
    }
}

pub(crate) fn project(stages: Vec<Stage>) -> Project {
    Project {
        name: "test".to_owned(),
        specs: vec![RelPath::new("specs").unwrap()],
        output: RelPath::new("generated").unwrap(),
        state: "build".to_owned(),
        target: Target { arch: Arch::X86_64, triplet: "x86_64-pc-linux-gnu".to_owned() },
        stages,
        variables: BTreeMap::new(),
        unread_variables: Vec::new(),
        options: BTreeMap::new(),
        resources: ProjectResources { jobs: Jobs::Max, memory: None, disk: None, fetch: 4, timeout: None },
        sources: SourcesConfig { cache: None, mirrors: Vec::new(), mirrors_first: false, max_size: None },
        sandbox: SandboxMode::Required,
        lint: LintConfig::default(),
    }
}

/// A package of the stage `host` without sources, that needs `depends` to be built.
pub(crate) fn package(name: &str, depends: &[&str]) -> Package {
    let dependency =
        |(at, name): (usize, &&str)| Spanned::new(PackageName::new(*name).unwrap(), place(at + 1));
    Package {
        name: spanned(PackageName::new(name).unwrap()),
        version: spanned("1".to_owned()),
        summary: None,
        license: None,
        homepage: None,
        stage: spanned(StageName::new("host").unwrap()),
        dialect: Dialect::Bash,
        sources: Vec::new(),
        patches: Vec::new(),
        build_depends: depends.iter().enumerate().map(dependency).collect(),
        run_depends: Vec::new(),
        check_depends: Vec::new(),
        options: BTreeMap::new(),
        unread_options: Vec::new(),
        lost_texts: Vec::new(),
        build: Build {
            system: spanned(BuildSystem::Custom),
            subdir: None,
            configure: Vec::new(),
            make: Vec::new(),
            install: Vec::new(),
            env: BTreeMap::new(),
        },
        phases: Phases::new(),
        expect: Vec::new(),
        resources: Resources::default(),
        expected_failures: Vec::new(),
        allows: Vec::new(),
        file: place(0),
    }
}

/// A package of another stage.
pub(crate) fn package_in(stage: &str, name: &str, depends: &[&str]) -> Package {
    Package { stage: spanned(StageName::new(stage).unwrap()), ..package(name, depends) }
}

/// Dependencies at run time.
pub(crate) fn runs_with(mut package: Package, names: &[&str]) -> Package {
    package.run_depends = names.iter().map(|name| spanned(PackageName::new(*name).unwrap())).collect();
    package
}

/// An archive to fetch.
pub(crate) fn source(file_name: &str, unpack: Unpack) -> Source {
    Source {
        url: SourceUrl { scheme: "https".to_owned(), text: text(&format!("https://a.example/{file_name}")) },
        mirrors: Vec::new(),
        sha256: Some(spanned(Digest::of(file_name.as_bytes()))),
        md5: None,
        max_size: None,
        file_name: file_name.to_owned(),
        unpack,
        place: place(0),
    }
}

/// Compares with `snapshots/<name>.snap`.
pub(crate) fn assert_snapshot(name: &str, content: &str) {
    insta::with_settings!({
        snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(name, content);
    });
}
