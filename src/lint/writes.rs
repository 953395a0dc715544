//! What a command writes to: the files of its redirections, and the operands that programs create, change or remove.

use crate::shell::tree::{Redirect, RedirectKind};
use crate::source::Text;

use super::call::Layer;
use super::flow::{Call, Context};
use super::state::State;
use super::words::{Beginning, Piece, Syntax, Words};

/// A path that is written to.
pub(crate) struct Write<'a> {
    /// The path, or the folder that something is put into.
    pub(crate) path: Piece<'a>,
    /// What it begins with.
    pub(crate) beginning: Beginning,
    /// What is done to it.
    pub(crate) how: How,
    /// The program; none where the shell itself writes.
    pub(crate) by: Option<&'a Layer<'a>>,
    /// What is known then.
    pub(crate) state: &'a State,
    /// The text of the script.
    pub(crate) text: &'a Text,
}

/// What is done to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// Something is written or put there, whatever was there before.
    Fill,
    /// It becomes a link to something else.
    Link,
    /// It is made, which fails where there is something.
    Make,
    /// It is a folder, which is made where it is not there.
    Folder,
    /// Its mode or owner is changed.
    Mark,
    /// It is removed.
    Remove,
    /// It is a device, or a file like one, that gets a file system, partitions or the like.
    Format,
}

/// Which words of a program are the paths that it writes to.
#[derive(Debug, Clone, Copy)]
enum Which {
    /// Every operand.
    All,
    /// Every operand but the first, which says what is done.
    AllButFirst,
    /// Every operand but the script, which `-e` and `-f` may give instead.
    AfterScript,
    /// The last operand, which may be a folder; or what `-t` says.
    Last,
    /// The value of an option.
    Value(char),
    /// What follows this.
    After(&'static str),
}

struct Program {
    name: &'static str,
    which: Which,
    how: How,
    syntax: Syntax,
}

const fn program(name: &'static str, which: Which, how: How, syntax: Syntax) -> Program {
    Program { name, which, how, syntax }
}

const NONE: Syntax = Syntax { letters: "", optional: "", names: &[] };
const PUT: Syntax = Syntax { letters: "tS", names: &[("target-directory", 't'), ("suffix", 'S')], ..NONE };
const MODE: Syntax = Syntax { letters: "m", names: &[("mode", 'm')], ..NONE };
const INSTALL: Syntax = Syntax {
    letters: "tSmog",
    names: &[("target-directory", 't'), ("suffix", 'S'), ("mode", 'm'), ("owner", 'o'), ("group", 'g')],
    ..NONE
};
const SED: Syntax = Syntax { letters: "efl", optional: "i", names: &[("expression", 'e'), ("file", 'f')] };
const MAKE_FILE_SYSTEM: Syntax = Syntax { letters: "bCdeEgGiIJLmMNoOrtTU", ..NONE };

/// From POSIX.1-2024, Utilities, and the manual pages of GNU coreutils 9, sed 4.9, util-linux 2.40, e2fsprogs, gptfdisk,
/// parted, grub, mdadm, lvm2, cryptsetup, curl and wget.
const PROGRAMS: [Program; 41] = [
    program("chgrp", Which::AllButFirst, How::Mark, NONE),
    program("chmod", Which::AllButFirst, How::Mark, NONE),
    program("chown", Which::AllButFirst, How::Mark, NONE),
    program("cp", Which::Last, How::Fill, PUT),
    program(
        "curl",
        Which::Value('o'),
        How::Fill,
        Syntax { letters: "odHAXu", names: &[("output", 'o')], ..NONE },
    ),
    program("dd", Which::After("of="), How::Fill, NONE),
    program("install", Which::Last, How::Fill, INSTALL),
    program("ln", Which::Last, How::Link, PUT),
    program("mkdir", Which::All, How::Make, MODE),
    program("mkfifo", Which::All, How::Make, MODE),
    program("mv", Which::Last, How::Fill, PUT),
    program("perl", Which::AfterScript, How::Fill, Syntax { letters: "eEIMm", optional: "i0lFCD", ..NONE }),
    program("rm", Which::All, How::Remove, NONE),
    program("rmdir", Which::All, How::Remove, NONE),
    program("rsync", Which::Last, How::Fill, Syntax { letters: "efBMT", ..NONE }),
    program("sed", Which::AfterScript, How::Fill, SED),
    program("sponge", Which::All, How::Fill, NONE),
    program("tee", Which::All, How::Fill, NONE),
    program("touch", Which::All, How::Fill, Syntax { letters: "drt", ..NONE }),
    program("truncate", Which::All, How::Fill, Syntax { letters: "sr", names: &[("size", 's')], ..NONE }),
    program("unlink", Which::All, How::Remove, NONE),
    program(
        "wget",
        Which::Value('O'),
        How::Fill,
        Syntax { letters: "OoP", names: &[("output-document", 'O')], ..NONE },
    ),
    program("blkdiscard", Which::All, How::Format, Syntax { letters: "olp", ..NONE }),
    program("cfdisk", Which::All, How::Format, NONE),
    program("cryptsetup", Which::AllButFirst, How::Format, Syntax { letters: "chsdy", ..NONE }),
    program("ddrescue", Which::AllButFirst, How::Fill, Syntax { letters: "bcdeEiKmorsTxX", ..NONE }),
    program("fdisk", Which::All, How::Format, Syntax { letters: "bCHStwWoL", ..NONE }),
    program("gdisk", Which::All, How::Format, NONE),
    program("grub-install", Which::All, How::Format, NONE),
    program("lilo", Which::Value('b'), How::Format, Syntax { letters: "b", ..NONE }),
    program("mdadm", Which::All, How::Format, Syntax { letters: "lnxcNe", ..NONE }),
    program("mke2fs", Which::All, How::Format, MAKE_FILE_SYSTEM),
    program("mkfs", Which::All, How::Format, MAKE_FILE_SYSTEM),
    program(
        "mkswap",
        Which::All,
        How::Format,
        Syntax { letters: "LUpv", names: &[("label", 'L'), ("uuid", 'U')], ..NONE },
    ),
    program("parted", Which::All, How::Format, Syntax { letters: "a", ..NONE }),
    program("pvcreate", Which::All, How::Format, NONE),
    program("sfdisk", Which::All, How::Format, Syntax { letters: "NXYo", ..NONE }),
    program("sgdisk", Which::All, How::Format, Syntax { letters: "ntcdaAuU", ..NONE }),
    program("shred", Which::All, How::Fill, Syntax { letters: "ns", ..NONE }),
    program("vgcreate", Which::AllButFirst, How::Format, NONE),
    program("wipefs", Which::All, How::Format, Syntax { letters: "otO", ..NONE }),
];

/// Programs that partition, with the options and commands with which they only tell of a device.
const TELLS: [(&str, &[&str]); 4] = [
    ("fdisk", &["-l", "--list", "-x", "--list-details", "-s", "--getsz"]),
    ("parted", &["-l", "--list", "print"]),
    (
        "sfdisk",
        &["-l", "--list", "-F", "-d", "--dump", "-J", "--json", "-s", "-V", "--verify", "-n", "--no-act"],
    ),
    ("sgdisk", &["-p", "--print", "-i", "--info", "-v", "--verify", "-b", "--backup"]),
];

/// The words of a program that is in the table, told apart.
pub(crate) fn words<'s>(layer: &Layer<'s>) -> Option<Words<'s>> {
    found(layer).map(|program| program.syntax.read(layer))
}

fn found(layer: &Layer<'_>) -> Option<&'static Program> {
    // `mkfs.ext4` and its like are one.
    let name = if layer.name.starts_with("mkfs.") { "mkfs" } else { layer.name.as_str() };
    PROGRAMS.iter().find(|program| program.name == name)
}

/// Tells of each path that a program writes to.
pub(crate) fn by_program(call: &Call<'_, '_>, told: &mut dyn FnMut(&Write<'_>)) {
    let layer = call.layer;
    let Some(program) = found(layer) else { return };
    let words = program.syntax.read(layer);
    let Some(how) = how(program, &words, layer) else { return };
    let mut tell = |path: Piece<'_>| {
        let beginning = path.beginning(call.state);
        told(&Write { path, beginning, how, by: Some(layer), state: call.state, text: call.text });
    };
    let operands = words.operands.as_slice();
    let skipped = match program.which {
        // `install -d` makes each folder that it is given.
        Which::All => 0,
        Which::Last if how == How::Folder => 0,
        Which::AllButFirst => usize::from(!layer.literals().any(|text| text.starts_with("--reference"))),
        Which::AfterScript => usize::from(!(words.has('e') || words.has('f'))),
        Which::Last => {
            let last = operands.last().filter(|_| operands.len() > 1).map(|word| Piece::whole(word));
            return words.value('t').or(last).into_iter().for_each(tell);
        }
        Which::Value(letter) => return words.value(letter).into_iter().for_each(tell),
        Which::After(beginning) => {
            return operands.iter().filter_map(|word| Piece::after(word, beginning)).for_each(tell);
        }
    };
    operands.iter().skip(skipped).for_each(|word| tell(Piece::whole(word)));
}

/// What a program does to its paths with these options; nothing where it only asks.
fn how(program: &Program, words: &Words<'_>, layer: &Layer<'_>) -> Option<How> {
    let does = match program.name {
        "mkdir" if words.has('p') || layer.has(&["--parents"]) => return Some(How::Folder),
        "install" if words.has('d') || layer.has(&["--directory"]) => return Some(How::Folder),
        "sed" => edits(layer),
        "perl" => words.has('i'),
        "wipefs" => layer.has_letter('a') || layer.has(&["--all", "-o", "--offset"]),
        "mdadm" => layer.has(&["--create", "-C", "--zero-superblock"]),
        "cryptsetup" => layer.has(&["luksFormat", "reencrypt", "erase", "luksErase"]),
        name => !TELLS.iter().any(|(program, words)| *program == name && layer.has(words)),
    };
    does.then_some(program.how)
}

/// Whether `sed` changes files in place.
pub(crate) fn edits(layer: &Layer<'_>) -> bool {
    let in_place = |text: std::borrow::Cow<'_, str>| text.starts_with("--in-place");
    layer.name == "sed" && (SED.read(layer).has('i') || layer.literals().any(in_place))
}

/// Whether a program makes folders and no files.
pub(crate) fn makes_folders(layer: &Layer<'_>) -> bool {
    let how = || how(found(layer)?, &words(layer)?, layer);
    layer.name == "mkdir" || layer.name == "install" && how() == Some(How::Folder)
}

/// What a redirection writes to.
pub(crate) fn by_redirect<'a>(redirect: &'a Redirect, context: &'a Context<'_>) -> Option<Write<'a>> {
    use RedirectKind::{Append, Clobber, ReadWrite, Write as Truncate, WriteBoth};
    if !matches!(redirect.kind, Truncate | Append | Clobber | ReadWrite | WriteBoth) {
        return None;
    }
    let path = Piece::whole(&redirect.target);
    let beginning = path.beginning(context.state);
    Some(Write { path, beginning, how: How::Fill, by: None, state: context.state, text: context.text })
}

#[cfg(test)]
mod tests {
    use crate::lint::testing::found_by;

    /// Scripts, and the words in them that are paths below `/tmp` to which something is written.
    fn finds(cases: &[(&str, &[&str])]) {
        for (script, words) in cases {
            assert_eq!(found_by("predictable-temporary-file", script), *words, "{script}");
        }
    }

    #[test]
    fn programs_write_to_what_their_words_say() {
        finds(&[
            ("cp /tmp/a /tmp/b", &["/tmp/b"]),
            ("cp -t /tmp/a b c", &["/tmp/a"]),
            ("mv -t/tmp/a b", &["-t/tmp/a"]),
            ("install --target-directory=/tmp/a -m 644 b", &["--target-directory=/tmp/a"]),
            ("install -m 644 b", &[]),
            ("install -dm755 /tmp/a/b /tmp/c", &["/tmp/a/b", "/tmp/c"]),
            ("ln -sf a /tmp/b", &[]),
            ("touch -r /tmp/a /tmp/b", &["/tmp/b"]),
            ("truncate --size 4 -- /tmp/a", &["/tmp/a"]),
            ("dd if=/tmp/a of=/tmp/b", &["of=/tmp/b"]),
            ("sed -i.old s/a/b/ /tmp/a", &["/tmp/a"]),
            ("sed -ne s/a/b/ -i /tmp/a", &["/tmp/a"]),
            ("sed s/a/b/ /tmp/a", &[]),
            ("curl -so /tmp/a u", &["/tmp/a"]),
            ("wget --output-document=/tmp/a u", &["--output-document=/tmp/a"]),
            ("a | tee b /tmp/c", &["/tmp/c"]),
            ("find . -exec cp {} /tmp/a \\;", &["/tmp/a"]),
        ]);
    }

    #[test]
    fn redirections_of_programs_groups_and_nothing_write() {
        finds(&[
            ("a > /tmp/b 2>> /tmp/c", &["/tmp/b", "/tmp/c"]),
            ("{ a; b; } > /tmp/c", &["/tmp/c"]),
            (": > /tmp/a; > /tmp/b", &["/tmp/a", "/tmp/b"]),
            ("a &> /tmp/b", &["/tmp/b"]),
            ("a < /tmp/b >&2", &[]),
            ("x=/tmp/a; y=$x/b; sh -c 'a' > $y", &["$y"]),
        ]);
    }

    #[test]
    fn a_program_that_only_tells_of_a_device_writes_to_none() {
        for script in
            ["fdisk -l /dev/sda", "parted /dev/sda print", "wipefs /dev/sda", "mdadm --detail /dev/md0"]
        {
            assert!(found_by("raw-device", script).is_empty(), "{script}");
        }
        for script in ["sgdisk -Z /dev/sda", "wipefs -fa /dev/sda", "mkfs -t ext4 -L a /dev/sda"] {
            assert_eq!(found_by("raw-device", script), ["/dev/sda"], "{script}");
        }
    }
}
