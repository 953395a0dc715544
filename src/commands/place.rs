//! Where the project is, and where its generated files and its state are.
//!
//! Commands that only tell of a build need no more than this of `lfsgen.yaml`. They do not check it; `generate` does.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use super::Global;
use crate::diag::Diagnostics;
use crate::host::{env, files, tree};
use crate::layout::Layout;
use crate::model::{
    DEFAULT_FETCHES, DEFAULT_OUTPUT, DEFAULT_STATE, RelPath, overlap_of_state, spec_folders, wrong_folders,
};
use crate::render::{Style, human_all};
use crate::source::{SourceFile, SourceMap};
use crate::spec::read_config;

/// The name of a project's configuration.
pub(super) const CONFIG: &str = "lfsgen.yaml";

/// A project's directories.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The project's root, absolute.
    pub(super) root: PathBuf,
    /// The folder of generated files, absolute.
    pub(super) output: PathBuf,
    /// The state directory as generated files name it.
    pub(super) state_name: String,
    /// The state directory, absolute.
    pub(super) layout: Layout,
    /// A cache of sources that other projects share, absolute.
    pub(super) cache: Option<PathBuf>,
    /// Whether the plan has a source's mirrors before its own address.
    pub(super) mirrors_first: bool,
    /// Downloads at once.
    pub(super) fetches: u32,
    /// What is wrong with the folders that lfsgen writes to.
    misplaced: Option<String>,
}

/// The part of `lfsgen.yaml` that matters here.
#[derive(Deserialize)]
struct Config {
    output: Option<String>,
    state: Option<String>,
    #[serde(default)]
    sources: Sources,
    #[serde(default)]
    resources: Resources,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    cache: Option<String>,
    #[serde(default)]
    mirrors_first: bool,
}

#[derive(Default, Deserialize)]
struct Resources {
    fetch: Option<u32>,
}

impl Place {
    /// Finds the project that the command line names, or the nearest one.
    ///
    /// # Errors
    /// There is none, or its configuration cannot be read.
    pub(super) fn find(global: &Global) -> Result<Self> {
        Self::at(&root(global.project.as_deref())?)
    }

    /// The project in this folder.
    ///
    /// # Errors
    /// Its configuration cannot be read.
    pub(super) fn at(root: &Path) -> Result<Self> {
        let path = root.join(CONFIG);
        // Of a byte that is no text a compilation tells, with its place.
        let text = String::from_utf8_lossy(&files::read(&path)?).into_owned();
        let config: Config =
            serde_saphyr::from_str(&text).or_else(|error| bail!(complaint(&text, &error)))?;
        let state = config.state.as_deref().unwrap_or(DEFAULT_STATE);
        if let Some(wrong) = misplaced(&text, root, config.output.as_deref(), state) {
            bail!(wrong);
        }
        let layout = Layout::new(root.join(state));
        let output = root.join(config.output.as_deref().unwrap_or(DEFAULT_OUTPUT));
        Ok(Self {
            cache: config.sources.cache.map(|cache| root.join(cache)),
            mirrors_first: config.sources.mirrors_first,
            state_name: state.trim_end_matches('/').to_owned(),
            fetches: config.resources.fetch.unwrap_or(DEFAULT_FETCHES),
            root: root.to_owned(),
            output,
            layout,
            misplaced: wrong_places(&text),
        })
    }

    /// Whether a folder that lfsgen writes to would hold what is somebody's own, or cannot be. A compilation tells of it, with
    /// everything else; until then nothing is written.
    pub(super) fn is_misplaced(&self) -> bool {
        self.misplaced.is_some()
    }

    /// The same as an error, for who does not compile.
    ///
    /// # Errors
    /// It is so.
    pub(super) fn refuse_misplaced(&self) -> Result<()> {
        match &self.misplaced {
            Some(wrong) => bail!(wrong.clone()),
            None => Ok(()),
        }
    }
}

/// What is wrong with where a state folder lies that is named by its whole path. Of others, and of what else is wrong, a
/// compilation tells.
fn misplaced(text: &str, root: &Path, output: Option<&str>, state: &str) -> Option<String> {
    if !state.starts_with('/') {
        return None;
    }
    let whole = |path: &Path| tree::canonical(path).unwrap_or_else(|_| path.to_owned());
    let (root, folder) = (whole(root), whole(Path::new(state)));
    let below = if root.starts_with(&folder) { "." } else { folder.strip_prefix(&root).ok()?.to_str()? };
    let output = RelPath::new(output.unwrap_or(DEFAULT_OUTPUT)).ok()?;
    let wrong = overlap_of_state(&spec_folders(text.as_bytes()), &output, state, below)?;
    let mut sources = SourceMap::default();
    let file = sources.add(SourceFile::new(CONFIG, text));
    let (config, _) = read_config(file, text);
    let place = config?.0.get(wrong.key)?.place;
    Some(in_words(&sources, &[wrong.error(wrong.key).at(place, "")].into_iter().collect()))
}

/// What is wrong with where the folders lie that lfsgen writes to, as far as the configuration tells.
fn wrong_places(text: &str) -> Option<String> {
    let mut sources = SourceMap::default();
    let file = sources.add(SourceFile::new(CONFIG, text));
    let wrong = wrong_folders(file, text);
    (!wrong.is_empty()).then(|| in_words(&sources, &wrong))
}

/// What is wrong with a configuration, said as for specs; the reader of this module knows less of it.
fn complaint(text: &str, error: &dyn Display) -> String {
    let mut sources = SourceMap::default();
    let file = sources.add(SourceFile::new(CONFIG, text));
    let (_, diagnostics) = read_config(file, text);
    if diagnostics.is_empty() {
        return format!("failed to read `{CONFIG}`: {error}");
    }
    in_words(&sources, &diagnostics)
}

fn in_words(sources: &SourceMap, diagnostics: &Diagnostics) -> String {
    format!("`{CONFIG}` cannot be used\n{}", human_all(sources, diagnostics, Style::PLAIN).trim_end())
}

/// A folder that was named on the command line, without `.` in its path.
pub(super) fn folder(here: &Path, named: &Path) -> PathBuf {
    here.join(named).components().collect()
}

/// The root of the project: the folder that was named, or the nearest parent with a configuration.
///
/// # Errors
/// There is no configuration.
pub(super) fn root(named: Option<&Path>) -> Result<PathBuf> {
    let here = env::current_dir()?;
    if let Some(named) = named {
        let root = folder(&here, named);
        if root.is_file() {
            bail!("`{}` is a file: `--project` names the folder that has `{CONFIG}`", root.display());
        }
        if !root.join(CONFIG).is_file() {
            bail!("there is no `{CONFIG}` in `{}`; `lfsgen init` makes a project", root.display());
        }
        return Ok(root);
    }
    let found = here.ancestors().find(|dir| dir.join(CONFIG).is_file());
    found.map(Path::to_owned).with_context(|| {
        format!("there is no `{CONFIG}` in `{}` or above it; `lfsgen init` makes a project", here.display())
    })
}
