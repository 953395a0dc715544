//! Where a book lies, and the files that it has its readers fetch.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use md5::{Digest as _, Md5};
use sha2::Sha256;

use super::Common;
use crate::host::files;
use crate::import::{Choice, Digests, Init};
use crate::model::Files;

/// What is imported from.
pub(super) struct From {
    pub(super) book: BookFolder,
    pub(super) choice: Choice,
    archives: Option<PathBuf>,
}

impl From {
    /// Finds the folders that the command line names.
    ///
    /// # Errors
    /// One of them is not there, or holds no book.
    pub(super) fn find(here: &Path, args: &Common, name: &str) -> Result<Self> {
        let book = here.join(&args.book);
        if !book.join("index.xml").is_file() {
            bail!(
                "there is no `index.xml` in `{}`, so it does not hold the sources of a book; `git clone https://git.linuxfromscratch.org/{name}.git` fetches them",
                book.display()
            );
        }
        let archives = args.sources.as_ref().map(|folder| here.join(folder));
        if let Some(folder) = archives.as_ref().filter(|folder| !folder.is_dir()) {
            bail!("there is no folder `{}`", folder.display());
        }
        let init = if args.init == "systemd" { Init::Systemd } else { Init::Sysv };
        Ok(Self { book: BookFolder(book), choice: Choice { init, release: args.release.clone() }, archives })
    }

    pub(super) fn digests(&self, name: &str) -> Option<Digests> {
        digests(self.archives.as_deref()?, name)
    }
}

/// The digests of a file in a folder, if it is there and can be read.
fn digests(folder: &Path, name: &str) -> Option<Digests> {
    let path = folder.join(name);
    if name.contains('/') || !path.is_file() {
        return None;
    }
    let mut file = files::open(&path).ok()?;
    let mut both = Both { md5: Md5::new(), sha256: Sha256::new() };
    io::copy(&mut file, &mut both).ok()?;
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    Some(Digests { md5: hex(&both.md5.finalize()), sha256: hex(&both.sha256.finalize()) })
}

/// Takes both digests at once.
struct Both {
    md5: Md5,
    sha256: Sha256,
}

impl io::Write for Both {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.md5.update(bytes);
        self.sha256.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The files of a book.
pub(super) struct BookFolder(PathBuf);

impl Files for BookFolder {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        files::read_regular(&self.0.join(path))
    }
}
