//! Devices, and owners of links, pipes and sockets, are in a package's manifest, also where an ordinary user builds it, who can make
//! no devices and give nothing away.

use std::collections::BTreeMap;
use std::os::unix::net::UnixListener;

use lfsgen::store::{Kind, Manifest};

use super::owners::package;
use super::project::{Package, Project, everyone, who};

/// A name, what is done in an empty `/opt/t`, and what the manifest has below it that is no file of root's.
type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const ARCHIVE: &str = r#"cat >make.py <<'END'
import tarfile
with tarfile.open("t.tar", "w") as archive:
    for name, kind, mode, more in [
        ("d", tarfile.DIRTYPE, 0o750, {}), ("d/null", tarfile.CHRTYPE, 0o666, {"devmajor": 1, "devminor": 3}),
        ("d/disk", tarfile.BLKTYPE, 0o660, {"devmajor": 8, "devminor": 17}), ("d/pipe", tarfile.FIFOTYPE, 0o620, {}),
        ("d/link", tarfile.SYMTYPE, 0o777, {"linkname": "null"}), ("d/again", tarfile.LNKTYPE, 0o666, {"linkname": "d/null"}),
    ]:
        member = tarfile.TarInfo(name)
        member.type, member.mode, member.uid, member.gid = kind, mode, 12, 34
        for key, value in more.items():
            setattr(member, key, value)
        archive.addfile(member)
END
python3 make.py; tar -xpf t.tar; rm t.tar make.py"#;

const SOCKET: &str = "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"s\")'; chown 3:4 s";

const CASES: &[Case] = &[
    (
        "devices",
        "mknod c c 1 3; mknod b b 254 7; mknod u u 4095 1048575; mknod z b 0 0",
        &[("b", "block 254:7 0:0 0644"), ("c", "char 1:3 0:0 0644"), ("u", "char 4095:1048575 0:0 0644"), ("z", "block 0:0 0:0 0644")],
    ),
    (
        "modes of devices",
        "mknod a c 1 3; chmod 4711 a; (umask 077; mknod b c 1 3); (umask 0; mknod c c 1 3); mknod d b 1 3; chmod 060 d",
        &[("a", "char 1:3 0:0 4711"), ("b", "char 1:3 0:0 0600"), ("c", "char 1:3 0:0 0666"), ("d", "block 1:3 0:0 0060")],
    ),
    (
        "a device that is given away, and back",
        "for n in a b c; do mknod $n c 4 64; chown 1:5 $n; done; chown 0 b; chown 0:0 c",
        &[("a", "char 4:64 1:5 0644"), ("b", "char 4:64 0:5 0644"), ("c", "char 4:64 0:0 0644")],
    ),
    (
        "a device in a directory that is opened",
        "mkdir d; python3 -c 'import os; os.mknod(\"x\", 0o020640, os.makedev(7, 8), dir_fd=os.open(\"d\", os.O_RDONLY))'",
        &[("d", "directory 0:0 0755"), ("d/x", "char 7:8 0:0 0640")],
    ),
    (
        "a device by a path with links",
        "mkdir -p d/e; ln -s /opt/t/d/e l; mknod l/../f c 1 1; mknod /opt/../opt/t/l/./g c 1 2",
        &[("d", "directory 0:0 0755"), ("d/e", "directory 0:0 0755"), ("d/e/g", "char 1:2 0:0 0644"), ("d/f", "char 1:1 0:0 0644"), ("l", "link 0:0 0777")],
    ),
    (
        "links",
        "ln -s gone l; chown -h 1:2 l; ln -s l m; chown -h 3 m; chgrp -h 4 m; chown -h 0 m; ln -s l n; chown -h 1:2 n; chown -h 0:0 n",
        &[("l", "link 1:2 0777"), ("m", "link 0:4 0777"), ("n", "link 0:0 0777")],
    ),
    (
        "a link that nobody is given",
        "ln -s gone l; chown -h 1:2 l; python3 -c 'import os; os.lchown(\"l\", -1, -1)'",
        &[("l", "link 1:2 0777")],
    ),
    (
        "pipes",
        "mkfifo p q r; chmod 6755 p q r; chown 1:2 p; chown 0:2 q; chown 0:2 r; chmod 6644 r; chgrp 0 r",
        &[("p", "pipe 1:2 0755"), ("q", "pipe 0:2 0755"), ("r", "pipe 0:0 2644")],
    ),
    ("a socket", SOCKET, &[("s", "socket 3:4 0755")]),
    (
        "everything in a directory",
        "mkdir d; mkfifo d/p; ln -s p d/l; mknod d/c c 1 3; chown -hR 13:14 d",
        &[("d", "directory 13:14 0755"), ("d/c", "char 1:3 13:14 0644"), ("d/l", "link 13:14 0777"), ("d/p", "pipe 13:14 0644")],
    ),
    (
        "other names, also beyond a directory of the host's",
        "mknod c c 1 3; ln -s x l; mkfifo p; chown -h 1:2 c l p; ln c d; ln -P l m; ln p q
         for n in c l p; do mv $n /usr/lfsgen-$n; mv /usr/lfsgen-$n /tmp/$n; mv /tmp/$n .; done",
        &[("c", "char 1:3 1:2 0644"), ("d", "char 1:3 1:2 0644"), ("l", "link 1:2 0777"), ("m", "link 1:2 0777"), ("p", "pipe 1:2 0644"), ("q", "pipe 1:2 0644")],
    ),
    (
        "copies",
        "mkdir d; mknod d/c b 1 3; ln -s x d/l; mkfifo d/p; chown -h 1:2 d/*; cp -a d e; rm -r d",
        &[("e", "directory 0:0 0755"), ("e/c", "block 1:3 1:2 0644"), ("e/l", "link 1:2 0777"), ("e/p", "pipe 1:2 0644")],
    ),
    (
        "what takes the place of something else is nobody's but root's",
        "for n in $(seq 40); do ln -s x l; chown -h 9:9 l; rm l; mkfifo l; chown 8:8 l; rm l; mknod l c 1 3; chown 7:7 l; rm l; done
         ln -s y l; mkfifo p; mknod c c 5 5; chown 7 c; mkfifo q; mv q c; mknod d c 1 3; rm d; mknod d b 2 4; mknod x c 1 3; rm x; echo >x",
        &[("c", "pipe 0:0 0644"), ("d", "block 2:4 0:0 0644"), ("l", "link 0:0 0777"), ("p", "pipe 0:0 0644")],
    ),
    (
        "an archive",
        ARCHIVE,
        &[
            ("d", "directory 12:34 0750"),
            ("d/again", "char 1:3 12:34 0666"),
            ("d/disk", "block 8:17 12:34 0660"),
            ("d/link", "link 12:34 0777"),
            ("d/null", "char 1:3 12:34 0666"),
            ("d/pipe", "pipe 12:34 0620"),
        ],
    ),
    (
        "in a chroot",
        "mkdir -p r/d; ln -s /d r/l; python3 -c 'import os; os.chroot(\"r\"); os.umask(0o27); os.mknod(\"/l/x\", 0o060666, os.makedev(3, 4))'",
        &[("r", "directory 0:0 0755"), ("r/d", "directory 0:0 0755"), ("r/d/x", "block 3:4 0:0 0640"), ("r/l", "link 0:0 0777")],
    ),
];

/// What cannot be made, and what the kernel says.
const WRONG: &[(&str, &str, &str)] = &[
    ("a name that is taken", "touch f; mknod f c 1 3", "File exists"),
    ("a link's name", "ln -s gone f; mknod f c 1 3", "File exists"),
    ("a directory's name", "mkdir f; mknod f/. c 1 3", "File exists"),
    ("a directory that is not there", "mknod d/f c 1 3", "No such file or directory"),
    ("a directory that is a file", "touch d; mknod d/f c 1 3", "Not a directory"),
    ("a name as a directory's", "mknod f/ c 1 3", "No such file or directory"),
    ("no name", "mknod '' c 1 3", "No such file or directory"),
    ("a name that is too long", "mknod $(seq 300 | tr -d '\\n') c 1 3", "File name too long"),
    ("a read-only place", "mknod /lfsgen/sources/f c 1 3", "Read-only file system"),
    (
        "an address of nothing",
        "python3 -c 'import ctypes as c; l = c.CDLL(None, use_errno=True); l.mknod(c.c_void_p(4096), 0o20666, 259); import os; exit(os.strerror(c.get_errno()))'",
        "Bad address",
    ),
    ("what hides a name of a layer", "mknod /opt/f c 0 0", "Operation not permitted"),
    ("to open one", "mknod f c 1 3; chmod 666 f; exec 2>f", "f: "),
    ("to copy from one", "mknod f c 1 3; cp f g", "cannot open 'f'"),
];

/// What is no plain file in a manifest, below `/opt/t`.
fn nodes(manifest: &Manifest) -> BTreeMap<String, String> {
    let entries = manifest.entries.iter().filter_map(|entry| {
        let path = entry.path.strip_prefix("opt/t/")?;
        let kind = match &entry.kind {
            Kind::File { .. } => return None,
            Kind::Directory => "directory".to_owned(),
            Kind::Symlink { .. } => "link".to_owned(),
            Kind::Fifo => "pipe".to_owned(),
            Kind::Socket => "socket".to_owned(),
            Kind::CharDevice { major, minor } => format!("char {major}:{minor}"),
            Kind::BlockDevice { major, minor } => format!("block {major}:{minor}"),
        };
        Some((path.to_owned(), format!("{kind} {}:{} {}", entry.uid, entry.gid, entry.mode)))
    });
    entries.collect()
}

/// What everybody builds has the same manifest; `build` says of what it is the manifest.
fn all_alike(build: impl Fn(&Project) -> Vec<Manifest>) {
    let manifests: Vec<Vec<_>> = who()
        .into_iter()
        .map(|who| build(&Project::new(who)).iter().map(|manifest| manifest.to_json().unwrap()).collect())
        .collect();
    assert!(manifests.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn root_and_an_ordinary_user_make_devices_and_give_links_pipes_and_sockets_away_alike() {
    all_alike(|project| {
        let build = |(name, text, expected): &Case| {
            eprintln!("{name}, as {:?}", project.who());
            project.install("tool", &[], &package(text));
            let manifest = project.manifest("tool");
            let expected = expected.iter().map(|(path, how)| ((*path).to_owned(), (*how).to_owned()));
            assert_eq!(nodes(&manifest), expected.collect(), "{name}");
            assert!(manifest.entries.iter().all(|entry| entry.xattrs.is_empty()), "{name}");
            manifest
        };
        CASES.iter().map(build).collect()
    });
}

#[test]
fn what_cannot_be_made_fails_as_the_kernel_has_it() {
    everyone(|project| {
        for (name, text, expected) in WRONG {
            let text = package(&format!("mkdir d2; cd d2\n( {text}\n) && exit 9; cd ..; rm -r d2"));
            project.install("tool", &[], &text);
            let log = project.log("tool", "install");
            assert!(log.contains(expected), "{name}: {log}");
        }
    });
}

#[test]
fn devices_and_owners_stay_through_phases_and_packages_until_they_are_changed() {
    all_alike(|project| {
        let phases = [
            (
                "prepare",
                "mkdir /opt/t; cd /opt/t; mknod a c 1 3; mknod b b 1 4; mkfifo p q; ln -s x l; ln -s x m; chown -h 1:2 *",
            ),
            (
                "build",
                "cd /opt/t; chmod 600 a p; chown -h 3 m; mv l k; ln b c; if cat a; then exit 9; fi; mknod gone c 1 1; cd /lfsgen/work; mknod n c 1 1",
            ),
            ("install", "cd /opt/t; rm gone; chown 0:0 p; touch -d @1 q; touch -hd @1 k; chown 5 b; mv b d"),
        ];
        project.package("below", &Package { phases: &phases, ..Package::default() });
        for (phase, _) in phases {
            project.good("below", phase);
        }
        let expected = [
            ("a", "char 1:3 1:2 0600"),
            ("d", "block 1:4 5:2 0644"),
            ("k", "link 1:2 0777"),
            ("m", "link 3:2 0777"),
            ("p", "pipe 0:0 0600"),
            ("q", "pipe 1:2 0644"),
        ];
        let found = nodes(&project.manifest("below"));
        for (path, how) in expected {
            assert_eq!(found.get(path).map(String::as_str), Some(how), "{path}");
        }
        project.install(
            "tool",
            &["below"],
            "cd /opt/t; chmod 622 a; chown -h :9 k; chgrp 9 q; rm d; cp -a m n",
        );
        let expected = [
            ("a", "char 1:3 1:2 0622"),
            ("k", "link 1:9 0777"),
            ("n", "link 3:2 0777"),
            ("q", "pipe 1:9 0644"),
        ];
        let expected = expected.map(|(path, how)| (path.to_owned(), how.to_owned()));
        assert_eq!(nodes(&project.manifest("tool")), BTreeMap::from(expected));
        assert_eq!(project.manifest("tool").removes, ["opt/t/d"]);
        ["below", "tool"].map(|name| project.manifest(name)).to_vec()
    });
}

#[test]
fn a_device_that_was_lost_or_replaced_is_made_again() {
    everyone(|project| {
        project.install("tool", &[], &package("mknod d c 1 3"));
        let device = project.path(&format!("build/artifacts/{}/tree/opt/t/d", project.key("tool")));
        let restored = project.good("tool", "install");
        assert!(!restored.contains("damaged"), "{restored}");
        std::fs::remove_file(&device).unwrap();
        // Where its own path is too long for a socket.
        let socket = project.path("socket");
        drop(UnixListener::bind(&socket).unwrap());
        std::fs::rename(socket, &device).unwrap();
        let said = project.good("tool", "install");
        assert!(said.contains("`opt/t/d` is of another type"), "{said}");
        assert_eq!(
            nodes(&project.manifest("tool")),
            BTreeMap::from([("d".to_owned(), "char 1:3 0:0 0644".to_owned())])
        );
    });
}
