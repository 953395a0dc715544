//! What lies in a folder that `lint` is given: specs and scripts, in it and below.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::super::place::CONFIG;
use crate::host::files;
use crate::model::own_folders;

/// The specs and scripts in a folder and in those below it. A link to a folder is not followed; what is hidden, and what a
/// project around it has lfsgen write, is left out.
#[derive(Debug, Default)]
pub(super) struct Folder {
    pub(super) specs: Vec<PathBuf>,
    pub(super) scripts: Vec<PathBuf>,
}

impl Folder {
    /// Looks through a folder.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let mut own = Vec::new();
        for root in whole.ancestors().chain([path]).filter(|root| root.join(CONFIG).is_file()) {
            let config = files::read(&root.join(CONFIG))?;
            own.extend(own_folders(&config).iter().map(|folder| root.join(folder)));
        }
        let mut folder = Self::default();
        folder.look_through(path, &own)?;
        Ok(folder)
    }

    fn look_through(&mut self, path: &Path, own: &[PathBuf]) -> Result<()> {
        for path in files::list(path)? {
            let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            if is_hidden {
                continue;
            }
            if files::look(&path)?.is_dir() {
                let whole = path.canonicalize().unwrap_or_else(|_| path.clone());
                if !own.contains(&whole) {
                    self.look_through(&path, own)?;
                }
            } else if is_yaml(&path) {
                self.specs.push(path);
            } else if is_script(&path) && path.is_file() {
                self.scripts.push(path);
            }
        }
        Ok(())
    }
}

/// Whether a file is a script, by its name.
pub(super) fn is_script(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "sh")
}

/// Whether a file is a spec, by its name.
pub(super) fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml")
}
