//! A hostile package that attacks from inside a step, by root and by an ordinary user.

mod sources;
mod table;

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::process::Command;

use serde_json::json;

use crate::runner::project::{Package, Project, Who, everyone, is_root};
use crate::support::{stderr, stdout};
use lfsgen::journal::Outcome;
use table::{ATTACKS, BOMBS, Expected};

/// System calls without a program of their own. The error that says that an argument is bad is no refusal.
const CALL: &str = r#"call() { perl -e '
my %number = (ptrace => [101, 117], keyctl => [250, 219], bpf => [321, 280], userfaultfd => [323, 282],
    io_uring_setup => [425, 425], perf_event_open => [298, 241], init_module => [175, 105],
    open_by_handle_at => [304, 265]);
my ($name, @rest) = @ARGV;
my $arm = `uname -m` =~ /aarch64/ ? 1 : 0;
my $got = syscall($number{$name}[$arm], map { 0 + $_ } @rest);
print "$name: $!\n" if $got == -1;
exit($got == -1 && ($!{EPERM} || $!{ENOSYS} || $!{EACCES}) ? 1 : 0);' "$@"; }
"#;

/// Where something of the host listens; each in a directory that every user may write to.
fn socket() -> String {
    format!("/var/tmp/lfsgen-attacks-{}-{:?}", std::process::id(), std::thread::current().id())
        .replace(['(', ')'], "")
}

/// Listens on a socket with a path and on an abstract one, for as long as it lives.
struct Listening(UnixListener, UnixListener);

impl Listening {
    fn start() -> Self {
        let by_path = UnixListener::bind(socket()).unwrap();
        std::fs::set_permissions(socket(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let name = SocketAddr::from_abstract_name(socket()).unwrap();
        Self(by_path, UnixListener::bind_addr(&name).unwrap())
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let Self(_by_path, _abstract) = self;
        let _ = std::fs::remove_file(socket());
    }
}

fn text(project: &Project, attack: &str) -> String {
    let host = project.path("host").display().to_string();
    let attack = attack.replace("@HOST@", &host).replace("@CALL@", "call");
    let attack = attack.replace("@SOCKET@", &socket());
    attack.replace("@RUNNER@", &std::process::id().to_string())
}

/// Tries every attempt in every phase; each line of a log is one outcome.
fn attack_in(project: &Project, stage: &serde_json::Value) {
    project.write("host/secret", "decoy\n");
    let _listening = Listening::start();
    let mut script = format!("set +e\n{CALL}");
    for (name, attack, _) in ATTACKS {
        let attack = text(project, attack);
        let name = name.replace('\'', r"'\''");
        script.push_str(&format!(
            "( {attack}\n) >/dev/null 2>&1 && echo 'done: {name}' || echo 'refused: {name}'\n"
        ));
    }
    script.push_str("rm -rf /tmp/* \"$LFSGEN_WORK\"/*; true\n");
    let phases: Vec<_> =
        ["prepare", "build", "check", "install"].map(|phase| (phase, script.as_str())).to_vec();
    project.package("hostile", &Package { phases: &phases, stage: stage.clone(), ..Package::default() });
    let pattern = std::fs::read("/proc/sys/kernel/core_pattern").unwrap();
    for (phase, _) in &phases {
        let mut step = project.command(&["run-step", "hostile", phase]);
        let output = step.env("LFSGEN_TEST_SECRET", "x").output().unwrap();
        assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
        let log = project.log("hostile", phase);
        for (name, _, expected) in ATTACKS {
            let word = if *expected == Expected::Fails { "refused" } else { "done" };
            assert!(log.contains(&format!("{word}: {name}\n")), "{phase}: {name}\n{log}");
        }
    }
    assert_eq!(project.read("host/secret"), "decoy\n");
    assert_eq!(std::fs::read("/proc/sys/kernel/core_pattern").unwrap(), pattern);
}

#[test]
fn a_hostile_package_gets_nowhere_from_any_phase() {
    everyone(|project| attack_in(project, &json!({})));
}

#[test]
fn nor_does_one_that_roots_runner_runs_as_another_user() {
    if is_root() {
        attack_in(&Project::new(Who::Me), &json!({"user": "builder"}));
    }
}

#[test]
fn what_would_take_the_whole_machine_ends_the_step() {
    everyone(|project| {
        let more = json!({"limits": {"memory": 8 << 20, "disk": 8 << 20, "jobs": 1}});
        for (name, text, _) in BOMBS {
            let phases = [("build", *text)];
            project.package("bomb", &Package { phases: &phases, more: more.clone(), ..Package::default() });
            eprintln!("{name}");
            let said = project.bad("bomb", "build", 1);
            let outcome = project.outcomes().pop();
            assert!(matches!(outcome, Some(Outcome::OverLimit(_))), "{name}: {outcome:?} {said}");
        }
    });
}

/// Else a mistake in a text would look like a wall.
#[test]
fn what_harms_nothing_outside_of_a_root_succeeds_there() {
    let project = Project::new(Who::Me);
    project.write("host/secret", "decoy\n");
    let _listening = Listening::start();
    let harmless = [
        "read a file of the host by its path",
        "write through a symbolic link",
        "give a file of the host another name",
        "the caller's environment",
        "a signal to the runner",
        "the kernel's devices",
        "io_uring",
        "keys",
        "a socket of the host by its path",
        "an abstract socket of the host",
    ];
    // Whoever is not root makes no device, with a sandbox or without.
    let of_root =
        ["a device", "whatever else the kernel lets user 0 write to"].into_iter().filter(|_| is_root());
    for name in harmless.into_iter().chain(of_root) {
        let (_, attack, _) = ATTACKS.iter().find(|(known, ..)| *known == name).unwrap();
        let script = format!("{CALL}{}", text(&project, attack));
        let mut bash = Command::new("bash");
        let output =
            bash.args(["-c", &script]).env("LFSGEN_TEST_SECRET", "x").current_dir(project.path("host"));
        let output = output.output().unwrap();
        assert!(output.status.success(), "{name}: {}{}", stdout(&output), stderr(&output));
    }
}

#[test]
fn the_document_has_every_attempt_and_its_outcome() {
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/security.md")).unwrap();
    let lines = document.lines().skip_while(|line| *line != "| attempt | outcome |").skip(2);
    let rows: Vec<_> = lines.map_while(|line| line.strip_prefix("| ")?.strip_suffix(" |")).collect();
    let expected: Vec<_> = ATTACKS
        .iter()
        .chain(BOMBS)
        .map(|(name, _, expected)| format!("{name} | {}", expected.word()))
        .collect();
    assert_eq!(rows, expected);
}
