//! The programs that run another program, and which of their words come before it.

/// A program that runs the program that its arguments name.
pub(super) struct Wrapper {
    pub(super) name: &'static str,
    /// Options whose value is the next word.
    valued: &'static [&'static str],
    /// Words of its own that come before the program.
    pub(super) operands: usize,
    /// Whether `NAME=value` may come before the program.
    pub(super) assigns: bool,
    /// Options with which it runs nothing.
    pub(super) runs_nothing: &'static [&'static str],
}

impl Wrapper {
    /// Whether the value of an option is the next word: its name is all of the word, or its letter the last of several.
    pub(super) fn takes_next(&self, text: &str) -> bool {
        let is_valued = |letter: char| self.valued.iter().any(|option| option.chars().eq(['-', letter]));
        match text.strip_prefix('-') {
            Some(letters) if !letters.starts_with('-') => {
                letters.find(is_valued).is_some_and(|at| letters[at..].chars().count() == 1)
            }
            _ => self.valued.contains(&text),
        }
    }
}

const fn wrapper(name: &'static str, valued: &'static [&'static str]) -> Wrapper {
    Wrapper { name, valued, operands: 0, assigns: false, runs_nothing: &[] }
}

/// From the manual pages of GNU coreutils 9, findutils, util-linux, sudo, opendoas, bash and each other.
pub(super) const WRAPPERS: [Wrapper; 56] = [
    Wrapper { assigns: true, ..wrapper("env", &["-u", "--unset", "-C", "--chdir", "-S", "--split-string"]) },
    Wrapper {
        assigns: true,
        ..wrapper("sudo", &["-u", "-g", "-h", "-p", "-C", "-r", "-t", "-T", "-U", "-D", "-R"])
    },
    wrapper("doas", &["-u", "-C", "-a"]),
    wrapper("pkexec", &["--user"]),
    wrapper("runuser", &["-u", "--user", "-g", "-G", "-w"]),
    Wrapper { operands: 1, ..wrapper("gosu", &[]) },
    Wrapper { operands: 1, ..wrapper("su-exec", &[]) },
    wrapper("run0", &["-u", "-g", "-D"]),
    Wrapper { runs_nothing: &["-v", "-V", "-pv", "-pV"], ..wrapper("command", &[]) },
    wrapper("builtin", &[]),
    wrapper("exec", &["-a"]),
    wrapper("eatmydata", &[]),
    wrapper("fakeroot", &["-l", "-s", "-i", "-b"]),
    wrapper("nice", &["-n", "--adjustment"]),
    wrapper("ionice", &["-c", "-n", "--class", "--classdata"]),
    wrapper("nohup", &[]),
    wrapper("setsid", &[]),
    wrapper("setarch", &[]),
    // Other names of it, and its first operand.
    wrapper("linux32", &[]),
    wrapper("linux64", &[]),
    wrapper("i386", &[]),
    wrapper("i686", &[]),
    wrapper("x86_64", &[]),
    wrapper("aarch64", &[]),
    wrapper("stdbuf", &["-i", "-o", "-e"]),
    wrapper("time", &["-f", "-o", "--format", "--output"]),
    wrapper("strace", &["-e", "-o", "-p", "-s"]),
    wrapper("ltrace", &["-e", "-o", "-p", "-s", "-l", "-n"]),
    wrapper("valgrind", &[]),
    wrapper("prlimit", &[]),
    wrapper("catchsegv", &[]),
    wrapper("chronic", &[]),
    wrapper("unbuffer", &[]),
    wrapper("dbus-run-session", &["--config-file"]),
    wrapper("xvfb-run", &["-e", "-f", "-n", "-p", "-s", "-w"]),
    wrapper("ssh-agent", &["-a", "-t"]),
    wrapper("systemd-run", &["-p", "-u", "-E", "-M", "-H", "--unit", "--property", "--setenv"]),
    wrapper("systemd-inhibit", &[]),
    wrapper("numactl", &["-C", "-N", "-m", "-i", "-p"]),
    wrapper("proot", &["-r", "-b", "-m", "-w", "-q", "-R", "-S"]),
    Wrapper { operands: 1, runs_nothing: &["-p"], ..wrapper("taskset", &[]) },
    Wrapper { operands: 1, runs_nothing: &["-p", "-m"], ..wrapper("chrt", &["-T", "-P", "-D"]) },
    Wrapper { operands: 1, ..wrapper("perf", &["-e", "-o", "-F", "-r"]) },
    Wrapper { operands: 1, ..wrapper("faketime", &[]) },
    Wrapper { operands: 1, ..wrapper("timeout", &["-s", "--signal", "-k", "--kill-after"]) },
    Wrapper { operands: 1, ..wrapper("chroot", &[]) },
    Wrapper { operands: 1, ..wrapper("flock", &["-w", "-E", "--timeout"]) },
    wrapper("unshare", &["-S", "-G", "-R", "-w"]),
    wrapper("setpriv", &["--reuid", "--regid", "--groups", "--securebits"]),
    wrapper(
        "xargs",
        &[
            "-I",
            "-n",
            "-P",
            "-L",
            "-d",
            "-E",
            "-s",
            "-a",
            "--max-args",
            "--max-procs",
            "--max-chars",
            "--arg-file",
            "--delimiter",
            "--process-slot-var",
        ],
    ),
    wrapper("busybox", &[]),
    wrapper("toybox", &[]),
    // The loader (ld.so(8)), whose name is the machine's.
    wrapper(LOADER, &["--library-path", "--preload", "--argv0", "--audit", "--inhibit-rpath"]),
    // `cmake -E env A=1 program` (cmake(1)); its other tools take no program.
    Wrapper { assigns: true, ..wrapper("cmake -E env", &[]) },
    wrapper("cmake -E time", &[]),
    Wrapper { operands: 1, ..wrapper("cmake -E chdir", &[]) },
];

/// Stands for every name of the loader.
pub(super) const LOADER: &str = "ld.so";
