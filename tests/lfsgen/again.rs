//! `build --check-reproducible`: what a second build shows of packages.

use crate::building::Project;
use crate::runner::forbidden::without;
use crate::support::{stderr, stdout};

/// Builds all of a project a second time; what it says of `top`, and how it left.
fn again(build: &str) -> (String, Option<i32>) {
    let project = Project::new();
    project.spec("top", "[base]", build);
    let output = project.run(&["build", "--check-reproducible", "--quiet", "top"]);
    assert!(!stdout(&output).contains("base:"), "only what was asked for is built again");
    (stdout(&output) + &stderr(&output), output.status.code())
}

#[test]
fn a_package_that_comes_out_the_same_is_said_to() {
    let (told, status) =
        again("date; date +%N; nproc; mkdir -p /usr/local/share; echo same > /usr/local/share/file");
    assert_eq!(status, Some(0), "{told}");
    assert!(told.contains("top: the same bytes again\n"), "{told}");
    assert!(told.contains("1 package built again: 1 the same, 0 not, 0 failed\n"), "{told}");
}

#[test]
fn what_is_not_the_same_is_shown_by_the_format_of_the_file() {
    let cases: [(&str, &[&str]); 7] = [
        ("echo at $(date +%N) > /opt/a", &["1 path is not the same", "  opt/a\n", "    -at ", "    +at "]),
        ("touch /opt/a-$(date +%N)", &["only in the first build\n", "only in the second build\n"]),
        (
            "echo same > text; touch -d \"@$((10#$(date +%N) / 7))\" text; gzip -N text; mv text.gz /opt",
            &["  opt/text.gz\n    time in the header of gzip: "],
        ),
        (
            // The day of the week is surely another one from its first letter on, as a number of some digits is not.
            "echo \"const char stamp[] = \\\"built $(date +%u)\\\";\" > a.c; cc -c a.c; ar rcD /opt/libz.a a.o",
            &["  opt/libz.a\n    member a.o: section .rodata: from byte 0x6: `built ", "` / `built "],
        ),
        (
            "date +%Y > /opt/a; perl -e 'print((localtime)[7])' > /opt/b; printf '%(%a)T' > /opt/c",
            &["3 paths are not the same", "    -20", "    +20"],
        ),
        ("nproc > /opt/processors", &["  opt/processors\n"]),
        (
            "chmod 0$((400 + 10#$(date +%N) % 8)) /opt/base/text; ln -s $(date +%N) /opt/link",
            &["    points to: "],
        ),
    ];
    for (build, parts) in cases {
        let (told, status) = again(&format!("mkdir -p /opt; {build}"));
        // With one processor, there is no other number of them to be seen.
        let one = std::thread::available_parallelism().unwrap().get() == 1;
        if build.contains("nproc") && one {
            continue;
        }
        assert_eq!(status, Some(1), "{build}: {told}");
        for part in parts {
            assert!(told.contains(part), "{build}: {part}: {told}");
        }
    }
}

#[test]
fn a_second_build_that_fails_is_told_of() {
    // Only the first finds nothing there.
    let (told, status) = again("test \"$LFSGEN_JOBS\" != 1 || { echo cannot do it alone; false; }");
    assert_eq!(status, Some(1), "{told}");
    assert!(told.contains("top: the second build failed\n"), "{told}");
    assert!(told.contains("cannot do it alone"), "{told}");
}

#[test]
fn nothing_to_do_is_not_said_before_a_second_build_and_that_it_comes_is() {
    let project = Project::new();
    project.well(&["build", "top"]);
    let output = project.run(&["build", "--check-reproducible", "top"]);
    assert_eq!(stdout(&output), "top: the same bytes again\n");
    let told = stderr(&output);
    assert!(told.contains("building 1 package a second time, 397 days later\n"), "{told}");
    assert!(told.ends_with("1 package built again: 1 the same, 0 not, 0 failed\n"), "{told}");
}

#[test]
fn second_builds_have_no_more_jobs_and_no_more_memory_together_than_the_run() {
    for (jobs, memory) in [("-j1", "64 MiB"), ("-j2", "1 GiB")] {
        let project = Project::new();
        project.write("lfsgen.yaml", "project: small\nspecs: [specs]\nresources: { memory: 1 GiB }\n");
        let spec = format!(
            "version: 1\nresources: {{ memory: {memory} }}\nphases:\n  install: |\n    date +%s%N > /opt/began\n    \
             sleep 1\n    date +%s%N > /opt/ended\n"
        );
        let names = ["one", "two"];
        names.iter().for_each(|name| {
            project.write(&format!("specs/{name}.yaml"), &format!("package: {name}\n{spec}"));
        });
        let output = project.run(&["build", "--check-reproducible", "--quiet", jobs, "one", "two"]);
        assert_eq!(output.status.code(), Some(1), "{}{}", stdout(&output), stderr(&output));
        let moment = |name: &str, file: &str| -> u64 {
            let artifacts = project.dir().join(format!("build/tmp/again/{name}/artifacts"));
            let mut keys = std::fs::read_dir(artifacts).unwrap().map(|key| key.unwrap().path());
            let file = keys.next().unwrap().join("tree/opt").join(file);
            std::fs::read_to_string(file).unwrap().trim().parse().unwrap()
        };
        let [one, two] = names.map(|name| moment(name, "began")..moment(name, "ended"));
        assert!(one.end <= two.start || two.end <= one.start, "{jobs}, {memory}: {one:?} and {two:?}");
    }
}

#[test]
fn where_the_kernel_does_not_say_which_processors_there_are_packages_are_built_again_all_the_same() {
    let project = Project::new();
    let command = project.command(&["build", "--check-reproducible", "--quiet", "top"]);
    // As where its mask has more bits than are asked for (sched_getaffinity(2)).
    let output = without(libc::SYS_sched_getaffinity, libc::EINVAL)(command);
    let told = stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("1 package built again: 1 the same, 0 not, 0 failed\n"), "{told}");
    assert!(told.ends_with("note: what depends on the number of processors did not show: the kernel does not say which there are\n"), "{told}");
}

#[test]
fn where_the_clock_cannot_be_another_one_the_last_line_says_so() {
    let project = Project::new();
    let command = project.command(&["build", "--check-reproducible", "--quiet", "top"]);
    let output = without(libc::SYS_ptrace, libc::EPERM)(command);
    let told = stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    let last = told.lines().last().unwrap_or_default();
    assert!(last.starts_with("note: what depends on the day did not show: its clock was"), "{told}");
}
