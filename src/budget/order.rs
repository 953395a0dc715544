//! Who goes first, as a small file that each step reads: a line a step, the most urgent first.
//!
//! `lfsgen build` knows times and writes it; a step of a plain ninja finds what the last build wrote.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;

use crate::host::files;
use crate::model::{PackageName, Phase};

/// Ranks of steps that the file does not know begin here.
const UNKNOWN: u32 = 1 << 24;

/// The steps in the order in which they should start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// Each step, with the peak memory of its largest process in KiB; 0 where that is not known.
    pub steps: Vec<(PackageName, Phase, u64)>,
}

/// What the file says of one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// How many steps go before it.
    pub rank: u32,
    /// The peak memory of its largest process, in bytes, if that is known.
    pub memory: Option<u64>,
}

impl Order {
    /// Writes the file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let mut text = String::new();
        for (package, phase, kib) in &self.steps {
            writeln!(text, "{package} {phase} {kib}")?;
        }
        files::write_atomic(path, text.as_bytes())
    }
}

impl Place {
    /// What the file says of a step. One that it does not know goes after all others; of those, the one with fewer packages
    /// in its root goes first, for more will wait for it.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn find(path: &Path, package: &PackageName, phase: Phase, layers: usize) -> Result<Self> {
        let bytes = files::read_if_exists(path)?.unwrap_or_default();
        let start = format!("{package} {phase} ").into_bytes();
        // What is behind the last line end was cut off by a lost machine.
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(&[][..], |end| &bytes[..end]);
        let found = whole.split(|&byte| byte == b'\n').enumerate().find(|(_, line)| line.starts_with(&start));
        Ok(match found {
            Some((line, text)) => {
                let kib =
                    std::str::from_utf8(&text[start.len()..]).ok().and_then(|kib| kib.parse::<u64>().ok());
                let memory = kib.filter(|&kib| kib > 0).map(|kib| kib.saturating_mul(1024));
                Self { rank: u32::try_from(line).unwrap_or(u32::MAX).min(UNKNOWN - 1), memory }
            }
            None => Self { rank: unknown(package, phase, layers), memory: None },
        })
    }
}

/// The rank of a step of which nothing is known but its package. Two steps seldom have the same.
fn unknown(package: &PackageName, phase: Phase, layers: usize) -> u32 {
    let layers = u32::try_from(layers).unwrap_or(u32::MAX).min(0xFFFF);
    // FNV-1a, folded: the order of names says nothing of the order of packages.
    let text = package.as_str().bytes().chain(phase.name().bytes());
    let hash = text.fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    UNKNOWN + (layers << 13) + ((hash ^ (hash >> 16)) & 0x1FFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_cut_off_anywhere_says_of_a_step_what_it_said_or_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("order");
        let steps = ["zlib", "xz"].map(|name| (PackageName::new(name).unwrap(), Phase::Build, 12_345));
        Order { steps: steps.to_vec() }.write(&path).unwrap();
        let whole = files::read(&path).unwrap();
        for length in 0..=whole.len() {
            files::write_atomic(&path, &whole[..length]).unwrap();
            for (rank, (package, phase, kib)) in (0..).zip(&steps) {
                let place = Place::find(&path, package, *phase, 0).unwrap();
                let said = Place { rank, memory: Some(kib * 1024) };
                assert!(
                    place == said || place.rank >= UNKNOWN && place.memory.is_none(),
                    "{length} bytes: {place:?}"
                );
            }
        }
    }
}
