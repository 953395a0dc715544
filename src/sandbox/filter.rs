//! System calls that no package build needs, refused by a filter in the kernel (seccomp(2)).
//!
//! The first process of a root installs it before it starts the command. It is one program: a table of rows, each of
//! which is what becomes of a call, the call, and a condition on its arguments. Calls without a row are allowed, and
//! the kernel remembers those that it may always allow (since Linux 5.11), so that they cost nothing.
//!
//! In the root of an ordinary user, who has one number only, the first process is asked about changes of a file's owner (see
//! [`super::owners`]) and about devices, and whoever becomes another user is told that it worked. Where the root has a clock of its
//! own, it is asked about that (see [`super::clock`]).
//!
//! The errors are those that a kernel gives which lacks the call (`ENOSYS`) or a user who may not make it (`EPERM`), for
//! configure scripts and test suites know these two.

use std::os::fd::OwnedFd;

use anyhow::{Context as _, Result};
use libc::{
    BPF_ABS, BPF_ALU, BPF_AND, BPF_JEQ, BPF_JGE, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, SECCOMP_RET_ALLOW,
    SECCOMP_RET_ERRNO, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_USER_NOTIF, c_long, sock_filter,
};

use super::reach::{NO_SOCKETS, OUT_OF_REACH};
use super::user;
use crate::host::raw;

/// On what it depends. The kernel takes these arguments as 32 bits and ignores the rest, and so does this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Always,
    /// An argument has one of these bits.
    AnyBit(u32, u32),
    /// Of an argument these bits are those.
    Bits(u32, u32, u32),
    /// An argument is this.
    Is(u32, u32),
    /// Of an argument these bits are those, and another one is an address.
    Given(u32, u32, u32, u32),
    /// One of so many arguments, from the first on, is a user or group other than 0, the only one that an ordinary user's root
    /// has; -1 means that nothing changes (setresuid(2)).
    AnyOther(u8),
}

/// What becomes of a call, which call, and when.
pub(super) type Row = (u32, c_long, When);

pub(super) const NO_SUCH: u32 = SECCOMP_RET_ERRNO | libc::ENOSYS.unsigned_abs();
pub(super) const FORBIDDEN: u32 = SECCOMP_RET_ERRNO | libc::EPERM.unsigned_abs();
/// It succeeds, and nothing happens.
const PRETEND: u32 = SECCOMP_RET_ERRNO;
/// The first process answers.
pub(super) const ASK: u32 = SECCOMP_RET_USER_NOTIF;

/// The flags of clone(2) that make a namespace. A user namespace would give back every capability that was given up,
/// over a part of the kernel in which most ways out of such roots were found.
const NEW_NAMESPACES: u32 = 0x7e02_0000;
/// `CLONE_NEWTIME` is one for unshare(2) alone: in clone(2) its bit belongs to the exit signal.
const NEW_TIME: u32 = 0x80;
/// Commands of ioctl(2) that type into a terminal (TIOCSTI(2const), TIOCLINUX(2const)).
const TYPE_INTO: u32 = 0x5412;
const LINUX_CONSOLE: u32 = 0x541c;

const TABLE: &[Row] = &[
    // Namespaces and mounts. clone3(2) passes its flags where no filter can see them; the C library then uses clone(2).
    (NO_SUCH, libc::SYS_clone3, When::Always),
    (FORBIDDEN, libc::SYS_clone, When::AnyBit(0, NEW_NAMESPACES)),
    (FORBIDDEN, libc::SYS_unshare, When::AnyBit(0, NEW_NAMESPACES | NEW_TIME)),
    (FORBIDDEN, libc::SYS_setns, When::Always),
    (FORBIDDEN, libc::SYS_mount, When::Always),
    (FORBIDDEN, libc::SYS_umount2, When::Always),
    (FORBIDDEN, libc::SYS_pivot_root, When::Always),
    (NO_SUCH, libc::SYS_open_tree, When::Always),
    (NO_SUCH, libc::SYS_move_mount, When::Always),
    (NO_SUCH, libc::SYS_fsopen, When::Always),
    (NO_SUCH, libc::SYS_fsconfig, When::Always),
    (NO_SUCH, libc::SYS_fsmount, When::Always),
    (NO_SUCH, libc::SYS_fspick, When::Always),
    (NO_SUCH, libc::SYS_mount_setattr, When::Always),
    // A file by its number reaches past every mount (open_by_handle_at(2)).
    (FORBIDDEN, libc::SYS_open_by_handle_at, When::Always),
    // Parts of the kernel that are no business of a build.
    (NO_SUCH, libc::SYS_bpf, When::Always),
    (NO_SUCH, libc::SYS_userfaultfd, When::Always),
    (NO_SUCH, libc::SYS_io_uring_setup, When::Always),
    (NO_SUCH, libc::SYS_io_uring_enter, When::Always),
    (NO_SUCH, libc::SYS_io_uring_register, When::Always),
    (FORBIDDEN, libc::SYS_perf_event_open, When::Always),
    (NO_SUCH, libc::SYS_keyctl, When::Always),
    (NO_SUCH, libc::SYS_add_key, When::Always),
    (NO_SUCH, libc::SYS_request_key, When::Always),
    (FORBIDDEN, libc::SYS_init_module, When::Always),
    (FORBIDDEN, libc::SYS_finit_module, When::Always),
    (FORBIDDEN, libc::SYS_delete_module, When::Always),
    (FORBIDDEN, libc::SYS_kexec_load, When::Always),
    (FORBIDDEN, libc::SYS_reboot, When::Always),
    (FORBIDDEN, libc::SYS_syslog, When::Always),
    (FORBIDDEN, libc::SYS_swapon, When::Always),
    (FORBIDDEN, libc::SYS_swapoff, When::Always),
    (FORBIDDEN, libc::SYS_quotactl, When::Always),
    (FORBIDDEN, libc::SYS_acct, When::Always),
    // What `lfsgen shell` shares with the person: the terminal.
    (FORBIDDEN, libc::SYS_ioctl, When::Is(1, TYPE_INTO)),
    (FORBIDDEN, libc::SYS_ioctl, When::Is(1, LINUX_CONSOLE)),
];

/// Becoming a user or a group that an ordinary user's root does not have. setfsuid(2) and setfsgid(2) tell of no failure.
const OTHER_USERS: &[Row] = &[
    (PRETEND, libc::SYS_setuid, When::AnyOther(1)),
    (PRETEND, libc::SYS_setgid, When::AnyOther(1)),
    (PRETEND, libc::SYS_setreuid, When::AnyOther(2)),
    (PRETEND, libc::SYS_setregid, When::AnyOther(2)),
    (PRETEND, libc::SYS_setresuid, When::AnyOther(3)),
    (PRETEND, libc::SYS_setresgid, When::AnyOther(3)),
    (PRETEND, libc::SYS_setgroups, When::Always),
];

/// Giving a file to somebody, also to user 0: the file may have been given to another one before. And making a device.
const OTHER_OWNERS: &[Row] = &[
    #[cfg(target_arch = "x86_64")]
    (ASK, libc::SYS_chown, When::Always),
    #[cfg(target_arch = "x86_64")]
    (ASK, libc::SYS_lchown, When::Always),
    (ASK, libc::SYS_fchown, When::Always),
    (ASK, libc::SYS_fchownat, When::Always),
    #[cfg(target_arch = "x86_64")]
    (ASK, libc::SYS_mknod, When::Bits(1, ANY_TYPE, DEVICE)),
    (ASK, libc::SYS_mknodat, When::Bits(2, ANY_TYPE, DEVICE)),
];

/// Of a mode, bits that tell devices of both kinds from everything else (inode(7)).
const ANY_TYPE: u32 = libc::S_IFMT & !(libc::S_IFBLK ^ libc::S_IFCHR);
const DEVICE: u32 = libc::S_IFBLK & libc::S_IFCHR;

/// The machine whose calls the table names (the kernel's include/uapi/linux/audit.h, `AUDIT_ARCH_…`).
#[cfg(target_arch = "x86_64")]
const MACHINE: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const MACHINE: u32 = 0xc000_00b7;
#[cfg(not(all(any(target_arch = "x86_64", target_arch = "aarch64"), target_endian = "little")))]
compile_error!("lfsgen runs on x86-64 and aarch64: it knows the system calls of no other processor");

/// Where the kernel shows a call to the program (`struct seccomp_data`).
const NUMBER: u32 = 0;
const ARCH: u32 = 4;
const ARGUMENTS: u32 = 16;
/// Calls of x86-64 with addresses of 32 bits have this bit (`__X32_SYSCALL_BIT`).
const X32: u32 = 0x4000_0000;

/// Installs the filter for this process and all that it starts, with rows about which somebody else wants to be asked. Where there
/// is something to answer, the result is where it is asked.
pub(super) fn install(others: &[Row]) -> Result<Option<OwnedFd>> {
    let one_number = user::has_one_number()?;
    if !one_number && others.is_empty() {
        return filter(&[TABLE]).map(|()| None);
    }
    let (users, owners) = if one_number { (OTHER_USERS, OTHER_OWNERS) } else { Default::default() };
    let asking = raw::filter_and_be_asked(&program(&[TABLE, users, owners, others]));
    // A container's manager may be asked about calls of this process, and there can be one who is (seccomp(2), `EBUSY`).
    asking.map(Some).or_else(|_| filter(&[TABLE, users]).map(|()| None))
}

/// The same for a command on the machine itself, which may not reach its network unless `network` says so.
pub(super) fn install_confined(network: bool) -> Result<()> {
    filter(if network { &[TABLE, OUT_OF_REACH] } else { &[TABLE, OUT_OF_REACH, NO_SOCKETS] })
}

fn filter(tables: &[&[Row]]) -> Result<()> {
    raw::filter_system_calls(&program(tables)).context("failed to filter system calls")
}

/// The program of some tables. A program for another kind of processor (32 bits on one of 64) has other numbers for its
/// calls, and is ended at its first.
fn program(tables: &[&[Row]]) -> Vec<sock_filter> {
    let mut program = vec![
        load(ARCH),
        jump(BPF_JEQ, MACHINE, 1, 0),
        ret(SECCOMP_RET_KILL_PROCESS),
        load(NUMBER),
        jump(BPF_JGE, X32, 0, 1),
        ret(NO_SUCH),
    ];
    for &(what, call, when) in tables.iter().copied().flatten() {
        let number = u32::try_from(call).unwrap_or(u32::MAX);
        match when {
            When::Always => program.extend([jump(BPF_JEQ, number, 0, 1), ret(what)]),
            When::Is(argument, value) => program.extend([
                jump(BPF_JEQ, number, 0, 4),
                load(ARGUMENTS + 8 * argument),
                jump(BPF_JEQ, value, 0, 1),
                ret(what),
                load(NUMBER),
            ]),
            When::AnyBit(argument, bits) => program.extend([
                jump(BPF_JEQ, number, 0, 5),
                load(ARGUMENTS + 8 * argument),
                code(BPF_ALU | BPF_AND | BPF_K, bits, 0, 0),
                jump(BPF_JEQ, 0, 1, 0),
                ret(what),
                load(NUMBER),
            ]),
            When::Bits(argument, mask, value) => program.extend([
                jump(BPF_JEQ, number, 0, 5),
                load(ARGUMENTS + 8 * argument),
                code(BPF_ALU | BPF_AND | BPF_K, mask, 0, 0),
                jump(BPF_JEQ, value, 0, 1),
                ret(what),
                load(NUMBER),
            ]),
            When::Given(argument, bits, value, address) => program.extend([
                jump(BPF_JEQ, number, 0, 9),
                load(ARGUMENTS + 8 * argument),
                code(BPF_ALU | BPF_AND | BPF_K, bits, 0, 0),
                jump(BPF_JEQ, value, 0, 5),
                load(ARGUMENTS + 8 * address),
                jump(BPF_JEQ, 0, 0, 2),
                load(ARGUMENTS + 8 * address + 4),
                jump(BPF_JEQ, 0, 1, 0),
                ret(what),
                load(NUMBER),
            ]),
            When::AnyOther(count) => {
                program.push(jump(BPF_JEQ, number, 0, 4 * count + 1));
                for argument in 0..u32::from(count) {
                    program.extend([
                        load(ARGUMENTS + 8 * argument),
                        jump(BPF_JEQ, 0, 2, 0),
                        jump(BPF_JEQ, u32::MAX, 1, 0),
                        ret(what),
                    ]);
                }
                program.push(load(NUMBER));
            }
        }
    }
    program.push(ret(SECCOMP_RET_ALLOW));
    program
}

fn load(at: u32) -> sock_filter {
    code(BPF_LD | BPF_W | BPF_ABS, at, 0, 0)
}

fn jump(test: u32, value: u32, so: u8, else_: u8) -> sock_filter {
    code(BPF_JMP | test | BPF_K, value, so, else_)
}

fn ret(value: u32) -> sock_filter {
    code(BPF_RET | BPF_K, value, 0, 0)
}

fn code(code: u32, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code: u16::try_from(code).unwrap_or_default(), jt, jf, k }
}
