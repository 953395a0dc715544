//! `build --check-reproducible`: what a second build shows of packages.

use crate::building::Project;
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
        again("date +%N; nproc; mkdir -p /usr/local/share; echo same > /usr/local/share/file");
    assert_eq!(status, Some(0), "{told}");
    assert!(told.contains("top: the same bytes again\n"), "{told}");
    assert!(told.contains("1 package built again: 1 the same, 0 not, 0 failed\n"), "{told}");
}

#[test]
fn what_is_not_the_same_is_shown_by_the_format_of_the_file() {
    let cases: [(&str, &[&str]); 6] = [
        ("echo at $(date +%N) > /opt/a", &["1 path is not the same", "  opt/a\n", "    -at ", "    +at "]),
        ("touch /opt/a-$(date +%N)", &["only in the first build\n", "only in the second build\n"]),
        (
            "echo same > text; touch -d \"@$((10#$(date +%N) / 7))\" text; gzip -N text; mv text.gz /opt",
            &["  opt/text.gz\n    time in the header of gzip: "],
        ),
        (
            "echo \"const char stamp[] = \\\"built $(date +%N)\\\";\" > a.c; cc -c a.c; ar rcD /opt/libz.a a.o",
            &["  opt/libz.a\n    member a.o: section .rodata: from byte 0x6: `built ", "` / `built "],
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
