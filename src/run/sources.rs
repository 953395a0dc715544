//! A package's sources and files: in the cache, and in a root.

use std::path::Path;

use anyhow::{Result, bail};

use crate::fetch::show::Lines;
use crate::fetch::{Cache, FetchConfig, Request, Unfetched, fetch_each};
use crate::host::files;
use crate::layout::{Layout, guest};
use crate::plan::file::{LocalFile, PackageFile};
use crate::sandbox::BoundFile;

/// Where a package's sources come from and go to.
#[derive(Debug)]
pub(super) struct Sources<'a> {
    pub package: &'a PackageFile,
    pub project: &'a Path,
    pub layout: &'a Layout,
    pub shared: Option<&'a Path>,
}

impl Sources<'_> {
    fn cache(&self) -> Cache {
        Cache::new(self.layout, self.shared.map(Path::to_owned))
    }

    fn requests(&self) -> impl ExactSizeIterator<Item = Request> {
        self.package.sources.iter().map(Request::from)
    }

    /// Whether every source has its name in the cache, and so was verified.
    pub(super) fn are_there(&self) -> bool {
        let cache = self.cache();
        self.requests().all(|request| cache.path(&request).exists())
    }

    /// Fetches what is missing, and checks the digest of what is not.
    pub(super) fn fetch(&self, log: &mut (impl std::io::Write + Send)) -> Result<(), Unfetched> {
        let config = FetchConfig::new(self.project, self.layout.clone());
        fetch_each(self.requests(), &self.cache(), &config, &Lines::new(log))
    }

    /// Refuses a source whose bytes are not those that were fetched.
    pub(super) fn verify(&self) -> Result<()> {
        let cache = self.cache();
        for request in self.requests() {
            let (path, wanted) = (cache.path(&request), request.sha256);
            let found = files::digest(&path)?;
            if found != wanted {
                bail!(
                    "the source `{}` was changed after it was fetched: its sha256 is {found} and not {wanted}; \
                     `lfsgen fetch {}` fetches it again",
                    path.display(),
                    self.package.package,
                );
            }
        }
        Ok(())
    }

    /// What a root shows of them, in one directory.
    pub(super) fn in_root(&self) -> Result<Vec<BoundFile>> {
        let cache = self.cache();
        let at = |name: &str| Path::new(guest::SOURCES).join(name);
        let mut bound: Vec<_> = self
            .requests()
            .map(|request| BoundFile { from: cache.path(&request), at: at(&request.name) })
            .collect();
        for LocalFile { name, path, sha256 } in &self.package.files {
            let from = self.project.join(path.as_str());
            if files::digest(&from)? != *sha256 {
                bail!("`{path}` was changed after the last `lfsgen generate`; run it again");
            }
            bound.push(BoundFile { from, at: at(name) });
        }
        Ok(bound)
    }
}
