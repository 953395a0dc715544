//! The file of locks: what is free, and how it is taken.
//!
//! Every slot, and every unit of memory, is one byte of a file that has no content; whoever holds the lock on a byte has
//! what it stands for. The kernel drops locks with the process, so that nothing can be lost. Whoever takes something
//! first takes the gate, for a moment, so that two never take halves of what both need.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::host::{clock, files, raw};

/// One byte of the memory's region stands for so many bytes.
pub const UNIT: u64 = 64 << 20;

/// How long another one holds the gate, with much to spare.
pub(super) const MOMENT: Duration = Duration::from_micros(200);

/// Whoever has this byte looks at what is free and takes it; nobody else takes anything meanwhile.
const GATE: u64 = 0;
/// A region has room for 2^32 bytes.
const REGION: u64 = 1 << 32;
const SLOTS: u64 = REGION;
const MEMORY: u64 = 2 * REGION;
/// Memory that somebody waits for: others leave as many bytes at the start of the memory's region alone.
const EARMARK: u64 = 3 * REGION;
/// Brokers without a token.
const HUNGRY: u64 = 4 * REGION;
/// Steps that wait for a slot, by their rank.
const QUEUE: u64 = 5 * REGION;

/// The most slots of a budget: each that is free is looked at, and no machine runs so many jobs.
pub const MOST_SLOTS: u32 = 1 << 16;

/// The budget of a project, as one process sees it.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    /// Holds nothing but, for a moment, the gate: so it sees every lock of this process too.
    probe: File,
    slots: u64,
    memory: u64,
}

/// What a step or a job needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// Those of a lower rank go first. Steps that wait at the same time have different ones.
    pub rank: u32,
    /// The most slots that it can use; it gets what is free, at least one.
    pub slots: u32,
    /// Bytes of memory with one slot. More than there is means all of it.
    pub memory: u64,
    /// Bytes of memory for each further slot.
    pub more: u64,
}

/// Slots and memory, for as long as this lives.
#[derive(Debug)]
pub struct Held {
    _locks: File,
    /// How many slots.
    pub slots: u32,
}

/// What came of an attempt to take something.
#[derive(Debug)]
pub(super) enum Taken {
    Yes(Held),
    /// Somebody else takes something just now.
    Busy,
    /// Somebody of a lower rank waits.
    Later,
    NoSlot,
    NoMemory,
}

impl Ledger {
    /// Opens the file of locks, and makes it where it is absent. There are `slots` slots, up to [`MOST_SLOTS`], and
    /// `memory` bytes.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn open(path: &Path, slots: u32, memory: u64) -> Result<Self> {
        let probe = files::open_append(path)?;
        let (slots, memory) = (u64::from(slots.clamp(1, MOST_SLOTS)), (memory / UNIT).clamp(1, REGION));
        Ok(Self { path: path.to_owned(), probe, slots, memory })
    }

    /// The same budget, for another thread.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn reopen(&self) -> Result<Self> {
        Ok(Self { path: self.path.clone(), probe: self.separate()?, ..*self })
    }

    /// Takes what is free of so many slots, with so many bytes of memory for each, unless somebody waits.
    ///
    /// # Errors
    /// The file of locks cannot be opened or locked.
    pub fn take_free(&self, slots: u32, memory: u64) -> Result<Option<Held>> {
        loop {
            match self.take(&Need { rank: u32::MAX, slots, memory, more: memory }, None)? {
                Taken::Yes(held) => return Ok(Some(held)),
                Taken::Busy => clock::sleep(MOMENT),
                Taken::Later | Taken::NoSlot | Taken::NoMemory => return Ok(None),
            }
        }
    }

    /// A file whose locks are apart from all others of this process.
    pub(super) fn separate(&self) -> Result<File> {
        files::open_append(&self.path)
    }

    /// How many slots there are.
    pub fn slots(&self) -> u32 {
        u32::try_from(self.slots).unwrap_or(u32::MAX)
    }

    /// Takes what is needed, if it is free and nobody of a lower rank waits. `mark` has what the caller has marked while
    /// it waits.
    pub(super) fn take(&self, need: &Need, mark: Option<&File>) -> Result<Taken> {
        if self.somebody_waits_before(need.rank)? {
            return Ok(Taken::Later);
        }
        let Some(_gate) = self.gate()? else { return Ok(Taken::Busy) };
        let Some(mut memory) = self.free_memory(need.memory, mark)? else { return Ok(Taken::NoMemory) };
        let mut free: Vec<u64> = self.free(SLOTS..SLOTS + self.slots)?.into_iter().flatten().collect();
        if free.is_empty() {
            return Ok(Taken::NoSlot);
        }
        let mut count = 1;
        if need.slots > 1 {
            let most = free.len().min(usize::try_from(need.slots).unwrap_or(usize::MAX));
            for slots in (2..=most).rev() {
                let bytes = need.memory.saturating_add(need.more.saturating_mul(slots as u64 - 1));
                if let Some(all) = self.free_memory(bytes, mark)? {
                    (count, memory) = (slots, all);
                    break;
                }
            }
        }
        free.truncate(count);
        let locks = self.separate()?;
        let slots = u32::try_from(free.len()).unwrap_or(u32::MAX);
        for bytes in free.into_iter().map(|slot| slot..slot + 1).chain(memory) {
            if !self.lock(&locks, bytes)? {
                // Somebody who is not of us locks bytes of this file.
                return Ok(Taken::NoSlot);
            }
        }
        Ok(Taken::Yes(Held { _locks: locks, slots }))
    }

    /// Units for so many bytes, from the start of the region on; above an earmark, so that what lies below it becomes free.
    /// Nothing where there are too few.
    fn free_memory(&self, bytes: u64, mark: Option<&File>) -> Result<Option<Vec<Range<u64>>>> {
        let mut missing = self.units(bytes);
        let left_alone = self.locked(mark.unwrap_or(&self.probe), EARMARK..EARMARK + self.memory)?;
        let floor = left_alone.map_or(0, |earmark| (earmark.end - EARMARK).min(self.memory));
        let mut units = Vec::new();
        for free in self.free(MEMORY + floor..MEMORY + self.memory)? {
            let end = (free.start + missing).min(free.end);
            missing -= end - free.start;
            units.push(free.start..end);
            if missing == 0 {
                break;
            }
        }
        units.retain(|range| !range.is_empty());
        Ok((missing == 0).then_some(units))
    }

    fn units(&self, bytes: u64) -> u64 {
        bytes.div_ceil(UNIT).min(self.memory)
    }

    /// Has others leave alone what is needed, unless they do that for somebody else already.
    pub(super) fn earmark(&self, mark: &File, need: &Need) -> Result<bool> {
        let whole = EARMARK..EARMARK + self.memory;
        let Some(_gate) = self.gate()? else { return Ok(false) };
        if self.locked(mark, whole)?.is_some() {
            return Ok(false);
        }
        self.lock(mark, EARMARK..EARMARK + self.units(need.memory))
    }

    /// Puts a mark into the queue, or takes it out.
    pub(super) fn queue(&self, mark: &File, rank: u32, waits: bool) -> Result<()> {
        let byte = QUEUE + u64::from(rank);
        if waits { self.lock(mark, byte..byte + 1).map(drop) } else { self.unlock(mark, byte..byte + 1) }
    }

    fn somebody_waits_before(&self, rank: u32) -> Result<bool> {
        Ok(self.locked(&self.probe, QUEUE..QUEUE + u64::from(rank))?.is_some())
    }

    /// Whether a step waits for a slot.
    pub(super) fn somebody_waits(&self) -> Result<bool> {
        Ok(self.locked(&self.probe, QUEUE..QUEUE + REGION)?.is_some())
    }

    /// Says that the owner of the mark has no token, or takes that back.
    pub(super) fn hunger(&self, mark: &File, hungry: bool) -> Result<()> {
        let byte = HUNGRY + u64::from(std::process::id());
        if hungry { self.lock(mark, byte..byte + 1).map(drop) } else { self.unlock(mark, byte..byte + 1) }
    }

    /// Whether another than the owner of the mark has no token.
    pub(super) fn somebody_is_hungry(&self, mark: &File) -> Result<bool> {
        Ok(self.locked(mark, HUNGRY..HUNGRY + REGION)?.is_some())
    }

    /// The bytes that nobody has locked, in order.
    fn free(&self, bytes: Range<u64>) -> Result<Vec<Range<u64>>> {
        // Each question names one lock, not always the first: what lies on both sides of it is asked for in turn.
        let (mut free, mut open) = (Vec::new(), vec![bytes]);
        while let Some(bytes) = open.pop() {
            if bytes.is_empty() {
                continue;
            }
            match self.locked(&self.probe, bytes.clone())? {
                None => free.push(bytes),
                Some(locked) => {
                    open.push(locked.end.max(bytes.start)..bytes.end);
                    open.push(bytes.start..locked.start.min(bytes.end));
                }
            }
        }
        free.sort_unstable_by_key(|range| range.start);
        Ok(free)
    }

    fn gate(&self) -> Result<Option<Gate<'_>>> {
        Ok(self.lock(&self.probe, GATE..GATE + 1)?.then_some(Gate(self)))
    }

    fn lock(&self, file: &File, bytes: Range<u64>) -> Result<bool> {
        raw::lock_bytes(file, bytes).with_context(|| self.explain())
    }

    fn unlock(&self, file: &File, bytes: Range<u64>) -> Result<()> {
        raw::unlock_bytes(file, bytes).with_context(|| self.explain())
    }

    fn locked(&self, file: &File, bytes: Range<u64>) -> Result<Option<Range<u64>>> {
        raw::locked_bytes(file, bytes).with_context(|| self.explain())
    }

    fn explain(&self) -> String {
        format!(
            "failed to lock bytes of `{}`: the state directory's file system must know such locks",
            self.path.display()
        )
    }
}

struct Gate<'a>(&'a Ledger);

impl Drop for Gate<'_> {
    fn drop(&mut self) {
        // It goes with the file at the latest.
        let _ = self.0.unlock(&self.0.probe, GATE..GATE + 1);
    }
}
