//! What neither the standard library nor rustix offers in a safe form: to clone a process into new namespaces, to
//! wait for one and learn what it used, to enter a user namespace and to learn why one cannot, to read signals from a descriptor, to lock bytes of a
//! file for an open file description, to answer system calls of others, and to stop their threads.
//!
//! This is the only module with `unsafe` in it. Each function is safe to call: what it needs, it checks.
#![expect(unsafe_code, reason = "system calls without a safe wrapper; every block says why it holds")]

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd, RawFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::time::Duration;

use rustix::process::Pid;
use rustix::thread::UnshareFlags;

use super::clock::{self, Stopwatch};
use super::process::task_count;

/// Another process that this one has cloned.
#[derive(Debug)]
pub struct Cloned {
    pid: Pid,
    pidfd: OwnedFd,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It left with this status.
    Exited(i32),
    /// This signal ended it.
    Signalled(i32),
}

/// What a process and everything that it waited for used (getrusage(2)).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Processor time in user mode.
    pub user: Duration,
    /// Processor time in the kernel.
    pub system: Duration,
    /// Peak resident memory of the largest process, in KiB.
    pub max_rss_kib: u64,
}

/// Clones this process into new namespaces. The clone runs `child` and leaves with the status that it returns; it
/// never returns from here.
///
/// The clone keeps standard input, output, error and the descriptors in `keep`; all others are closed in it, so
/// `child` must not use them.
///
/// # Errors
/// The process has other threads (then a lock might be held for ever in the clone), or the kernel refuses.
pub fn clone_into(
    namespaces: UnshareFlags,
    keep: &[BorrowedFd<'_>],
    child: impl FnOnce() -> u8,
) -> io::Result<Cloned> {
    require_one_thread()?;
    keep_ended_children();
    let mut pidfd: RawFd = -1;
    // SAFETY: all-zero is a valid value of this plain C structure.
    let mut arguments: libc::clone_args = unsafe { std::mem::zeroed() };
    arguments.flags = u64::from(namespaces.bits()) | libc::CLONE_PIDFD as u64;
    arguments.pidfd = (&raw mut pidfd) as u64;
    arguments.exit_signal = libc::SIGCHLD as u64;
    // SAFETY: without CLONE_VM this is fork(2): the clone has a copy of the memory and goes on from here on a copy of
    // the stack. There is one thread, so that no lock is held by a thread that the clone lacks. The kernel writes the
    // descriptor to `pidfd`, which lives until the call returns.
    let pid = unsafe { libc::syscall(libc::SYS_clone3, &raw mut arguments, size_of::<libc::clone_args>()) };
    match pid {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            close_all_but(keep);
            let status = catch_unwind(AssertUnwindSafe(child)).unwrap_or(101);
            // SAFETY: leaves at once, without the exit handlers, which belong to the original process.
            unsafe { libc::_exit(i32::from(status)) }
        }
        pid => {
            let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("clone3 returns a process id");
            // SAFETY: the kernel has just made this descriptor for us, and nothing else knows it.
            Ok(Cloned { pid, pidfd: unsafe { OwnedFd::from_raw_fd(pidfd) } })
        }
    }
}

impl Cloned {
    /// A descriptor that becomes readable when the process has ended (pidfd_open(2)).
    pub fn pidfd(&self) -> BorrowedFd<'_> {
        use std::os::fd::AsFd as _;
        self.pidfd.as_fd()
    }

    /// Ends it at once, and everything in its PID namespace if it is the first process of one.
    pub fn kill(&self) {
        // The only error possible is that it has ended already.
        let _ = rustix::process::pidfd_send_signal(&self.pidfd, rustix::process::Signal::KILL);
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// The kernel refuses to say.
    pub fn wait(self) -> io::Result<(Ended, Usage)> {
        let mut status = 0;
        // SAFETY: all-zero is a valid value of this plain C structure.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        loop {
            // SAFETY: both pointers are to live variables of the right types. The process is ours and was not waited
            // for, since only this function does and it consumes `self`: the id cannot belong to another one.
            let waited =
                unsafe { libc::wait4(self.pid.as_raw_nonzero().get(), &raw mut status, 0, &raw mut usage) };
            if waited != -1 {
                break;
            }
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
        let ended = if libc::WIFSIGNALED(status) {
            Ended::Signalled(libc::WTERMSIG(status))
        } else {
            Ended::Exited(libc::WEXITSTATUS(status))
        };
        let usage = Usage {
            user: duration(usage.ru_utime),
            system: duration(usage.ru_stime),
            max_rss_kib: u64::try_from(usage.ru_maxrss).unwrap_or(0),
        };
        Ok((ended, usage))
    }
}

fn duration(time: libc::timeval) -> Duration {
    let part = |n: i64| u64::try_from(n).unwrap_or(0);
    Duration::from_secs(part(time.tv_sec)) + Duration::from_micros(part(time.tv_usec))
}

/// Moves this process into a new user namespace, in which it is nobody until a map is written
/// (user_namespaces(7)).
///
/// # Errors
/// The process has other threads, or the kernel refuses.
pub fn unshare_user_namespace() -> io::Result<()> {
    require_one_thread()?;
    // SAFETY: only `CLONE_FILES` would be unsound here, and it is not given.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWUSER) }.map_err(io::Error::from)
}

/// Whether unshare(2) reaches the kernel, and no filter answers in its place: a bit that means nothing is refused as such
/// before anything else is looked at (unshare(2), `EINVAL`). Nothing is made.
pub fn unshare_is_answered_by_the_kernel() -> bool {
    let meaningless = UnshareFlags::NEWUSER | UnshareFlags::from_bits_retain(1);
    // SAFETY: only `CLONE_FILES` would be unsound here, and it is not given.
    let answer = unsafe { rustix::thread::unshare_unsafe(meaningless) };
    answer == Err(rustix::io::Errno::INVAL)
}

/// The same of clone3(2), whose arguments are refused for a size of nothing (clone(2), `EINVAL`). Nothing is made.
pub fn clone3_is_answered_by_the_kernel() -> bool {
    // SAFETY: the kernel looks at the size first, and reads nothing of arguments without one.
    let answer =
        unsafe { libc::syscall(libc::SYS_clone3, std::ptr::null_mut::<libc::clone_args>(), 0_usize) };
    answer == -1 && io::Error::last_os_error().raw_os_error() == Some(libc::EINVAL)
}

/// Holds SIGHUP, SIGINT and SIGTERM back from their usual effect, and makes them readable (signalfd(2)). Every thread
/// and program that is started afterwards inherits this: see [`release_signals`] and [`tied_to_us`].
///
/// SIGHUP and SIGINT that whoever started us had ignored stay so, as nohup(1) and the `&` of a shell without job control
/// (POSIX, Shell Command Language, 2.11) ask for: the kernel would hand them out all the same once they are held back
/// (`sig_ignored` in kernel/signal.c). SIGTERM is always seen, since by it programs hear that we ended.
///
/// # Errors
/// No descriptor is left.
pub fn stop_signals() -> io::Result<OwnedFd> {
    let watched = |signal: &i32| *signal == libc::SIGTERM || !is_ignored(*signal);
    let signals: Vec<_> = [libc::SIGHUP, libc::SIGINT, libc::SIGTERM].into_iter().filter(watched).collect();
    readable_signals(&signals)
}

/// Whether a signal is ignored in this process.
fn is_ignored(signal: i32) -> bool {
    // SAFETY: zeroes are a valid `sigaction`, and the pointer is to a live variable.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &raw mut action) == 0
            && action.sa_sigaction == libc::SIG_IGN
    }
}

/// Has the kernel keep children that have ended until they are waited for. Where whoever started us had SIGCHLD ignored, each
/// would be gone, with its status (wait(2), "NOTES").
pub fn keep_ended_children() {
    // SAFETY: the usual effect needs no handler.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
}

/// Makes readable that a child has ended, from now on (signalfd(2)). Several ends at once can be one signal. Every thread
/// and program that is started afterwards inherits that the signal is held back.
///
/// # Errors
/// No descriptor is left.
pub fn ends_of_children() -> io::Result<OwnedFd> {
    readable_signals(&[libc::SIGCHLD])
}

fn readable_signals(signals: &[i32]) -> io::Result<OwnedFd> {
    // SAFETY: `sigemptyset` gives the set a valid value before anything reads it; the pointers are to live variables.
    let fd = unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for &signal in signals {
            libc::sigaddset(&raw mut set, signal);
        }
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut());
        libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC)
    };
    if fd == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor for us, and nothing else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Undoes [`stop_signals`] in this thread, for whatever it starts from now on.
pub fn release_signals() {
    // SAFETY: as in `stop_signals`; this may be called between fork(2) and execve(2) (signal-safety(7)).
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const set, std::ptr::null_mut());
    }
}

/// Gives every signal its usual effect again; whoever started us may have had some ignored, as nohup(1) does, and all
/// programs would inherit that (signal(7)).
pub fn default_signals() {
    for signal in 1..=libc::SIGRTMAX() {
        // SAFETY: the usual effect needs no handler. What cannot be changed (SIGKILL, SIGSTOP) has it anyway, and the two
        // that the C library keeps for itself are left alone.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

/// Takes back what setarch(8) changed, such as fixed addresses (personality(2)).
///
/// # Errors
/// The kernel refuses.
pub fn default_personality() -> io::Result<()> {
    const PER_LINUX: libc::c_ulong = 0;
    // SAFETY: takes a number, and touches no memory. The addresses of what is mapped already stay.
    match unsafe { libc::personality(PER_LINUX) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Ties a program that is still to be started to this process: it has its signals, while this process goes on to hold
/// them back, and gets SIGTERM when the thread that starts it ends (prctl(2), `PR_SET_PDEATHSIG`), however that comes.
pub fn tied_to_us(command: &mut Command) -> &mut Command {
    use std::os::unix::process::CommandExt as _;
    let us = rustix::process::getpid();
    let tie = move || {
        release_signals();
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM))?;
        // Where we ended just before, no signal will come.
        if rustix::process::getppid() == Some(us) {
            Ok(())
        } else {
            Err(io::Error::from(io::ErrorKind::NotFound))
        }
    };
    // SAFETY: the closure makes system calls, and neither allocates nor locks.
    unsafe { command.pre_exec(tie) }
}

/// Locks bytes of a file, which need not have them, unless another open file description has a lock on one of them. The
/// kernel drops the lock when the last descriptor of this description is closed, so with the process at the latest, and no
/// other descriptor of the file that the process closes does that (fcntl_locking(2), "Open file description locks").
///
/// # Errors
/// The file system has no such locks, or the file is not open for writing.
pub fn lock_bytes(file: &File, bytes: Range<u64>) -> io::Result<bool> {
    match lock_operation(file, libc::F_OFD_SETLK, libc::F_WRLCK, bytes) {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EACCES)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Drops what this open file description has locked of these bytes.
///
/// # Errors
/// The kernel has no memory for the locks on both sides of them.
pub fn unlock_bytes(file: &File, bytes: Range<u64>) -> io::Result<()> {
    lock_operation(file, libc::F_OFD_SETLK, libc::F_UNLCK, bytes).map(drop)
}

/// The bytes of some lock that another open file description has on one of these; nothing where none is locked. The lock is
/// not always the first one.
///
/// # Errors
/// The file system has no such locks.
pub fn locked_bytes(file: &File, bytes: Range<u64>) -> io::Result<Option<Range<u64>>> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let found = lock_operation(file, libc::F_OFD_GETLK, libc::F_WRLCK, bytes)?;
    if i32::from(found.l_type) == libc::F_UNLCK {
        return Ok(None);
    }
    let start = u64::try_from(found.l_start).unwrap_or(0);
    // A length of 0 is all that follows.
    let length = u64::try_from(found.l_len).ok().filter(|&length| length > 0);
    Ok(Some(start..length.map_or(u64::MAX, |length| start + length)))
}

fn lock_operation(file: &File, command: i32, kind: i32, bytes: Range<u64>) -> io::Result<libc::flock> {
    let number = |value: u64| libc::off_t::try_from(value).map_err(io::Error::other);
    // SAFETY: all-zero is a valid value of this plain C structure.
    let mut lock: libc::flock = unsafe { std::mem::zeroed() };
    lock.l_type = libc::c_short::try_from(kind).map_err(io::Error::other)?;
    lock.l_whence = libc::c_short::try_from(libc::SEEK_SET).map_err(io::Error::other)?;
    lock.l_start = number(bytes.start)?;
    lock.l_len = number(bytes.end.saturating_sub(bytes.start))?;
    // SAFETY: the descriptor is open as long as `file` is, and the structure lives until the call returns.
    match unsafe { libc::fcntl(file.as_raw_fd(), command, &raw mut lock) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(lock),
    }
}

/// Lets a program of the kernel's packet filter judge every system call of this process and of all that it starts, for
/// good (seccomp(2), `SECCOMP_SET_MODE_FILTER`).
///
/// # Errors
/// The program is not valid, new privileges are not forbidden, or the kernel has no such filters.
pub fn filter_system_calls(program: &[libc::sock_filter]) -> io::Result<()> {
    set_filter(program, 0).map(drop)
}

/// The same, and gives a descriptor that is readable whenever somebody waits for an answer to a call for which the program
/// returned `SECCOMP_RET_USER_NOTIF` (seccomp_unotify(2)). This process must make no such call itself.
///
/// # Errors
/// As above; `ResourceBusy` where another filter of this process has such a descriptor.
pub fn filter_and_be_asked(program: &[libc::sock_filter]) -> io::Result<OwnedFd> {
    let listen = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER;
    // A call that is being answered is then interrupted by nothing but the end of its process (since Linux 5.19).
    let fd = match set_filter(program, listen | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => set_filter(program, listen)?,
        other => other?,
    };
    // SAFETY: the kernel has just made this descriptor for us, and nothing else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn set_filter(program: &[libc::sock_filter], flags: libc::c_ulong) -> io::Result<RawFd> {
    let len = u16::try_from(program.len()).map_err(io::Error::other)?;
    let program = libc::sock_fprog { len, filter: program.as_ptr().cast_mut() };
    // SAFETY: the kernel copies the program, which is `len` long and lives until the call returns; it writes to nothing.
    let set =
        unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, flags, &raw const program) };
    if set == -1 { Err(io::Error::last_os_error()) } else { RawFd::try_from(set).map_err(io::Error::other) }
}

/// A system call whose process waits for an answer.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    id: u64,
    /// The thread that waits, as this process's PID namespace has it.
    pub thread: u32,
    /// The call's number.
    pub call: libc::c_long,
    /// Its arguments; only the first ones have a meaning.
    pub arguments: [u64; 6],
}

/// What becomes of a system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It returns 0, and the kernel has done nothing.
    Done,
    /// It returns this, and the kernel has done nothing.
    Gives(i64),
    /// It fails with this error number, and the kernel has done nothing.
    Fails(i32),
    /// The kernel does it, with whatever its arguments point to by then.
    ByKernel,
}

/// Takes the next call from a descriptor of [`filter_and_be_asked`] that is readable; nothing where its process has
/// ended or was interrupted since.
///
/// # Errors
/// It is no such descriptor.
pub fn asked(listener: BorrowedFd<'_>) -> io::Result<Option<Asked>> {
    // The kernel wants zeros, and may know a longer structure than this one (seccomp_unotify(2), `SECCOMP_GET_NOTIF_SIZES`).
    let mut buffer = [0_u64; 64];
    // SAFETY: the kernel writes one structure to the buffer, which is larger and aligned.
    let got =
        unsafe { libc::ioctl(listener.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_RECV, buffer.as_mut_ptr()) };
    if got == -1 {
        let error = io::Error::last_os_error();
        return match error.raw_os_error() {
            Some(libc::ENOENT | libc::EINTR) => Ok(None),
            _ => Err(error),
        };
    }
    // SAFETY: this plain C structure of numbers is smaller than the buffer and not aligned more strictly.
    let notice: libc::seccomp_notif = unsafe { std::ptr::read(buffer.as_ptr().cast()) };
    let libc::seccomp_notif { id, pid, data, .. } = notice;
    Ok(Some(Asked { id, thread: pid, call: data.nr.into(), arguments: data.args }))
}

/// Whether a call still waits. As long as it does, its thread's number is no other's.
pub fn still_asks(listener: BorrowedFd<'_>, asked: &Asked) -> bool {
    // SAFETY: the kernel reads the number, which lives until the call returns.
    let valid =
        unsafe { libc::ioctl(listener.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_ID_VALID, &raw const asked.id) };
    valid == 0
}

/// Answers a call. That nobody waits any more is no error.
///
/// # Errors
/// It is no descriptor of [`filter_and_be_asked`].
pub fn answer(listener: BorrowedFd<'_>, asked: &Asked, answer: Answer) -> io::Result<()> {
    let (val, error, flags) = match answer {
        Answer::Done => (0, 0, 0),
        Answer::Gives(val) => (val, 0, 0),
        Answer::Fails(errno) => (0, -errno, 0),
        Answer::ByKernel => (0, 0, libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE),
    };
    let flags = u32::try_from(flags).map_err(io::Error::other)?;
    let response = libc::seccomp_notif_resp { id: asked.id, val, error, flags };
    let mut buffer = [0_u64; 64];
    // SAFETY: this plain C structure is smaller than the buffer and not aligned more strictly.
    unsafe { std::ptr::write(buffer.as_mut_ptr().cast(), response) };
    // SAFETY: the kernel reads one structure from the buffer, which is larger and aligned.
    let sent =
        unsafe { libc::ioctl(listener.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_SEND, buffer.as_mut_ptr()) };
    let error = io::Error::last_os_error();
    if sent == 0 || error.raw_os_error() == Some(libc::ENOENT) { Ok(()) } else { Err(error) }
}

/// Writes to the memory of a thread whose call waits, as the kernel would have for the call (process_vm_writev(2)).
///
/// # Errors
/// It may not be written to there (`EFAULT`), or the thread may not be looked into.
pub fn write_for(asked: &Asked, address: u64, bytes: &[u8]) -> io::Result<()> {
    let local = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    let remote = libc::iovec { iov_base: address as *mut libc::c_void, iov_len: bytes.len() };
    let thread = i32::try_from(asked.thread).map_err(io::Error::other)?;
    // SAFETY: the kernel reads `bytes`. What it writes to is another process's, and where it were a thread of this one that asks,
    // that thread has given the place to the kernel to be written to.
    let written = unsafe { libc::process_vm_writev(thread, &raw const local, 1, &raw const remote, 1, 0) };
    if written == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

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

/// Gives this thread a root and a working directory that other threads do not share (unshare(2), `CLONE_FS`).
///
/// # Errors
/// The kernel has no memory.
pub fn unshare_root() -> io::Result<()> {
    // SAFETY: only `CLONE_FILES` would be unsound here, and it is not given.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::FS) }.map_err(io::Error::from)
}

/// A thread that was waited for may be counted for a moment more.
fn require_one_thread() -> io::Result<()> {
    const PATIENCE: Duration = Duration::from_secs(1);
    let watch = Stopwatch::start();
    loop {
        match task_count()? {
            1 => return Ok(()),
            _ if watch.elapsed() < PATIENCE => clock::sleep(Duration::from_millis(1)),
            count => {
                return Err(io::Error::other(format!("the process has {count} threads and must have one")));
            }
        }
    }
}

/// Closes every descriptor above standard error that is not in `keep`. Only for a fresh clone: whatever still
/// believes that it owns one of them must never use or drop it, which holds where the clone leaves by `_exit`.
fn close_all_but(keep: &[BorrowedFd<'_>]) {
    let mut kept: Vec<u32> = keep.iter().filter_map(|fd| u32::try_from(fd.as_raw_fd()).ok()).collect();
    kept.sort_unstable();
    let mut first: u32 = 3;
    for fd in kept.into_iter().chain([u32::MAX]) {
        if first < fd {
            let last = if fd == u32::MAX { fd } else { fd - 1 };
            // SAFETY: takes numbers only; see above for who owned them.
            unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
        }
        first = first.max(fd.saturating_add(1));
    }
}
