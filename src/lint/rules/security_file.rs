use super::super::rule::{Report, Scene};
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
    let path = match (write.beginning.text.as_str(), write.state.dir()) {
        (text, Some(dir)) if dir.starts_with('/') && !text.is_empty() && !text.starts_with(['/', '~']) => {
            format!("{}/{text}", dir.trim_end_matches('/'))
        }
        (text, _) => text.to_owned(),
    };
    // With it whoever holds a key may log in (sshd(8)).
    let is_keys = write.beginning.whole && path.ends_with("/.ssh/authorized_keys");
    let is = |file: &&str| {
        let Some(inside) = path.strip_prefix("/etc/") else { return false };
        // A folder may be named without its `/`, as what something is put into.
        let folder = file.trim_end_matches('/');
        let whole = write.beginning.whole && inside.trim_end_matches('/') == folder;
        whole || file.ends_with('/') && inside.starts_with(*file)
    };
    if !FILES.iter().any(is) && !path.starts_with(CRONTABS) && !is_keys {
        return;
    }
    let does = if write.how == How::Remove { "removes" } else { "writes" };
    let message = format!("this {does} `{path}`, on which the system's security depends");
    report.in_text(write.text, write.path.word.span, message);
}
