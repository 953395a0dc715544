//! A private list of a suite's source packages.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::archive::Archive;
use super::{last_complaint, unusable};
use crate::fetch::Reason;
use crate::host::{clock, files, process};
use crate::model::Release;

/// How long a list is taken for current, in milliseconds: a day. What an older list names may be gone.
const CURRENT: u64 = 24 * 60 * 60 * 1000;

/// One suite, in a directory of its own.
#[derive(Debug)]
pub(super) struct Suite {
    name: &'static str,
    directory: PathBuf,
}

impl Suite {
    /// Lays the directory out for these archives.
    pub(super) fn open(name: &'static str, directory: PathBuf, archives: &[Archive]) -> Result<Self, Reason> {
        let suite = Self { name, directory };
        let _lock = suite.lock()?;
        suite.lay_out(archives).map_err(|error| unusable(format!("{error:#}")))?;
        Ok(suite)
    }

    /// Its directory.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// apt's configuration for it.
    pub(super) fn config(&self) -> PathBuf {
        self.directory.join("apt.conf")
    }

    /// The right to change it, until the file is dropped.
    pub(super) fn lock(&self) -> Result<File, Reason> {
        let path = self.directory.join("lock");
        let lock = || -> anyhow::Result<File> {
            files::create_dir_all(&self.directory)?;
            let file = files::open_append(&path)?;
            file.lock().with_context(|| format!("failed to lock `{}`", path.display()))?;
            Ok(file)
        };
        lock().map_err(|error| unusable(format!("{error:#}")))
    }

    fn lay_out(&self, archives: &[Archive]) -> anyhow::Result<()> {
        let config = config(&self.directory)?;
        for part in ["lists/partial", "cache"] {
            files::create_dir_all(&self.directory.join(part))?;
        }
        files::write_if_changed(&self.directory.join("status"), b"")?;
        files::write_if_changed(&self.config(), config.as_bytes())?;
        let list = list(self.name, archives);
        if files::write_if_changed(&self.directory.join("sources.list"), list.as_bytes())? {
            files::remove_file(&self.updated())?;
        }
        Ok(())
    }

    /// Holds the time of the last update.
    fn updated(&self) -> PathBuf {
        self.directory.join("updated")
    }

    /// The address of the file, if a package of this suite has it.
    pub(super) fn find(&self, release: &Release<'_>) -> Result<Option<String>, String> {
        self.refresh()?;
        let Release { name, version, file } = release;
        let exact = self.addresses(&format!("{name}={version}"), file);
        Ok(exact.or_else(|| self.addresses(name, file)))
    }

    /// Brings the list up to date, where it is not.
    fn refresh(&self) -> Result<(), String> {
        let _lock = self.lock().map_err(|reason| reason.to_string())?;
        let updated = files::read_if_exists(&self.updated()).ok().flatten();
        let updated: Option<u64> =
            updated.and_then(|bytes| String::from_utf8(bytes).ok()?.trim().parse().ok());
        let now = clock::unix_millis();
        if updated.is_some_and(|then| now.abs_diff(then) < CURRENT) {
            return Ok(());
        }
        let output = self.apt(&["-q", "update"]).map_err(|error| error.to_string())?;
        // A list that could not be brought up to date may still do, until the next time.
        if !output.status.success() {
            return if self.has_list() { Ok(()) } else { Err(last_complaint(&output.stderr)) };
        }
        let stamp = files::write_atomic(&self.updated(), format!("{now}\n").as_bytes());
        stamp.map_err(|error| format!("{error:#}"))
    }

    fn has_list(&self) -> bool {
        let lists = files::list(&self.directory.join("lists")).unwrap_or_default();
        let is_list =
            |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().contains("_Sources"));
        lists.iter().any(is_list)
    }

    /// The address of a file of a source package, where apt knows the package.
    fn addresses(&self, package: &str, file: &str) -> Option<String> {
        let ask = ["-qq", "source", "--only-source", "--download-only", "--print-uris", package];
        let output = self.apt(&ask).ok()?;
        address(&String::from_utf8_lossy(&output.stdout), file)
    }

    fn apt(&self, arguments: &[&str]) -> std::io::Result<std::process::Output> {
        process::question("apt-get").env("LC_ALL", "C").arg("-c").arg(self.config()).args(arguments).output()
    }
}

/// The list, in the one-line form that every apt reads (sources.list(5)).
fn list(suite: &str, archives: &[Archive]) -> String {
    let line = |Archive { uri, keyring }: &Archive| {
        let options = keyring.as_ref().map(|path| format!("[signed-by={path}] ")).unwrap_or_default();
        format!("deb-src {options}{uri} {suite} main contrib non-free non-free-firmware\n")
    };
    archives.iter().map(line).collect()
}

/// apt's configuration on top of the machine's (apt.conf(5)): other directories, and none of the machine's hooks. What stands
/// in quotes there cannot hold one, and whoever wrote `state` in a project's configuration is not to write apt's.
fn config(directory: &Path) -> anyhow::Result<String> {
    let plain = directory.to_str().filter(|text| !text.contains(|c: char| c == '"' || c.is_control()));
    let directory = plain.with_context(|| {
        let directory = directory.display().to_string();
        format!(
            "apt's configuration cannot name `{}`: set `state` in `lfsgen.yaml` to a folder with a plainer name",
            directory.escape_debug(),
        )
    })?;
    Ok(format!(
        "\
// Written by lfsgen: a private list of source packages.
Dir::State \"{directory}\";
Dir::State::Lists \"{directory}/lists\";
Dir::State::Status \"{directory}/status\";
Dir::Cache \"{directory}/cache\";
Dir::Etc::SourceList \"{directory}/sources.list\";
Dir::Etc::SourceParts \"/dev/null\";
Dir::Etc::Preferences \"/dev/null\";
Dir::Etc::PreferencesParts \"/dev/null\";
Acquire::GzipIndexes \"true\";
Acquire::Languages \"none\";
Acquire::Retries \"2\";
APT::Update::Error-Mode \"any\";
#clear APT::Default-Release;
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
"
    ))
}

/// The address in a line such as `'http://a/x.tar.gz' x.tar.gz 123 SHA256:…` of `--print-uris`.
fn address(listing: &str, file: &str) -> Option<String> {
    let entry = |line: &str| -> Option<(String, String)> {
        let (uri, rest) = line.strip_prefix('\'')?.split_once("' ")?;
        Some((uri.to_owned(), rest.split(' ').next()?.to_owned()))
    };
    listing.lines().filter_map(entry).find(|(_, name)| name == file).map(|(uri, _)| uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_address_is_found_among_those_of_its_package() {
        let listing = "\
'http://m/p/z_1%2b2-1.dsc' z_1+2-1.dsc 2637 SHA256:00
'http://m/p/z_1%2b2.orig.tar.gz' z_1+2.orig.tar.gz 1325737 SHA256:01
";
        assert_eq!(address(listing, "z_1+2.orig.tar.gz").as_deref(), Some("http://m/p/z_1%2b2.orig.tar.gz"));
        assert_eq!(address(listing, "z_1+2.orig.tar.xz"), None);
        assert_eq!(address("", "z"), None);
    }

    #[test]
    fn a_folder_that_would_end_its_quotes_is_not_named_to_apt() {
        assert!(config(Path::new("/a b/$x")).unwrap().contains("Dir::State \"/a b/$x\";"));
        for odd in ["/a\"; Dir::Bin::Methods \"/b", "/a\nb"] {
            let error = config(Path::new(odd)).unwrap_err().to_string();
            assert!(error.contains("set `state`") && !error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn the_list_names_each_archive_with_its_keys() {
        let archives = [
            Archive { uri: "http://m/debian/".to_owned(), keyring: Some("/k.gpg".to_owned()) },
            Archive { uri: "http://n/".to_owned(), keyring: None },
        ];
        assert_eq!(
            list("stable", &archives),
            "deb-src [signed-by=/k.gpg] http://m/debian/ stable main contrib non-free non-free-firmware\n\
             deb-src http://n/ stable main contrib non-free non-free-firmware\n"
        );
    }
}
