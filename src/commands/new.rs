//! `lfsgen new PACKAGE`: writes a spec to start from.

use std::path::Path;

use anyhow::{Result, bail};

use super::input::Input;
use super::output::print;
use super::place::{CONFIG, root};
use super::schema::Kind;
use super::{Global, Status};
use crate::diag::{Diagnostic, Severity};
use crate::emit::reserved;
use crate::host::files;
use crate::model::{Digest, Loaded, PackageName, spec_folders};
use crate::source::Place;
use crate::spec::{Shape, keys};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The package's name
    package: PackageName,
    /// Its version
    #[arg(long = "package-version", value_name = "VERSION", default_value = "1.0")]
    version: String,
    /// Where its source is [default: an example; `custom` has none]
    #[arg(long)]
    url: Option<String>,
    /// Its build system
    #[arg(long, default_value = "autotools", value_parser = clap::builder::PossibleValuesParser::new(systems()))]
    system: String,
}

/// The address of no source.
const EXAMPLE: &str = "https://example.org/%{package}-%{version}.tar.gz";

/// The build systems' names, from the table of keys.
fn systems() -> Vec<&'static str> {
    let build = keys::SPEC.key("build").and_then(|key| key.shape.table());
    match build.and_then(|table| table.key("system")).map(|key| key.shape) {
        Some(Shape::Word(words)) => words.iter().map(|word| word.name).collect(),
        _ => Vec::new(),
    }
}

pub(super) fn run(global: &Global, args: &Args) -> Result<Status> {
    let root = root(global.project.as_deref())?;
    let folders = spec_folders(&files::read(&root.join(CONFIG))?);
    let Some(folder) = folders.first() else {
        bail!("`{CONFIG}` names no folder of specs that could be used; `lfsgen lint` says more");
    };
    let name = format!("{folder}/{}.yaml", args.package);
    let path = root.join(&name);
    if files::symlink_metadata(&path).is_ok() {
        bail!("`{}` is there already", path.display());
    }
    let text = spec(args, hint(&root, &name).as_deref())?;
    let input = Input::read(&root)?;
    refuse_what_is_taken(&input, args.package.as_str())?;
    refuse_what_is_wrong(input, &name, &text)?;
    files::write_atomic(&path, text.as_bytes())?;
    if !global.quiet {
        let next = match url(args) {
            Some(_) => format!("`lfsgen fetch {}` says the digest of its source", args.package),
            None => "say in `phases` what it does, then run `lfsgen lint`".to_owned(),
        };
        print(&format!("wrote `{name}`; {next}\n"))?;
    }
    Ok(Status::Well)
}

/// Refuses a name that the graph, a stage or another package has: `generate` would refuse the spec.
fn refuse_what_is_taken(input: &Input, name: &str) -> Result<()> {
    let inputs: Vec<_> = input.names().map(str::to_owned).collect();
    let mut taken = reserved(inputs.iter().map(String::as_str));
    let Loaded { sources, project, packages, broken, .. } = input.clone().load();
    let stages = project.iter().flat_map(|project| &project.stages);
    taken.extend(stages.map(|stage| (stage.name.as_str(), "a stage")));
    if let Some(what) = taken.get(name) {
        bail!("a package cannot be called `{name}`, which names {what} already; give it another name");
    }
    if let Some(other) = packages.iter().find(|package| package.name.value.as_str() == name) {
        bail!("there is a package `{name}` already: {}", sources.describe(other.name.place));
    }
    if broken.iter().any(|other| other.name == name) {
        bail!("there is a package `{name}` already, whose spec has mistakes; `lfsgen lint` says where");
    }
    Ok(())
}

/// Refuses a spec that would be wrong in this project, as by an address that is none.
fn refuse_what_is_wrong(mut input: Input, name: &str, text: &str) -> Result<()> {
    input.put(name.to_owned(), text.as_bytes().to_vec());
    let Loaded { sources, diagnostics, .. } = input.load();
    let is_its = |place: Place| sources.file(place.file).name == name;
    let wrong = diagnostics.iter().find(|one| {
        one.severity == Severity::Error && one.primary.as_ref().is_some_and(|label| is_its(label.place))
    });
    let Some(Diagnostic { message, help, notes, .. }) = wrong else { return Ok(()) };
    let more: String = help.iter().chain(notes).map(|more| format!("; {more}")).collect();
    bail!("that makes no spec: {message}{more}")
}

/// The line that tells editors of the schema, where the project keeps one.
fn hint(root: &Path, name: &str) -> Option<String> {
    let schema = Kind::Spec.file();
    files::symlink_metadata(&root.join(schema)).ok()?;
    Some(format!("# yaml-language-server: $schema={}{schema}\n", "../".repeat(name.matches('/').count())))
}

/// Where the source is. A package without a build system has one only if somebody says so.
fn url(args: &Args) -> Option<&str> {
    let example = (args.system != "custom").then_some(EXAMPLE);
    args.url.as_deref().or(example)
}

/// The files to fetch, with a digest that is none yet; without any as a comment.
fn sources(args: &Args) -> Result<String> {
    let Some(url) = url(args) else {
        return Ok(format!(
            "# Files to fetch and unpack.\n# sources:\n#   - url: {EXAMPLE}\n#     sha256: \"{}\"\n",
            Digest::UNKNOWN
        ));
    };
    // Every JSON string is a YAML string.
    let url = serde_json::to_string(url)?;
    Ok(format!(
        "\
sources:
  - url: {url}
    # TODO `lfsgen fetch {}` says which digest the file has; nothing is built without it
    sha256: \"{}\"
",
        args.package,
        Digest::UNKNOWN
    ))
}

fn spec(args: &Args, hint: Option<&str>) -> Result<String> {
    let version = serde_json::to_string(&args.version)?;
    Ok(format!(
        "\
{hint}package: {package}
version: {version}
summary: TODO one line about it
# license: GPL-3.0-or-later
# homepage: https://example.org

{sources}
# Packages of this project that it needs: while building, at run time, for its tests.
depends:
  build: []
  run: []
  # check: []

build:
  system: {system}
{arguments}
# Shell text around or instead of the build system's commands.
# phases:
#   check: make check
#   install:
#     after: rm -f /usr/lib/%{{package}}.la

# Paths that it must have installed.
# artifacts:
#   expect: [ usr/include/example.h ]
",
        hint = hint.unwrap_or_default(),
        package = args.package,
        sources = sources(args)?,
        system = args.system,
        arguments = arguments(&args.system),
    ))
}

/// Arguments that people most often give to a build system.
fn arguments(system: &str) -> &'static str {
    match system {
        "autotools" => "  configure: [ --prefix=/usr, --disable-static ]\n",
        "cmake" => "  configure: [ -DCMAKE_INSTALL_PREFIX=/usr ]\n",
        "meson" => "  configure: [ --prefix=/usr, --buildtype=release ]\n",
        "make" => "  install: [ PREFIX=/usr ]\n",
        _ => "",
    }
}
