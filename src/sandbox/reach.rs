//! System calls by which a command on the machine itself would reach what a root and namespaces keep a command off, and at which
//! Landlock does not look. They are refused beside those that no package build needs (see [`super::filter`]).

use libc::{SECCOMP_RET_ERRNO, c_long};

use super::filter::{FORBIDDEN, NO_SUCH, Row, When};

const UNSUPPORTED: u32 = SECCOMP_RET_ERRNO | libc::EOPNOTSUPP.unsigned_abs();

/// What a root and namespaces of its own would keep a command off, and Landlock does not look at.
pub(super) const OUT_OF_REACH: &[Row] = &[
    // Landlock sees it only since Linux 6.2 (landlock(7), `LANDLOCK_ACCESS_FS_TRUNCATE`). Programs truncate what they have open.
    (FORBIDDEN, libc::SYS_truncate, When::Always),
    // Limits of another process. One with no processor time left is ended by the kernel, the first process of the step too
    // (prlimit(2), `RLIMIT_CPU`).
    (FORBIDDEN, libc::SYS_prlimit64, When::AnyOther(1)),
    // When another process runs: those that watch over the limits would wait behind what they watch (sched(7), `SCHED_IDLE`).
    (FORBIDDEN, libc::SYS_setpriority, When::AnyOther(2)),
    (FORBIDDEN, libc::SYS_sched_setscheduler, When::AnyOther(1)),
    (FORBIDDEN, libc::SYS_sched_setparam, When::AnyOther(1)),
    (FORBIDDEN, libc::SYS_sched_setattr, When::AnyOther(1)),
    // What the user's other programs share, and what would outlive the step (sysvipc(7), mq_overview(7)).
    (NO_SUCH, libc::SYS_shmget, When::Always),
    (NO_SUCH, libc::SYS_shmat, When::Always),
    (NO_SUCH, libc::SYS_shmctl, When::Always),
    (NO_SUCH, libc::SYS_semget, When::Always),
    (NO_SUCH, libc::SYS_semop, When::Always),
    (NO_SUCH, libc::SYS_semtimedop, When::Always),
    (NO_SUCH, libc::SYS_semctl, When::Always),
    (NO_SUCH, libc::SYS_msgget, When::Always),
    (NO_SUCH, libc::SYS_msgsnd, When::Always),
    (NO_SUCH, libc::SYS_msgrcv, When::Always),
    (NO_SUCH, libc::SYS_msgctl, When::Always),
    (NO_SUCH, libc::SYS_mq_open, When::Always),
    (NO_SUCH, libc::SYS_mq_unlink, When::Always),
    // Attributes of any file of the user, overlayfs's marks on artifacts among them: as on a file system that has none.
    (UNSUPPORTED, libc::SYS_setxattr, When::Always),
    (UNSUPPORTED, libc::SYS_lsetxattr, When::Always),
    (UNSUPPORTED, libc::SYS_fsetxattr, When::Always),
    (NO_SUCH, SETXATTRAT, When::Always),
    (UNSUPPORTED, libc::SYS_removexattr, When::Always),
    (UNSUPPORTED, libc::SYS_lremovexattr, When::Always),
    (UNSUPPORTED, libc::SYS_fremovexattr, When::Always),
    (NO_SUCH, REMOVEXATTRAT, When::Always),
    // The machine's services listen at paths: who may ask the user's service manager for a process is out of all confines.
    (FORBIDDEN, libc::SYS_socket, When::Is(0, libc::AF_UNIX.unsigned_abs())),
    // Such a pair of datagrams may send to any path as well, and raw ones are the same (unix(7)).
    (FORBIDDEN, libc::SYS_socketpair, When::Bits(1, SOCKET_TYPE, libc::SOCK_DGRAM.unsigned_abs())),
    (FORBIDDEN, libc::SYS_socketpair, When::Bits(1, SOCKET_TYPE, libc::SOCK_RAW.unsigned_abs())),
];

/// Calls since Linux 6.13, with one number on all processors.
const SETXATTRAT: c_long = 463;
const REMOVEXATTRAT: c_long = 466;
/// The bits of a socket's type that are no flags (the kernel's include/linux/net.h, `SOCK_TYPE_MASK`).
const SOCKET_TYPE: u32 = 0xf;

/// Where there is no network of a command's own.
pub(super) const NO_SOCKETS: &[Row] = &[(FORBIDDEN, libc::SYS_socket, When::Always)];
