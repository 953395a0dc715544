//! What a hostile package tries. `docs/security.md` has the same rows.

/// What must become of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// It is refused: the text ends with a failure.
    Fails,
    /// It seems to succeed, and the host has nothing of it.
    Contained,
    /// The step is ended.
    Ended,
}

impl Expected {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Fails => "fails",
            Self::Contained => "contained",
            Self::Ended => "ended",
        }
    }
}

/// A name, the shell text, and the outcome. `@HOST@` is a folder of the host with a file `secret`, whose text is
/// `decoy`; the text succeeds where it reads or changes something there. `@SOCKET@` is the path of a socket in one of the host's
/// directories that a root shows, and the name of an abstract one.
pub(crate) type Attack = (&'static str, &'static str, Expected);

use Expected::{Contained, Ended, Fails};

/// Takes the loopback device down (rtnetlink(7), `RTM_SETLINK`), and succeeds where the kernel says that it did.
const NETLINK: &str = r#"perl -e 'socket(S, 16, 3, 0) or die;
    send(S, pack("LSSLL CCSlLL", 32, 19, 5, 1, 0, 0, 0, 0, 1, 0, 1), 0, pack("SSLL", 16, 0, 0, 0)) or die $!;
    recv(S, $answer, 4096, 0); exit(unpack("x16 l", $answer) == 0 ? 0 : 1)'"#;

/// An ELF file for i386 with one segment, whose code leaves with 0: `mov $1, %eax; xor %ebx, %ebx; int $0x80`.
const PROGRAM_OF_32_BITS: &str = r#"printf '\177ELF\1\1\1\0\0\0\0\0\0\0\0\0\2\0\3\0\1\0\0\0\124\200\4\10\64\0\0\0\0\0\0\0\0\0\0\0\64\0\40\0\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\200\4\10\0\200\4\10\140\0\0\0\140\0\0\0\5\0\0\0\0\20\0\0\270\1\0\0\0\61\333\315\200\0\0\0' >32
    chmod +x 32 && ./32"#;

/// What ends the step, each in one of its own that says that it needs 8 MiB of memory and of disk.
pub(crate) const BOMBS: &[Attack] = &[
    ("a fork bomb", "b() { b & b & sleep 300; }; b", Ended),
    ("all memory", "perl -e 'push @all, \"x\" x (1 << 20) while 1'", Ended),
    (
        "all memory, in files",
        "for at in /tmp /dev/shm /run; do head -c 10G /dev/zero >$at/x || :; done; sleep 300",
        Ended,
    ),
    (
        "all memory, in files without a name",
        "perl -e '$n = \"x\"; open F, \">&=\", syscall(`uname -m` =~ /aarch64/ ? 279 : 319, $n, 0) or die $!;
            $x = \"x\" x (1 << 20); syswrite F, $x for 1..600; sleep 300'",
        Ended,
    ),
    ("all of the disk", "head -c 100G /dev/zero >x", Ended),
    (
        "all of the disk, in small files",
        "mkdir -p d; for n in 1 2 3; do head -c 100M /dev/zero >d/$n; done; sleep 300",
        Ended,
    ),
];

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
    (
        "whatever else the kernel lets user 0 write to",
        "find /proc -path '/proc/[0-9]*' -prune -o -path /proc/pressure -prune -o -type f -perm /222 -writable -exec test -f {} \\; -print | grep .",
        Fails,
    ),
    ("the machine's memory", "head -c1 /proc/kcore | grep -q .", Fails),
    ("the kernel's messages", "timeout 2 head -c1 /proc/kmsg | grep -q .", Fails),
    ("the kernel's devices", "ls /sys | grep .", Fails),
    (
        "a device",
        "for dir in . /dev /dev/shm /opt /run /tmp; do mknod $dir/made c 1 5 && head -c1 $dir/made && exit 0; rm -f $dir/made; done; exit 1",
        Fails,
    ),
    ("a place before all else that runs", "chrt -f 1 true || ionice -c 1 true", Fails),
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
    ("hashes of the host's passwords", "grep -c . /etc/shadow", Fails),
    (
        "a descriptor of the first process",
        "perl -e '$p = syscall(434, 1, 0); exit(syscall(438, $p, $_, 0) >= 0 ? 0 : 1) for 0..9'",
        Fails,
    ),
    (
        "giving away what the first process has opened",
        "perl -e 'chown(5, 5, \"/proc/1/$_\", \"/proc/self/../1/$_\") && exit 0 for \"cwd\", \"root\", map { \"fd/$_\" } 0..63; exit 1'",
        Fails,
    ),
    (
        "a device beside what the first process has opened",
        "for at in 1 self/../1; do for of in cwd root fd/0 fd/1 fd/2 fd/3 fd/4 fd/5 fd/6 fd/7; do mknod /proc/$at/$of/x c 1 3 && exit 0; done; done; exit 1",
        Fails,
    ),
    (
        "a socket of the host by its path",
        "perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Peer => shift) or die' @SOCKET@",
        Fails,
    ),
    (
        "an abstract socket of the host",
        r#"perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Peer => "\0@SOCKET@") or die'"#,
        Fails,
    ),
    ("a network device over netlink", NETLINK, Fails),
    (
        "typing into a terminal",
        "perl -e 'open T, \"+<\", \"/dev/ptmx\" or die; $c = \"x\"; ioctl(T, 0x5412, $c) or die $!'",
        Fails,
    ),
    ("a system call of another kind", "perl -e 'exit(syscall(0x40000000 + 39) < 0 ? 1 : 0)'", Fails),
    ("a program of 32 bits", PROGRAM_OF_32_BITS, Fails),
    ("a core dump", "(ulimit -c unlimited; perl -e 'kill 11, $$'); ls core* | grep .", Fails),
    (
        "more files in memory than there is room",
        "head -c 1M /dev/zero >/dev/big && head -c 1M /dev/zero >/dev/more",
        Fails,
    ),
    (
        "more semaphores than there is room",
        "perl -e 'for (1..40) { defined semget(0, 32000, 0600) or exit 1 }'",
        Fails,
    ),
    (
        "more queues of messages than there is room",
        "perl -e 'for (1..1000) { defined msgget(0, 0600) or exit 1 }'",
        Fails,
    ),
    // Last, for the others would find what it made.
    ("write a file of the host by its path", "mkdir -p @HOST@; echo owned >@HOST@/secret", Contained),
];
