//! A scripted step in a root of its own: the root and the command.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use super::attempt::Ran;
use super::failing::{self, Listener};
use super::fallback::{self, Way};
use super::root::{self, Root};
use super::runner::Runner;
use super::script::Script;
use super::share::{Server, Share};
use super::{BUILDER, environment, limits};
use crate::host::files;
use crate::layout::guest;
use crate::model::{Phase, RootKind};
use crate::plan::file::StepFile;
use crate::sandbox::{self, BoundFile, Command, HostRoot, Output, Sandbox};
use crate::store::trash;

/// A phase's command, and who serves it while it runs.
pub(super) struct Offered {
    pub(super) sandbox: Sandbox,
    /// Of its jobs.
    pub(super) server: Server,
    /// Of the command of its script that fails.
    pub(super) failing: Listener,
}

impl Runner {
    /// Makes sure that this process can isolate a phase.
    pub(super) fn make_ready(&self) -> Result<()> {
        let mode = self.package.stage.sandbox;
        fallback::refuse_off(mode)?;
        match &self.way {
            Way::Isolated => sandbox::enter_user_namespace()?,
            Way::OnMachine(why) => self.refuse_what_needs_a_root(why)?,
        }
        sandbox::end_with_parent()
    }

    /// Fetches what is missing of a package's sources.
    pub(super) fn bring_sources(&self) -> Result<()> {
        self.sources().fetch(&mut std::io::sink()).map_err(|error| anyhow::anyhow!("{error}"))
    }

    /// Has all that takes long and comes before a phase's root done, and a signal heard meanwhile.
    pub(super) fn prepare(&mut self, step: &StepFile) -> Result<()> {
        if !self.sources().are_there() {
            self.watched(step, Duration::ZERO, |runner| runner.bring_sources())??;
        }
        self.make_ready()?;
        let is_first = self.earlier(step.phase).next().is_none();
        if is_first && !self.package.sources.is_empty() {
            // The phase that unpacks them; others see what it made of them.
            self.watched(step, Duration::ZERO, |runner| runner.sources().verify())??;
        }
        let base = self.layout.base();
        if self.way == Way::Isolated
            && self.package.stage.root == RootKind::Host
            && !HostRoot::is_prepared(&base)?
        {
            let state = self.layout.root().to_owned();
            self.watched(step, Duration::ZERO, |_| HostRoot::prepare(&base, &state))??;
        }
        Ok(())
    }

    /// The root of a phase over the trees of the layers below it, the uppermost first. What it writes goes to `attempt`,
    /// which is emptied.
    pub(super) fn compose(&self, phase: Phase, earlier: &[PathBuf], attempt: &Path) -> Result<Root> {
        // It may be large, and this process hears no signal now.
        trash::put(&self.layout, attempt)?;
        files::create_dir_all(attempt)?;
        self.compose_over(phase, earlier, attempt)
    }

    /// The same, with what an attempt has in it already.
    pub(super) fn compose_over(&self, phase: Phase, earlier: &[PathBuf], attempt: &Path) -> Result<Root> {
        let builder = root::needs_builder(&self.package, self.real_root);
        root::compose(&self.layout, &self.package, phase, earlier, attempt, builder)
    }

    /// The sandbox of a phase: its root, its files and its command.
    pub(super) fn sandbox(&self, phase: Phase, root: &Root) -> Result<Sandbox> {
        let script = Script::find(&self.output, &self.package)?;
        let mut files = self.sources().in_root()?;
        files.push(BoundFile { from: script.path.clone(), at: guest::SCRIPT.into() });
        let mount_point = self.layout.mount_point();
        files::create_dir_all(&mount_point)?;
        Ok(Sandbox {
            mount_point,
            overlays: root.overlays.clone(),
            files,
            files_dir: Some(guest::SOURCES.into()),
            network: self.package.stage.network,
            limits: limits::of(&self.package.limits),
            clock_ahead: self.clock_ahead,
            command: Command {
                argv: script.argv(phase),
                env: environment::environment(&self.package),
                dir: guest::WORK.into(),
                user: root::needs_builder(&self.package, self.real_root).then_some(BUILDER),
                timeout: self.package.limits.timeout.map(Duration::from_secs),
                opened: None,
            },
        })
    }

    /// Runs a phase in a root of its own, over the trees of the layers below it, the uppermost first.
    pub(super) fn run_isolated(
        &mut self,
        step: &StepFile,
        share: &mut Share,
        earlier: &[PathBuf],
        spent: Duration,
    ) -> Result<Ran> {
        let (root, kept) = self.root_to_run_in(step, earlier)?;
        let Offered { sandbox, server, failing } = self.offer(step.phase, share, &root, spent)?;
        let several_jobs = !matches!(server, Server::Nobody);
        let mut log = self.start_log(step.phase)?;
        let ended = sandbox.run(Output::Log(&mut log), |stop| server.serve(&self.layout, stop))?;
        Ok(Ran { root, kept, ended, several_jobs, failing })
    }

    /// The sandbox of a phase that runs for its result, and who serves it. So much of its time limit is spent.
    pub(super) fn offer(
        &self,
        phase: Phase,
        share: &mut Share,
        root: &Root,
        spent: Duration,
    ) -> Result<Offered> {
        let mut sandbox = self.sandbox(phase, root)?;
        sandbox.command.timeout = sandbox.command.timeout.map(|limit| limit.saturating_sub(spent));
        let server = share.offer(&self.package, phase, root, &mut sandbox)?;
        let failing = failing::listen(root, &mut sandbox)?;
        Ok(Offered { sandbox, server, failing })
    }
}
