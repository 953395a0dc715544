//! A thread that makes a call with another time than it wanted to.
//!
//! It has been stopped behind its call, of which the kernel has done nothing. It makes the call again, with another time in
//! another place, is stopped where that begins and where it ends, and then has all as it was. Should a signal or a stop of its
//! process come between, it makes its own call again, and all begins anew.

use std::io;

use rustix::process::Pid;

use super::moments::Place;
use super::registers;
use crate::host::raw::{self, Asked, Trace};

/// The signal of a stop that nothing but the tracer has asked for (ptrace(2)).
const TRAP: i32 = libc::SIGTRAP;
/// That of a stop at a system call (ptrace(2), `PTRACE_O_TRACESYSGOOD`).
pub(super) const CALL: i32 = libc::SIGTRAP | 0x80;

/// Such a thread.
pub(super) struct SetBack {
    asked: Asked,
    place: Place,
    /// What lies there instead.
    bytes: Vec<u8>,
    at: At,
}

/// Where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// On its way to a stop behind the call, of which the kernel has done nothing.
    Behind,
    /// On its way to the call's beginning.
    Before,
    /// In the call.
    Inside,
}

impl SetBack {
    /// Of a thread that is about to stop behind a call. These bytes are to be where the call is given times.
    pub(super) fn new(asked: &Asked, place: Place, bytes: Vec<u8>) -> Self {
        Self { asked: *asked, place, bytes, at: At::Behind }
    }

    /// Whether it is in the call, with the other time.
    pub(super) fn is_inside(&self) -> bool {
        self.at == At::Inside
    }

    /// Does what comes next, at a stop of the thread; says whether there will be another stop. Else it has what it wanted, or
    /// makes its call from the start.
    pub(super) fn go_on(&mut self, thread: Pid, event: i32, signal: i32) -> io::Result<bool> {
        let argument = self.place.argument;
        let mut registers = raw::registers(thread)?;
        match self.at {
            At::Behind => {
                registers::call_again(&mut registers, &self.asked);
                // Else its whole process is to stop, and it with it.
                let goes_on = event == libc::PTRACE_EVENT_STOP && signal == TRAP;
                if goes_on {
                    let address = self.write(thread, registers::stack_pointer(&registers))?;
                    registers::set_argument(&mut registers, argument, address);
                }
                raw::set_registers(thread, registers)?;
                self.at = At::Before;
                if goes_on {
                    raw::trace(thread, Trace::ToCall)?;
                }
                Ok(goes_on)
            }
            At::Before if event == 0 && signal == CALL => {
                self.at = At::Inside;
                raw::trace(thread, Trace::ToCall)?;
                Ok(true)
            }
            At::Before | At::Inside => {
                registers::set_argument(&mut registers, argument, self.asked.arguments[argument]);
                raw::set_registers(thread, registers)?;
                Ok(false)
            }
        }
    }

    /// Writes the other time where nothing of the thread's is: behind its stack's end, and what functions may use there without
    /// moving it (128 bytes, System V ABI for AMD64, 3.2.2). Says where.
    fn write(&self, thread: Pid, stack: u64) -> io::Result<u64> {
        let address = stack.wrapping_sub(128 + self.bytes.len() as u64) & !15;
        for (word, at) in self.bytes.chunks_exact(8).zip((0..).step_by(8)) {
            let word = word.try_into().map(u64::from_ne_bytes).unwrap_or_default();
            raw::trace(thread, Trace::Poke(address.wrapping_add(at), word))?;
        }
        Ok(address)
    }
}
