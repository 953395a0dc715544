//! Whether this machine can isolate steps, found out by doing it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Command, HostRoot, HostTop, How, Limits, Output, Overlay, Sandbox, enter_user_namespace};
use crate::host::{files, process, tree};

/// Something that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What, in a few words.
    pub what: &'static str,
    /// Why it failed, with what to do, or nothing where it works.
    pub problem: Option<String>,
}

/// Builds the root of a step that does nothing, in a directory below `state`, and runs the step. Needs a process of its
/// own, with one thread: an ordinary user's process stays in a user namespace afterwards.
pub fn probe(state: &Path) -> Vec<Finding> {
    let user = Finding {
        what: "user namespace",
        problem: enter_user_namespace().err().map(|error| format!("{error:#}")),
    };
    if user.problem.is_some() {
        return vec![user];
    }
    let dir = state.join("tmp").join(format!("probe-{}", std::process::id()));
    let problem = try_step(state, &dir).err().map(|error| format!("{error:#}"));
    // Whatever could not be removed lies among what may vanish at any time.
    let _ = tree::remove(&dir);
    vec![user, Finding { what: "step in a root of layers", problem }]
}

fn try_step(state: &Path, dir: &Path) -> anyhow::Result<()> {
    files::create_dir_all(dir)?;
    let state = tree::canonical(state)?;
    let host = HostRoot::prepare(&state.join("base"), &state)?;
    let root = HostTop { at: PathBuf::new(), lower: vec![host.skeleton] };
    let mut overlays = Vec::new();
    for (index, HostTop { at, lower }) in std::iter::once(root).chain(host.tops).enumerate() {
        let [upper, work] = ["upper", "work"].map(|kind| dir.join(kind).join(index.to_string()));
        files::create_dir_all(&upper)?;
        files::create_dir_all(&work)?;
        overlays.push(Overlay { at, lower, upper, work });
    }
    let mount_point = dir.join("mnt");
    files::create_dir_all(&mount_point)?;
    let sandbox = Sandbox {
        mount_point,
        overlays,
        files: Vec::new(),
        files_dir: None,
        network: false,
        limits: Limits { memory: process::memory(), disk: None },
        command: Command {
            argv: ["/bin/sh", "-c", "touch /usr/.probe && rm /usr/.probe"].map(str::to_owned).to_vec(),
            env: BTreeMap::new(),
            dir: "/".into(),
            user: None,
            timeout: Some(Duration::from_secs(20)),
            opened: None,
        },
    };
    let mut log = files::create(&dir.join("log"))?;
    match sandbox.run(Output::Log(&mut log), |_| {})?.how {
        How::Exited(0) => Ok(()),
        how => {
            let log = files::read(&dir.join("log"))?;
            anyhow::bail!("the step failed ({how:?}): {}", String::from_utf8_lossy(&log).trim())
        }
    }
}
