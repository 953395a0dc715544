//! Which phases may run jobs of which a job server knows nothing.
//!
//! GNU make, cargo, and ninja from 1.13 on take their jobs from a job server. Others are told a number, and then that many
//! jobs must be kept for them as long as the step lasts.

use std::collections::BTreeMap;

use super::file::OwnJobs;
use crate::model::{BuildSystem, Phase};
use crate::recipe::{PhaseBody, Piece, Recipe};

/// Programs that know no job server, whatever their version.
const ALWAYS: [&str; 5] = ["samu", "scons", "waf", "muon", "b2"];

/// Ninja.
const NINJA: [&str; 2] = ["ninja", "ninja-build"];

/// Programs that start ninja, but where they only set up a build.
const STARTERS: [&str; 2] = ["meson", "cmake"];

/// What a text asks for where it wants a number of jobs.
pub const NUMBERS: [&str; 2] = ["jobs", "LFSGEN_JOBS"];

/// The phases of a package with jobs of their own.
pub(super) fn own(system: BuildSystem, recipe: &Recipe) -> BTreeMap<Phase, OwnJobs> {
    let own = recipe.phases.iter().filter_map(|body| Some((body.phase, of_phase(system, body)?)));
    own.collect()
}

fn of_phase(system: BuildSystem, body: &PhaseBody) -> Option<OwnJobs> {
    let written: Vec<&str> =
        body.pieces.iter().filter(|piece| matches!(piece, Piece::User(..))).map(Piece::text).collect();
    let mentions =
        |words: &[&str]| written.iter().flat_map(|text| self::words(text)).any(|word| words.contains(&word));
    let asks = written.iter().flat_map(|text| parameters(text)).any(|name| NUMBERS.contains(&name));
    let tests = body.phase == Phase::Check && mentions(&["meson"]);
    if asks || tests || mentions(&ALWAYS) {
        return Some(OwnJobs::Always);
    }
    let by_system = matches!(system, BuildSystem::Cmake | BuildSystem::Meson)
        && matches!(body.phase, Phase::Build | Phase::Install);
    let starts = body.phase != Phase::Configure && mentions(&STARTERS);
    (by_system || starts || mentions(&NINJA)).then_some(OwnJobs::Ninja)
}

/// The last part of everything that could be the name of a program.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || "_-+./".contains(c);
    text.split(move |c| !is_part(c)).map(|word| word.rsplit('/').next().unwrap_or(word))
}

/// The names after `$` and `${`.
fn parameters(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').skip(1).map(|rest| {
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::text;
    use crate::recipe::Slot;

    fn of(system: BuildSystem, phase: Phase, written: &str) -> Option<OwnJobs> {
        of_phase(system, &PhaseBody { phase, pieces: vec![Piece::User(Slot::Replace, text(written))] })
    }

    #[test]
    fn a_text_that_asks_for_the_number_of_jobs_keeps_them() {
        for written in ["xz -T\"$jobs\" x", "make -j${jobs}", "ctest -j ${LFSGEN_JOBS:-1}"] {
            assert_eq!(of(BuildSystem::Autotools, Phase::Build, written), Some(OwnJobs::Always), "{written}");
        }
        assert_eq!(of(BuildSystem::Autotools, Phase::Build, "make; echo jobs \"$jobs_done\""), None);
    }

    #[test]
    fn programs_without_a_job_server_keep_theirs_and_ninja_may() {
        let of_text = |written| of(BuildSystem::Custom, Phase::Build, written);
        assert_eq!(of_text("./waf build"), Some(OwnJobs::Always));
        assert_eq!(of_text("cd x && samu"), Some(OwnJobs::Always));
        assert_eq!(of_text("/usr/bin/ninja all"), Some(OwnJobs::Ninja));
        assert_eq!(of_text("cmake --build ."), Some(OwnJobs::Ninja));
        assert_eq!(of_text("echo ninjas"), None);
        assert_eq!(of(BuildSystem::Custom, Phase::Check, "meson test"), Some(OwnJobs::Always));
    }

    #[test]
    fn cmake_and_meson_build_and_install_with_ninja() {
        let phases = |system| {
            Phase::SCRIPTED.into_iter().filter(move |&phase| {
                let body = PhaseBody { phase, pieces: vec![Piece::Template("x".into())] };
                of_phase(system, &body) == Some(OwnJobs::Ninja)
            })
        };
        assert_eq!(phases(BuildSystem::Cmake).collect::<Vec<_>>(), [Phase::Build, Phase::Install]);
        assert_eq!(phases(BuildSystem::Autotools).count(), 0);
    }
}
