//! What `lint` looks at: specs of a project or of none, and scripts. It is held in memory, so that what a fix would make of it can
//! be looked at before anything is written.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::super::Global;
use super::super::input::Input;
use super::super::output::tell;
use super::super::place::{self, CONFIG};
use super::folder::{Folder, is_script, is_yaml};
use super::script::Script;
use super::{Args, cache};
use crate::compile::Checked;
use crate::diag::Diagnostics;
use crate::fix::fit_scripts;
use crate::host::{env, files};
use crate::lint::{Linted, lint_scripts};
use crate::model::{LintChoice, LintConfig, Overrides};
use crate::source::{FileId, Place, SourceFile, SourceMap, Text};

/// Everything that is looked at.
pub(super) struct Work {
    subject: Subject,
    scripts: Vec<Script>,
    choice: LintChoice,
    overrides: Overrides,
    /// Whether what was found may be remembered; not of what lies in memory alone.
    remember: bool,
}

/// What is looked at besides scripts.
enum Subject {
    Specs(Specs),
    /// Nothing; the configuration of the project around them holds for the scripts, if there is one.
    ScriptsAlone(Option<Input>),
}

struct Specs {
    input: Input,
    /// The paths below the root that are asked for; everything where there is none.
    wanted: Vec<String>,
    /// Whether they belong to a project, so that everything that they need has to be there.
    of_project: bool,
}

/// What was looked at and what is wrong with it.
pub(super) struct Found {
    pub(super) sources: SourceMap,
    pub(super) diagnostics: Diagnostics,
    pub(super) excused: Diagnostics,
    pub(super) config: LintConfig,
    /// The first file that is a script, if there is one; all before it are specs.
    first_script: Option<FileId>,
}

impl Found {
    /// Whether a file is a spec.
    pub(super) fn is_spec(&self, file: FileId) -> bool {
        self.script(file).is_none()
    }

    /// Which of the scripts a file is, if it is one.
    fn script(&self, file: FileId) -> Option<usize> {
        file.0.checked_sub(self.first_script?.0).map(|number| number as usize)
    }
}

impl Work {
    /// Reads what the arguments name.
    ///
    /// # Errors
    /// Something is not there, or cannot be read.
    pub(super) fn read(global: &Global, args: &Args) -> Result<Self> {
        let (scripts, mut specs): (Vec<&PathBuf>, Vec<&PathBuf>) =
            args.paths.iter().partition(|path| is_script(path) && !path.is_dir());
        if specs.iter().any(|path| path.as_os_str() == "-") {
            bail!("`-` is no spec; `--shell -` reads a script from standard input");
        }
        // Whoever names a script twice has one.
        let mut seen = BTreeSet::new();
        let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let scripts: Vec<_> =
            scripts.into_iter().chain(&args.shell).filter(|path| seen.insert(whole(path))).collect();
        let mut scripts =
            scripts.into_iter().map(|path| Script::read(path, args.dialect())).collect::<Result<Vec<_>>>()?;
        let mut of_scripts = BTreeSet::new();
        for path in specs.iter().filter(|path| path.is_dir()) {
            let folder = Folder::read(path)?;
            if folder.specs.is_empty() && !folder.scripts.is_empty() {
                of_scripts.insert(*path);
            }
            for path in folder.scripts.iter().filter(|path| seen.insert(whole(path))) {
                match Script::found(path, args.dialect())? {
                    Ok(script) => scripts.push(script),
                    Err(other) if !global.quiet => {
                        tell(&format!(
                            "`{}` is not checked: its first line names `{other}`\n",
                            path.display()
                        ));
                    }
                    Err(_) => {}
                }
            }
        }
        specs.retain(|path| !of_scripts.contains(path));
        let alone = specs.is_empty() && !(scripts.is_empty() && of_scripts.is_empty());
        let subject = if alone {
            let root = place::root(global.project.as_deref()).ok();
            Subject::ScriptsAlone(root.map(|root| Input::config_of(&root)).transpose()?)
        } else {
            Subject::Specs(Specs::read(global, &specs)?)
        };
        Ok(Self {
            subject,
            scripts,
            choice: args.choice(),
            overrides: Overrides(args.options.clone()),
            remember: true,
        })
    }

    /// Looks at all of it.
    pub(super) fn look(&self) -> Found {
        let mut found = match &self.subject {
            Subject::Specs(specs) => specs.look(&self.overrides, self.choice, self.remember),
            Subject::ScriptsAlone(Some(config)) => match config.clone().lint_config() {
                Ok(config) => Found::nothing(config.with(self.choice)),
                Err((sources, diagnostics)) => {
                    Found { sources, diagnostics, ..Found::nothing(LintConfig::default().with(self.choice)) }
                }
            },
            Subject::ScriptsAlone(None) => Found::nothing(LintConfig::default().with(self.choice)),
        };
        let scripts: Vec<_> = self
            .scripts
            .iter()
            .map(|script| {
                let file = found.sources.add(SourceFile::new(script.name.as_str(), script.text.as_str()));
                (Text::verbatim(&script.text, Place::new(file, 0..script.text.len())), script.dialect)
            })
            .collect();
        found.first_script = scripts.first().map(|(text, _)| text.place().file);
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
        match (found.script(file), &mut self.subject) {
            (Some(at), _) => {
                if let Some(script) = self.scripts.get_mut(at) {
                    text.clone_into(&mut script.text);
                }
            }
            (None, Subject::Specs(specs)) => {
                specs.input.set(&found.sources.file(file).name, text.as_bytes());
            }
            (None, Subject::ScriptsAlone(_)) => {}
        }
    }

    /// Where a file lies, if its text is that of the file, byte for byte; else why it cannot be changed.
    pub(super) fn path(&self, found: &Found, file: FileId) -> Result<PathBuf, &'static str> {
        match (found.script(file).map(|at| self.scripts.get(at)), &self.subject) {
            (Some(Some(Script { exact: false, .. })), _) => Err("it is not UTF-8"),
            (Some(script), _) => script.and_then(|script| script.path.clone()).ok_or("it is no file"),
            (None, Subject::Specs(specs)) => Ok(specs.input.root().join(&found.sources.file(file).name)),
            (None, Subject::ScriptsAlone(_)) => Err("it is no file"),
        }
        .and_then(|path| match files::metadata(&path) {
            // Its folder would let it be replaced; whoever took the right to write away meant something.
            Ok(metadata) if metadata.permissions().readonly() => Err("it is write-protected"),
            _ => Ok(path),
        })
    }

    /// Whether a file's findings are asked for.
    pub(super) fn is_wanted(&self, file: &str) -> bool {
        let wanted = match &self.subject {
            Subject::Specs(specs) => specs.is_wanted(file),
            Subject::ScriptsAlone(_) => true,
        };
        wanted || self.scripts.iter().any(|script| script.name == file)
    }

    /// Whether everything that there is of a project is looked at.
    pub(super) fn is_whole(&self) -> bool {
        matches!(&self.subject, Subject::Specs(specs) if specs.of_project && specs.wanted.is_empty())
    }
}

impl Found {
    fn nothing(config: LintConfig) -> Self {
        let (diagnostics, excused) = (Diagnostics::default(), Diagnostics::default());
        Self { sources: SourceMap::default(), diagnostics, excused, config, first_script: None }
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
            return Ok(Self { input: Input::read(&root)?, wanted: Vec::new(), of_project: true });
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
            if path.is_dir() && !name.is_empty() && Folder::read(path)?.specs.is_empty() {
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
        Ok(Self { input, wanted, of_project: true })
    }

    /// Specs that belong to no project. What they depend on is not there to be looked at.
    fn without_project(here: &Path, paths: &[PathBuf]) -> Result<Self> {
        let mut specs = Vec::new();
        for path in paths {
            let listed = if path.is_dir() { Folder::read(path)?.specs } else { vec![path.clone()] };
            let before = specs.len();
            let yaml = listed.into_iter().filter(|path| is_yaml(path));
            specs.extend(
                yaml.map(|path| path.strip_prefix(here).unwrap_or(&path).to_string_lossy().into_owned()),
            );
            if specs.len() == before {
                bail!("{}", no_spec(path));
            }
        }
        Ok(Self { input: Input::without_project(here, specs)?, wanted: Vec::new(), of_project: false })
    }

    fn look(&self, overrides: &Overrides, choice: LintChoice, remember: bool) -> Found {
        let Checked { sources, diagnostics, excused, lint, .. } = if remember && self.of_project {
            cache::check(&self.input, overrides, choice)
        } else {
            self.input.clone().check(overrides, choice, &self.input.disk())
        };
        let kept = |list: Diagnostics| -> Diagnostics {
            let wanted = |file: FileId| self.is_wanted(&sources.file(file).name);
            let mut list: Vec<_> = list.into_iter().collect();
            list.retain(|one| one.primary.as_ref().is_none_or(|label| wanted(label.place.file)));
            list.retain(|one| self.of_project || !OF_PROJECTS.contains(&one.rule));
            list.into_iter().collect()
        };
        let (diagnostics, excused) = (kept(diagnostics), kept(excused));
        Found { sources, diagnostics, excused, config: lint, first_script: None }
    }

    fn is_wanted(&self, file: &str) -> bool {
        let below = |name: &String| {
            let rest = file.strip_prefix(name.as_str());
            name.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.wanted.is_empty() || self.wanted.iter().any(below)
    }
}

/// What is wrong between a spec and the rest of its project.
const OF_PROJECTS: [&str; 2] = ["missing-dependency", "target-name-clash"];

/// Whoever names a folder of scripts is not to be told that nothing was found in it.
fn no_spec(path: &Path) -> String {
    let shown = path.display();
    if path.is_dir() {
        format!("there is no spec (`*.yaml`) and no shell script (`*.sh`) in `{shown}`")
    } else {
        format!(
            "`{shown}` is no spec (`*.yaml`) and no shell script (`*.sh`); `--shell` takes scripts of any name"
        )
    }
}
