//! What `lint` looks at: specs of a project or of none, and scripts.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::super::Global;
use super::super::input::Input;
use super::super::place::{self, CONFIG};
use super::Args;
use crate::compile::Checked;
use crate::diag::Diagnostics;
use crate::host::{env, files};
use crate::lint::{Linted, lint_scripts};
use crate::model::{Dialect, LintChoice, LintConfig, Overrides};
use crate::source::{FileId, Place, SourceFile, SourceMap, Text};

/// Everything that is looked at.
pub(super) struct Work {
    specs: Option<Specs>,
    scripts: Vec<Script>,
    /// The project whose configuration holds for scripts that are looked at alone.
    config: Option<Input>,
    choice: LintChoice,
    overrides: Overrides,
}

struct Specs {
    input: Input,
    /// The paths below the root that are asked for; everything where there is none.
    wanted: Vec<String>,
    /// Whether they belong to a project, so that everything that they need has to be there.
    whole: bool,
}

struct Script {
    name: String,
    text: String,
    dialect: Dialect,
}

/// What was looked at and what is wrong with it.
pub(super) struct Found {
    pub(super) sources: SourceMap,
    pub(super) diagnostics: Diagnostics,
    pub(super) excused: Diagnostics,
    pub(super) config: LintConfig,
}

impl Work {
    /// Reads what the arguments name.
    ///
    /// # Errors
    /// Something is not there, or cannot be read.
    pub(super) fn read(global: &Global, args: &Args) -> Result<Self> {
        let is_script = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "sh");
        let (scripts, specs): (Vec<&PathBuf>, Vec<&PathBuf>) = args.paths.iter().partition(is_script);
        let scripts = scripts.into_iter().chain(&args.shell).map(|path| Script::read(path, args.dialect()));
        let scripts = scripts.collect::<Result<Vec<_>>>()?;
        let alone = specs.is_empty() && !scripts.is_empty();
        let specs = if alone { None } else { Some(Specs::read(global, &specs)?) };
        let root = alone.then(|| place::root(global.project.as_deref()).ok()).flatten();
        Ok(Self {
            specs,
            scripts,
            config: root.map(|root| Input::config_of(&root)).transpose()?,
            choice: args.choice(),
            overrides: Overrides(args.options.clone()),
        })
    }

    /// Looks at all of it.
    pub(super) fn look(&self) -> Found {
        let mut found = match (&self.specs, &self.config) {
            (Some(specs), _) => specs.look(&self.overrides, self.choice),
            (None, Some(config)) => match config.clone().lint_config() {
                Ok(config) => Found::nothing(config.with(self.choice)),
                Err((sources, diagnostics)) => {
                    Found { sources, diagnostics, ..Found::nothing(LintConfig::default().with(self.choice)) }
                }
            },
            (None, None) => Found::nothing(LintConfig::default().with(self.choice)),
        };
        let scripts: Vec<_> = self
            .scripts
            .iter()
            .map(|script| {
                let file = found.sources.add(SourceFile::new(script.name.as_str(), script.text.as_str()));
                (Text::verbatim(&script.text, Place::new(file, 0..script.text.len())), script.dialect)
            })
            .collect();
        let Linted { findings, excused } = lint_scripts(&found.config, &scripts);
        found.diagnostics.extend(findings);
        found.excused.extend(excused);
        Found { diagnostics: found.diagnostics.sorted(), excused: found.excused.sorted(), ..found }
    }

    /// Whether everything that there is of a project is looked at.
    pub(super) fn is_whole(&self) -> bool {
        self.specs.as_ref().is_some_and(|specs| specs.whole && specs.wanted.is_empty())
    }
}

impl Found {
    fn nothing(config: LintConfig) -> Self {
        let sources = SourceMap::default();
        let (diagnostics, excused) = (Diagnostics::default(), Diagnostics::default());
        Self { sources, diagnostics, excused, config }
    }
}

impl Specs {
    /// The project, or what of it lies at these paths.
    fn read(global: &Global, paths: &[&PathBuf]) -> Result<Self> {
        let here = env::current_dir()?;
        let paths = paths
            .iter()
            .map(|path| {
                let whole = here.join(path);
                whole.canonicalize().with_context(|| format!("failed to find `{}`", path.display()))
            })
            .collect::<Result<Vec<_>>>()?;
        let Some(first) = paths.first() else {
            let root = place::root(global.project.as_deref())?;
            return Ok(Self { input: Input::read(&root)?, wanted: Vec::new(), whole: true });
        };
        let named = global.project.as_deref().map(|named| place::root(Some(named))).transpose()?;
        let root =
            named.or_else(|| first.ancestors().find(|dir| dir.join(CONFIG).is_file()).map(Path::to_owned));
        let Some(root) = root else { return Self::without_project(&here, &paths) };
        let root = root.canonicalize().with_context(|| format!("failed to find `{}`", root.display()))?;
        let mut input = Input::read(&root)?;
        let mut wanted = Vec::new();
        for path in &paths {
            let Ok(below) = path.strip_prefix(&root) else {
                bail!(
                    "`{}` is not in the project `{}`: lint it in a run of its own",
                    path.display(),
                    root.display()
                );
            };
            let name = below.to_string_lossy().into_owned();
            if path.is_file() && name != CONFIG {
                if path.extension().is_none_or(|extension| extension != "yaml") {
                    bail!(
                        "`{}` is no spec (`*.yaml`) and no shell script (`*.sh`); `--shell` takes scripts of any name",
                        path.display()
                    );
                }
                input.add(name.clone())?;
            }
            wanted.push(name);
        }
        Ok(Self { input, wanted, whole: true })
    }

    /// Specs that belong to no project. What they depend on is not there to be looked at.
    fn without_project(here: &Path, paths: &[PathBuf]) -> Result<Self> {
        let mut specs = Vec::new();
        for path in paths {
            let listed = if path.is_dir() { files::list(path)? } else { vec![path.clone()] };
            let yaml = listed
                .into_iter()
                .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
            specs.extend(
                yaml.map(|path| path.strip_prefix(here).unwrap_or(&path).to_string_lossy().into_owned()),
            );
        }
        if specs.is_empty() {
            bail!("there is neither a `{CONFIG}` nor a spec to lint");
        }
        Ok(Self { input: Input::without_project(here, specs)?, wanted: Vec::new(), whole: false })
    }

    fn look(&self, overrides: &Overrides, choice: LintChoice) -> Found {
        let checked = self.input.clone().check(overrides, choice);
        let Checked { sources, diagnostics, excused, lint, .. } = checked;
        let kept = |list: Diagnostics| -> Diagnostics {
            let wanted = |file: FileId| self.is_wanted(&sources.file(file).name);
            let mut list: Vec<_> = list.into_iter().collect();
            list.retain(|one| one.primary.as_ref().is_none_or(|label| wanted(label.place.file)));
            list.retain(|one| self.whole || one.rule != "missing-dependency");
            list.into_iter().collect()
        };
        let (diagnostics, excused) = (kept(diagnostics), kept(excused));
        Found { sources, diagnostics, excused, config: lint }
    }

    fn is_wanted(&self, file: &str) -> bool {
        let below = |name: &String| {
            let rest = file.strip_prefix(name.as_str());
            name.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.wanted.is_empty() || self.wanted.iter().any(below)
    }
}

impl Script {
    fn read(path: &Path, dialect: Option<Dialect>) -> Result<Self> {
        let (name, bytes) = if path == Path::new("-") {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes).context("failed to read standard input")?;
            ("<stdin>".to_owned(), bytes)
        } else {
            (path.to_string_lossy().into_owned(), files::read(path)?)
        };
        // A script may be in any encoding that has ASCII; what is not UTF-8 stands for itself as U+FFFD.
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let dialect = dialect.unwrap_or_else(|| dialect_of(&text));
        Ok(Self { name, text, dialect })
    }
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
