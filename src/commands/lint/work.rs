//! What `lint` looks at: specs of a project or of none, and scripts. It is held in memory, so that what a fix would make of it can
//! be looked at before anything is written.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::super::Global;
use super::super::input::Input;
use super::super::place::{self, CONFIG};
use super::{Args, cache};
use crate::compile::Checked;
use crate::diag::Diagnostics;
use crate::fix::fit_scripts;
use crate::host::{env, files};
use crate::lint::{Linted, lint_scripts};
use crate::model::{Dialect, LintChoice, LintConfig, Overrides};
use crate::shell::interpreter;
use crate::source::{FileId, Place, SourceFile, SourceMap, Text};

/// Everything that is looked at.
pub(super) struct Work {
    specs: Option<Specs>,
    scripts: Vec<Script>,
    /// The project whose configuration holds for scripts that are looked at alone.
    config: Option<Input>,
    choice: LintChoice,
    overrides: Overrides,
    /// Whether what was found may be remembered; not of what lies in memory alone.
    remember: bool,
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
    /// Where it lies; nowhere, where it came from standard input.
    path: Option<PathBuf>,
    text: String,
    /// Whether the text is what lies there, byte for byte.
    exact: bool,
    dialect: Dialect,
}

/// What was looked at and what is wrong with it.
pub(super) struct Found {
    pub(super) sources: SourceMap,
    pub(super) diagnostics: Diagnostics,
    pub(super) excused: Diagnostics,
    pub(super) config: LintConfig,
    /// The first file that is a script.
    first_script: FileId,
}

impl Found {
    /// Whether a file is a spec.
    pub(super) fn is_spec(&self, file: FileId) -> bool {
        file < self.first_script
    }
}

impl Work {
    /// Reads what the arguments name.
    ///
    /// # Errors
    /// Something is not there, or cannot be read.
    pub(super) fn read(global: &Global, args: &Args) -> Result<Self> {
        let is_script = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "sh");
        let (scripts, specs): (Vec<&PathBuf>, Vec<&PathBuf>) = args.paths.iter().partition(is_script);
        if specs.iter().any(|path| path.as_os_str() == "-") {
            bail!("`-` is no spec; `--shell -` reads a script from standard input");
        }
        // Whoever names a script twice has one.
        let mut seen = BTreeSet::new();
        let is_new = |path: &&PathBuf| seen.insert(path.canonicalize().unwrap_or_else(|_| (*path).clone()));
        let scripts = scripts.into_iter().chain(&args.shell).filter(is_new);
        let scripts = scripts.map(|path| Script::read(path, args.dialect())).collect::<Result<Vec<_>>>()?;
        let alone = specs.is_empty() && !scripts.is_empty();
        let specs = if alone { None } else { Some(Specs::read(global, &specs)?) };
        let root = alone.then(|| place::root(global.project.as_deref()).ok()).flatten();
        Ok(Self {
            specs,
            scripts,
            config: root.map(|root| Input::config_of(&root)).transpose()?,
            choice: args.choice(),
            overrides: Overrides(args.options.clone()),
            remember: true,
        })
    }

    /// Looks at all of it.
    pub(super) fn look(&self) -> Found {
        let mut found = match (&self.specs, &self.config) {
            (Some(specs), _) => specs.look(&self.overrides, self.choice, self.remember),
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
        found.first_script = scripts.first().map_or(FileId(u32::MAX), |(text, _)| text.place().file);
        let Linted { mut findings, mut excused } = lint_scripts(&found.config, &scripts);
        fit_scripts(&found.sources, &mut findings);
        fit_scripts(&found.sources, &mut excused);
        found.diagnostics.extend(findings);
        found.excused.extend(excused);
        Found { diagnostics: found.diagnostics.sorted(), excused: found.excused.sorted(), ..found }
    }

    /// Gives a file another text, in memory.
    pub(super) fn set(&mut self, found: &Found, file: FileId, text: &str) {
        self.remember = false;
        match (file.0.checked_sub(found.first_script.0), &mut self.specs) {
            (Some(number), _) => {
                if let Some(script) = self.scripts.get_mut(number as usize) {
                    text.clone_into(&mut script.text);
                }
            }
            (None, Some(specs)) => specs.input.set(&found.sources.file(file).name, text.as_bytes()),
            (None, None) => {}
        }
    }

    /// Where a file lies, if its text is that of the file, byte for byte; else why it cannot be changed.
    pub(super) fn path(&self, found: &Found, file: FileId) -> Result<PathBuf, &'static str> {
        match file.0.checked_sub(found.first_script.0).map(|number| self.scripts.get(number as usize)) {
            Some(Some(Script { exact: false, .. })) => Err("it is not UTF-8"),
            Some(script) => script.and_then(|script| script.path.clone()).ok_or("it is no file"),
            None => match &self.specs {
                Some(specs) => Ok(specs.input.root().join(&found.sources.file(file).name)),
                None => Err("it is no file"),
            },
        }
        .and_then(|path| match files::metadata(&path) {
            // Its folder would let it be replaced; whoever took the right to write away meant something.
            Ok(metadata) if metadata.permissions().readonly() => Err("it is write-protected"),
            _ => Ok(path),
        })
    }

    /// Whether a file's findings are asked for.
    pub(super) fn is_wanted(&self, file: &str) -> bool {
        self.specs.as_ref().is_none_or(|specs| specs.is_wanted(file))
            || self.scripts.iter().any(|script| script.name == file)
    }

    /// Whether everything that there is of a project is looked at.
    pub(super) fn is_whole(&self) -> bool {
        self.specs.as_ref().is_some_and(|specs| specs.whole && specs.wanted.is_empty())
    }
}

impl Found {
    fn nothing(config: LintConfig) -> Self {
        let (sources, first_script) = (SourceMap::default(), FileId(0));
        let (diagnostics, excused) = (Diagnostics::default(), Diagnostics::default());
        Self { sources, diagnostics, excused, config, first_script }
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
            let root = place::root(global.project.as_deref())
                .context("scripts and specs of no project are named: `lfsgen lint build.sh zlib.yaml`")?;
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
            if path.is_dir() && !name.is_empty() && !files::list(path)?.iter().any(|path| is_yaml(path)) {
                bail!("{}", no_spec(path));
            }
            if path.is_file() && name != CONFIG {
                if !is_yaml(path) {
                    bail!("{}", no_spec(path));
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
            let before = specs.len();
            let yaml = listed.into_iter().filter(|path| is_yaml(path));
            specs.extend(
                yaml.map(|path| path.strip_prefix(here).unwrap_or(&path).to_string_lossy().into_owned()),
            );
            if specs.len() == before {
                bail!("{}", no_spec(path));
            }
        }
        Ok(Self { input: Input::without_project(here, specs)?, wanted: Vec::new(), whole: false })
    }

    fn look(&self, overrides: &Overrides, choice: LintChoice, remember: bool) -> Found {
        let Checked { sources, diagnostics, excused, lint, .. } = if remember && self.whole {
            cache::check(&self.input, overrides, choice)
        } else {
            self.input.clone().check(overrides, choice, &self.input.disk())
        };
        let kept = |list: Diagnostics| -> Diagnostics {
            let wanted = |file: FileId| self.is_wanted(&sources.file(file).name);
            let mut list: Vec<_> = list.into_iter().collect();
            list.retain(|one| one.primary.as_ref().is_none_or(|label| wanted(label.place.file)));
            list.retain(|one| self.whole || one.rule != "missing-dependency");
            list.into_iter().collect()
        };
        let (diagnostics, excused) = (kept(diagnostics), kept(excused));
        Found { sources, diagnostics, excused, config: lint, first_script: FileId(u32::MAX) }
    }

    fn is_wanted(&self, file: &str) -> bool {
        let below = |name: &String| {
            let rest = file.strip_prefix(name.as_str());
            name.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.wanted.is_empty() || self.wanted.iter().any(below)
    }
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml")
}

/// Whoever names a folder of scripts is not to be told that nothing was found in it.
fn no_spec(path: &Path) -> String {
    let shown = path.display();
    if path.is_dir() {
        format!("there is no spec (`*.yaml`) in `{shown}`; scripts are named one by one: `{shown}/*.sh`")
    } else {
        format!(
            "`{shown}` is no spec (`*.yaml`) and no shell script (`*.sh`); `--shell` takes scripts of any name"
        )
    }
}

impl Script {
    fn read(path: &Path, dialect: Option<Dialect>) -> Result<Self> {
        let (name, path, bytes) = if path == Path::new("-") {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes).context("failed to read standard input")?;
            ("<stdin>".to_owned(), None, bytes)
        } else {
            (name_of(path), Some(path.to_owned()), files::read(path)?)
        };
        // A script may be in any encoding that has ASCII; what is not UTF-8 stands for itself as U+FFFD.
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(other) = other_language(&text).filter(|_| dialect.is_none()) {
            bail!("`{name}` is no shell script: its first line names `{other}`");
        }
        let dialect = dialect.unwrap_or_else(|| dialect_of(&text));
        Ok(Self { name, path, exact: text.as_bytes() == bytes, text, dialect })
    }
}

/// What a script is called: one name from wherever its path is written, so that a baseline knows it again. Below the current
/// folder that is the way from there; a link is called what it is called.
fn name_of(path: &Path) -> String {
    let below = || {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let whole = folder.canonicalize().ok()?.join(path.file_name()?);
        let here = env::current_dir().ok()?.canonicalize().ok()?;
        whole.strip_prefix(here).ok().map(Path::to_owned)
    };
    below().unwrap_or_else(|| path.to_owned()).to_string_lossy().into_owned()
}

/// What a script's first line says.
fn dialect_of(script: &str) -> Dialect {
    match interpreter(script).map(|(name, _)| name) {
        Some("sh" | "dash" | "ash") => Dialect::Posix,
        _ => Dialect::Bash,
    }
}

/// Programs that read another language than shell, by how their names begin.
const OTHERS: [&str; 12] =
    ["awk", "expect", "fish", "gawk", "lua", "make", "node", "perl", "php", "python", "ruby", "tclsh"];

/// The program that a script's first line names, where that reads no shell.
fn other_language(script: &str) -> Option<&str> {
    let (name, _) = interpreter(script)?;
    OTHERS.iter().any(|other| name.starts_with(other)).then_some(name)
}
