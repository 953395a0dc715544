use super::super::rule::{Report, Scene};
use super::super::targets::{Target, targets};
use super::super::writes::{How, Write};

/// Files that say who may log in, become another, or have code run as root: passwd(5), shadow(5), group(5), gshadow(5),
/// subuid(5), sudoers(5), doas.conf(5), pam(8), ld.so(8), cron(8), sshd_config(5). What ends with `/` is a folder.
const FILES: [&str; 19] = [
    "passwd",
    "shadow",
    "group",
    "gshadow",
    "subuid",
    "subgid",
    "sudoers",
    "sudoers.d/",
    "doas.conf",
    "pam.conf",
    "pam.d/",
    "ld.so.preload",
    "crontab",
    "cron.d/",
    "cron.hourly/",
    "cron.daily/",
    "cron.weekly/",
    "cron.monthly/",
    "ssh/sshd_config",
];

const CRONTABS: &str = "/var/spool/cron/";

pub(super) fn check(write: &Write<'_>, scene: Scene, report: &mut Report<'_>) {
    if scene.check || matches!(write.how, How::Mark | How::Make | How::Folder) {
        return;
    }
    let Some(Target { path, .. }) = targets(write, scene).into_iter().find(is_one) else { return };
    let does = if write.how == How::Remove { "removes" } else { "writes" };
    let message = format!("this {does} `{path}`, on which the system's security depends");
    report.in_text(write.text, write.path.word.span, message);
}

fn is_one(target: &Target) -> bool {
    let Target { path, whole } = target;
    // With it whoever holds a key may log in (sshd(8)).
    let is_keys = *whole && path.ends_with("/.ssh/authorized_keys");
    path.strip_prefix("/etc/").is_some_and(|inside| is_listed(inside, *whole, &FILES))
        || path.starts_with(CRONTABS)
        || is_keys
}

/// Whether a path is one of some files, or in one of some folders, whose names end with `/`.
pub(super) fn is_listed(path: &str, whole: bool, list: &[&str]) -> bool {
    list.iter().any(|file| {
        // A folder may be named without its `/`, as what something is put into.
        whole && path.trim_end_matches('/') == file.trim_end_matches('/')
            || file.ends_with('/') && path.starts_with(file)
    })
}
