//! A clean root for one command: namespaces, a root made of layers, and a first process that reaps.
//!
//! [`Sandbox::run`] clones a process into new mount, PID, IPC, UTS and (unless it may use it) network namespaces. That
//! process puts the root together, moves into it with pivot_root(2), starts the command and reaps whatever ends; when it
//! leaves, the kernel ends everything that the command left behind and drops every mount. So nothing has to be
//! cleaned up, however this program ends.
//!
//! This module does not know what a package or a phase is: it is given directories and a command.

mod callers;
mod capabilities;
mod causes;
mod clock;
mod confined;
mod devices;
mod facts;
mod filter;
mod host_closed;
mod host_own;
mod host_root;
mod init;
mod limits;
mod loopback;
mod memfds;
mod moments;
mod mounts;
mod nodes;
mod of_this_run;
mod owners;
mod probe;
mod processes;
mod reach;
mod refused;
mod registers;
mod report;
mod set_back;
mod settle;
mod supervise;
mod time_limit;
mod user;
mod vdso;
mod watch;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

pub use confined::Confined;
pub use host_root::{HostRoot, HostTop, composed_skeleton, refuse_inside_host, shows};
pub use limits::Limits;
pub use probe::{ASKED, Finding, Problem, probe, probe_elsewhere, why_not};
pub use supervise::{Ended, How, Output, Stop};
pub use user::{end_with_parent, enter_user_namespace, is_root};

/// The name of every root's machine: nothing that a package builds may depend on the real one.
pub const HOST_NAME: &str = "lfsgen";

/// The oldest Linux whose layers will do. Overlays of an ordinary user came with it, and the option `userxattr`, with which root
/// mounts its own as well (commit 2d2f2d7322ff; the kernel's Documentation/filesystems/overlayfs.rst).
pub const OLDEST_KERNEL: (u32, u32) = (5, 11);

/// A command and the root that it sees.
#[derive(Debug, Clone)]
pub struct Sandbox {
    /// An empty directory on which the root is mounted, in a namespace of its own.
    pub mount_point: PathBuf,
    /// The first is the root's `/`; later ones lie on directories of earlier ones.
    pub overlays: Vec<Overlay>,
    /// Single files that the command can read and not write.
    pub files: Vec<BoundFile>,
    /// A directory of the root that holds nothing but some of `files`.
    pub files_dir: Option<PathBuf>,
    /// Whether the host's network is reachable. Else there is only a loopback device.
    pub network: bool,
    /// How much of the machine the command may use.
    pub limits: Limits,
    /// By how many seconds its clock is ahead of the machine's, where it has one of its own.
    pub clock_ahead: Option<u32>,
    /// What runs.
    pub command: Command,
}

/// Layers that look like one directory (the kernel's Documentation/filesystems/overlayfs.rst).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlay {
    /// Where it lies in the root; empty for the root itself.
    pub at: PathBuf,
    /// Directories that are only read, the uppermost first. Never empty.
    pub lower: Vec<PathBuf>,
    /// The directory that is written to.
    pub upper: PathBuf,
    /// An empty directory on the file system of `upper`, for the kernel.
    pub work: PathBuf,
}

/// A file of the host in a root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundFile {
    /// The host's file.
    pub from: PathBuf,
    /// An absolute path in the root.
    pub at: PathBuf,
}

/// What runs in a root.
#[derive(Debug, Clone)]
pub struct Command {
    /// The program's absolute path in the root, then its arguments.
    pub argv: Vec<String>,
    /// The whole environment.
    pub env: BTreeMap<String, String>,
    /// The working directory in the root. It belongs to `user`.
    pub dir: PathBuf,
    /// The user and group who run it; user 0 of the root unless given.
    pub user: Option<(u32, u32)>,
    /// How long it may take.
    pub timeout: Option<Duration>,
    /// A file of the root that it has open for reading and writing under this number.
    pub opened: Option<(PathBuf, i32)>,
}
