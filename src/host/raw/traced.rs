//! Other processes' threads: their memory, their registers, and where they stop.

use std::io;
use std::process::Command;

use rustix::process::Pid;

/// Reads memory of a thread's process (process_vm_readv(2)); less than was asked for where it ends before that.
///
/// # Errors
/// There is none, or the thread may not be looked into.
pub fn read_memory(thread: Pid, address: u64, into: &mut [u8]) -> io::Result<usize> {
    let local = libc::iovec { iov_base: into.as_mut_ptr().cast(), iov_len: into.len() };
    let remote = libc::iovec { iov_base: address as *mut libc::c_void, iov_len: into.len() };
    let thread = thread.as_raw_nonzero().get();
    // SAFETY: the kernel writes to `into` alone, and looks itself whether the other memory is there.
    let read = unsafe { libc::process_vm_readv(thread, &raw const local, 1, &raw const remote, 1, 0) };
    usize::try_from(read).map_err(|_| io::Error::last_os_error())
}

/// What becomes of a thread that this one traces, or is about to (ptrace(2)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trace {
    /// It is traced from now on, and goes on. It will stop when it has become another program; stops at system calls can be told
    /// from others.
    Seize,
    /// It stops before it goes on in user mode.
    Interrupt,
    /// It has stopped, and goes on to the next beginning or end of a system call.
    ToCall,
    /// It has stopped, and goes on with this signal (0 for none), traced no more.
    Release(i32),
    /// It has stopped; a word of its memory becomes another one.
    Poke(u64, u64),
}

/// Traces a thread.
///
/// # Errors
/// It has ended, has not stopped, or may not be traced (`EPERM`), as where somebody else does.
pub fn trace(thread: Pid, what: Trace) -> io::Result<()> {
    let options = libc::PTRACE_O_TRACEEXEC | libc::PTRACE_O_TRACESYSGOOD;
    let (request, address, data) = match what {
        Trace::Seize => (libc::PTRACE_SEIZE, 0, u64::try_from(options).unwrap_or_default()),
        Trace::Interrupt => (libc::PTRACE_INTERRUPT, 0, 0),
        Trace::ToCall => (libc::PTRACE_SYSCALL, 0, 0),
        Trace::Release(signal) => (libc::PTRACE_DETACH, 0, u64::try_from(signal).unwrap_or_default()),
        Trace::Poke(address, word) => (libc::PTRACE_POKEDATA, address, word),
    };
    // SAFETY: nobody can trace a thread of the own process, so that only another one's memory is written to; and none of these
    // requests takes an address of ours.
    match unsafe { libc::ptrace(request, thread.as_raw_nonzero().get(), address, data) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// The registers of a thread, as its architecture has them.
pub type Registers = libc::user_regs_struct;

/// The registers of a thread that this one traces and that has stopped.
///
/// # Errors
/// It has not.
pub fn registers(thread: Pid) -> io::Result<Registers> {
    // SAFETY: all-zero is a valid value of this plain C structure.
    let mut registers: Registers = unsafe { std::mem::zeroed() };
    with_registers(libc::PTRACE_GETREGSET, thread, &mut registers)?;
    Ok(registers)
}

/// Gives it others.
///
/// # Errors
/// As above.
pub fn set_registers(thread: Pid, mut registers: Registers) -> io::Result<()> {
    with_registers(libc::PTRACE_SETREGSET, thread, &mut registers)
}

fn with_registers(request: libc::c_uint, thread: Pid, registers: &mut Registers) -> io::Result<()> {
    /// The general ones (elf.h).
    const NT_PRSTATUS: usize = 1;
    let mut all = libc::iovec { iov_base: (&raw mut *registers).cast(), iov_len: size_of::<Registers>() };
    // SAFETY: the kernel reads or writes no more than the structure's length; a traced thread is another process's.
    match unsafe { libc::ptrace(request, thread.as_raw_nonzero().get(), NT_PRSTATUS, &raw mut all) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Has a program that is still to be started be one that may be traced from its first system call on (PR_SET_DUMPABLE(2const)),
/// though this process is none.
pub fn traceable(command: &mut Command) -> &mut Command {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    use std::os::unix::process::CommandExt as _;
    let dumpable = || set_dumpable_behavior(DumpableBehavior::Dumpable).map_err(io::Error::from);
    // SAFETY: the closure makes a system call, and neither allocates nor locks. With it the clone has memory of its own.
    unsafe { command.pre_exec(dumpable) }
}
