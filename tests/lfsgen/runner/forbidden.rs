//! Machines that forbid isolation, made here by forbidding it: what `lfsgen doctor` and a failing step say of them.

use std::process::{Command, Output, Stdio};

use lfsgen::host::raw;
use lfsgen::journal::Outcome;
use lfsgen::model::{Limited, Over};
use libc::{
    BPF_ABS, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO,
    sock_filter,
};
use serde_json::{Value, json};

use super::project::{Package, Project, Who, everyone, is_root, who};
use crate::support::{stderr, stdout};

/// What a machine says of isolation.
struct Said {
    /// What `lfsgen doctor` found: `(verdict, found, remedy)`.
    doctor: Vec<(String, String, String)>,
    step: Output,
}

impl Said {
    /// Asks both, each in the way that `run` runs a command.
    fn by(project: &Project, run: impl Fn(Command) -> Output) -> Self {
        Self::with("required", project, run)
    }

    /// The same in a project with this `sandbox`.
    fn with(sandbox: &str, project: &Project, run: impl Fn(Command) -> Output) -> Self {
        project.write("lfsgen.yaml", &format!("project: small\nspecs: [specs]\nsandbox: {sandbox}\n"));
        project.write("specs/README", "");
        // How many processes there are, and what of them can be looked into.
        let text = "set -- /proc/[0-9]*; echo $#; cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep SECRET || true
                    ls -d /proc/[0-9]*/root/home/* /proc/[0-9]*/cwd/specs 2>/dev/null || true; echo x >/opt/x; chown 1:2 /opt/x";
        let stage = json!({"sandbox": sandbox});
        project.package("tool", &Package { phases: &[("install", text)], stage, ..Package::default() });
        let report = run(project.command(&["doctor", "--json"]));
        let report: Value =
            serde_json::from_slice(&report.stdout).unwrap_or_else(|e| panic!("{e}: {}", stderr(&report)));
        let checks = report["checks"].as_array().unwrap().iter().filter(|check| check["name"] == "isolation");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let doctor =
            checks.map(|check| (text(&check["verdict"]), text(&check["found"]), text(&check["remedy"])));
        Self { doctor: doctor.collect(), step: run(project.command(&["run-step", "tool", "install"])) }
    }

    /// Both name the cause and the remedy, in the same words.
    #[track_caller]
    fn forbidden(&self, cause: &str, remedy: &str) {
        let (verdict, found, advice) = self.doctor.last().unwrap();
        assert_eq!(verdict, "failed", "{found}");
        assert!(found.contains(cause) && advice.contains(remedy), "{found}; {advice}");
        let error = stderr(&self.step);
        assert_eq!(self.step.status.code(), Some(2), "{}{error}", stdout(&self.step));
        assert!(error.contains(cause) && error.contains(remedy), "{error}");
    }
}

/// Runs commands below a shell's line, in which `"$@"` is the command.
fn below(line: &str) -> impl Fn(Command) -> Output {
    move |command| {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", line, "sh"]).arg(command.get_program()).args(command.get_args());
        shell
            .current_dir(command.get_current_dir().unwrap())
            .env_clear()
            .env("PATH", "/usr/bin:/usr/sbin:/bin:/sbin");
        shell.output().unwrap()
    }
}

/// As `nobody`, where root runs the tests.
fn as_nobody() -> &'static str {
    if is_root() { "setpriv --reuid 65534 --regid 65534 --clear-groups" } else { "" }
}

/// Runs commands behind a filter that answers a system call with an error.
pub(super) fn behind<T: Send>(
    call: libc::c_long,
    errno: i32,
    run: impl Fn(Command) -> T + Sync,
) -> impl Fn(Command) -> T {
    let code = |code: u32, k: u32, jt, jf| sock_filter { code: u16::try_from(code).unwrap(), jt, jf, k };
    let program = [
        code(BPF_LD | BPF_W | BPF_ABS, 0, 0, 0),
        code(BPF_JMP | BPF_JEQ | BPF_K, u32::try_from(call).unwrap(), 0, 1),
        code(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | errno.unsigned_abs(), 0, 0),
        code(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0),
    ];
    move |command| {
        // A filter belongs to a thread and to what it starts.
        let filtered = || {
            rustix::thread::set_no_new_privs(true).unwrap();
            raw::filter_system_calls(&program).unwrap();
            run(command)
        };
        std::thread::scope(|scope| scope.spawn(filtered).join().unwrap())
    }
}

/// Runs commands where a system call fails like that.
pub(crate) fn without(call: libc::c_long, errno: i32) -> impl Fn(Command) -> Output {
    behind(call, errno, |mut command| command.output().unwrap())
}

#[test]
fn a_limit_of_namespaces_is_named() {
    let project = Project::new(*who().last().unwrap());
    let line = |name: &str, then: &str| {
        let inside = format!("echo 0 >/proc/sys/user/{name} && exec {then} \"$@\"");
        format!("exec {} unshare -Ur sh -c '{inside}' sh \"$@\"", as_nobody())
    };
    // User 0 of a namespace who may not make others is an ordinary user.
    let ordinary = "setpriv --bounding-set -sys_admin --inh-caps -sys_admin";
    let said = Said::by(&project, below(&line("max_user_namespaces", ordinary)));
    said.forbidden("`user.max_user_namespaces` is 0", "`sysctl user.max_user_namespaces=");
    for name in ["net", "mnt", "pid", "ipc", "uts"] {
        let name = format!("max_{name}_namespaces");
        let said = Said::by(&project, below(&line(&name, "")));
        said.forbidden(&format!("`user.{name}` is 0"), &format!("`sysctl user.{name}="));
    }
    let said = Said::by(&project, below(&line("max_net_namespaces", ordinary)));
    said.forbidden("more than `user.max_net_namespaces` allows here or, in a container, outside", "raise it");
}

#[test]
fn a_seccomp_filter_is_named_with_the_call_that_it_refuses() {
    everyone(|project| {
        let refuses = |call| format!("a seccomp filter refuses the system call `{call}`");
        let remedy = "seccomp=unconfined";
        Said::by(project, without(libc::SYS_mount, libc::EPERM)).forbidden(&refuses("mount"), remedy);
        // As Docker's default filter has it.
        Said::by(project, without(libc::SYS_clone3, libc::ENOSYS)).forbidden(&refuses("clone3"), remedy);
    });
    let project = Project::new(*who().last().unwrap());
    Said::by(&project, without(libc::SYS_unshare, libc::EPERM))
        .forbidden("a seccomp filter refuses the system call `unshare`", "RestrictNamespaces=");
}

#[test]
fn a_filter_that_has_nothing_to_do_with_it_is_not_blamed() {
    let project = Project::new(*who().last().unwrap());
    let line = format!(
        "exec {} unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_net_namespaces; exec \"$@\"' sh \"$@\"",
        as_nobody()
    );
    let said = Said::by(&project, behind(libc::SYS_acct, libc::EPERM, below(&line)));
    said.forbidden("`user.max_net_namespaces` is 0", "`sysctl user.max_net_namespaces=");
}

#[test]
fn a_chroot_is_named_for_root_and_for_an_ordinary_user() {
    if !is_root() {
        return;
    }
    let line = |mount: &str, then: &str| {
        format!(
            "exec unshare -m sh -c 'mkdir -p tree; {mount}; for dir in /*; do if test -L $dir; then cp -a $dir tree$dir; else \
             mkdir -p tree$dir; mount --rbind $dir tree$dir; fi; done; dir=$PWD; exec chroot tree sh -c \"cd $dir; exec {then} \
             \\\"\\$@\\\"\" sh \"$@\"' sh \"$@\""
        )
    };
    let project = Project::new(Who::Me);
    let plain = Said::by(&project, below(&line("true", "")));
    plain.forbidden("this is a chroot whose directory is no mount point", "`mount --bind DIR DIR`");
    // The remedy helps.
    let mounted = Said::by(&project, below(&line("mount --bind tree tree", "")));
    assert!(mounted.step.status.success(), "{}", stderr(&mounted.step));
    let project = Project::new(Who::Nobody);
    let said = Said::by(&project, below(&line("true", as_nobody())));
    said.forbidden("this is a chroot, and nobody in one gets a user namespace", "run lfsgen as root in it");
}

#[test]
fn a_file_system_that_cannot_hold_layers_is_named() {
    if !is_root() {
        return;
    }
    let project = Project::new(Who::Me);
    // Over the state directory, where a container has its own overlay over everything.
    let line = "exec unshare -m sh -c 'mkdir below; mount -t tmpfs none below; mkdir below/upper below/work below/lower; rm -rf build; \
                mkdir build; mount -t overlay none -o lowerdir=below/lower,upperdir=below/upper,workdir=below/work build; \
                exec \"$@\"' sh \"$@\"";
    let said = Said::by(&project, below(line));
    said.forbidden(
        "the state directory's file system, `overlay`, cannot hold layers",
        "set `state` in `lfsgen.yaml`",
    );
}

#[test]
fn a_masked_proc_is_told_of_and_does_not_keep_an_ordinary_user_from_building() {
    if !is_root() {
        return;
    }
    let project = Project::new(Who::Nobody);
    let line = format!(
        "export SECRET=x; exec unshare -m sh -c 'mount -t tmpfs none /proc/fs; exec {} \"$@\"' sh \"$@\"",
        as_nobody()
    );
    let said = Said::by(&project, below(&line));
    let (verdict, found, remedy) = said.doctor.last().unwrap();
    assert_eq!(verdict, "doubtful", "{found}");
    assert!(
        found.contains("mounts hide `/proc/fs`") && remedy.contains("systempaths=unconfined"),
        "{found}; {remedy}"
    );
    assert!(said.step.status.success(), "{}", stderr(&said.step));
    // It sees that there are others, the runner and whoever started it with the same user among them, and no more.
    let log = project.log("tool", "install");
    let mut lines = log.lines();
    assert!(lines.next().unwrap().parse::<u32>().unwrap() > 5, "{log}");
    assert_eq!(lines.next(), None, "{log}");
    let entry = project.manifest("tool").entries.pop().unwrap();
    assert_eq!((entry.path.as_str(), entry.uid, entry.gid), ("opt/x", 1, 2));
}

#[test]
fn what_others_use_does_not_count_as_a_steps_where_proc_is_masked_but_its_own_does() {
    if !is_root() {
        return;
    }
    let project = Project::new(Who::Nobody);
    let line = format!(
        "exec unshare -m sh -c 'mount -t tmpfs none /proc/fs; exec {} \"$@\"' sh \"$@\"",
        as_nobody()
    );
    let run = |text: &str| {
        let more = json!({"limits": {"memory": 8 << 20, "jobs": 1}});
        project.package("tool", &Package { phases: &[("build", text)], more, ..Package::default() });
        below(&line)(project.command(&["run-step", "tool", "build"]))
    };
    let large = "$x = 'x' x (400 << 20); print 1; close STDOUT; sleep 600";
    let mut other =
        project.command_of("/usr/bin/perl", &["-e", large]).stdout(Stdio::piped()).spawn().unwrap();
    assert_eq!(std::io::read_to_string(other.stdout.take().unwrap()).unwrap(), "1");
    let small = run("set -- /proc/[0-9]*; echo $#; sleep 2");
    other.kill().unwrap();
    other.wait().unwrap();
    assert!(small.status.success(), "{}", stderr(&small));
    // It sees others.
    assert!(project.log("tool", "build").trim().parse::<u32>().unwrap() > 5);
    // In two processes, whose parents have ended.
    let own = run("for part in 1 2; do (perl -e '$x = \"x\" x (180 << 20); sleep 300' &); done; sleep 300");
    assert_eq!(own.status.code(), Some(1), "{}", stderr(&own));
    let outcome = project.outcomes().pop();
    let is_over = matches!(outcome, Some(Outcome::OverLimit(Over { of: Limited::Memory, .. })));
    assert!(is_over, "{outcome:?}");
}

#[test]
fn with_off_nothing_runs() {
    let project = Project::new(*who().last().unwrap());
    let said = Said::with("off", &project, |mut command| command.output().unwrap());
    said.forbidden("`sandbox: off` runs no step", "set `sandbox: required` in `lfsgen.yaml`");
    assert!(!project.has_artifact("tool"));
}
