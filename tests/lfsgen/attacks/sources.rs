//! Archives and patches that mean harm, unpacked and applied as every package's are.

use std::io::Write as _;
use std::process::{Command, Stdio};

use lfsgen::journal::Outcome;
use lfsgen::model::Digest;

use super::table::Expected::{self, Contained, Ended, Fails};
use crate::runner::project::{Project, Who, everyone, is_root};

/// What a member of an archive is (POSIX.1-2024, pax, "ustar Interchange Format").
#[derive(Debug, Clone, Copy)]
enum Kind {
    File(&'static str),
    Setuid(&'static str),
    Link(&'static str),
    HardLink(&'static str),
    /// The kernel's zeros, which anybody may open.
    Device,
    Dir,
}

use Kind::{Device, Dir, File, HardLink, Link, Setuid};

/// A hostile source.
struct Source {
    name: &'static str,
    /// In the order of the archive. `@HOST@` is a folder of the host with a file `secret`.
    members: &'static [(&'static str, Kind)],
    /// A patch that is applied to it, or nothing.
    patch: &'static str,
    /// What becomes of the phase that unpacks it, for root and for an ordinary user.
    outcome: [Expected; 2],
    /// A path below the unpacked source that is there afterwards, where it was unpacked.
    there: &'static str,
}

const SOURCES: &[Source] = &[
    Source {
        name: "a file with an absolute path",
        members: &[("a/x", File("x")), ("@HOST@/secret", File("owned"))],
        patch: "",
        outcome: [Fails, Fails],
        there: "",
    },
    Source {
        name: "a file above its directory",
        members: &[("a/x", File("x")), ("a/../../../../../../../../..@HOST@/secret", File("owned"))],
        patch: "",
        outcome: [Fails, Fails],
        there: "",
    },
    Source {
        name: "a file through a link",
        members: &[("a/way", Link("@HOST@")), ("a/way/secret", File("owned"))],
        patch: "",
        outcome: [Fails, Fails],
        there: "",
    },
    Source {
        name: "a file through a link upwards",
        members: &[("a/way", Link("../../../../../../../../..@HOST@")), ("a/way/secret", File("owned"))],
        patch: "",
        outcome: [Fails, Fails],
        there: "",
    },
    Source {
        name: "a second name for a file outside",
        members: &[("a/x", File("x")), ("a/here", HardLink("@HOST@/secret"))],
        patch: "",
        outcome: [Fails, Fails],
        there: "",
    },
    Source {
        name: "a link in place of its directory",
        members: &[("a", Link("/etc"))],
        patch: "",
        outcome: [Contained, Contained],
        there: "passwd",
    },
    Source {
        name: "a device",
        members: &[("a/x", File("x")), ("a/device", Device)],
        patch: "",
        outcome: [Contained, Contained],
        there: "device",
    },
    Source {
        name: "a setuid program",
        members: &[("a/su", Setuid("#!/bin/sh\n"))],
        patch: "",
        outcome: [Contained, Contained],
        there: "su",
    },
    Source {
        name: "names that differ in their case",
        members: &[("a/README", File("one")), ("a/readme", File("two"))],
        patch: "",
        outcome: [Contained, Contained],
        there: "README",
    },
    Source {
        name: "a bomb",
        members: &[("a/x", File("BOMB"))],
        patch: "",
        outcome: [Ended, Ended],
        there: "",
    },
    Source {
        name: "a patch of a file with an absolute path",
        members: &[("a/x", File("x\n"))],
        patch: "--- x@HOST@/secret\n+++ x@HOST@/secret\n@@ -1 +1 @@\n-decoy\n+owned\n",
        outcome: [Fails, Fails],
        there: "",
    },
    Source {
        name: "a patch of a file above",
        members: &[("a/x", File("x\n"))],
        patch: "--- a/../../x\n+++ a/../../x\n@@ -0,0 +1 @@\n+owned\n",
        outcome: [Fails, Fails],
        there: "",
    },
    Source {
        name: "a patch through a link",
        members: &[("a/way", Link("/etc/passwd"))],
        patch: "--- a/way\n+++ b/way\n@@ -0,0 +1 @@\n+owned\n",
        outcome: [Fails, Fails],
        there: "",
    },
    Source {
        name: "a patch through a link to a directory",
        members: &[("a/way", Link("/etc"))],
        patch: "--- /dev/null\n+++ b/way/made\n@@ -0,0 +1 @@\n+owned\n",
        outcome: [Fails, Fails],
        there: "",
    },
];

/// A header of 512 bytes, and the content in blocks of as many.
fn member(name: &str, kind: Kind, host: &str) -> Vec<u8> {
    let (flag, mode, text, link) = match kind {
        File(text) => ('0', 0o644, text, ""),
        Setuid(text) => ('0', 0o4755, text, ""),
        HardLink(target) => ('1', 0o644, "", target),
        Link(target) => ('2', 0o777, "", target),
        Device => ('3', 0o666, "", ""),
        Dir => ('5', 0o755, "", ""),
    };
    let size = if text == "BOMB" { BOMB } else { text.len() };
    let mut header = [0; 512];
    let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, &name.replace("@HOST@", host));
    put(100, &format!("{mode:07o}\0{:07o}\0{:07o}\0{size:011o}\0{:011o}\0        {flag}", 0, 0, 0));
    put(157, &link.replace("@HOST@", host));
    put(257, "ustar\x0000");
    put(329, "0000001\x000000005");
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let mut bytes = header.to_vec();
    if text != "BOMB" {
        bytes.extend_from_slice(text.as_bytes());
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes
}

/// The size of a file that a bomb unpacks to, and of the part that is packed once.
const BOMB: usize = 4 << 30;
const PART: usize = 64 << 20;

/// An archive; a bomb has its content as many times the same packed zeros (RFC 1952, 2.2: a file is a row of members).
fn archive(source: &Source, host: &str) -> Vec<u8> {
    let members = [("a/", Dir)].into_iter().filter(|_| source.members[0].0 != "a");
    let members = members.chain(source.members.iter().copied());
    let mut bytes: Vec<u8> = members.flat_map(|(name, kind)| member(name, kind, host)).collect();
    let is_bomb = source.outcome[0] == Ended;
    if is_bomb {
        let zeros = gzip(&vec![0; PART]);
        bytes = gzip(&bytes);
        bytes.extend(std::iter::repeat_n(zeros, BOMB / PART).flatten());
        bytes.extend(gzip(&[0; 1024]));
    } else {
        bytes.extend([0; 1024]);
    }
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut command = Command::new("gzip");
    let mut child = command.args(["-1", "-c"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || input.write_all(bytes).unwrap());
        child.wait_with_output().unwrap().stdout
    })
}

/// Makes a project of one package with this source, and runs it up to the phase that unpacks.
fn unpack(project: &Project, source: &Source) -> (Outcome, String) {
    let host = project.path("host").display().to_string();
    project.write("host/secret", "decoy\n");
    let bytes = archive(source, &host);
    std::fs::write(project.path("a.tar.gz"), &bytes).unwrap();
    let mut spec = format!(
        "package: a\nversion: \"1\"\nsources:\n  - url: file:a.tar.gz\n    sha256: {}\nresources: {{ disk: 8 MiB }}\n",
        Digest::of(&bytes),
    );
    if !source.patch.is_empty() {
        project.write("specs/a.patch", &source.patch.replace("@HOST@", &host));
        spec.push_str("patches: [ { file: a.patch } ]\n");
    }
    let there = if source.there.is_empty() { "x" } else { source.there };
    // What the later phases make of it: nothing but a look.
    spec.push_str(&format!(
        "build: {{ system: custom }}\nphases:\n  install: |\n    ls -l {there}\n    if head -c1 device; then exit 9; fi\n    echo seen >/opt/seen\n"
    ));
    project.write("specs/a.yaml", &spec);
    project.write(
        "lfsgen.yaml",
        "project: hostile\nspecs: [specs]\nstages:\n  host: { root: host }\nsandbox: required\n",
    );
    let generated = project.command(&["generate"]).output().unwrap();
    assert!(generated.status.success(), "{}", crate::support::stderr(&generated));
    project.good("a", "fetch");
    let _ = project.step("a", "prepare");
    (project.outcomes().pop().unwrap(), project.log("a", "prepare"))
}

fn try_all(who: Who, ordinary: bool) {
    for source in SOURCES {
        let project = Project::new(who);
        let (outcome, log) = unpack(&project, source);
        let name = source.name;
        let expected = source.outcome[usize::from(ordinary)];
        let came = match outcome {
            Outcome::Succeeded => Contained,
            Outcome::OverLimit(_) => Ended,
            _ => Fails,
        };
        assert_eq!(came, expected, "{name}: {outcome:?}\n{log}");
        assert_eq!(project.read("host/secret"), "decoy\n", "{name}");
        assert_eq!(std::fs::read_dir(project.path("host")).unwrap().count(), 1, "{name}");
        if came == Contained {
            project.good("a", "install");
            assert_eq!(project.paths("a"), ["opt/seen"], "{name}: {}", project.log("a", "install"));
        }
    }
}

#[test]
fn a_hostile_source_gets_nowhere() {
    everyone(|project| try_all(project.who(), project.who() == Who::Nobody || !is_root()));
}

#[test]
fn the_document_has_every_hostile_source_and_its_outcomes() {
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/security.md")).unwrap();
    let lines = document.lines().skip_while(|line| *line != "| source | root | ordinary user |").skip(2);
    let rows: Vec<_> = lines.take_while(|line| line.starts_with('|')).map(str::to_owned).collect();
    let row = |source: &Source| {
        let [root, user] = source.outcome.map(Expected::word);
        format!("| {} | {root} | {user} |", source.name)
    };
    assert_eq!(rows, SOURCES.iter().map(row).collect::<Vec<_>>());
}
