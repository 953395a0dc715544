//! Everything that a compilation reads, from the disk.
//!
//! A compilation is a function of its inputs; this is where they come from. Specs are found below the folders that
//! `lfsgen.yaml` names, sorted, so that the order of a directory reaches nothing.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Result;
use rayon::prelude::*;
use rustix::io::Errno;

use super::place::CONFIG;
use crate::compile::{Checked, Compiled, Settings, check, compile};
use crate::diag::Diagnostics;
use crate::host::remedy::is_denied;
use crate::host::{files, process};
use crate::model::{
    Files, Inputs, LintChoice, LintConfig, Loaded, Overrides, Unread, WhyUnread, load, own_folders,
    spec_folders,
};
use crate::source::SourceMap;

/// A project's files.
#[derive(Debug, Clone)]
pub(super) struct Input {
    root: PathBuf,
    config: Vec<u8>,
    specs: Vec<(String, Vec<u8>)>,
    /// What could not be read as a spec.
    unread: Vec<Unread>,
    /// The folders that were looked through.
    folders: Vec<String>,
}

impl Input {
    /// Reads `lfsgen.yaml` and every spec.
    ///
    /// # Errors
    /// Something that is there cannot be read.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let config = files::read(&root.join(CONFIG))?;
        let own = own_folders(&config).iter().map(|folder| root.join(folder)).collect();
        let mut found = Found { own, ..Found::default() };
        for folder in spec_folders(&config) {
            match files::metadata(&root.join(folder.as_str())) {
                Err(error) if files::is_absent(&error) => found.note(folder.as_str(), WhyUnread::NoFolder),
                Ok(there) if !there.is_dir() => found.note(folder.as_str(), WhyUnread::NotAFolder),
                _ => found.look_through(root, folder.as_str())?,
            }
        }
        found.sort();
        let read = |name: String| (files::read(&root.join(&name)), name);
        let mut specs = Vec::new();
        for (bytes, name) in found.specs.into_par_iter().map(read).collect::<Vec<_>>() {
            match bytes {
                Ok(bytes) => specs.push((name, bytes)),
                Err(error) if is_denied(&error) => {
                    found.unread.push(Unread { path: name, why: WhyUnread::Closed });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Self { root: root.to_owned(), config, specs, unread: found.unread, folders: found.folders })
    }

    /// Reads `lfsgen.yaml` alone.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn config_of(root: &Path) -> Result<Self> {
        let config = files::read(&root.join(CONFIG))?;
        Ok(Self::of(root, config))
    }

    /// Specs that belong to no project, each by its path below `root`, under a configuration that says nothing.
    ///
    /// # Errors
    /// One cannot be read.
    pub(super) fn without_project(root: &Path, specs: Vec<String>) -> Result<Self> {
        let mut input = Self::of(root, b"project: none\n".to_vec());
        specs.into_iter().try_for_each(|name| input.add(name))?;
        Ok(input)
    }

    /// A configuration without specs.
    fn of(root: &Path, config: Vec<u8>) -> Self {
        let (specs, unread, folders) = (Vec::new(), Vec::new(), Vec::new());
        Self { root: root.to_owned(), config, specs, unread, folders }
    }

    /// Adds a spec by its path below the root, if it is not there.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn add(&mut self, name: String) -> Result<()> {
        if self.specs.iter().all(|(known, _)| *known != name) {
            let bytes = files::read(&self.root.join(&name))?;
            self.put(name, bytes);
        }
        Ok(())
    }

    /// Adds a spec that may be nowhere on the disk.
    pub(super) fn put(&mut self, name: String, bytes: Vec<u8>) {
        self.specs.push((name, bytes));
    }

    /// Compiles it.
    pub(super) fn compile(self, overrides: &Overrides, settings: Settings) -> Compiled {
        let named = settings.output.as_ref().map(|output| Path::new(output.as_str()));
        let is_read = |folder: &&String| named.is_none_or(|named| !Path::new(folder).starts_with(named));
        let folders = self.folders.iter().filter(is_read).cloned().collect();
        let settings = Settings { folders, ..settings };
        let files = self.disk();
        compile(&self.inputs(&files), overrides, &settings)
    }

    /// Reads, lints and resolves it, and no more. What it reads beside the specs goes through `files`.
    pub(super) fn check(self, overrides: &Overrides, choice: LintChoice, files: &dyn Files) -> Checked {
        check(&self.inputs(files), overrides, choice)
    }

    /// What its configuration says of lint; what is wrong with it where it makes no sense.
    pub(super) fn lint_config(self) -> Result<LintConfig, (SourceMap, Diagnostics)> {
        let Loaded { sources, project, diagnostics, .. } = self.load();
        project.map(|project| project.lint).ok_or((sources, diagnostics))
    }

    /// What it means.
    pub(super) fn load(self) -> Loaded {
        let files = self.disk();
        load(&self.inputs(&files), &Overrides::default())
    }

    /// What it means, without the specs below a folder.
    pub(super) fn load_without(mut self, folder: &str) -> Loaded {
        self.specs.retain(|(name, _)| folder.is_empty() || !name.starts_with(folder));
        self.load()
    }

    /// Every file and folder that it came from.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.files().map(|(name, _)| name).chain(self.folders.iter().map(String::as_str))
    }

    /// Every file by its name.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let specs = self.specs.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
        std::iter::once((CONFIG, self.config.as_slice())).chain(specs)
    }

    /// What could not be read as a spec.
    pub(super) fn unread(&self) -> &[Unread] {
        &self.unread
    }

    /// Gives a spec other bytes.
    pub(super) fn set(&mut self, name: &str, bytes: &[u8]) {
        if let Some((_, old)) = self.specs.iter_mut().find(|(known, _)| known == name) {
            *old = bytes.to_vec();
        }
    }

    /// The folder that all names are relative to.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The files beside the specs.
    pub(super) fn disk(&self) -> impl Files + use<> {
        Disk { root: self.root.clone() }
    }

    fn inputs(self, files: &dyn Files) -> Inputs<'_> {
        Inputs {
            config: (CONFIG.to_owned(), self.config),
            specs: self.specs,
            unread: self.unread,
            files,
            host_arch: process::arch(),
        }
    }
}

/// Names, relative to the root.
#[derive(Default)]
struct Found {
    folders: Vec<String>,
    specs: Vec<String>,
    unread: Vec<Unread>,
    /// Folders to leave out, by their whole paths: what lies in them changes with every build.
    own: Vec<PathBuf>,
}

impl Found {
    fn note(&mut self, path: impl Into<String>, why: WhyUnread) {
        self.unread.push(Unread { path: path.into(), why });
    }

    /// Finds the specs in a folder and in those below it. A link to a folder is not followed, and what is hidden is left out.
    fn look_through(&mut self, root: &Path, folder: &str) -> Result<()> {
        self.folders.push(folder.to_owned());
        for path in files::list(&root.join(folder))? {
            let name = path.file_name().unwrap_or_default();
            if name.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let kind = files::look(&path)?;
            // What an editor or a patch left beside the specs may be called anything.
            if !kind.is_dir() && !name.as_encoded_bytes().ends_with(b".yaml") {
                if kind.is_file()
                    && let Some(text) = misnamed(&path)
                {
                    let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
                    self.note(shown, WhyUnread::Misnamed(text));
                }
                continue;
            }
            let Some(name) = name.to_str() else {
                let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
                self.note(shown, WhyUnread::NameNotText);
                continue;
            };
            let below = if folder == "." { name.to_owned() } else { format!("{folder}/{name}") };
            if kind.is_dir() && self.own.contains(&path) {
                continue;
            }
            if kind.is_dir() {
                self.look_through(root, &below)?;
            } else if below != CONFIG {
                match files::metadata(&path) {
                    Err(error) if files::is_absent(&error) => self.note(below, WhyUnread::LinkToNothing),
                    Err(error) if Errno::from_io_error(&error) == Some(Errno::LOOP) => {
                        self.note(below, WhyUnread::LinkToItself);
                    }
                    // Reading a named pipe would wait for ever for someone to write into it.
                    Ok(kind) if !kind.is_file() => self.note(below, WhyUnread::NotAFile),
                    _ => self.specs.push(below),
                }
            }
        }
        Ok(())
    }

    /// A folder may be named twice, or lie in another that is named.
    fn sort(&mut self) {
        for list in [&mut self.folders, &mut self.specs] {
            list.sort();
            list.dedup();
        }
        self.unread.sort();
        self.unread.dedup();
    }
}

/// The text of a file that is not named like a spec and was meant as one: it is called YAML, and names a package.
fn misnamed(path: &Path) -> Option<String> {
    let end = path.extension().unwrap_or_default();
    let is_yaml = ["yml", "yaml"].iter().any(|yaml| end.eq_ignore_ascii_case(yaml));
    let bytes = is_yaml.then(|| files::read(path).ok()).flatten()?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    text.lines().any(|line| line.starts_with("package:")).then_some(text)
}

struct Disk {
    root: PathBuf,
}

impl Files for Disk {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        files::read_regular(&self.root.join(path))
    }
}
