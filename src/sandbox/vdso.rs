//! Takes the memory in which the kernel shows the time without a call (vdso(7)) from a program that has not begun yet.

use std::io;

use rustix::process::Pid;

use super::registers;
use crate::host::raw::{self, Trace};

/// Takes from its stack where that is (getauxval(3), `AT_SYSINFO_EHDR`). Such a program has
/// the number of its arguments at the end of its stack, above that the arguments, a zero, the environment, a zero, and
/// pairs of words that tell such things, up to a zero (System V ABI for AMD64, 3.4.1).
pub(super) fn hide(thread: Pid) -> io::Result<()> {
    let stack = registers::stack_pointer(&raw::registers(thread)?);
    let mut words = Words { thread, next: stack, read: Vec::new() };
    let arguments = words.next()?;
    words = Words {
        thread,
        next: stack.wrapping_add(arguments.wrapping_add(2).wrapping_mul(8)),
        read: Vec::new(),
    };
    while words.next()? != 0 {}
    loop {
        let address = words.next;
        match words.next()? {
            libc::AT_NULL => return Ok(()),
            libc::AT_SYSINFO_EHDR => return raw::trace(thread, Trace::Poke(address, libc::AT_IGNORE)),
            _ => words.next()?,
        };
    }
}

/// The words of a thread's memory, one after the other.
struct Words {
    thread: Pid,
    next: u64,
    /// Those that come next, the last first.
    read: Vec<u64>,
}

impl Words {
    fn next(&mut self) -> io::Result<u64> {
        if self.read.is_empty() {
            let mut bytes = [0; 2048];
            let length = raw::read_memory(self.thread, self.next, &mut bytes)?;
            let words = bytes[..length].chunks_exact(8).filter_map(|word| word.try_into().ok());
            self.read = words.map(u64::from_ne_bytes).collect();
            self.read.reverse();
        }
        let word = self.read.pop().ok_or(io::ErrorKind::UnexpectedEof)?;
        self.next = self.next.wrapping_add(8);
        Ok(word)
    }
}
