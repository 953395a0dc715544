//! What a step has from whoever starts it: nothing that could change what it does.

use serde_json::json;

use super::project::{Package, Project, Who, everyone, is_root};
use crate::support::{stderr, stdout};

const INHERITED: &str = "sed 's/ \\+/ /g' /proc/self/limits; cat /proc/self/personality; umask
                         grep '^Sig[BI]\\|^ShdPnd\\|^CapInh\\|^CapPrm' /proc/self/status";
const GROUPS: &str = "grep '^[GU]id\\|^Groups' /proc/self/status";

/// The log of a step with this text whose runner is started by a command.
fn log_by(project: &Project, text: &str, words: &[&str]) -> String {
    let more = json!({"own_parts": {"started by": words.join(" ")}});
    project.package("tool", &Package { phases: &[("install", text)], more, ..Package::default() });
    let step = project.command(&["run-step", "tool", "install"]);
    let mut command = project.command_of(words[0], &words[1..]);
    let output = command.arg(step.get_program()).args(step.get_args()).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}{}", stdout(&output), stderr(&output));
    project.log("tool", "install")
}

#[test]
fn a_step_has_the_same_limits_and_signals_whoever_starts_it() {
    everyone(|project| {
        let plain = log_by(project, INHERITED, &["env"]);
        for line in
            ["Max core file size 1 1 bytes", "Max open files 1024 ", "Max stack size 8388608 unlimited"]
        {
            assert!(plain.contains(line), "{line}: {plain}");
        }
        for line in ["\n00000000\n0022\n", "\nCapInh:\t0000000000000000\n"] {
            assert!(plain.contains(line), "{line}: {plain}");
        }
        // The C library leaves the two signals ignored that it keeps for itself.
        let bits = plain.lines().find_map(|line| line.strip_prefix("SigIgn:\t")).unwrap();
        assert_eq!(u64::from_str_radix(bits, 16).unwrap() & 0x7fff_ffff, 0, "{plain}");
        let ignored = "$SIG{$_} = 'IGNORE' for qw(HUP PIPE USR1 QUIT CHLD); exec @ARGV or die";
        let starters: &[&[&str]] = &[
            &["perl", "-e", ignored, "--"],
            &[
                "sh",
                "-c",
                "umask 077; ulimit -S -n 100; ulimit -S -s 2000; ulimit -S -d 9999999; exec \"$@\"",
                "sh",
            ],
            &["setarch", "-R"],
        ];
        for words in starters {
            assert_eq!(log_by(project, INHERITED, words), plain, "{words:?}");
        }
    });
}

#[test]
fn a_step_of_root_has_no_group_and_no_capability_of_who_started_it() {
    if !is_root() {
        return;
    }
    let project = &Project::new(Who::Me);
    let text = format!("{INHERITED}; {GROUPS}");
    let plain = log_by(project, &text, &["env"]);
    assert!(plain.contains("\nGid:\t0\t0\t0\t0\n") && plain.contains("\nGroups:\t \n"), "{plain}");
    let words = ["setpriv", "--groups=4,24", "--regid=24", "--inh-caps=+sys_admin,+sys_ptrace"];
    assert_eq!(log_by(project, &text, &words), plain);
}

#[test]
fn a_limit_that_leaves_too_little_for_a_step_is_named_with_what_to_do() {
    everyone(|project| {
        let text = "head -c 300000 /dev/zero | tr '\\0' x";
        project.package("tool", &Package { phases: &[("build", text)], ..Package::default() });
        let under = |limit: &str| {
            let line = format!("{limit}; exec '{}' run-step tool build", project.program().display());
            let output = project.command_of("/bin/sh", &["-c", &line]).output().unwrap();
            (output.status.code(), stderr(&output))
        };
        for (limit, found, remedy) in [
            // Fewer than the number of the job server's descriptor, and fewer than the runner itself opens.
            ("ulimit -n 64", "a step may have no more than 64 files open", "`ulimit -n 1024`"),
            ("ulimit -n 12", "Too many open files", "`ulimit -n 1024`"),
            ("ulimit -f 100", "failed to write the log: File too large", "`ulimit -f unlimited`"),
        ] {
            let (status, said) = under(limit);
            assert_eq!(status, Some(2), "{limit}: {said}");
            assert!(said.contains(found) && said.contains(remedy), "{limit}: {said}");
        }
        project.good("tool", "build");
    });
}
