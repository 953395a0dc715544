//! The machine itself: kernel, processors, memory, disk, and what a sandbox needs.

use std::path::{Path, PathBuf};

use anyhow::Result;
use indicatif::BinaryBytes;
use rayon::prelude::*;
use sysinfo::System;

use super::{Finding, Subject, Verdict};
use crate::host::{disk, files, process, tree};
use crate::layout::Layout;
use crate::model::{Arch, Digest, SandboxMode};
use crate::sandbox::{self, Confined, Problem};
use crate::store;

const GIB: u64 = 1 << 30;

/// Looks at everything.
pub(super) fn findings(subject: &Subject<'_>) -> Vec<Finding> {
    let state = nearest_directory(subject.state);
    let mut findings = vec![kernel(), processors(), memory(), disk(&state), usable(&state, subject.state)];
    findings.extend(target(subject.target, process::arch()));
    findings.extend(artifacts(&Layout::new(subject.state)));
    // It is tried in the state directory, so one that is not writable was told of already.
    if findings.iter().all(|finding| finding.name != "state" || finding.verdict == Verdict::Well) {
        findings.extend(isolation(&state, subject.sandbox));
    }
    findings
}

fn finding(
    name: &'static str,
    why: &'static str,
    verdict: Verdict,
    found: String,
    remedy: Option<&str>,
) -> Finding {
    let remedy = remedy.filter(|_| verdict != Verdict::Well).map(str::to_owned);
    Finding { group: "machine", name, why, verdict, found, remedy }
}

fn kernel() -> Finding {
    let release = rustix::system::uname().release().to_string_lossy().into_owned();
    let (major, minor) = sandbox::OLDEST_KERNEL;
    let old = process::kernel() < (major, minor);
    let verdict = if old { Verdict::Failed } else { Verdict::Well };
    let remedy = format!("boot Linux {major}.{minor} or later");
    finding("kernel", "isolates steps", verdict, release, Some(&remedy))
}

fn processors() -> Finding {
    finding("processors", "run steps side by side", Verdict::Well, process::cpus().to_string(), None)
}

/// Whether a project builds for another machine than this one: its programs do not run here, and so no stage with a root of
/// artifacts works. x86-64 runs what is for i686.
fn target(target: Option<Arch>, machine: Option<Arch>) -> Option<Finding> {
    let (target, machine) = (target?, machine?);
    if target == machine || (target, machine) == (Arch::I686, Arch::X86_64) {
        return None;
    }
    let found = format!("`target.arch` is {}, and this machine is {}", target.name(), machine.name());
    let remedy = "set `target` in `lfsgen.yaml`, unless nothing of what is built has to run here";
    Some(finding("target", "what is built runs in later steps", Verdict::Doubtful, found, Some(remedy)))
}

fn memory() -> Finding {
    let why = "compilers";
    let Ok(mut system) = System::new() else {
        return finding("memory", why, Verdict::Doubtful, "the kernel does not tell".to_owned(), None);
    };
    system.refresh_memory();
    // Of what the machine has, control groups may allow less.
    let [total, available] =
        [system.total_memory(), system.available_memory()].map(|bytes| bytes.min(process::memory()));
    // A C++ compiler takes up to 2 GiB a job in LFS; below half of that even small packages are killed.
    let verdict = match available {
        0..GIB if available < GIB / 2 => Verdict::Failed,
        0..GIB => Verdict::Doubtful,
        _ => Verdict::Well,
    };
    let found = format!("{} available of {}", BinaryBytes(available), BinaryBytes(total));
    let remedy = "end other programs, add swap, or lower `resources.jobs`";
    finding("memory", why, verdict, found, Some(remedy))
}

fn disk(state: &Path) -> Finding {
    let why = "sources, layers and artifacts";
    let Some(available) = disk::free(state) else {
        let found = format!("nothing known of `{}`", state.display());
        return finding("disk", why, Verdict::Doubtful, found, None);
    };
    let verdict = match available {
        space if space < GIB => Verdict::Failed,
        space if space < 10 * GIB => Verdict::Doubtful,
        _ => Verdict::Well,
    };
    let found = format!("{} free at `{}`", BinaryBytes(available), state.display());
    let remedy = "free some space, or set `state` in `lfsgen.yaml` to a larger disk";
    finding("disk", why, verdict, found, Some(remedy))
}

fn usable(state: &Path, named: &Path) -> Finding {
    let why = "everything a build makes";
    // A link may lead elsewhere: `/home` to `/var/home`, on some systems.
    let rest = named.strip_prefix(state).unwrap_or(Path::new(""));
    let whole = tree::canonical(state).map_or_else(|_| named.to_owned(), |state| state.join(rest));
    if let Err(error) = sandbox::refuse_inside_host(&whole) {
        return finding("state", why, Verdict::Failed, error.to_string(), None);
    }
    let allowed = rustix::fs::access(state, rustix::fs::Access::WRITE_OK).is_ok();
    let verdict = if allowed { Verdict::Well } else { Verdict::Failed };
    let found = format!("`{}` is {}writable", state.display(), if allowed { "" } else { "not " });
    finding("state", why, verdict, found, Some("make it writable for you, or set `state` in `lfsgen.yaml`"))
}

/// Whether the artifacts that are there are whole, if there are any.
fn artifacts(layout: &Layout) -> Option<Finding> {
    let names = files::names(&layout.artifacts()).unwrap_or_default();
    let keys: Vec<_> = names.iter().filter_map(|name| Digest::parse(name).ok()).collect();
    let damaged =
        keys.par_iter().find_map_first(|key| Some((layout.artifact(key), store::damage(layout, key)?)));
    let why = "what was built";
    let whole = || finding("artifacts", why, Verdict::Well, format!("{}, none damaged", keys.len()), None);
    let broken = |(path, how): (PathBuf, String)| {
        let found = format!("`{}` is damaged: {how}", path.display());
        finding("artifacts", why, Verdict::Doubtful, found, Some("remove it; `lfsgen build` makes it again"))
    };
    damaged.map(broken).or_else(|| (!keys.is_empty()).then(whole))
}

/// Whether steps can be isolated. It is tried in a process of its own, which gives up what it is in order to try.
fn isolation(state: &Path, mode: SandboxMode) -> Vec<Finding> {
    let why = "a root of its own for each step";
    if mode == SandboxMode::Off {
        let remedy = Some("set `sandbox: required` in `lfsgen.yaml`");
        return vec![finding(
            "isolation",
            why,
            Verdict::Failed,
            "`sandbox: off` runs no step".to_owned(),
            remedy,
        )];
    }
    let tried = match try_below(state) {
        Ok(tried) => tried,
        Err(error) => return vec![finding("isolation", why, Verdict::Failed, format!("{error:#}"), None)],
    };
    let fallback = (mode == SandboxMode::Preferred).then(Confined::is_possible);
    let falls_back = matches!(fallback, Some(Ok(())));
    let found = tried.into_iter().map(|sandbox::Finding { what, problem }| match problem {
        None => finding("isolation", why, Verdict::Well, what, None),
        Some(Problem { found, remedy, bearable }) => {
            let verdict = if bearable || falls_back { Verdict::Doubtful } else { Verdict::Failed };
            let instead = if falls_back && !bearable { FALLS_BACK } else { "" };
            finding("isolation", why, verdict, format!("{what}: {found}{instead}"), remedy.as_deref())
        }
    });
    let mut found: Vec<_> = found.collect();
    if let Some(Err(error)) = fallback
        && found.iter().any(|finding| finding.verdict == Verdict::Failed)
    {
        found.push(finding(
            "fallback",
            "steps without isolation",
            Verdict::Failed,
            format!("{error:#}"),
            None,
        ));
    }
    found
}

/// What is said where steps run all the same.
const FALLS_BACK: &str = "; as `sandbox: preferred` has it, steps run on the machine itself, in stages with `root: host` and \
     `mount: /`, and what they put into `DESTDIR` is captured";

/// Tries it in a directory that is removed afterwards: nothing that a check makes outlives it.
fn try_below(state: &Path) -> Result<Vec<sandbox::Finding>> {
    let directory = state.join(format!(".lfsgen-doctor-{}", std::process::id()));
    let tried = files::create_dir_all(&directory).and_then(|()| sandbox::probe_elsewhere(&directory));
    // It holds nothing but empty directories, and what is wrong with it was told already.
    let _ = tree::remove(&directory);
    tried
}

/// The directory, or the nearest parent that is there.
fn nearest_directory(path: &Path) -> PathBuf {
    let there =
        path.ancestors().find(|parent| files::metadata(parent).is_ok_and(|metadata| metadata.is_dir()));
    there.filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}
