//! Shows fetches to a person: bars on a terminal, plain lines elsewhere.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{HumanBytes, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Event, Watch};

/// One line for everything that is worth a line, such as in a log.
#[derive(Debug)]
pub struct Lines<W>(Mutex<W>);

impl Lines<io::Stderr> {
    /// Lines on standard error.
    pub fn stderr() -> Self {
        Self::new(io::stderr())
    }
}

impl<W: Write> Lines<W> {
    /// Lines into something.
    pub fn new(to: W) -> Self {
        Self(Mutex::new(to))
    }
}

impl<W: Write + Send> Watch for Lines<W> {
    fn event(&self, name: &str, event: Event<'_>) {
        if let Some(line) = line(name, &event) {
            let mut to = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Nobody can be told that telling failed.
            let _ = writeln!(to, "{line}");
        }
    }
}

/// An event in words, if it is worth a line.
fn line(name: &str, event: &Event<'_>) -> Option<String> {
    Some(match event {
        Event::Present { bytes } => format!("{name}: already there ({})", HumanBytes(*bytes)),
        Event::Discarded { path } => format!("{name}: `{}` had other bytes and was removed", path.display()),
        Event::Waiting => format!("{name}: another process is fetching it, waiting"),
        Event::Trying { place } => format!("{name}: from {place}"),
        Event::Size { present: 0, .. } | Event::Received { .. } | Event::GaveUp => return None,
        Event::Size { present, .. } => format!("{name}: going on after {}", HumanBytes(*present)),
        Event::Again { pause } => format!("{name}: again in {:.1} s", pause.as_secs_f32()),
        Event::Failed { place, reason } => format!("{name}: {reason} ({place})"),
        Event::NotShared { error } => format!("{name}: not put into the shared cache: {error:#}"),
        Event::Done { bytes, .. } => format!("{name}: fetched ({})", HumanBytes(*bytes)),
    })
}

/// A bar for each download under way, and one for all of them.
#[derive(Debug)]
pub struct Bars {
    screen: MultiProgress,
    all: ProgressBar,
    running: Mutex<BTreeMap<String, ProgressBar>>,
}

impl Bars {
    /// Bars on standard error for so many sources.
    pub fn new(sources: usize) -> Self {
        let screen = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let all =
            ProgressBar::new(sources as u64).with_style(style("{pos}/{len} sources  {wide_bar}  {elapsed}"));
        let all = screen.add(all);
        all.enable_steady_tick(Duration::from_millis(200));
        Self { screen, all, running: Mutex::default() }
    }

    /// Removes the bars.
    pub fn finish(&self) {
        self.all.finish_and_clear();
    }

    fn with_bar(&self, name: &str, change: impl FnOnce(&ProgressBar)) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = running.entry(name.to_owned()).or_insert_with(|| {
            let bar = ProgressBar::no_length()
                .with_style(style("  {prefix:36!} {wide_msg}"))
                .with_prefix(name.to_owned());
            self.screen.insert_before(&self.all, bar)
        });
        change(bar);
    }

    fn end(&self, name: &str) {
        let bar = self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        self.all.inc(1);
    }

    /// Writes a line above the bars.
    fn say(&self, name: &str, event: &Event<'_>) {
        if let Some(line) = line(name, event) {
            // Nobody can be told that telling failed.
            let _ = self.screen.println(line);
        }
    }
}

impl Watch for Bars {
    fn event(&self, name: &str, event: Event<'_>) {
        match event {
            Event::Trying { place } => self.with_bar(name, |bar| {
                bar.unset_length();
                bar.set_style(style("  {prefix:36!} {wide_msg}"));
                bar.set_message(place.to_owned());
            }),
            Event::Size { present, total } => self.with_bar(name, |bar| {
                if let Some(total) = total {
                    bar.set_length(total);
                    bar.set_style(style("  {prefix:36!} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec}"));
                } else {
                    bar.set_style(style("  {prefix:36!} {bytes} {bytes_per_sec}"));
                }
                bar.set_position(present);
                bar.reset_eta();
            }),
            Event::Received { bytes } => self.with_bar(name, |bar| bar.inc(bytes)),
            Event::Waiting => self.with_bar(name, |bar| bar.set_message("another process is fetching it")),
            Event::Present { .. } | Event::GaveUp => self.end(name),
            Event::Done { .. } => {
                self.say(name, &event);
                self.end(name);
            }
            Event::Discarded { .. }
            | Event::Again { .. }
            | Event::Failed { .. }
            | Event::NotShared { .. } => {
                self.say(name, &event);
            }
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    // The templates are fixed text; the default style is what a mistake in one would look like.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_understood() {
        let text = include_str!("show.rs");
        let templates: Vec<_> =
            text.split("style(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(templates.len() >= 4, "{templates:?}");
        for template in templates {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }

    #[test]
    fn lines_tell_of_what_matters_and_not_of_every_byte() {
        let lines = Lines::new(Vec::new());
        lines.event("x", Event::Trying { place: "https://a/x" });
        lines.event("x", Event::Size { present: 0, total: None });
        lines.event("x", Event::Received { bytes: 10 });
        lines.event("x", Event::Done { bytes: 2048, from: "https://a/x" });
        let text = String::from_utf8(lines.0.into_inner().unwrap()).unwrap();
        assert_eq!(text, "x: from https://a/x\nx: fetched (2.00 KiB)\n");
    }
}
