//! Filters of system calls, and answers to those about which a filter asks.

use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd, RawFd};

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
