//! A clock of a root's own, which is ahead of the machine's by some seconds, for every program in it.
//!
//! The kernel has no such thing: a time namespace has other clocks since the machine's start, and not another date
//! (time_namespaces(7)). A library that every program loads would have to be in the root, and does nothing for static programs. So
//! the filter has calls that tell the time wait for the first process (seccomp_unotify(2)), which answers them. Three things more
//! are needed:
//!
//! - Programs ask the kernel for the time at all: mostly they read it from memory that the kernel shares with them (vdso(7)). Each
//!   new program learns from its stack where that is. So the first process traces a thread while it becomes another program
//!   (ptrace(2)), takes that from the stack, and lets it go.
//! - The kernel wakes at times of its own clock. A thread that wants to be woken at some time of day, and would be in a year, is
//!   stopped, makes its call with that time set back, and is let go when the call has ended.
//! - In the same way, what a program sets as a file's time is set back; for files have the machine's time, and it must stay true
//!   which of two is newer.
//!
//! So nobody is traced for longer than one such call, and not while a signal is delivered: a thread is stopped where a system call
//! begins or ends, before signals are looked at. Should one come first all the same, it is let go with the signal, and
//! makes its call anew. Whoever is traced by a program of the root already has the machine's clock.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::num::NonZeroI32;
use std::os::fd::BorrowedFd;
use std::thread;
use std::time::Duration;

use anyhow::{Result, anyhow};
use rustix::process::{Pid, WaitOptions, WaitStatus};

use super::filter::{ASK, Row, When};
use super::moments::{Place, SYS_FUTEX_WAIT};
use super::set_back::{CALL, SetBack};
use super::vdso;
use crate::host::clock::{Stopwatch, unix_time};
use crate::host::process::{kernel, wait_for_any};
use crate::host::raw::{self, Answer, Asked, Trace};

/// The first Linux that lets nothing but its end interrupt a thread whose call is being answered
/// (`SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV`): else what stops the thread would take it out of the call.
const OLDEST_KERNEL: (u32, u32) = (5, 19);

/// Clocks that tell the date (clock_gettime(2)).
const REAL_TIME: u32 = 0;
const REAL_TIME_COARSE: u32 = 5;
const REAL_TIME_ALARM: u32 = 8;
const TAI: u32 = 11;
/// Bits of futex(2)'s operation: `FUTEX_CLOCK_REALTIME`, and `FUTEX_PRIVATE_FLAG`.
const BY_REAL_TIME: u32 = 256;
const PRIVATE: u32 = 128;
/// An operation that goes by that clock without saying so.
const LOCK_PI: u32 = 6;
/// `TIMER_ABSTIME` and `TFD_TIMER_ABSTIME`.
const AT_A_TIME: u32 = 1;

/// What the first process is asked about.
const CALLS: &[Row] = &[
    (ASK, libc::SYS_execve, When::Always),
    (ASK, libc::SYS_execveat, When::Always),
    (ASK, libc::SYS_clock_gettime, When::Is(0, REAL_TIME)),
    (ASK, libc::SYS_clock_gettime, When::Is(0, REAL_TIME_COARSE)),
    (ASK, libc::SYS_clock_gettime, When::Is(0, REAL_TIME_ALARM)),
    (ASK, libc::SYS_clock_gettime, When::Is(0, TAI)),
    (ASK, libc::SYS_gettimeofday, When::Always),
    #[cfg(target_arch = "x86_64")]
    (ASK, libc::SYS_time, When::Always),
    // What is given a time (see `Place`). Nothing that a thread waits for without end, such as another's end, is asked about: this
    // process does that too.
    (ASK, libc::SYS_clock_nanosleep, When::Given(1, AT_A_TIME, AT_A_TIME, 2)),
    (ASK, libc::SYS_futex, When::Given(1, BY_REAL_TIME, BY_REAL_TIME, 3)),
    (ASK, libc::SYS_futex, When::Given(1, !PRIVATE, LOCK_PI, 3)),
    (ASK, libc::SYS_futex_waitv, When::Given(4, u32::MAX, REAL_TIME, 3)),
    (ASK, SYS_FUTEX_WAIT, When::Given(5, u32::MAX, REAL_TIME, 4)),
    (ASK, libc::SYS_mq_timedsend, When::Given(0, 0, 0, 4)),
    (ASK, libc::SYS_mq_timedreceive, When::Given(0, 0, 0, 4)),
    (ASK, libc::SYS_timer_settime, When::Given(1, AT_A_TIME, AT_A_TIME, 2)),
    (ASK, libc::SYS_timerfd_settime, When::Given(1, AT_A_TIME, AT_A_TIME, 2)),
    (ASK, libc::SYS_utimensat, When::Given(0, 0, 0, 2)),
    #[cfg(target_arch = "x86_64")]
    (ASK, libc::SYS_futimesat, When::Given(0, 0, 0, 2)),
    #[cfg(target_arch = "x86_64")]
    (ASK, libc::SYS_utimes, When::Given(0, 0, 0, 1)),
    #[cfg(target_arch = "x86_64")]
    (ASK, libc::SYS_utime, When::Given(0, 0, 0, 1)),
];

/// A clock that is ahead. It goes as the machine's does, and takes no part in its being set.
pub(super) struct Clock {
    /// So many seconds.
    ahead: u32,
    /// What the machine's showed, since the Unix epoch, when the stopwatch was started.
    began: Duration,
    since: Stopwatch,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    /// Why programs have the machine's clock after all.
    refused: Option<String>,
    /// Whether a program was traced.
    has_traced: bool,
    /// Threads that were stopped to make a call with another time.
    set_back: BTreeMap<NonZeroI32, SetBack>,
}

impl Clock {
    /// One that is so many seconds ahead. From here on, this process must not ask for the time of day itself.
    pub(super) fn ahead(seconds: u32) -> Self {
        let state = RefCell::default();
        let clock = Self { ahead: seconds, began: unix_time(), since: Stopwatch::start(), state };
        if kernel() < OLDEST_KERNEL {
            let (major, minor) = OLDEST_KERNEL;
            clock.refuse(format!("that takes Linux {major}.{minor} or later"));
        }
        clock
    }

    /// The calls for the filter to ask about.
    pub(super) fn calls(&self) -> &'static [Row] {
        if self.refused().is_some() { &[] } else { CALLS }
    }

    fn refuse(&self, why: String) {
        self.state.borrow_mut().refused.get_or_insert(why);
    }

    /// Why programs have the machine's clock instead; nothing where they do not.
    pub(super) fn refused(&self) -> Option<String> {
        self.state.borrow().refused.clone()
    }

    /// Says that nobody will ask.
    pub(super) fn is_asked_nothing(&self) {
        self.refuse("another one answers this container's system calls (seccomp(2), `EBUSY`)".to_owned());
    }

    /// Starts the command, which asks before its first program is there.
    pub(super) fn start<T: Send>(
        &self,
        listener: BorrowedFd<'_>,
        start: impl FnOnce() -> Result<T> + Send,
    ) -> Result<T> {
        const TICK: Duration = Duration::from_millis(1);
        thread::scope(|scope| {
            let starting = thread::Builder::new().spawn_scoped(scope, start)?;
            let mut is_there = false;
            while !is_there && !starting.is_finished() {
                if wait_for_any(&[listener], Some(TICK))?.is_none() {
                    continue;
                }
                let Some(asked) = raw::asked(listener)? else { continue };
                let answer = self.answer(listener, &asked).unwrap_or(Answer::ByKernel);
                raw::answer(listener, &asked, answer)?;
                if asked.call == libc::SYS_execve
                    && self.refused().is_none()
                    && let Some(thread) = thread_of(&asked)
                    && let Some((_, status)) = rustix::process::waitpid(Some(thread), WaitOptions::empty())?
                {
                    is_there = event(status) == libc::PTRACE_EVENT_EXEC;
                    self.see(thread, status);
                }
            }
            starting.join().map_err(|_| anyhow!("its start panicked"))?
        })
    }

    /// The answer to a call; nothing where it is none of these.
    pub(super) fn answer(&self, listener: BorrowedFd<'_>, asked: &Asked) -> Option<Answer> {
        let to = |address, bytes: &[u8]| match raw::write_for(asked, address, bytes) {
            Ok(()) => None,
            Err(error) if error.raw_os_error() == Some(libc::EFAULT) => Some(Answer::Fails(libc::EFAULT)),
            Err(_) => Some(Answer::ByKernel),
        };
        let now = self.began + Duration::from_secs(self.ahead.into()) + self.since.elapsed();
        let two = |seconds: u64, part: u32| [seconds.to_ne_bytes(), u64::from(part).to_ne_bytes()].concat();
        let [first, second, ..] = asked.arguments;
        Some(match asked.call {
            libc::SYS_execve | libc::SYS_execveat => {
                self.trace(listener, asked);
                Answer::ByKernel
            }
            libc::SYS_clock_gettime => {
                to(second, &two(now.as_secs(), now.subsec_nanos())).unwrap_or(Answer::Done)
            }
            libc::SYS_gettimeofday if first != 0 => {
                // The second is a time zone, which the kernel has none of.
                let zone = if second == 0 { None } else { to(second, &[0; 8]) };
                zone.or_else(|| to(first, &two(now.as_secs(), now.subsec_micros()))).unwrap_or(Answer::Done)
            }
            #[cfg(target_arch = "x86_64")]
            libc::SYS_time => {
                let place = if first == 0 { None } else { to(first, &now.as_secs().to_ne_bytes()) };
                place.unwrap_or(Answer::Gives(now.as_secs().cast_signed()))
            }
            call => {
                let place = Place::of(call)?;
                self.set_back(listener, asked, place).unwrap_or(Answer::ByKernel)
            }
        })
    }

    /// Has a thread stop when it has become another program, or before it goes on without.
    fn trace(&self, listener: BorrowedFd<'_>, asked: &Asked) -> Option<Pid> {
        let thread = thread_of(asked)?;
        // One that was ended has a number that may be another's; and who waits for its process to end would wait for us.
        if self.refused().is_some() || !raw::still_asks(listener, asked) {
            return None;
        }
        match raw::trace(thread, Trace::Seize) {
            Ok(()) => {
                self.state.borrow_mut().has_traced = true;
                // It is there, for it waits for us.
                let _ = raw::trace(thread, Trace::Interrupt);
                Some(thread)
            }
            Err(error) => {
                let is_first = !self.state.borrow().has_traced;
                if is_first {
                    self.refuse(format!("this machine forbids to trace programs (ptrace(2): {error})"));
                }
                None
            }
        }
    }

    /// Has a thread make its call with another time, where it goes by this clock's.
    fn set_back(&self, listener: BorrowedFd<'_>, asked: &Asked, place: Place) -> Option<Answer> {
        let thread = thread_of(asked)?;
        if self.state.borrow().set_back.get(&thread.as_raw_nonzero()).is_some_and(SetBack::is_inside) {
            return None;
        }
        let mut bytes = vec![0; place.size];
        let address = asked.arguments[place.argument];
        if raw::read_memory(thread, address, &mut bytes).ok()? < place.size {
            return None;
        }
        let now = self.began + self.since.elapsed();
        let bytes = place.set_back(&bytes, self.ahead.into(), now.as_secs().cast_signed())?;
        self.trace(listener, asked)?;
        let call = SetBack::new(asked, place, bytes);
        self.state.borrow_mut().set_back.insert(thread.as_raw_nonzero(), call);
        // It learns nothing of that.
        Some(Answer::Fails(libc::EINTR))
    }

    /// Takes what was heard of a child or of a traced thread. What cannot be done with a thread is not done because it was ended
    /// meanwhile.
    pub(super) fn see(&self, thread: Pid, status: WaitStatus) {
        let call = self.state.borrow_mut().set_back.remove(&thread.as_raw_nonzero());
        let Some(signal) = status.stopping_signal() else { return };
        let event = event(status);
        if event == libc::PTRACE_EVENT_EXEC {
            let _ = vdso::hide(thread);
        } else if let Some(mut call) = call
            && call.go_on(thread, event, signal).is_ok_and(|stops_again| stops_again)
        {
            self.state.borrow_mut().set_back.insert(thread.as_raw_nonzero(), call);
            return;
        }
        let is_delivered = event == 0 && signal != CALL;
        let _ = raw::trace(thread, Trace::Release(if is_delivered { signal } else { 0 }));
    }
}

/// Why a thread has stopped, where it was not for a signal or a system call (ptrace(2), `PTRACE_EVENT_…`).
fn event(status: WaitStatus) -> i32 {
    status.as_raw() >> 16
}

fn thread_of(asked: &Asked) -> Option<Pid> {
    i32::try_from(asked.thread).ok().and_then(Pid::from_raw)
}
