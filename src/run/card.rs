//! What a person sees of a step that failed.
//!
//! The runner writes it beside the log, for it alone can look into the build tree; `lfsgen build` shows it from there.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::left::Left;
use super::provider::{How, Provider};
use crate::diagnose::{self, BuildTree, Diagnosis, End, Facts, Kind, Line, Own};
use crate::host::files;
use crate::journal::{Outcome, StepFinished};
use crate::layout::Layout;
use crate::model::{Digest, Limited, Over, PackageName, Phase};
use crate::plan::file::StepFile;
use crate::store::Missing;

/// The version of a card's shape on the disk.
const VERSION: u32 = 1;

/// A failure, as far as it can be told from what the step left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    lfsgen: u32,
    package: PackageName,
    phase: Phase,
    /// Whose failure: a card of another attempt is not shown.
    key: Digest,
    outcome: Outcome,
    /// How it ended, as a fragment after "the step".
    how: String,
    /// The script's command that failed, as it is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    command: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    diagnosis: Option<Diagnosis>,
    /// Packages that have what was missing, the surest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) providers: Vec<Provider>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    missing: Vec<Missing>,
    /// What is said of a step that had no root of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on_machine: Option<String>,
    /// What came of an attempt with one job, where this is the card of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) alone: Option<String>,
    /// Where the log of the attempt before that one is.
    #[serde(skip)]
    first_log: Option<PathBuf>,
    /// Where the log is, if there is one.
    #[serde(skip)]
    log: Option<PathBuf>,
}

impl Card {
    /// The card of a command that failed, with what its log and its build tree say. The layers are those in which the
    /// build tree lies, the uppermost first.
    pub(super) fn of_command<'a>(
        log: &Path,
        package: &PackageName,
        step: &StepFile,
        outcome: &Outcome,
        layers: impl IntoIterator<Item = &'a Path>,
    ) -> Self {
        let card = Self::of_finding(package, step, outcome, how(outcome), Vec::new());
        // That the log cannot be read must not hide how the command ended.
        card.clone().with_log(log, &Left::new(layers)).unwrap_or(card)
    }

    /// The card of something that lfsgen itself found wrong.
    pub(super) fn of_finding(
        package: &PackageName,
        step: &StepFile,
        outcome: &Outcome,
        how: String,
        missing: Vec<Missing>,
    ) -> Self {
        Self {
            lfsgen: VERSION,
            package: package.clone(),
            phase: step.phase,
            key: step.key,
            outcome: outcome.clone(),
            how,
            command: None,
            diagnosis: None,
            providers: Vec::new(),
            missing,
            on_machine: None,
            alone: None,
            first_log: None,
            log: None,
        }
    }

    /// The same, with the command that failed, where that is known.
    pub(super) fn of(self, command: Option<String>) -> Self {
        Self { command, ..self }
    }

    /// The same, of a step that had no root of its own, which is said so.
    pub(super) fn on_machine(self, said: &str) -> Self {
        Self { on_machine: Some(said.to_owned()), ..self }
    }

    /// The same, of an attempt with one job: it names the log of the one with several.
    pub(super) fn with_first_log(self, layout: &Layout) -> Self {
        let first_log = self.alone.as_ref().map(|_| layout.log_of_several_jobs(&self.package, self.phase));
        Self { first_log, ..self }
    }

    pub(super) fn diagnosis(&self) -> Option<&Diagnosis> {
        self.diagnosis.as_ref()
    }

    /// Adds what to do.
    pub(super) fn advise(&mut self, advice: &str) {
        self.diagnosis.iter_mut().for_each(|found| found.advice.push(advice.to_owned()));
    }

    /// Takes back what the log alone gave as advice, where that was of this kind.
    pub(super) fn take_back_advice(&mut self, of: Kind) {
        self.diagnosis.iter_mut().filter(|found| found.kind == of).for_each(|found| found.advice.clear());
    }

    fn with_log(self, log: &Path, tree: &dyn BuildTree) -> Result<Self> {
        let facts = Facts { phase: self.phase, end: end(&self.outcome) };
        let diagnosis = diagnose::diagnose(&facts, files::open(log)?, tree)?;
        Ok(Self { diagnosis: Some(diagnosis), log: Some(log.to_owned()), ..self })
    }

    /// Writes it beside the log, where [`Card::of_event`] finds it.
    pub(super) fn write(&self, layout: &Layout) -> Result<()> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        files::write_atomic(&layout.card(&self.package, self.phase), &json)
    }

    /// The card of a step that the journal says has failed: the one that the step wrote; or, where it could not, what the
    /// log alone says.
    pub fn of_event(step: &StepFinished, layout: &Layout) -> Self {
        let StepFinished { package, phase, key, outcome, log, message, .. } = step;
        let written = files::read(&layout.card(package, *phase)).ok();
        let written = written.and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        let log = log.as_ref().map(|log| layout.named(log));
        if let Some(card) = written
            && card.lfsgen == VERSION
            && (&card.key, &card.outcome) == (key, outcome)
        {
            return Self { log, ..card }.with_first_log(layout);
        }
        let said = message.clone().unwrap_or_else(|| how(outcome));
        let step = StepFile { phase: *phase, key: *key, own: *key };
        let card = Self::of_finding(package, &step, outcome, said, Vec::new());
        let of_command = card.how.starts_with(&how(outcome));
        match card.clone().with_log(&layout.log(package, *phase), &Left::new([])) {
            Ok(card) if of_command => Self { how: how(outcome), ..card },
            // What lfsgen itself found wrong is not in the log of the command, which may have ended well.
            _ => Self { log, ..card },
        }
    }

    /// What failed, in a line.
    pub fn message(&self) -> String {
        if let Some(Line { text, .. }) = self.diagnosis.as_ref().and_then(|found| found.cause.as_ref()) {
            return format!("{}: {text}", self.how);
        }
        let how = self.how.lines().next().unwrap_or_default();
        let missing: Vec<_> = self.missing.iter().map(|missing| missing.path.to_string()).collect();
        if missing.is_empty() { how.to_owned() } else { format!("{how}: {}", missing.join(", ")) }
    }
}

impl fmt::Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            package,
            phase,
            how,
            command,
            diagnosis,
            providers,
            missing,
            on_machine,
            alone,
            first_log,
            log,
            outcome,
            ..
        } = self;
        writeln!(f, "FAILED: {phase} of {package}: {how}")?;
        if let Some(command) = command {
            writeln!(f, "  command: {command}")?;
        }
        for Missing { path, near } in missing {
            write!(f, "  missing: {path}")?;
            match near.as_slice() {
                [] => writeln!(f)?,
                near => writeln!(f, " (there is `{}`)", near.join("`, `"))?,
            }
        }
        if let Some(found) = diagnosis {
            show(f, found, providers)?;
        }
        if let Some(said) = on_machine {
            writeln!(f, "  {said}")?;
            writeln!(
                f,
                "         it could write to its build tree and, while it installed, to `$DESTDIR`, and nowhere else"
            )?;
        }
        if let Some(alone) = alone {
            writeln!(f, "  once more: {alone}")?;
        }
        if let Some(log) = first_log {
            writeln!(f, "  first log: {}", log.display())?;
        }
        if let Some(log) = log {
            writeln!(f, "  whole log: {}", log.display())?;
            // A shell in a root that cannot be made, or has nothing to run, would fail just so.
            let has_root = *phase != Phase::Fetch && on_machine.is_none() && *outcome != Outcome::Errored;
            if has_root {
                writeln!(f, "  look inside: lfsgen shell {package}:{phase} --after")?;
            }
            if *phase == Phase::Build && on_machine.is_none() && matches!(outcome, Outcome::Failed { .. }) {
                writeln!(f, "  go on in the tree that it left: lfsgen build --continue {package}")?;
            }
        }
        Ok(())
    }
}

fn show(f: &mut fmt::Formatter<'_>, found: &Diagnosis, providers: &[Provider]) -> fmt::Result {
    let Diagnosis { says, advice, cause, around, own, .. } = found;
    if let Some(Line { number, text }) = cause {
        writeln!(f, "  cause: {text}\n         (line {number} of the log)")?;
    }
    if !says.is_empty() {
        writeln!(f, "  means: {says}")?;
    }
    for Provider { package, how, advice } in providers {
        let known = match how {
            How::Has { path } => format!("`{package}` has {path}"),
            How::Expects { path } => format!("`{package}`, which is not built, expects to have {path}"),
            How::Named => format!("perhaps `{package}`, going by its name"),
        };
        writeln!(f, "  from:  {known}")?;
        writeln!(f, "         {advice}")?;
    }
    for advice in advice {
        writeln!(f, "  try:   {advice}")?;
    }
    if let Some(Own { file, lines }) = own {
        writeln!(f, "  of its own log, {file}:")?;
        lines.iter().try_for_each(|Line { text, .. }| writeln!(f, "  | {text}"))?;
    }
    let at = cause.as_ref().map(|cause| cause.number);
    match (at, around.as_slice()) {
        (_, []) => {}
        (None, _) => writeln!(f, "  last lines:")?,
        (Some(_), [first, .., last]) => {
            writeln!(f, "  lines {} to {} of the log:", first.number, last.number)?;
        }
        // One line, which was shown.
        (Some(_), [_]) => return Ok(()),
    }
    around.iter().try_for_each(|Line { number, text }| {
        let mark = if at == Some(*number) { '>' } else { '|' };
        writeln!(f, "  {mark} {text}")
    })
}

fn how(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Failed { status } => format!("exit status {status}"),
        Outcome::Killed { signal: 9 } => "killed by signal 9, perhaps for want of memory".to_owned(),
        Outcome::Killed { signal } => format!("killed by signal {signal}"),
        Outcome::TimedOut { seconds } => format!("took longer than its limit of {seconds} s"),
        Outcome::OverLimit(over) => over.to_string(),
        other => other.name().to_owned(),
    }
}

fn end(outcome: &Outcome) -> End {
    match outcome {
        Outcome::Failed { status } => End::Exited(*status),
        Outcome::Killed { signal } => End::Signalled(*signal),
        Outcome::TimedOut { seconds } => End::TimedOut(*seconds),
        Outcome::OverLimit(Over { of: Limited::Room, .. }) => End::DiskFull,
        _ => End::Exited(1),
    }
}
