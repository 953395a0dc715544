//! To whom a package gives its files is in its manifest, also where an ordinary user, who can give them to nobody, builds it.

use std::collections::BTreeMap;
use std::process::Command;

use lfsgen::host::owner::Owner;
use lfsgen::host::raw;
use lfsgen::store::Manifest;
use libc::{BPF_K, BPF_RET, SECCOMP_RET_ALLOW, sock_filter};

use super::project::{Package, Project, Who, everyone, is_root, who};
use crate::support::{stderr, stdout};

/// A name, what is done in an empty `/opt/t`, and what the manifest has below it that is not root's with mode 0644 or 0755.
type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const CASES: &[Case] = &[
    ("a file by its path", "touch f; chown 1:2 f", &[("f", "1:2 0644")]),
    ("a directory", "mkdir d; chown 4294967294:65534 d", &[("d", "4294967294:65534 0755")]),
    ("a group by its name", "touch f; chown :tty f", &[("f", "0:5 0644")]),
    ("the user alone", "touch f; chown 0:7 f; chown 3 f", &[("f", "3:7 0644")]),
    ("back to root", "touch f; chown 3:7 f; chown 0:0 f", &[]),
    ("the group back to root", "touch f; chown 3:7 f; chgrp 0 f", &[("f", "3:0 0644")]),
    ("nobody", "touch f; chown 3:7 f; perl -e 'chown(-1, -1, q(f)) or die $!'", &[("f", "3:7 0644")]),
    (
        "everything in a directory",
        "mkdir -p d/e; touch d/e/f; chmod 700 d; chown -R 13:13 d",
        &[("d", "13:13 0700"), ("d/e", "13:13 0755"), ("d/e/f", "13:13 0644")],
    ),
    (
        "an opened file",
        "touch f; perl -e 'open F, q(>>), q(f); chown(8, 9, *F) or die $!'",
        &[("f", "8:9 0644")],
    ),
    (
        "an opened file that was renamed",
        "touch f; perl -e 'open F, q(f); rename q(f), q(g); chown(8, 9, *F) or die $!'",
        &[("g", "8:9 0644")],
    ),
    ("a file from another directory", "mkdir d; touch d/f; cd /; chown 1 opt/t/../t/d/./f", &[("d/f", "1:0 0644")]),
    ("a file through links", "mkdir d; touch d/f; ln -s /opt/t/d l; ln -s l/f m; chown 1 m", &[("d/f", "1:0 0644")]),
    (
        "through a directory that is opened",
        "mkdir d; touch d/f; perl -e 'opendir D, q(d); $p = q(f);
            ((`uname -m` =~ /aarch64/) ? syscall(54, fileno(D), $p, 5, 6, 0) : syscall(260, fileno(D), $p, 5, 6, 0)) == 0 or die $!'",
        &[("d/f", "5:6 0644")],
    ),
    (
        "a directory that is opened, itself",
        "mkdir d; perl -e 'opendir D, q(d); $p = q();
            ((`uname -m` =~ /aarch64/) ? syscall(54, fileno(D), $p, 5, 6, 4096) : syscall(260, fileno(D), $p, 5, 6, 4096)) == 0 or die $!'",
        &[("d", "5:6 0755")],
    ),
    ("a file without any right", "touch f; chmod 0 f; chown 2:3 f", &[("f", "2:3 0000")]),
    (
        "set-id bits go",
        "touch f g h; chmod 6755 f; chmod 2644 g; chmod 4711 h; chown 1 f; chown 1 g; chown 0:1 h",
        &[("f", "1:0 0755"), ("g", "1:0 2644"), ("h", "0:1 0711")],
    ),
    ("and stay on directories", "mkdir d; chmod 2755 d; chown :8 d", &[("d", "0:8 2755")]),
    (
        "install",
        "echo x >s; install -o root -g utmp -m 2755 s f; install -d -o 13 -g 13 -m 2750 d; install -o root -g root -m 644 s g",
        &[("d", "13:13 2750"), ("f", "0:43 2755")],
    ),
    (
        "an archive",
        "mkdir d; touch d/f; tar --owner=12 --group=34 -cf t.tar d; rm -r d; tar -xf t.tar; rm t.tar",
        &[("d", "12:34 0755"), ("d/f", "12:34 0644")],
    ),
    (
        "copies, other names and new names",
        "touch f; chown 1:2 f; cp -a f g; ln f h; mv f i; cp i j; mv i /usr/k; mv /usr/k k",
        &[("g", "1:2 0644"), ("h", "1:2 0644"), ("k", "1:2 0644")],
    ),
    (
        "in a chroot",
        "mkdir -p r/d; touch r/d/f r/g; ln -s /d r/l; touch f; perl -e 'chroot q(r) or die; chdir q(/d) or die;
            chown(1, 2, q(/l/../../g)) && chown(3, 4, q(f)) or die $!; exit chown(1, 1, q(/opt/t/f)) ? 1 : 0'
         chown 9 f",
        &[("f", "9:0 0644"), ("r/d/f", "3:4 0644"), ("r/g", "1:2 0644")],
    ),
    (
        "by a thread and by children",
        "touch 1 2 3 4; for n in 1 2 3 4; do chown $n $n & done; wait",
        &[("1", "1:0 0644"), ("2", "2:0 0644"), ("3", "3:0 0644"), ("4", "4:0 0644")],
    ),
];

/// What cannot be given away, and what the kernel says.
const WRONG: &[(&str, &str, &str)] = &[
    ("a missing file", "chown 5 gone", "No such file or directory"),
    ("a link that leads nowhere", "ln -s gone l; chown 5 l", "cannot dereference"),
    ("a file as a directory", "touch f; chown 5 f/g", "Not a directory"),
    ("links that lead to each other", "ln -s a b; ln -s b a; chown 5 a", "Too many levels"),
    ("a path that is too long", "perl -e 'chown(5, 5, q(x) x 5000) or die $!'", "File name too long"),
    (
        "a closed descriptor",
        "perl -e 'syscall(`uname -m` =~ /aarch64/ ? 55 : 93, 77, 5, 5) == 0 or die $!'",
        "Bad file descriptor",
    ),
    (
        "an address of nothing",
        "perl -e 'syscall(`uname -m` =~ /aarch64/ ? 54 : 260, -100, 4096, 5, 5, 0) == 0 or die $!'",
        "Bad address",
    ),
    (
        "an address of the kernel's",
        "perl -e 'syscall(`uname -m` =~ /aarch64/ ? 54 : 260, -100, -4096, 5, 5, 0) == 0 or die $!'",
        "Bad address",
    ),
    (
        "flags that mean nothing",
        "touch f; perl -e '$p = q(f); syscall(`uname -m` =~ /aarch64/ ? 54 : 260, -100, $p, 5, 5, 1) == 0 or die $!'",
        "Invalid argument",
    ),
    ("a source", "chown 5 /lfsgen/script.sh", "Read-only file system"),
];

pub(super) fn package(text: &str) -> String {
    format!("mkdir /opt/t; cd /opt/t\n{text}\n")
}

/// What is not root's in a manifest, below `/opt/t`: path, owner and mode.
fn given(manifest: &Manifest) -> BTreeMap<String, String> {
    let entries = manifest.entries.iter().filter_map(|entry| {
        let path = entry.path.strip_prefix("opt/t/")?;
        let is_plain = (entry.uid, entry.gid) == (0, 0);
        (!is_plain).then(|| (path.to_owned(), format!("{}:{} {}", entry.uid, entry.gid, entry.mode)))
    });
    entries.collect()
}

#[test]
fn root_and_an_ordinary_user_give_files_away_alike() {
    let mut manifests = BTreeMap::<&str, Vec<Vec<u8>>>::new();
    for who in who() {
        let project = Project::new(who);
        for (name, text, expected) in CASES {
            eprintln!("{name}, as {who:?}");
            project.install("tool", &[], &package(text));
            let manifest = project.manifest("tool");
            let expected = expected.iter().map(|(path, how)| ((*path).to_owned(), (*how).to_owned()));
            assert_eq!(given(&manifest), expected.collect(), "{name}");
            assert!(manifest.entries.iter().all(|entry| entry.xattrs.is_empty()), "{name}");
            manifests.entry(name).or_default().push(manifest.to_json().unwrap());
        }
    }
    for (name, manifests) in manifests {
        assert_eq!(manifests.len(), who().len());
        assert!(manifests.windows(2).all(|pair| pair[0] == pair[1]), "{name}");
    }
}

#[test]
fn what_cannot_be_done_fails_as_the_kernel_has_it() {
    everyone(|project| {
        for (name, text, expected) in WRONG {
            let text = package(&format!("cd /tmp; mkdir d; cd d\n( {text}\n) && exit 9; cd ..; rm -r d"));
            project.install("tool", &[], &text);
            let log = project.log("tool", "install");
            assert!(log.contains(expected), "{name}: {log}");
        }
    });
}

#[test]
fn an_owner_stays_through_phases_and_packages_until_it_is_changed() {
    for who in who() {
        let project = Project::new(who);
        let phases = [
            (
                "build",
                "mkdir -p /opt/t/d /var/t; touch /opt/t/f /opt/t/g; chown 1:2 /opt/t/* /var; chown 7 /lfsgen/work",
            ),
            ("install", "chmod 600 /opt/t/f; chown 0 /opt/t/g"),
        ];
        project.package("below", &Package { phases: &phases, ..Package::default() });
        project.good("below", "install");
        let expected = [("d", "1:2 0755"), ("f", "1:2 0600"), ("g", "0:2 0644")];
        let expected = expected.map(|(path, how)| (path.to_owned(), how.to_owned()));
        assert_eq!(given(&project.manifest("below")), BTreeMap::from(expected));
        let var = |package: &str| {
            let entries = project.manifest(package).entries;
            entries.into_iter().find(|entry| entry.path == "var").map(|entry| (entry.uid, entry.gid))
        };
        assert_eq!(var("below"), Some((1, 2)));
        project.install("same", &["below"], "chown 1:2 /opt/t/f /opt/t/d; : >>/opt/t/g; touch /var/t/new");
        assert_eq!(project.paths("same"), ["var/t/new"]);
        project.install(
            "tool",
            &["below"],
            "chmod 640 /opt/t/f; echo >/opt/t/d/new; chown 0:0 /opt/t/g /var",
        );
        assert_eq!(project.paths("tool"), ["opt/t/d/new", "opt/t/f", "opt/t/g", "var"]);
        assert_eq!(
            given(&project.manifest("tool")),
            BTreeMap::from([("f".to_owned(), "1:2 0640".to_owned())])
        );
        assert_eq!(var("tool"), Some((0, 0)));
    }
}

/// What changes a process's user or groups, and whether it may.
const BECOMING: &str = "
import os
for call, arguments, may in [
    ('setuid', (5,), True), ('setuid', (0,), True), ('setgid', (5,), True), ('setgid', (0,), True),
    ('setreuid', (5, 6), True), ('setreuid', (-1, 6), True), ('setreuid', (-1, -1), True), ('setregid', (5, -1), True),
    ('setresuid', (0, -1, 7), True), ('setresuid', (0, 0, 0), True), ('setresgid', (-1, 7, 0), True),
    ('setgroups', ([5, 6],), True), ('setgroups', ([],), True), ('initgroups', ('root', 7), True),
    ('setuid', (4294967295,), False), ('setgid', (4294967295,), False),
]:
    if os.fork() == 0:
        try:
            getattr(os, call)(*arguments)
            did = True
        except OSError as error:
            did = False
        who = os.getresuid() + os.getresgid()
        changed = who != (0,) * 6 or bool(set(os.getgroups()) & {5, 6, 7})
        wanted = any(id not in (0, -1) for id in arguments if isinstance(id, int)) or call == 'setgroups' and arguments[0]
        print(call, arguments, 'done' if did else 'refused', 'changed' if changed else 'same', flush=True)
        os._exit(did != may or (os.environ['IS_ROOT'] == '1' and did and bool(wanted) and not changed))
    assert os.wait()[1] == 0, (call, arguments)
";

#[test]
fn becoming_another_user_works_for_root_and_seems_to_for_an_ordinary_user() {
    everyone(|project| {
        let is_root = project.who() == Who::Me && is_root();
        let text = format!(
            "setpriv --reuid 101 --regid 102 --clear-groups id -u\n\
             cat >becoming.py <<'END'{BECOMING}END\nIS_ROOT={} python3 becoming.py",
            u8::from(is_root)
        );
        project.install("tool", &[], &text);
        let log = project.log("tool", "install");
        assert_eq!(log.lines().next(), Some(if is_root { "101" } else { "0" }));
        assert_eq!(log.contains("changed"), is_root, "{log}");
    });
}

#[test]
fn ten_thousand_gifts_of_several_at_once_all_arrive() {
    everyone(|project| {
        project.install(
            "tool",
            &[],
            &package(
                "for d in 0 1 2 3; do mkdir $d
                 (cd $d; seq 250 | xargs touch; for n in 1 2 3 4 5 6 7 8 9 10; do chown -R $n:2 .; done) & done; wait",
            ),
        );
        let given = given(&project.manifest("tool"));
        assert_eq!(given.len(), 1004);
        assert!(given.values().all(|how| how.starts_with("10:2 ")));
    });
}

/// A program that means harm to whoever is asked about its calls.
const HOSTILE: &str = r#"
import ctypes, mmap, os, signal, threading, time
libc = ctypes.CDLL(None, use_errno=True)

def chown(path, owner=666):
    """Whether it succeeded."""
    return libc.chown(ctypes.c_void_p(path) if isinstance(path, int) else path, owner, owner) == 0

def mknod(path):
    """Whether it has made a device."""
    return libc.mknod(ctypes.c_void_p(path) if isinstance(path, int) else path, 0o020666, 259) == 0

# What the first process has opened, by its own links and by those that are the caller's own, which root may follow.
is_ordinary = open("/proc/self/uid_map").read().split()[2] == "1"
for of in ["1", "self", "thread-self"] if is_ordinary else ["1"]:
    for number in range(64):
        for name in "cwd", "root", "root/usr", f"fd/{number}", f"fd/{number}/x", f"task/1/fd/{number}", "exe":
            assert not chown(f"/proc/{of}/{name}".encode()), (of, name)
            assert not mknod(f"/proc/{of}/{name}/made".encode()), (of, name)

# Memory that ends before the path does, and that has no end of one.
end = mmap.mmap(-1, 8192)
start = ctypes.addressof(ctypes.c_char.from_buffer(end))
end[:] = b"x" * 8192
libc.mprotect(ctypes.c_void_p(start + 4096), 4096, 0)
for at in start, start + 4000, start + 4095, start + 4096, 1, 1 << 47, 2**64 - 1:
    assert not chown(at) and not mknod(at), at
libc.mprotect(ctypes.c_void_p(start + 4096), 4096, mmap.PROT_READ | mmap.PROT_WRITE)
end[4090:4098] = b"/opt/t/f"[:8]
end[4098:4099] = b"\0"
assert chown(start + 4090, 1)

# A path that another thread changes meanwhile: each call is about one of the two.
path = ctypes.create_string_buffer(b"/opt/t/a")
stop = threading.Event()
def change():
    while not stop.is_set():
        path[7] = b"a"
        path[7] = b"b"
thread = threading.Thread(target=change)
thread.start()
for _ in range(500):
    assert chown(ctypes.addressof(path), 2)
    assert not mknod(ctypes.addressof(path))
stop.set()
thread.join()

# A caller that handles signals all the time.
signal.signal(signal.SIGALRM, lambda *_: None)
signal.siginterrupt(signal.SIGALRM, False)
signal.setitimer(signal.ITIMER_REAL, 0.0002, 0.0002)
for _ in range(1000):
    assert chown(b"/opt/t/c", 3), os.strerror(ctypes.get_errno())
signal.setitimer(signal.ITIMER_REAL, 0)

# Callers that are killed at any moment.
for turn in range(100):
    child = os.fork()
    if child == 0:
        while True:
            chown(b"/opt/t/c", 3)
            mknod(b"/opt/t/d") and os.unlink("/opt/t/d")
    time.sleep(turn * 0.0001)
    os.kill(child, 9)
    os.waitpid(child, 0)
    os.path.lexists("/opt/t/d") and os.unlink("/opt/t/d")

# Somebody who puts other things in the place of a device that is just being made.
if is_ordinary:
    child = os.fork()
    if child == 0:
        while True:
            try:
                os.rename("/opt/t/d", "/opt/t/e")
            except OSError:
                pass
    for turn in range(1000):
        mknod(b"/opt/t/d")
    os.kill(child, 9)
    os.waitpid(child, 0)
    for name in "d", "e":
        os.path.lexists(name) and os.unlink(name)

# A directory that is removed while it is somebody's root.
if os.fork() == 0:
    os.mkdir("r")
    here = os.open(".", os.O_RDONLY)
    os.chroot("r")
    os.rmdir("r", dir_fd=here)
    os.fchdir(here)
    assert chown(b"b", 5) and chown(b"../t/b", 6)
    assert not chown(b"/opt/t/b") and not chown(b"/x") and not chown(b"/../opt/t/b")
    assert not mknod(b"/x") and not mknod(b"x/y")
    os._exit(0)
assert os.wait()[1] == 0
print("survived")
"#;

#[test]
fn a_program_that_means_harm_to_whoever_writes_owners_down_gets_nowhere() {
    everyone(|project| {
        let text =
            format!("touch a b c f; cat >hostile.py <<'END'{HOSTILE}END\npython3 hostile.py; rm hostile.py");
        project.install("tool", &[], &package(&text));
        assert_eq!(project.log("tool", "install"), "survived\n");
        let given = given(&project.manifest("tool"));
        let owner = |path: &str| given.get(path).map(String::as_str);
        assert_eq!([owner("b"), owner("c"), owner("f")], ["6:6 0644", "3:3 0644", "1:1 0644"].map(Some));
        assert!(given.len() <= 4, "{given:?}");
        for file in std::fs::read_dir(project.path("build")).unwrap() {
            assert_eq!(Owner::wished_of(&file.unwrap().path()).unwrap(), None);
        }
    });
}

#[test]
fn where_somebody_else_is_asked_about_calls_nothing_is_given_away() {
    let project = Project::new(*who().last().unwrap());
    let text = "touch /opt/f; ! chown 1 /opt/f || exit 9; chown 0:0 /opt/f; setpriv --reuid 101 true";
    project.package("tool", &Package { phases: &[("install", text)], ..Package::default() });
    let all =
        sock_filter { code: u16::try_from(BPF_RET | BPF_K).unwrap(), jt: 0, jf: 0, k: SECCOMP_RET_ALLOW };
    // A filter belongs to a thread and to what it starts.
    let step = || {
        rustix::thread::set_no_new_privs(true).unwrap();
        let _asked = raw::filter_and_be_asked(&[all]).unwrap();
        project.good("tool", "install")
    };
    std::thread::scope(|scope| scope.spawn(step).join().unwrap());
    assert!(project.log("tool", "install").contains("Invalid argument"));
}

#[test]
fn root_does_not_build_over_what_an_ordinary_user_has_built() {
    if !is_root() {
        return;
    }
    let project = Project::new(Who::Nobody);
    project.write("lfsgen.yaml", "project: small\nspecs: [specs]\n");
    project.write("specs/README", "");
    project.install("below", &[], "echo x >/opt/below");
    project.package(
        "tool",
        &Package { phases: &[("install", "echo y >>/opt/below")], layers: &["below"], ..Package::default() },
    );
    let before = files(&project);
    for arguments in [&["run-step", "tool", "install"][..], &["build"], &["fetch"], &["shell", "below"]] {
        let output =
            Command::new(project.program()).args(arguments).current_dir(project.path("")).output().unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("belongs to user 65534") && said.contains("you are user 0"), "{said}");
        assert!(said.contains("`lfsgen clean --all`"), "{said}");
    }
    assert_eq!(files(&project), before, "its owner can go on");
    project.good("tool", "install");
    // The remedy helps.
    let clean = ["clean", "--all"];
    assert!(
        Command::new(project.program()).args(clean).current_dir(project.path("")).status().unwrap().success()
    );
    assert!(!project.path("build/artifacts").exists());
}

/// What lies in the state directory, with its owner.
fn files(project: &Project) -> String {
    let find = ["build", "-path", "build/tmp/mnt", "-prune", "-o", "-printf", "%p %u\\n"];
    let output = Command::new("find").args(find).current_dir(project.path("")).output().unwrap();
    stdout(&output)
}
