//! Shows a build while it runs: bars on a terminal, lines elsewhere. All of it goes to standard error.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::follow::Follow;
use super::progress::Progress;
use crate::commands::output::tell;
use crate::journal::{StepFinished, StepStarted};
use crate::layout::Layout;
use crate::model::Phase;
use crate::plan::paths;
use crate::report::status::describe;
use crate::report::text::duration;

/// Steps that are shown at once, below the bar.
const ROWS: usize = 12;

/// Where a build is shown.
pub(super) enum Show {
    /// On a terminal.
    Bars { all: MultiProgress, bar: ProgressBar, rows: Vec<ProgressBar> },
    /// Elsewhere: a line for each step that ends; of one that starts, where that is asked for; and what it prints, likewise.
    Lines { starts: bool, output: Option<Follow> },
    /// Nowhere, but for failures.
    Silent,
}

impl Show {
    /// The way that suits standard error.
    pub(super) fn new(quiet: bool, verbose: u8) -> Self {
        if quiet {
            return Self::Silent;
        }
        if verbose > 0 || !std::io::stderr().is_terminal() {
            return Self::Lines { starts: verbose > 0, output: (verbose > 1).then(Follow::default) };
        }
        let all = MultiProgress::new();
        let style = ProgressStyle::with_template("[{bar:30}] {pos}/{len} steps, {msg}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ");
        let bar = all.add(ProgressBar::new(0).with_style(style));
        Self::Bars { all, bar, rows: Vec::new() }
    }

    /// Says something that stays.
    pub(super) fn say(&self, text: &str) {
        match self {
            // There is nobody to tell where the terminal is gone; `suspend` would panic then.
            Self::Bars { all, .. } => drop(all.println(text.trim_end_matches('\n'))),
            Self::Lines { .. } | Self::Silent => tell(text),
        }
    }

    /// Tells of a step that starts.
    pub(super) fn started(&mut self, step: &StepStarted, at: u64, layout: &Layout) {
        let Self::Lines { starts, output } = self else { return };
        let StepStarted { package, phase, .. } = step;
        if *starts {
            let command = match phase {
                Phase::Fetch => String::new(),
                _ => format!(" ({} {phase})", paths::script(package)),
            };
            tell(&format!("{package}:{phase} starts{command}\n"));
        }
        if let Some(output) = output {
            output.start(layout, package, *phase, at);
        }
    }

    /// Tells of a step that ended.
    pub(super) fn ended(&mut self, step: &StepFinished, progress: &Progress<'_>) {
        if let Self::Lines { output, .. } = self {
            let rest = output.as_mut().map(|output| output.end(&step.package, step.phase));
            tell(&rest.unwrap_or_default());
            let (done, total) = (progress.ended(), progress.total());
            let (name, wall) = (format!("{}:{}", step.package, step.phase), duration(step.usage.wall_ms));
            // What is said of a failure comes with its card.
            let note = step.message.as_ref().filter(|_| step.outcome.is_ok());
            let note = note.map_or_else(String::new, |note| format!("; {note}"));
            tell(&format!("[{done}/{total}] {name} {} in {wall}{note}\n", describe(&step.outcome)));
        }
    }

    /// Shows what runs at this moment.
    pub(super) fn tick(&mut self, progress: &Progress<'_>, now: u64, elapsed: Duration) {
        if let Self::Lines { output: Some(output), .. } = self {
            tell(&output.news());
        }
        let Self::Bars { all, bar, rows } = self else { return };
        bar.set_length(progress.total() as u64);
        bar.set_position(progress.ended() as u64);
        let mut message = duration(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX));
        if progress.failed() > 0 {
            message.push_str(&format!(", {} failed", progress.failed()));
        }
        if let Some(left) = progress.estimate(now).filter(|&left| left > 0) {
            let how = if progress.is_by_sbu() { " by SBUs" } else { "" };
            message.push_str(&format!(", about {} left{how}", duration(left)));
        }
        bar.set_message(message);
        let mut lines: Vec<String> = progress
            .running
            .iter()
            .take(ROWS)
            .map(|((package, phase), started)| {
                let usual = progress.usual(package, *phase);
                let usual = usual.map_or_else(String::new, |ms| format!(" of about {}", duration(ms)));
                format!("  {package}:{phase} {}{usual}", duration(now.saturating_sub(*started)))
            })
            .collect();
        if progress.running.len() > ROWS {
            lines.push(format!("  and {} more", progress.running.len() - ROWS));
        }
        while rows.len() < lines.len() {
            let style =
                ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
            rows.push(all.add(ProgressBar::new(0).with_style(style)));
        }
        rows.drain(lines.len()..).for_each(|row| {
            row.finish_and_clear();
            all.remove(&row);
        });
        rows.iter().zip(lines).for_each(|(row, line)| row.set_message(line));
    }

    /// Takes the bars away.
    pub(super) fn finish(self) {
        if let Self::Bars { all, bar, rows } = self {
            rows.iter().chain([&bar]).for_each(ProgressBar::finish_and_clear);
            // There is nobody to tell where the terminal is gone.
            let _ = all.clear();
        }
    }
}
