//! Where verified files lie, and how they get there.
//!
//! The state directory's `sources/` is the cache that steps read. A shared cache, if the project names one, has the
//! same shape: files are taken from it and put into it as hard links, or as copies between file systems. It may be
//! read-only, and its failures are told but never fatal.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use super::{Event, Fetched, Request, Watch};
use crate::host::files;
use crate::layout::Layout;
use crate::model::Digest;

/// The caches of a project.
#[derive(Debug, Clone)]
pub struct Cache {
    own: PathBuf,
    shared: Option<PathBuf>,
    under_way: PathBuf,
}

impl Cache {
    /// The cache in a state directory, and one that other projects share.
    pub fn new(layout: &Layout, shared: Option<PathBuf>) -> Self {
        Self { own: layout.sources(), shared, under_way: layout.downloads() }
    }

    /// Where a source lies once it was fetched.
    pub fn path(&self, request: &Request) -> PathBuf {
        self.own.join(request.sha256.to_string()).join(&request.name)
    }

    /// The download of a source, as far as it came.
    pub(super) fn partial(&self, request: &Request) -> PathBuf {
        self.under_way.join(format!("{}.part", whose(request)))
    }

    /// Takes the right to download a source; it is given back when the file is dropped, also by a killed process.
    pub(super) fn lock(&self, request: &Request, watch: &dyn Watch) -> Result<File> {
        files::create_dir_all(&self.under_way)?;
        let path = self.under_way.join(format!("{}.lock", whose(request)));
        let file = files::open_append(&path)?;
        if file.try_lock().is_err() {
            watch.event(&request.name, Event::Waiting);
            file.lock().with_context(|| format!("failed to lock `{}`", path.display()))?;
        }
        Ok(file)
    }

    /// The source, if it lies where it belongs. Changes nothing, so it needs no lock.
    pub(super) fn present(&self, request: &Request) -> Result<Option<Fetched>> {
        let path = self.path(request);
        Ok(verified(&path, request.sha256)?.map(|bytes| Fetched { path, bytes, from: None }))
    }

    /// The source, if either cache has it. A file with other bytes is removed and told of. Needs the lock.
    ///
    /// Only its own name counts: whoever gives a spec another version, and forgets the digest, would else get the old source
    /// under the new name, and no place would be asked.
    pub(super) fn find(&self, request: &Request, watch: &dyn Watch) -> Result<Option<Fetched>> {
        if let Some(found) = self.present(request)? {
            return Ok(Some(found));
        }
        let path = self.path(request);
        if files::symlink_metadata(&path).is_ok() {
            watch.event(&request.name, Event::Discarded { path: &path });
            files::remove_file(&path)?;
        }
        // Whatever is wrong with a file that is merely an opportunity is no reason to fail.
        let shared = self.shared_path(request).map(|shared| (verified(&shared, request.sha256), shared));
        let Some((Ok(Some(bytes)), shared)) = shared else { return Ok(None) };
        place(&shared, &path)?;
        Ok(Some(Fetched { path, bytes, from: None }))
    }

    /// Gives the complete and verified partial file its name, and offers it to the shared cache.
    pub(super) fn adopt(&self, request: &Request, from: &str, watch: &dyn Watch) -> Result<Fetched> {
        let (partial, path) = (self.partial(request), self.path(request));
        let bytes = files::metadata(&partial).map(|metadata| metadata.len()).unwrap_or_default();
        files::set_mode(&partial, 0o444)?;
        if let Some(directory) = path.parent() {
            files::create_dir_all(directory)?;
        }
        files::rename(&partial, &path)?;
        if let Some(Err(error)) = self.shared_path(request).map(|shared| place(&path, &shared)) {
            watch.event(&request.name, Event::NotShared { error: &error });
        }
        Ok(Fetched { path, bytes, from: Some(from.to_owned()) })
    }

    /// Where it lies in the cache that projects share, if there is one.
    fn shared_path(&self, request: &Request) -> Option<PathBuf> {
        Some(self.shared.as_ref()?.join(request.sha256.to_string()).join(&request.name))
    }
}

/// What a download is called while it is under way: by its digest, or where nobody knows that yet, by all else that is known.
fn whose(request: &Request) -> String {
    if request.sha256 != Digest::UNKNOWN {
        return request.sha256.to_string();
    }
    let places = [std::slice::from_ref(&request.name), &request.urls].concat().join("\n");
    format!("unknown-{}", Digest::of(places.as_bytes()))
}

/// The size of a file, if it is there and has this digest.
fn verified(path: &Path, sha256: Digest) -> Result<Option<u64>> {
    match files::metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Ok(None),
        Err(error) if files::is_absent(&error) => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("failed to look at `{}`", path.display())),
    }
    let mut hasher = Sha256::new();
    let bytes = files::hash_into(path, &mut hasher)?;
    Ok((finish(hasher) == sha256).then_some(bytes))
}

/// The digest of what was fed.
pub(super) fn finish(hasher: Sha256) -> Digest {
    Digest(hasher.finalize().into())
}

/// Puts a verified file from one cache into the other: as a hard link where that is possible, else as a copy.
fn place(from: &Path, to: &Path) -> Result<()> {
    if let Some(directory) = to.parent() {
        files::create_dir_all(directory)?;
    }
    files::link_or_copy(from, to)
}
