//! What it costs to find the first error in a log of 200 MB: at its start, in its middle, at its end, and where there is none.
//!
//! `cargo bench --bench log [-- ROUNDS]`. Leaves with status 1 where a goal is missed by the median of the processor's time:
//! on a busy machine that is what the search itself took. Beside it, reading the same file and counting its lines.
#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "a benchmark looks at the world itself")]

use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use lfsgen::diagnose::{End, Facts, diagnose};
use lfsgen::model::Phase;

const SIZE: usize = 200_000_000;
/// For the search, in milliseconds.
const GOAL: f64 = 500.0;
/// What a real build prints: commands, directories, and warnings that look like errors from afar.
const NOISE: [&str; 5] = [
    "gcc -DHAVE_CONFIG_H -I. -I.. -I../include -O2 -g -Wall -Werror=format-security -MT error.o -MD -c -o error.o error.c\n",
    "make[3]: Entering directory '/lfsgen/work/src/lib'\n",
    "strerror.c:41:7: warning: unused variable 'unused' [-Wunused-variable]\n",
    "checking whether the compiler sets errno if a function is not found... no\n",
    "libtool: compile:  gcc -DHAVE_CONFIG_H -I. -O2 -c parse-datetime.c  -fPIC -DPIC -o .libs/parse-datetime.o\n",
];
const ERROR: &str = "main.c:7:1: error: unknown type name 'wide'\nmake: *** [Makefile:5: main.o] Error 1\n";

fn main() -> ExitCode {
    // Cargo adds `--bench`.
    let rounds = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(9);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    println!("{:<44} {:>9} {:>9} {:>9} {:>9} {:>8}", "ms", "processor", "passed", "least", "goal", "to read");
    let mut good = true;
    for (place, at) in [
        ("at the start", Some(0)),
        ("in the middle", Some(SIZE / 2)),
        ("at the end", Some(SIZE)),
        ("nowhere", None),
    ] {
        let number = write(&path, at);
        let read = timed(rounds, || lines(&path));
        let found = timed(rounds, || {
            let facts = Facts { phase: Phase::Build, end: End::Exited(2) };
            let found = diagnose(&facts, File::open(&path).unwrap(), &()).unwrap();
            assert_eq!(found.cause.map(|line| line.number), number);
        });
        told(&format!("read a log of 200 MB, count its lines ({place})"), &read, "", "");
        let ratio = format!("{:.1}", found.processor / read.processor);
        told(&format!("find the first error in it: {place}"), &found, &format!("{GOAL:.0}"), &ratio);
        good &= found.processor < GOAL;
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Medians and the least, in milliseconds.
struct Times {
    processor: f64,
    passed: f64,
    least: f64,
}

fn told(what: &str, times: &Times, goal: &str, ratio: &str) {
    let Times { processor, passed, least } = times;
    println!("{what:<44} {processor:>9.0} {passed:>9.0} {least:>9.0} {goal:>9} {ratio:>8}");
}

fn timed<T>(rounds: usize, mut work: impl FnMut() -> T) -> Times {
    let (mut processor, mut passed): (Vec<_>, Vec<_>) = (0..rounds.max(1))
        .map(|_| {
            let (start, spent) = (Instant::now(), spent());
            let _ = work();
            let ms = |time: Duration| time.as_secs_f64() * 1000.0;
            (ms(self::spent() - spent), ms(start.elapsed()))
        })
        .unzip();
    processor.sort_by(f64::total_cmp);
    passed.sort_by(f64::total_cmp);
    Times { processor: processor[processor.len() / 2], passed: passed[passed.len() / 2], least: passed[0] }
}

/// The processor time of this process's first thread so far (the kernel's Documentation/scheduler/sched-stats.rst,
/// "/proc/<pid>/schedstat"), and there is no other thread.
fn spent() -> Duration {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

fn lines(path: &Path) -> usize {
    let (mut file, mut buffer, mut lines) = (File::open(path).unwrap(), vec![0; 256 << 10], 0);
    loop {
        match file.read(&mut buffer).unwrap() {
            0 => return lines,
            count => lines += memchr::memchr_iter(b'\n', &buffer[..count]).count(),
        }
    }
}

/// Writes a log with its error after so many bytes; says in which line that is.
fn write(path: &Path, at: Option<usize>) -> Option<usize> {
    let mut log = BufWriter::new(File::create(path).unwrap());
    let (mut written, mut number, mut error) = (0, 1, None);
    for line in NOISE.iter().cycle() {
        if error.is_none() && at.is_some_and(|at| at <= written) {
            error = Some(number);
            log.write_all(ERROR.as_bytes()).unwrap();
            number += ERROR.lines().count();
        }
        if written >= SIZE {
            break;
        }
        log.write_all(line.as_bytes()).unwrap();
        (written, number) = (written + line.len(), number + 1);
    }
    log.flush().unwrap();
    error
}
