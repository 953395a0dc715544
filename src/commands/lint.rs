//! `lfsgen lint`: findings of specs and of shell scripts, in one list.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::builder::PossibleValuesParser;

use super::input::Input;
use super::output::{print, style, tell};
use super::place::{self, CONFIG};
use super::{Global, Status};
use crate::compile::Checked;
use crate::diag::{Diagnostics, Severity};
use crate::host::{env, files};
use crate::lint::{RULES, lint_scripts, rule};
use crate::model::{Dialect, Overrides};
use crate::render::{About, FORMATS, View, format};
use crate::source::{Place, SourceFile, SourceMap, Text};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Specs, folders of specs, or shell scripts (`*.sh`) [default: the whole project]
    paths: Vec<PathBuf>,
    /// A shell script whatever its name; `-` for standard input
    #[arg(long, value_name = "FILE")]
    shell: Vec<PathBuf>,
    /// The shell that scripts are for [default: what their first line says, else bash]
    #[arg(long, value_enum)]
    dialect: Option<DialectName>,
    /// How to write what was found
    #[arg(long, value_name = "FORMAT", default_value = FORMATS[0].name, value_parser = PossibleValuesParser::new(FORMATS.iter().map(|format| format.name)))]
    format: String,
    /// The lowest severity that is a failure [default: `lint.fail-on` of lfsgen.yaml, else error]
    #[arg(long, value_enum, value_name = "LEVEL")]
    fail_on: Option<FailOn>,
    /// Set an option of all packages that have it, or of one: `NAME=VALUE`, `PACKAGE.NAME=VALUE`
    #[arg(long = "option", value_name = "NAME=VALUE")]
    options: Vec<String>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum DialectName {
    Bash,
    #[value(alias = "sh", alias = "dash")]
    Posix,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum FailOn {
    Note,
    Warning,
    Error,
}

/// What was looked at and what is wrong with it.
struct Found {
    sources: SourceMap,
    diagnostics: Diagnostics,
    fail_on: Severity,
}

pub(super) fn run(global: &Global, args: &Args) -> Result<Status> {
    let (scripts, specs): (Vec<&PathBuf>, Vec<&PathBuf>) =
        args.paths.iter().partition(|path| path.extension().is_some_and(|extension| extension == "sh"));
    let scripts: Vec<&Path> = scripts.into_iter().chain(&args.shell).map(PathBuf::as_path).collect();
    let mut found = if specs.is_empty() && !scripts.is_empty() {
        Found { sources: SourceMap::default(), diagnostics: Diagnostics::default(), fail_on: Severity::Error }
    } else {
        in_specs(global, args, &specs)?
    };
    let scripts = scripts
        .into_iter()
        .map(|path| script(path, args.dialect, &mut found.sources))
        .collect::<Result<Vec<_>>>()?;
    found.diagnostics.extend(lint_scripts(&scripts));
    let diagnostics = found.diagnostics.sorted();
    let fail_on = match args.fail_on {
        Some(FailOn::Note) => Severity::Note,
        Some(FailOn::Warning) => Severity::Warning,
        Some(FailOn::Error) => Severity::Error,
        None => found.fail_on,
    };
    show(global, args, &found.sources, &diagnostics)?;
    // What is no rule's finding makes a spec invalid: there is nothing that could be built, or trusted to be linted whole.
    let invalid = diagnostics.iter().any(|one| one.severity == Severity::Error && rule(one.rule).is_none());
    Ok(match diagnostics.worst() {
        _ if invalid => Status::Unable,
        Some(worst) if worst >= fail_on => Status::Found,
        _ => Status::Well,
    })
}

fn show(global: &Global, args: &Args, sources: &SourceMap, diagnostics: &Diagnostics) -> Result<()> {
    let about: Vec<About> = RULES
        .iter()
        .map(|rule| About {
            name: rule.name,
            severity: rule.severity,
            confidence: rule.confidence,
            summary: rule.summary(),
            page: rule.page,
        })
        .collect();
    let style = style(global, std::io::stdout());
    let view = View { sources, diagnostics, about: &about, style };
    let Some(format) = format(&args.format) else { bail!("there is no format `{}`", args.format) };
    print(&(format.write)(view))?;
    if diagnostics.is_empty() && !global.quiet && args.format == FORMATS[0].name {
        let files = sources.files().count();
        tell(&format!("{}: nothing found\n", crate::report::text::count(files, "file")));
    }
    Ok(())
}

/// Lints the project, or what of it lies at these paths.
fn in_specs(global: &Global, args: &Args, paths: &[&PathBuf]) -> Result<Found> {
    let here = env::current_dir()?;
    let paths = paths
        .iter()
        .map(|path| {
            let whole = here.join(path);
            whole.canonicalize().with_context(|| format!("failed to find `{}`", path.display()))
        })
        .collect::<Result<Vec<_>>>()?;
    let overrides = Overrides(args.options.clone());
    let Some(first) = paths.first() else {
        let root = place::root(global.project.as_deref())?;
        return Ok(found(Input::read(&root)?.check(&overrides), |_| true));
    };
    let named = global.project.as_deref().map(|named| place::root(Some(named))).transpose()?;
    let root = named.or_else(|| first.ancestors().find(|dir| dir.join(CONFIG).is_file()).map(Path::to_owned));
    let Some(root) = root else { return without_project(&here, &paths, &overrides) };
    let root = root.canonicalize().with_context(|| format!("failed to find `{}`", root.display()))?;
    let mut wanted = Vec::new();
    for path in &paths {
        let Ok(below) = path.strip_prefix(&root) else {
            bail!(
                "`{}` is not in the project `{}`: lint it in a run of its own",
                path.display(),
                root.display()
            );
        };
        wanted.push(below.to_string_lossy().into_owned());
    }
    let mut input = Input::read(&root)?;
    for (path, name) in paths.iter().zip(&wanted).filter(|(path, name)| path.is_file() && *name != CONFIG) {
        if path.extension().is_none_or(|extension| extension != "yaml") {
            bail!(
                "`{}` is no spec (`*.yaml`) and no shell script (`*.sh`); `--shell` takes scripts of any name",
                path.display()
            );
        }
        input.add(name.clone())?;
    }
    Ok(found(input.check(&overrides), |file| {
        wanted.iter().any(|name| {
            name.is_empty()
                || file
                    .strip_prefix(name.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }))
}

/// Lints specs that belong to no project. What they depend on is not there to be looked at.
fn without_project(here: &Path, paths: &[PathBuf], overrides: &Overrides) -> Result<Found> {
    let mut specs = Vec::new();
    for path in paths {
        let listed = if path.is_dir() { files::list(path)? } else { vec![path.clone()] };
        let yaml =
            listed.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
        specs
            .extend(yaml.map(|path| path.strip_prefix(here).unwrap_or(&path).to_string_lossy().into_owned()));
    }
    if specs.is_empty() {
        bail!("there is neither a `{CONFIG}` nor a spec to lint");
    }
    let mut found = found(Input::without_project(here, specs)?.check(overrides), |_| true);
    let diagnostics = std::mem::take(&mut found.diagnostics);
    found.diagnostics.extend(diagnostics.into_iter().filter(|one| one.rule != "missing-dependency"));
    Ok(found)
}

/// What was said of the files that are wanted, and what was said of none.
fn found(checked: Checked, wanted: impl Fn(&str) -> bool) -> Found {
    let Checked { sources, diagnostics, fail_on, .. } = checked;
    let mut kept = Diagnostics::default();
    kept.extend(
        diagnostics.into_iter().filter(|one| {
            one.primary.as_ref().is_none_or(|label| wanted(&sources.file(label.place.file).name))
        }),
    );
    Found { sources, diagnostics: kept, fail_on }
}

/// Reads one shell script.
fn script(path: &Path, dialect: Option<DialectName>, sources: &mut SourceMap) -> Result<(Text, Dialect)> {
    let (name, bytes) = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).context("failed to read standard input")?;
        ("<stdin>".to_owned(), bytes)
    } else {
        (path.to_string_lossy().into_owned(), files::read(path)?)
    };
    // A script may be in any encoding that has ASCII; what is not UTF-8 stands for itself as U+FFFD.
    let script = String::from_utf8_lossy(&bytes).into_owned();
    let dialect = match dialect {
        Some(DialectName::Bash) => Dialect::Bash,
        Some(DialectName::Posix) => Dialect::Posix,
        None => dialect_of(&script),
    };
    let file = sources.add(SourceFile::new(name, script.as_str()));
    Ok((Text::verbatim(&script, Place::new(file, 0..script.len())), dialect))
}

/// What a script's first line says.
fn dialect_of(script: &str) -> Dialect {
    let line = script.lines().next().and_then(|line| line.strip_prefix("#!")).unwrap_or_default();
    let program = line.split_whitespace().find(|word| !word.ends_with("/env") && !word.starts_with('-'));
    match program.and_then(|program| program.rsplit('/').next()) {
        Some("sh" | "dash" | "ash") => Dialect::Posix,
        _ => Dialect::Bash,
    }
}
