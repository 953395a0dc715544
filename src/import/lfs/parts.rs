//! From the commands that a section shows to the phases of a spec.

use std::collections::BTreeMap;

use super::section::{Input, Section};
use crate::diag::Diagnostics;
use crate::import::archives::Material;
use crate::import::expand::UNKNOWN;
use crate::import::phases::{Phases, choice, first_line, left_out, only_looks, outside, settled, unknown};
use crate::model::Phase;

/// The phases of a section, or nothing where it has no commands of its own or they are not known.
pub(super) fn phases(
    section: &Section,
    materials: &BTreeMap<String, Material>,
    told: &mut Diagnostics,
) -> Option<Phases> {
    let mut phases = Phases::default();
    let mut at = Position { reached: Phase::Prepare, last: Phase::Prepare };
    let mut broken = false;
    for input in &section.inputs {
        let read = input.text();
        if read.contains(UNKNOWN) && !input.aside {
            told.push(unknown(input.place));
            broken = true;
            continue;
        }
        if let Some(why) = not_a_command(input, &read) {
            told.push(left_out(input.place, &read, why));
            continue;
        }
        let phase = at.phase(section, input, told);
        if phase == Phase::Check && only_looks(&read) {
            told.push(left_out(
                input.place,
                &read,
                "it shows a person what the tests printed, which is in the log",
            ));
            continue;
        }
        if phase == Phase::Check && at.reached == Phase::Install {
            let message = format!(
                "the book runs `{}` after the installation, and `check` comes before it",
                first_line(&read)
            );
            told.push(choice(input.place, message, "see whether the tests need what was installed"));
        }
        let text = settled(&input.pieces, input.place, &mut phases.options, told);
        let text = text.trim_end().trim_start_matches(['\n', '\r']);
        phases.add(phase, text, materials, input.place, told);
    }
    if broken || (phases.texts.is_empty() && section.product.is_none()) {
        return None;
    }
    phases.carry();
    Some(phases)
}

/// How far a section has come.
struct Position {
    /// The last phase of all so far; tests aside, which may be left out.
    reached: Phase,
    /// The phase of the last part.
    last: Phase,
}

impl Position {
    /// The phase of the next part.
    fn phase(&mut self, section: &Section, input: &Input, told: &mut Diagnostics) -> Phase {
        self.last = match (&section.product, purpose(input, told)) {
            (None, _) => Phase::Install,
            (_, Some(phase)) => phase,
            (_, None) if input.configuration => Phase::Install,
            (_, None) => self.last,
        };
        if self.last == Phase::Check {
            return Phase::Check;
        }
        // The order of the book counts more than what it calls its parts.
        self.reached = self.reached.max(self.last);
        self.reached
    }
}

/// The phase that a part is for, by what the book calls it.
fn purpose(input: &Input, told: &mut Diagnostics) -> Option<Phase> {
    Some(match input.purpose.as_deref()? {
        "pre" => Phase::Prepare,
        "configure" => Phase::Configure,
        "make" => Phase::Build,
        "test" => Phase::Check,
        // Beside the installation there are the system's unit files and the C library's locales.
        "install" | "adjust" | "locale-full" => Phase::Install,
        other => {
            let message = format!("the book says that this is for `{other}`, which is no phase");
            told.push(choice(input.place, message, "see whether it is in the right phase"));
            return None;
        }
    })
}

/// Why a part is not run, if it is not.
fn not_a_command(input: &Input, text: &str) -> Option<&'static str> {
    if input.aside {
        Some("the book does not count it among the commands that are run")
    } else {
        outside(text)
    }
}
