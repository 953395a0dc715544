//! System calls by their numbers, which differ from one kind of processor to another.

use super::texts;

/// Calls that x86-64 has and aarch64 has not (the kernel's arch/x86/entry/syscalls/syscall_64.tbl beside its
/// scripts/syscall.tbl, Linux 6.12). What libc knows of another kind of processor cannot be asked here, and what names one
/// of these without a condition would first fail when somebody compiles lfsgen there.
const FOR_X86_64_ALONE: [&str; 57] = [
    "_sysctl",
    "access",
    "afs_syscall",
    "alarm",
    "arch_prctl",
    "chmod",
    "chown",
    "creat",
    "create_module",
    "dup2",
    "epoll_create",
    "epoll_ctl_old",
    "epoll_wait",
    "epoll_wait_old",
    "eventfd",
    "fork",
    "futimesat",
    "get_kernel_syms",
    "get_thread_area",
    "getdents",
    "getpgrp",
    "getpmsg",
    "inotify_init",
    "ioperm",
    "iopl",
    "lchown",
    "link",
    "lstat",
    "mkdir",
    "mknod",
    "modify_ldt",
    "open",
    "pause",
    "pipe",
    "poll",
    "putpmsg",
    "query_module",
    "readlink",
    "rename",
    "rmdir",
    "security",
    "select",
    "set_thread_area",
    "signalfd",
    "stat",
    "symlink",
    "sysfs",
    "time",
    "tuxcall",
    "unlink",
    "uretprobe",
    "uselib",
    "ustat",
    "utime",
    "utimes",
    "vfork",
    "vserver",
];

/// The calls that a line names as constants of libc.
fn calls(line: &str) -> impl Iterator<Item = &str> {
    let word = |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    line.split("libc::SYS_").skip(1).map(move |rest| &rest[..word(rest)])
}

#[test]
fn a_call_that_one_kind_of_processor_has_alone_is_named_under_a_condition() {
    let mut conditions = 0;
    let mut found = Vec::new();
    for (path, text) in texts("rs").iter().filter(|(path, _)| path.starts_with("src")) {
        let mut before = "";
        for (line, number) in text.lines().zip(1..) {
            if calls(line).any(|call| FOR_X86_64_ALONE.contains(&call)) {
                if before.trim() == r#"#[cfg(target_arch = "x86_64")]"# {
                    conditions += 1;
                } else {
                    found.push(format!("{}:{number}: {}", path.display(), line.trim()));
                }
            }
            before = line;
        }
    }
    assert!(found.is_empty(), "aarch64 does not have what is named here:\n{}", found.join("\n"));
    assert!(conditions > 0, "no such call was seen at all");
}
