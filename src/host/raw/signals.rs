//! Signals: held back and read from a descriptor, or with their usual effect again.

use std::io;
use std::os::fd::{FromRawFd as _, OwnedFd};
use std::process::Command;

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

/// Ends every process that a signal of this thread may reach, but for its own, all at once: none can start another one meanwhile
/// (kill(2), and `copy_process` in kernel/fork.c). Whoever calls this knows that the thread is walled in.
pub fn end_all_in_reach() {
    // SAFETY: takes two numbers, and touches no memory.
    unsafe { libc::kill(-1, libc::SIGKILL) };
}

/// Has a write to a file that is larger than this process may make it fail, instead of ending the process without a word (setrlimit(2),
/// `RLIMIT_FSIZE`).
pub fn outlive_large_files() {
    // SAFETY: to ignore a signal needs no handler.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
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
