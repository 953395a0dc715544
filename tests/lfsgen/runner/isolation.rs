//! What a step sees of the machine, and what it cannot do to it.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use serde_json::json;

use super::project::{Package, Project, Who, everyone, is_root, processes_with, wait_until};
use crate::support::stderr;

/// Has a script fail where a command succeeds. `! command` would not: a shell that leaves at failures passes over it (POSIX,
/// `set -e`).
const REFUSED: &str = "refused() { if \"$@\"; then echo \"not refused: $*\"; exit 9; fi; }\n";

#[test]
fn a_step_has_no_network_but_its_own_loopback() {
    everyone(|project| {
        // Nothing listens there: a network that is down, or none, would say so instead.
        let connect = "cat /proc/net/dev | tail -n +3 | cut -d: -f1; wc -l </proc/net/route
                       (exec 3<>/dev/tcp/127.0.0.1/9) 2>&1 | grep -o 'Connection refused' | head -n1
                       (exec 3<>/dev/tcp/192.0.2.1/9) 2>&1 | grep -o 'Network is unreachable' | head -n1";
        project.install("tool", &[], connect);
        let log = project.log("tool", "install");
        let words: Vec<_> = log.split_whitespace().collect();
        assert_eq!(words, "lo 1 Connection refused Network is unreachable".split(' ').collect::<Vec<_>>());
    });
}

#[test]
fn a_stage_may_have_the_hosts_network() {
    everyone(|project| {
        let phases = [("install", "cat /proc/net/dev | wc -l")];
        let stage = json!({"network": true});
        project.package("tool", &Package { phases: &phases, stage, ..Package::default() });
        project.good("tool", "install");
        let host = std::fs::read_to_string("/proc/net/dev").unwrap().lines().count();
        assert_eq!(project.log("tool", "install").trim(), host.to_string());
    });
}

#[test]
fn a_step_sees_nobodys_files_and_no_other_process() {
    everyone(|project| {
        project.install(
            "tool",
            &[],
            "find /home /root /srv /mnt /media /boot /tmp /run /lfsgen/sources -mindepth 1; cat /proc/1/comm
             hostname; ls -d /proc/[0-9]* | wc -l; readlink /proc/1/fd/* | wc -l",
        );
        let log = project.log("tool", "install");
        let lines: Vec<_> = log.lines().collect();
        // What the first process has, such as the runner's pidfd, is not for the step to look at.
        assert_eq!(lines[0], "lfsgen");
        assert_eq!(lines[1], "lfsgen", "the host name");
        assert!(lines[2].parse::<u32>().unwrap() <= 5, "{log}");
        assert_eq!(lines[3], "0", "{log}");
        assert_eq!(lines.len(), 4, "{log}");
    });
}

#[test]
fn a_steps_environment_is_the_plans_and_nothing_of_the_callers() {
    everyone(|project| {
        let phases = [("install", "env | grep -v '^_=\\|^SHLVL=\\|^OLDPWD=' | sort; umask; id -u; cat; pwd")];
        let stage = json!({"env": {"CFLAGS": "-O2 -g", "TERM": "vt100"}});
        // With more than one, the programs of the machine would decide about `MAKEFLAGS`.
        let more = json!({"limits": {"jobs": 1}});
        project.package("tool", &Package { phases: &phases, stage, more, ..Package::default() });
        let output = project.command(&["run-step", "tool", "install"]).env("SECRET", "x").output().unwrap();
        assert!(output.status.success());
        assert_eq!(
            project.log("tool", "install"),
            "CFLAGS=-O2 -g\nCMAKE_BUILD_PARALLEL_LEVEL=1\nCTEST_PARALLEL_LEVEL=1\n\
             HOME=/lfsgen/work\nLC_ALL=C.UTF-8\nLFSGEN_JOBS=1\nLFSGEN_OWN_JOBS=-j1\n\
             LFSGEN_SOURCES=/lfsgen/sources\nLFSGEN_WORK=/lfsgen/work\nMAKEFLAGS=-j1\n\
             MESON_NUM_PROCESSES=1\nMESON_TESTTHREADS=1\nPATH=/usr/bin:/usr/sbin:/bin:/sbin\nPWD=/lfsgen/work\n\
             PYTHONDONTWRITEBYTECODE=1\nPYTHONHASHSEED=0\nSOURCE_DATE_EPOCH=946684800\nTERM=vt100\nTZ=UTC0\nUSER=root\n0022\n0\n/lfsgen/work\n",
        );
    });
}

#[test]
fn nobody_else_gets_at_a_setuid_program_that_a_package_made() {
    everyone(|project| {
        // As they would be by the umask.
        let dirs = ["layers", "artifacts", "tmp"].map(|dir| project.path("build").join(dir));
        dirs.iter().for_each(|dir| std::fs::create_dir_all(dir).unwrap());
        project.install("tool", &[], "cp /usr/bin/id /usr/bin/become; chmod 4755 /usr/bin/become");
        let program = project.path(&format!("build/artifacts/{}/tree/usr/bin/become", project.key("tool")));
        assert_eq!(std::fs::metadata(&program).unwrap().mode() & 0o7777, 0o4755);
        for dir in dirs {
            assert_eq!(std::fs::metadata(&dir).unwrap().mode() & 0o7777, 0o700, "{}", dir.display());
        }
        if is_root() {
            std::fs::set_permissions(project.path(""), std::fs::Permissions::from_mode(0o755)).unwrap();
            let refused = Command::new(&program).uid(54_321).gid(54_321).status().unwrap_err();
            assert_eq!(refused.kind(), std::io::ErrorKind::PermissionDenied);
            project.write("lfsgen.yaml", "project: small\nspecs: [specs]\n");
            project.write("specs/tool.yaml", "package: tool\nversion: '1'\nbuild: { system: custom }\n");
            // Where it was built, others may not look.
            let status = project
                .command_of(project.own_program(), &["status"])
                .uid(54_321)
                .gid(54_321)
                .output()
                .unwrap();
            assert!(stderr(&status).contains("closed to everybody but its owner"), "{}", stderr(&status));
        }
    });
}

#[test]
fn devices_work_and_sources_cannot_be_written() {
    everyone(|project| {
        project.write("specs/fix.patch", "a patch\n");
        let patch = lfsgen::model::Digest::of(b"a patch\n").to_string();
        let more = json!({"files": [{"name": "fix.patch", "path": "specs/fix.patch", "sha256": patch}]});
        let text = "echo x >/dev/null; head -c4 /dev/zero | wc -c; head -c4 /dev/urandom | wc -c; echo err >/dev/stderr
                    test -c /dev/ptmx; echo >/dev/shm/x; test ! -e /dev/vda; test ! -e /dev/sda
                    cat /lfsgen/sources/fix.patch
                    refused eval 'echo x >>/lfsgen/sources/fix.patch'; refused eval 'echo >/lfsgen/sources/new'
                    refused eval 'echo >>/lfsgen/script.sh'; refused mount -t tmpfs none /mnt; refused umount /usr";
        let text = format!("{REFUSED}{text}");
        project.package("tool", &Package { phases: &[("install", &text)], more, ..Package::default() });
        project.good("tool", "install");
        let log = project.log("tool", "install");
        assert!(log.starts_with("4\n4\nerr\na patch\n"), "{log}");
        assert_eq!(log.matches("Read-only file system").count(), 3, "{log}");
        assert_eq!(project.read("specs/fix.patch"), "a patch\n");
    });
}

#[test]
fn a_daemon_does_not_outlive_its_step() {
    everyone(|project| {
        let mark = format!("9{}", std::process::id());
        project.install(
            "tool",
            &[],
            &format!("setsid sleep {mark} >/dev/null 2>&1 & sleep 0.1; echo started"),
        );
        wait_until("the daemon has ended", || processes_with(&mark).is_empty());
    });
}

#[test]
fn what_is_done_to_the_hosts_devices_and_kernel_is_refused() {
    everyone(|project| {
        project.install(
            "tool",
            &[],
            &format!(
                "{REFUSED}refused eval 'echo x >/proc/sys/kernel/hostname'; refused hostname other; refused date -s @0
                 refused chroot /proc/1/root/../.. ls /home/x"
            ),
        );
    });
}

/// The kernel's own, which would open for anybody.
#[test]
fn a_device_that_a_step_makes_cannot_be_opened_wherever_it_lies() {
    everyone(|project| {
        let text = "for dir in . /dev /dev/shm /opt /run /tmp /usr/share /var/tmp; do
                        mknod \"$dir/made\" c 1 5; refused head -c1 \"$dir/made\"; rm \"$dir/made\"
                    done
                    for dir in /dev/pts /lfsgen/sources /proc /sys; do mknod \"$dir/made\" c 1 5 || continue; refused head -c1 \"$dir/made\"; done
                    head -c1 /dev/zero | wc -c";
        project.install("tool", &[], &format!("{REFUSED}{text}"));
    });
}

#[test]
fn what_is_done_to_the_files_of_devices_does_not_reach_the_hosts() {
    let look = || {
        let metadata = std::fs::metadata("/dev/full").unwrap();
        (metadata.mode(), metadata.uid(), metadata.gid(), metadata.mtime())
    };
    let before = look();
    everyone(|project| {
        project.install(
            "tool",
            &[],
            "chmod 466 /dev/full || true; chown 1:5 /dev/full || true; touch -d @0 /dev/full || true; rm -f /dev/full || true
             install -m 644 /etc/passwd /dev/null || true; echo x >/dev/null; test -c /dev/null; test ! -s /dev/null
             touch /dev/zero; test -w /dev/zero; if echo x >/dev/full; then exit 9; fi",
        );
        assert_eq!(look(), before);
    });
}

#[test]
fn mounts_inside_the_hosts_directories_do_not_keep_an_ordinary_user_from_building() {
    if !is_root() {
        return;
    }
    let project = Project::new(Who::Nobody);
    let text =
        "cat /etc/hosts; mkdir /etc/ssl/made; echo new >/etc/hosts; rm /etc/passwd; ls /var/cache/deep";
    project.package("tool", &Package { phases: &[("install", text)], ..Package::default() });
    project.package(
        "user",
        &Package {
            phases: &[("install", "cat /etc/hosts; ls /etc")],
            layers: &["tool"],
            ..Package::default()
        },
    );
    project.write("hosts", "from a mount\n");
    // A file over a file, as containers have it, and a file system deep in a directory.
    let line = "mount --bind hosts /etc/hosts && mount -t tmpfs none /var/cache && mkdir /var/cache/deep && \
                touch /var/cache/deep/file && exec setpriv --reuid 65534 --regid 65534 --clear-groups \"$@\"";
    for package in ["tool", "user"] {
        let step = project.command(&["run-step", package, "install"]);
        let mut command = Command::new("unshare");
        command.args(["-m", "sh", "-c", line, "sh"]).arg(step.get_program()).args(step.get_args());
        let output = command.current_dir(project.path("")).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
    }
    assert_eq!(project.log("tool", "install"), "from a mount\nfile\n");
    assert_eq!(project.paths("tool"), ["etc/hosts", "etc/ssl/made"]);
    assert_eq!(project.manifest("tool").removes, ["etc/passwd"]);
    let seen = project.log("user", "install");
    assert!(seen.starts_with("new\n") && seen.contains("\nssl\n") && !seen.contains("passwd\n"), "{seen}");
}
