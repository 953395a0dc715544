//! Where everything lies: the one place that joins paths of the state directory and of a step's root.
//!
//! [`Layout`] is the host's side, [`guest`] the step's. No other module builds these paths by hand.

use std::path::{Path, PathBuf};

use crate::model::{Digest, PackageName, Phase};
use crate::plan::paths;

/// The state directory (`build/` unless configured). Never committed, always removable.
#[derive(Debug, Clone)]
pub struct Layout {
    root: PathBuf,
}

/// A part of a state directory that can go without the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Layers of packages that are being built, and what can vanish at any time.
    Layers,
    /// Logs and reports.
    Logs,
    /// Artifacts, and what tells of them.
    Artifacts,
    /// Downloads.
    Sources,
    /// The journal, and what else lfsgen remembers.
    Journal,
}

impl Part {
    /// Every part, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::Layers, Self::Logs, Self::Artifacts, Self::Sources, Self::Journal];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Layers => "layers",
            Self::Logs => "logs",
            Self::Artifacts => "artifacts",
            Self::Sources => "sources",
            Self::Journal => "journal",
        }
    }
}

/// Names that many directories have in them: they tell nobody whose such a directory is.
const EVERYDAY: [&str; 8] = ["base", "destdir", "logs", "order", "reports", "runner.log", "slots", "tmp"];

impl Layout {
    /// Everything that lies right in the state directory and belongs to a part. The rest are its [locks](Self::own_locks).
    pub fn part(&self, part: Part) -> Vec<PathBuf> {
        match part {
            Part::Layers => vec![self.all_layers(), self.scratch(), self.base()],
            Part::Logs => vec![self.logs(), self.reports(), self.graph_log()],
            // Stamps before artifacts, without which they are a lie.
            Part::Artifacts => vec![self.stamps(), self.all_passed(), self.artifacts(), self.had_destdir()],
            Part::Sources => vec![self.sources(), self.providers()],
            Part::Journal => {
                let own =
                    [self.journal(), self.generate_stamp(), self.lint_memory(), self.slots(), self.order()];
                own.into_iter().chain(self.graph_memories()).collect()
            }
        }
    }

    /// The files by which commands keep out of each other's way in the state directory as a whole.
    pub fn own_locks(&self) -> [PathBuf; 2] {
        [self.build_lock(), self.use_lock()]
    }

    /// What may lie in a state directory and in hardly any other.
    pub fn marks(&self) -> impl Iterator<Item = PathBuf> {
        let all = Part::ALL.into_iter().flat_map(|part| self.part(part)).chain(self.own_locks());
        all.filter(|path| !EVERYDAY.iter().any(|name| path.ends_with(name)))
    }

    /// The layout below a state directory.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The state directory itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Verified downloads: `sources/<sha256>/<file>`.
    pub fn sources(&self) -> PathBuf {
        self.root.join("sources")
    }

    /// The downloads that have a digest, under any name.
    pub fn source(&self, sha256: &Digest) -> PathBuf {
        self.sources().join(sha256.to_string())
    }

    /// The artifact of a key: `artifacts/<key>/{tree,manifest.json}`, or a link to one that has several keys.
    pub fn artifact(&self, key: &Digest) -> PathBuf {
        self.artifacts().join(key.to_string())
    }

    /// What an artifact adds, changes and removes. The artifact is whole where this is there.
    pub fn artifact_manifest(&self, key: &Digest) -> PathBuf {
        self.artifact(key).join("manifest.json")
    }

    /// The files of an artifact.
    pub fn artifact_tree(&self, key: &Digest) -> PathBuf {
        self.artifact(key).join("tree")
    }

    /// All artifacts.
    pub fn artifacts(&self) -> PathBuf {
        self.root.join("artifacts")
    }

    /// What a phase wrote, while its package is being built: `layers/<package>/<phase>`.
    pub fn layer(&self, package: &PackageName, phase: Phase) -> PathBuf {
        self.layers(package).join(phase.name())
    }

    /// The generated files that the build of this moment goes by: `tmp/begun/{plan,scripts}`.
    pub fn begun(&self) -> PathBuf {
        self.scratch().join("begun")
    }

    /// All layers.
    pub fn all_layers(&self) -> PathBuf {
        self.root.join("layers")
    }

    /// The files of a phase's layer.
    pub fn layer_tree(&self, package: &PackageName, phase: Phase) -> PathBuf {
        self.layer(package, phase).join("tree")
    }

    /// Under which key a phase's layer was made.
    pub fn layer_key(&self, package: &PackageName, phase: Phase) -> PathBuf {
        self.layer(package, phase).join("key")
    }

    /// All layers of a package.
    pub fn layers(&self, package: &PackageName) -> PathBuf {
        self.all_layers().join(package.as_str())
    }

    /// Where a step's root is put together: the mount point of a private file system, empty to everyone else.
    pub fn mount_point(&self) -> PathBuf {
        self.scratch().join("mnt")
    }

    /// What a step writes until it is committed or thrown away. On the same file system as the layers and artifacts.
    pub fn attempt(&self, package: &PackageName, phase: Phase) -> PathBuf {
        self.scratch().join("steps").join(package.as_str()).join(phase.name())
    }

    /// Where a package's phases work that run on the machine itself: one path for all of them, which `configure` writes down.
    pub fn on_machine(&self, package: &PackageName) -> PathBuf {
        self.scratch().join("machine").join(package.as_str())
    }

    /// Is there where a package was ever captured through `DESTDIR`.
    pub fn had_destdir(&self) -> PathBuf {
        self.root.join("destdir")
    }

    /// What open shells write, a directory for each, which is named like its process: nothing of it stays.
    pub fn shells(&self) -> PathBuf {
        self.scratch().join("shells")
    }

    /// What an open shell writes, by the number of its process.
    pub fn shell(&self, pid: u32) -> PathBuf {
        self.shells().join(pid.to_string())
    }

    /// Where packages are built a second time: a state directory for each, named like the package.
    pub fn again(&self) -> PathBuf {
        self.scratch().join("again")
    }

    /// Where a process tries what a step needs of the machine.
    pub fn probe(&self, pid: u32) -> PathBuf {
        self.scratch().join(format!("probe-{pid}"))
    }

    /// What was put aside to be removed when there is time.
    pub fn trash(&self) -> PathBuf {
        self.scratch().join("trash")
    }

    /// Something that was put aside, by a name of its own.
    pub fn aside(&self, name: &str) -> PathBuf {
        self.trash().join(name)
    }

    /// Held by the one process that runs a step of this package.
    pub fn lock(&self, package: &PackageName) -> PathBuf {
        self.locks().join(package.as_str())
    }

    /// The locks of all packages.
    pub fn locks(&self) -> PathBuf {
        self.scratch().join("locks")
    }

    /// What lies under the layers of every root: skeletons of directories.
    pub fn base(&self) -> PathBuf {
        self.root.join("base")
    }

    /// A directory without anything in it, to be the lowest layer.
    pub fn empty(&self) -> PathBuf {
        self.base().join("empty")
    }

    /// What ninja sees of a finished step: a small file with the step's key.
    pub fn stamp(&self, package: &PackageName, phase: Phase) -> PathBuf {
        self.root.join(paths::stamp(package, phase))
    }

    /// All stamps of a package.
    pub fn package_stamps(&self, package: &PackageName) -> PathBuf {
        self.stamps().join(package.as_str())
    }

    /// All stamps.
    pub fn stamps(&self) -> PathBuf {
        self.root.join(paths::STAMPS)
    }

    /// Under which keys a package's check has passed.
    pub fn passed(&self, package: &PackageName) -> PathBuf {
        self.all_passed().join(package.as_str())
    }

    /// The same of all packages.
    pub fn all_passed(&self) -> PathBuf {
        self.root.join("passed")
    }

    /// All logs of steps.
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// The log of a step's last attempt.
    pub fn log(&self, package: &PackageName, phase: Phase) -> PathBuf {
        self.logs().join(package.as_str()).join(format!("{}.log", phase.name()))
    }

    /// A path that the journal or a report has, which is relative to the state directory.
    pub fn named(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join(path)
    }

    /// The log of an earlier attempt, counted from 1.
    pub fn earlier_log(&self, package: &PackageName, phase: Phase, number: usize) -> PathBuf {
        self.log(package, phase).with_file_name(format!("{phase}.{number}.log"))
    }

    /// The log of the first go of a phase that ran once more with one job.
    pub fn log_of_several_jobs(&self, package: &PackageName, phase: Phase) -> PathBuf {
        self.log(package, phase).with_file_name(format!("{phase}.several-jobs.log"))
    }

    /// What is known of the failure of a step's last attempt, beside its log.
    pub fn card(&self, package: &PackageName, phase: Phase) -> PathBuf {
        self.log(package, phase).with_file_name(format!("{phase}.card.json"))
    }

    /// The journal.
    pub fn journal(&self) -> PathBuf {
        self.root.join("journal.jsonl")
    }

    /// What the program that runs the graph said itself, in the last build.
    pub fn graph_log(&self) -> PathBuf {
        self.root.join("runner.log")
    }

    /// What ninja, samurai and n2 remember of the graph: it has the state directory as its `builddir`.
    pub fn graph_memories(&self) -> [PathBuf; 3] {
        [".ninja_log", ".ninja_deps", ".n2_db"].map(|name| self.root.join(name))
    }

    /// Locked by a build while it runs, so that there is one at a time.
    pub fn build_lock(&self) -> PathBuf {
        self.root.join("build.lock")
    }

    /// Shared by whoever is at work in the state directory for longer than a moment; `clean` wants it alone.
    pub fn use_lock(&self) -> PathBuf {
        self.root.join("use.lock")
    }

    /// Whose bytes are locked by those who use the budget: a file without content.
    pub fn slots(&self) -> PathBuf {
        self.root.join("slots")
    }

    /// The steps in the order in which they should start, with what each needed, as the last `lfsgen build` knew it.
    pub fn order(&self) -> PathBuf {
        self.root.join("order")
    }

    /// Grows by a byte with every step of a run that failed.
    pub fn failures(&self, run: &str) -> PathBuf {
        self.scratch().join(format!("failures-{run}"))
    }

    /// Reports.
    pub fn reports(&self) -> PathBuf {
        self.root.join("reports")
    }

    /// A report that each build writes, by the name of its file.
    pub fn report(&self, file: &str) -> PathBuf {
        self.reports().join(file)
    }

    /// Things that may vanish at any time: mount points, workdirs, downloads under way.
    pub fn scratch(&self) -> PathBuf {
        self.root.join("tmp")
    }

    /// Downloads under way: `tmp/downloads/<sha256>.part`.
    pub fn downloads(&self) -> PathBuf {
        self.scratch().join("downloads")
    }

    /// What a provider keeps for itself, such as apt's private lists.
    pub fn provider(&self, name: &str) -> PathBuf {
        self.providers().join(name)
    }

    /// What all providers keep.
    pub fn providers(&self) -> PathBuf {
        self.root.join("providers")
    }

    /// What `lint` found in its last run, to say it again where nothing changed.
    pub fn lint_memory(&self) -> PathBuf {
        self.root.join("lint.json")
    }

    /// What `generate` knows of its last run, to see quickly that nothing changed.
    pub fn generate_stamp(&self) -> PathBuf {
        self.root.join("generate.json")
    }
}

/// The times of a log, beside it.
pub fn times_of(log: &Path) -> PathBuf {
    log.with_extension("times")
}

/// Names below [`Layout::scratch`], and how others begin that have a number or a name at the end.
const SCRATCH: [&str; 9] =
    ["begun", "downloads", "locks", "machine", "mnt", "again", "shells", "steps", "trash"];
const SCRATCH_BEGINS: [&str; 2] = ["probe-", "failures-"];

/// Whether something in [`Layout::scratch`] is of lfsgen's making, by its name.
pub fn is_scratch(name: &str) -> bool {
    SCRATCH.contains(&name) || SCRATCH_BEGINS.iter().any(|begin| name.starts_with(begin))
}

/// Paths that a step sees. Part of the contract with generated scripts.
pub mod guest {
    /// Everything of lfsgen's own; never part of an artifact.
    pub const HOME: &str = "/lfsgen";
    /// The package's build tree; phases start in `src` below it. A directory of the step's writable layer.
    pub const WORK: &str = "/lfsgen/work";
    /// The package's sources and patches, read-only.
    pub const SOURCES: &str = "/lfsgen/sources";
    /// The package's script, read-only.
    pub const SCRIPT: &str = "/lfsgen/script.sh";
    /// The step's job server: a FIFO that holds a byte for every further job that may be started.
    pub const JOBS: &str = "/lfsgen/jobs";
    /// Where the script says which command failed: a FIFO.
    pub const FAILING: &str = "/lfsgen/failing";
    /// What bash reads before the script, so that it does.
    pub const BEFORE_SCRIPT: &str = "/lfsgen/before-script.sh";
    /// What an opened shell reads first.
    pub const SHELL: &str = "/lfsgen/shell.rc";
    /// In an opened shell: the log of a phase that was run again for it.
    pub const LOG: &str = "/lfsgen/log";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_in_the_scratch_folder_is_known_by_its_name() {
        let layout = Layout::new("build");
        let package = PackageName::new("zlib").unwrap();
        let made = [
            layout.begun(),
            layout.mount_point(),
            layout.attempt(&package, Phase::Build),
            layout.on_machine(&package),
            layout.shells(),
            layout.again(),
            layout.probe(1),
            layout.trash(),
            layout.locks(),
            layout.failures("run"),
            layout.downloads(),
        ];
        for path in made {
            let below = path.strip_prefix(layout.scratch()).unwrap();
            let name = below.components().next().unwrap().as_os_str().to_str().unwrap();
            assert!(is_scratch(name), "{name}");
        }
        assert!(!is_scratch("mine"));
    }
}
