//! A step's job server: lends free slots to the programs inside, and takes back what lies idle.
//!
//! GNU make, ninja and cargo take a byte from a pipe before they start a job beside their first, and put it back afterwards
//! (GNU make manual, 13.1.1). Each step has a pipe of its own, so that what a killed make takes along is lost to its own
//! step alone. For each byte that was put in, a slot is held.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::ledger::{Held, Ledger, Need, Taken};
use crate::host::clock::Stopwatch;
use crate::host::fifo;
use crate::sandbox::Stop;

/// How often tokens are looked at.
const TICK: Duration = Duration::from_millis(5);
/// After tokens were taken back unused, no new one is asked for so many ticks; each time twice as many.
const PAUSE: [u32; 2] = [4, 64];

/// A job server and what it has lent.
#[derive(Debug)]
pub struct Broker {
    ledger: Ledger,
    pipe: File,
    /// What each further job needs.
    need: Need,
    /// The most jobs beside the first.
    most: usize,
    lent: Vec<Held>,
    /// Tokens to lend at the next look, if the pipe is empty.
    step: usize,
    /// Whether a token was used since the last was taken back.
    used: bool,
    pause: u32,
    paused: u32,
    mark: File,
}

impl Broker {
    /// Makes the pipe, a FIFO at `path` that every user can open, and serves up to `most` jobs beside the first, each of
    /// which needs `memory` bytes.
    ///
    /// # Errors
    /// The FIFO cannot be made.
    pub fn new(ledger: Ledger, path: &Path, most: u32, memory: u64) -> Result<Self> {
        let pipe = fifo::make(path, 0o666)?;
        let mark = ledger.separate()?;
        Ok(Self {
            ledger,
            pipe,
            need: Need { rank: u32::MAX, slots: 1, memory, more: 0 },
            most: usize::try_from(most).unwrap_or(usize::MAX),
            lent: Vec::new(),
            step: 1,
            used: false,
            pause: PAUSE[0],
            paused: 0,
            mark,
        })
    }

    /// Lends and takes back until it is told to stop, or so long at most; says whether it was told. Where the file of locks fails,
    /// what is lent stays lent.
    pub fn serve(&mut self, stop: &Stop, at_most: Option<Duration>) -> bool {
        let since = Stopwatch::start();
        while let Ok(eager) = self.look() {
            if at_most.is_some_and(|most| since.elapsed() >= most) {
                return stop.said_within(Duration::ZERO);
            }
            if eager && !stop.said_within(Duration::ZERO) {
                // Make takes a token again as soon as it has put it back: only who waits for it gets it first.
                let tick = Timespec { tv_sec: 0, tv_nsec: i64::from(TICK.subsec_nanos()) };
                let ready = poll(&mut [PollFd::new(&self.pipe, PollFlags::IN)], Some(&tick));
                if ready.is_ok_and(|ready| ready > 0) && fifo::take(&self.pipe) {
                    self.lent.pop();
                }
            } else if stop.said_within(if eager { Duration::ZERO } else { TICK }) {
                return true;
            }
        }
        // The pipe and what was lent must stay until the step has ended.
        stop.wait();
        true
    }

    /// One look; says whether a step waits for a slot that is lent and at work.
    fn look(&mut self) -> Result<bool> {
        let mut idle = fifo::count(&self.pipe)?;
        // Whoever puts more bytes in than were taken would start more jobs than there are slots.
        while idle > self.lent.len() && fifo::take(&self.pipe) {
            idle -= 1;
        }
        let waits = self.ledger.somebody_waits()?;
        if idle > 0 {
            self.ledger.hunger(&self.mark, false)?;
            self.step = 1;
            if (waits || self.ledger.somebody_is_hungry(&self.mark)?) && fifo::take(&self.pipe) {
                self.lent.pop();
                self.paused = if self.used { 0 } else { self.pause };
                self.pause = if self.used { PAUSE[0] } else { (self.pause * 2).min(PAUSE[1]) };
                self.used = false;
            }
            return Ok(false);
        }
        self.used |= !self.lent.is_empty();
        if self.paused > 0 {
            self.paused -= 1;
            return Ok(false);
        }
        if !waits && self.lent.len() < self.most {
            self.lend()?;
        } else {
            self.ledger.hunger(&self.mark, false)?;
        }
        Ok(waits && !self.lent.is_empty())
    }

    /// Lends some tokens; more each time while all that was lent is used at once.
    fn lend(&mut self) -> Result<()> {
        for _ in 0..self.step.min(self.most - self.lent.len()) {
            match self.ledger.take(&self.need, None)? {
                Taken::Yes(held) => {
                    if !fifo::put(&self.pipe, b'+') {
                        return Ok(());
                    }
                    self.lent.push(held);
                }
                Taken::NoSlot => return self.ledger.hunger(&self.mark, true),
                Taken::Busy | Taken::Later | Taken::NoMemory => return Ok(()),
            }
        }
        self.step *= 2;
        self.ledger.hunger(&self.mark, false)
    }
}
