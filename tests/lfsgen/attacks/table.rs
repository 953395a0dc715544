//! What a hostile package tries. `docs/security.md` has the same rows.

/// What must become of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// It is refused: the text ends with a failure.
    Fails,
    /// It seems to succeed, and the host has nothing of it.
    Contained,
}

impl Expected {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Fails => "fails",
            Self::Contained => "contained",
        }
    }
}

/// A name, the shell text, and the outcome. `@HOST@` is a folder of the host with a file `secret`, whose text is
/// `decoy`; the text succeeds where it reads or changes something there.
pub(crate) type Attack = (&'static str, &'static str, Expected);

use Expected::{Contained, Fails};

pub(crate) const ATTACKS: &[Attack] = &[
    ("read a file of the host by its path", "cat @HOST@/secret", Fails),
    ("climb out with `..`", "cat ../../../../../../../../..@HOST@/secret", Fails),
    ("write through a symbolic link", "ln -s @HOST@ way; echo owned >way/secret", Fails),
    ("give a file of the host another name", "ln @HOST@/secret here", Fails),
    ("the root of the first process", "cat /proc/1/root@HOST@/secret", Fails),
    ("the working directory of the first process", "ls /proc/1/cwd/", Fails),
    ("the descriptors of the first process", "readlink /proc/1/fd/* | grep .", Fails),
    ("the memory of the first process", "head -c1 /proc/1/mem; cat /proc/1/maps | grep .", Fails),
    ("the environment of the first process", "grep -z . /proc/1/environ", Fails),
    ("the caller's environment", "env | grep LFSGEN_TEST_SECRET", Fails),
    (
        "inherited descriptors",
        "ls -l /proc/self/fd | grep -v 'pipe:\\|/dev/null\\|/proc/\\|/lfsgen/jobs$' | grep -- '->'",
        Fails,
    ),
    ("trace the first process", "@CALL@ ptrace 16 1 0 0", Fails),
    ("a program for the kernel to start", "echo '|/bin/false' >/proc/sys/kernel/core_pattern", Fails),
    ("the kernel's settings", "echo 0 >/proc/sys/kernel/randomize_va_space", Fails),
    ("the kernel's keyboard", "echo h >/proc/sysrq-trigger", Fails),
    ("the machine's memory", "head -c1 /proc/kcore | grep -q .", Fails),
    ("the kernel's messages", "timeout 2 head -c1 /proc/kmsg | grep -q .", Fails),
    ("the kernel's devices", "ls /sys | grep .", Fails),
    ("a disk", "mknod disk b 254 0 && head -c1 disk", Fails),
    ("a mount", "mount -t tmpfs none /mnt", Fails),
    ("a mount of what lies over the kernel's files", "umount /proc/sys", Fails),
    ("a user namespace", "unshare -Ur true", Fails),
    ("a mount namespace", "unshare -m true", Fails),
    ("another's namespace", "nsenter -t 1 -m true", Fails),
    (
        "a setuid program",
        "cp /usr/bin/id . && chown 1 id && chmod 4755 id && ./id | grep -q 'euid=1('",
        Fails,
    ),
    ("a TCP connection", "exec 3<>/dev/tcp/192.0.2.1/9", Fails),
    ("a UDP packet", "echo x >/dev/udp/192.0.2.1/9", Fails),
    ("a signal to the runner", "kill -0 @RUNNER@", Fails),
    ("keys", "@CALL@ keyctl 0 -4 0", Fails),
    ("a program in the kernel", "@CALL@ bpf 0 0 0", Fails),
    ("page faults", "@CALL@ userfaultfd 1", Fails),
    ("io_uring", "@CALL@ io_uring_setup 1 0", Fails),
    ("performance counters", "@CALL@ perf_event_open 0 0 0", Fails),
    ("a module", "@CALL@ init_module 0 0 0", Fails),
    ("a file by its number", "@CALL@ open_by_handle_at 0 0 0", Fails),
    // Last, for the others would find what it made.
    ("write a file of the host by its path", "mkdir -p @HOST@; echo owned >@HOST@/secret", Contained),
];
