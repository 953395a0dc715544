//! A scripted step on the machine itself, where `sandbox: preferred` falls back to that.
//!
//! The script is the same as in a root, and so is what it is told; only that `/lfsgen` is elsewhere, and that what it installs goes
//! to `DESTDIR`. All phases of a package work at one path, for `configure` writes it down; what they leave there is moved into
//! the layer of a phase, and copied from there for the next one, so that a phase is a transaction here too.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::attempt::Ran;
use super::isolated::Offered;
use super::kept::Kept;
use super::root::Root;
use super::runner::Runner;
use super::share::{Server, Share};
use super::{artifact, fallback};
use crate::host::{files, process, tree};
use crate::layout::guest;
use crate::model::Phase;
use crate::plan::file::StepFile;
use crate::sandbox::{BoundFile, Confined, Output, Sandbox};
use crate::store::{Captured, trash};

/// The directory of a root that holds the build tree, below the root.
const WORK: &str = "lfsgen/work";

/// Where programs look for what others have installed, and the directories of a tree that are for that. A `*` is a name of any kind.
const SEARCHED: [(&str, &[&str]); 8] = [
    ("PATH", &["usr/local/bin", "usr/bin", "usr/sbin", "bin", "sbin"]),
    ("CPATH", &["usr/include", "usr/include/*-linux-gnu"]),
    ("LIBRARY_PATH", LIBRARIES),
    ("LD_LIBRARY_PATH", LIBRARIES),
    (
        "PKG_CONFIG_PATH",
        &["usr/lib/pkgconfig", "usr/lib64/pkgconfig", "usr/lib/*-linux-gnu/pkgconfig", "usr/share/pkgconfig"],
    ),
    ("ACLOCAL_PATH", &["usr/share/aclocal"]),
    ("CMAKE_PREFIX_PATH", &["usr"]),
    (
        "PYTHONPATH",
        &[
            "usr/local/lib/python3.*/dist-packages",
            "usr/local/lib/python3.*/site-packages",
            "usr/lib/python3/dist-packages",
            "usr/lib/python3.*/site-packages",
        ],
    ),
];
const LIBRARIES: &[&str] =
    &["usr/lib", "usr/lib64", "usr/lib/*-linux-gnu", "lib", "lib64", "lib/*-linux-gnu"];

/// What is said of an `install` phase that put nothing into `DESTDIR`.
const NOTHING_IN_DESTDIR: &str = "it put nothing into `$DESTDIR`, and on the machine itself nothing else is captured: its install \
     commands do not know `DESTDIR`, or write to absolute paths";

/// Where a package's phases work, whichever it is.
struct Place {
    dir: PathBuf,
    work: PathBuf,
    sources: PathBuf,
    temporary: PathBuf,
}

impl Place {
    fn below(dir: PathBuf) -> Self {
        let [work, sources, temporary] = ["work", "sources", "tmp"].map(|name| dir.join(name));
        Self { dir, work, sources, temporary }
    }
}

impl Runner {
    /// Runs a phase over the trees of the layers below it, the uppermost first. What it leaves lies in the result's tree.
    pub(super) fn run_on_machine(
        &mut self,
        step: &StepFile,
        share: &mut Share,
        earlier: &[PathBuf],
        spent: Duration,
    ) -> Result<Ran> {
        let phase = step.phase;
        let attempt = self.attempt(phase);
        trash::put(&self.layout, &attempt)?;
        let root = Root::on_machine(&self.layout, &self.package, phase, &attempt)?;
        let place = Place::below(self.layout.on_machine(&self.package.package));
        trash::put(&self.layout, &place.dir)?;
        for dir in [&root.tree, &place.sources, &place.temporary] {
            files::create_dir_all(dir)?;
        }
        match earlier.iter().map(|layer| layer.join(WORK)).find(|layer| layer.is_dir()) {
            Some(before) => self.watched(step, Duration::ZERO, |_| copy(&before, &place.work))??,
            None => files::create_dir_all(&place.work)?,
        }
        let Offered { sandbox, server, failing } = self.offer(phase, share, &root, spent)?;
        let several_jobs = !matches!(server, Server::Nobody);
        let searched = searched(&root.trees);
        let mut confined = confined(sandbox, &place)?;
        let destdir = (phase == Phase::Install).then_some(&root.tree);
        tell(&mut confined.command.env, &searched, destdir);
        confined.reads.extend(root.trees.iter().cloned());
        confined.writes.extend(destdir.cloned());
        let mut log = self.start_log(phase)?;
        let ended = confined.run(Output::Log(&mut log), |stop| server.serve(&self.layout, stop))?;
        self.take_back(&place.work, &root.tree)?;
        trash::put(&self.layout, &place.dir)?;
        Ok(Ran { root, kept: Kept::Not, ended, several_jobs, failing })
    }

    /// Puts the build tree into the tree of what was installed, where a root would have it. What the command has left in its place,
    /// such as a link, would lead elsewhere; and who may not write to a directory cannot move it (rename(2), `EACCES`).
    fn take_back(&self, work: &Path, tree: &Path) -> Result<()> {
        // The command could neither remove nor replace these two.
        for dir in [work, tree] {
            files::set_mode(dir, 0o755)?;
        }
        trash::put(&self.layout, &tree.join(guest::HOME.trim_start_matches('/')))?;
        let kept = tree.join(WORK);
        files::create_dir_all(kept.parent().unwrap_or(&kept))?;
        files::rename(work, &kept)
    }

    /// What is said of an `install` phase that ran on the machine itself and left nothing but a build tree.
    pub(super) fn nothing_in_destdir(&self, phase: Phase, root: &Root) -> Result<Option<&'static str>> {
        if root.captured == Captured::Layer
            || phase != Phase::Install
            || !artifact::installs(&self.output, &self.package)
        {
            return Ok(None);
        }
        let home = guest::HOME.trim_start_matches('/');
        Ok(files::names(&root.tree)?.iter().all(|name| name == home).then_some(NOTHING_IN_DESTDIR))
    }

    /// Makes sure that a phase can run on the machine itself.
    pub(super) fn refuse_what_needs_a_root(&self, why: &str) -> Result<()> {
        fallback::refuse_what_needs_a_root(&self.package, &self.layout, self.clock_ahead.is_some(), why)
    }
}

/// The command of a sandbox, with the machine's paths in place of a root's.
fn confined(sandbox: Sandbox, place: &Place) -> Result<Confined> {
    let Sandbox { mut command, files, network, limits, .. } = sandbox;
    let Place { work, sources, temporary, .. } = place;
    let mut places =
        vec![(guest::WORK.to_owned(), work.clone()), (guest::SOURCES.to_owned(), sources.clone())];
    let (mut reads, mut writes) = (vec![sources.clone()], vec![work.clone(), temporary.clone()]);
    for BoundFile { from, at } in files {
        let name = at.strip_prefix(guest::SOURCES).ok().and_then(Path::file_name);
        if let Some(name) = name {
            tree::ensure_symlink(&from, &sources.join(name))?;
            reads.push(from);
            continue;
        }
        places.push((at.display().to_string(), from.clone()));
        // What a step has beside its script are pipes.
        let is_read = files::metadata(&from)?.is_file();
        if is_read { &mut reads } else { &mut writes }.push(from);
    }
    // What begins like another one comes before it.
    places.sort_by(|a, b| b.0.cmp(&a.0));
    let there = |text: &str| put_in_place(text, &places);
    if let Some((_, script)) = places.iter().find(|(at, _)| at == guest::BEFORE_SCRIPT) {
        let text = there(&String::from_utf8_lossy(&files::read(script)?));
        files::write_atomic(script, text.as_bytes())?;
    }
    command.argv = command.argv.iter().map(|word| there(word)).collect();
    command.env = command.env.iter().map(|(name, value)| (name.clone(), there(value))).collect();
    command.env.insert("TMPDIR".to_owned(), temporary.display().to_string());
    command.dir.clone_from(work);
    command.opened = command.opened.map(|(path, number)| (there(&path.display().to_string()).into(), number));
    Ok(Confined { command, reads, writes, network, limits })
}

/// Tells a command where to look for what others have installed, and where to install. What a stage or a package sets of the former,
/// the script sets again, with what has `LFSGEN_` before its name in front.
fn tell(env: &mut BTreeMap<String, String>, searched: &BTreeMap<&str, String>, destdir: Option<&PathBuf>) {
    for (name, dirs) in searched {
        let more = env.get(*name).map(|value| format!(":{value}")).unwrap_or_default();
        env.insert((*name).to_owned(), format!("{dirs}{more}"));
        env.insert(format!("LFSGEN_{name}"), format!("{dirs}:"));
    }
    let Some(destdir) = destdir.map(|dir| dir.display().to_string()) else { return };
    // Makefiles of MakeMaker set `DESTDIR` themselves, which only an override goes before (GNU make manual, "Overriding Variables"
    // and "Communicating Options to a Sub-make").
    env.entry("MAKEFLAGS".to_owned()).and_modify(|flags| flags.push_str(&format!(" -- DESTDIR={destdir}")));
    // pip knows it by this name (pip's user guide, "Environment Variables", and `pip install --root`).
    env.insert("PIP_ROOT".to_owned(), destdir.clone());
    env.insert("DESTDIR".to_owned(), destdir);
}

/// A text with the machine's paths in place of a root's. What was put in is not looked at again: the way to the state directory may
/// have a root's path in it.
fn put_in_place(text: &str, places: &[(String, PathBuf)]) -> String {
    let (mut put, mut rest) = (String::new(), text);
    while let Some(next) = rest.chars().next() {
        let place = places.iter().find(|(at, _)| rest.starts_with(at));
        let length = place.map_or(next.len_utf8(), |(at, _)| at.len());
        let (now, then) = rest.split_at(length);
        put.push_str(&place.map_or_else(|| now.to_owned(), |(_, from)| from.display().to_string()));
        rest = then;
    }
    put
}

/// What of some trees, the uppermost first, programs have to look into, by variable; without those that have nothing.
fn searched(trees: &[PathBuf]) -> BTreeMap<&'static str, String> {
    let dirs = |patterns: &[&str]| {
        let all = trees.iter().flat_map(|tree| patterns.iter().flat_map(|pattern| matching(tree, pattern)));
        all.map(|dir| dir.display().to_string()).collect::<Vec<_>>().join(":")
    };
    SEARCHED
        .into_iter()
        .map(|(name, patterns)| (name, dirs(patterns)))
        .filter(|(_, dirs)| !dirs.is_empty())
        .collect()
}

/// The directories of a tree that a pattern names.
fn matching(tree: &Path, pattern: &str) -> Vec<PathBuf> {
    let mut found = vec![tree.to_owned()];
    for part in pattern.split('/') {
        let inner = |dir: PathBuf| match part.split_once('*') {
            None => vec![dir.join(part)],
            Some((begins, ends)) => {
                let mut names = files::names(&dir).unwrap_or_default();
                names.retain(|name| name.starts_with(begins) && name.ends_with(ends));
                names.sort();
                names.into_iter().map(|name| dir.join(name)).collect()
            }
        };
        let is_dir = |dir: &PathBuf| files::symlink_metadata(dir).is_ok_and(|metadata| metadata.is_dir());
        found = found.into_iter().flat_map(inner).filter(is_dir).collect();
    }
    found
}

/// Copies a tree with its times, which make goes by.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let output = process::question("cp").args(["-a", "--reflink=auto", "--"]).args([from, to]).output();
    let output = output.context("failed to start `cp`")?;
    ensure!(
        output.status.success(),
        "failed to copy `{}`: {}",
        from.display(),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::SEARCH_PATHS;

    #[test]
    fn a_script_heeds_every_variable_by_which_a_command_is_told_where_to_look() {
        let mut names = SEARCHED.map(|(name, _)| name);
        names.sort_unstable();
        assert_eq!(names, SEARCH_PATHS);
    }

    #[test]
    fn a_path_is_put_in_place_once_even_where_the_state_directory_lies_below_one_like_it() {
        let below = |name: &str| PathBuf::from(format!("/home/lfsgen/work/lfsgen/jobs/{name}"));
        let places = ["work", "jobs-more", "jobs"].map(|name| (format!("/lfsgen/{name}"), below(name)));
        let put = put_in_place("a=/lfsgen/jobs:/lfsgen/work/src é /lfsgen/jobs-more", &places);
        let [work, more, jobs] = places.map(|(_, from)| from.display().to_string());
        assert_eq!(put, format!("a={jobs}:{work}/src é {more}"));
    }
}
