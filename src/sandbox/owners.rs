//! Who a file belongs to, in the root of an ordinary user, who has one number only and can give a file to nobody else.
//!
//! The filter has chown(2) and its like wait for the first process (seccomp_unotify(2)). That finds the file as the kernel
//! would have for the caller (see [`super::callers`]), and writes the wished owner beside the file (see [`Owner`] and [`Node`]), from
//! where it comes into the manifest. Whatever is for the kernel to say, that there is no such file or that the owner is 0 as it
//! was, the kernel says: it is then told to do the call. What is done with the file that is found is to set or remove an
//! attribute, and to take bits off its mode.
//!
//! It is asked about devices as well (see [`super::nodes`]).

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::Path;
use std::rc::Rc;

use anyhow::{Context as _, Result};
use rustix::fs::{AtFlags, FileType, Mode, chmod, fstat, removexattr};
use rustix::io::Errno;

use super::callers::{At, Callers, Of};
use super::clock::Clock;
use super::nodes::Wished;
use crate::host::node::{CAPABILITY, Node};
use crate::host::owner::{Owner, way_to};
use crate::host::process::wait_for_any;
use crate::host::raw::{self, Answer, Asked};

/// The first process, as the one who is asked.
pub(super) struct Owners {
    listener: OwnedFd,
    /// Is readable when a child has ended.
    children: OwnedFd,
    callers: Callers,
    /// The root's own clock, about which it is asked as well.
    clock: Option<Rc<Clock>>,
}

/// A call of the chown(2) family.
struct Call {
    of: Of,
    wish: Wish,
}

/// To whom: what is not there stays as it is.
#[derive(Clone, Copy)]
struct Wish {
    user: Option<u32>,
    group: Option<u32>,
}

impl Owners {
    /// Begins to answer what is asked at a descriptor of the filter's. From now on ends of children are signals that are held
    /// back, for this thread and all that it starts.
    pub(super) fn new(listener: OwnedFd, clock: Option<Rc<Clock>>) -> Result<Self> {
        let children = raw::ends_of_children().context("failed to watch for ends of processes")?;
        Ok(Self { listener, children, callers: Callers::new()?, clock })
    }

    /// The root's own clock, if it has one.
    pub(super) fn clock(&self) -> Option<&Clock> {
        self.clock.as_deref()
    }

    /// Becomes readable when somebody asks.
    pub(super) fn questions(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }

    /// Answers until a child has ended.
    pub(super) fn answer_until_a_child_ends(&self) -> Result<()> {
        loop {
            match wait_for_any(&[self.children.as_fd(), self.questions()], None)? {
                Some(0) => {
                    // One signal stands for all children that have ended so far. It has 128 bytes (signalfd(2)).
                    rustix::io::read(&self.children, &mut [0; 128]).context("failed to read a signal")?;
                    return Ok(());
                }
                _ => self.answer()?,
            }
        }
    }

    /// Answers one question.
    pub(super) fn answer(&self) -> Result<()> {
        let Some(asked) = raw::asked(self.questions()).context("failed to take a system call")? else {
            return Ok(());
        };
        let listener = self.questions();
        let by_clock = self.clock().and_then(|clock| clock.answer(listener, &asked));
        let answer = if by_clock.is_some() {
            by_clock
        } else if let Some(call) = Call::of(&asked) {
            self.callers.find(listener, &asked, &call.of)?.map(|file| call.wish.write(&file))
        } else if let Some(wished) = Wished::of(&asked) {
            self.callers.find_place(listener, &asked, &wished.at)?.map(|place| wished.make(&place))
        } else {
            None
        };
        let answer = answer.unwrap_or(Answer::ByKernel);
        raw::answer(listener, &asked, answer).context("failed to answer a system call")
    }
}

impl Call {
    /// Reads a call. Nothing where it is none of the family, or one that the kernel refuses for its flags.
    fn of(asked: &Asked) -> Option<Self> {
        let [first, second, third, fourth, fifth, _] = asked.arguments;
        let signed = |argument: u64| number(argument).cast_signed();
        let wish = |user, group| Wish { user: id(number(user)), group: id(number(group)) };
        let (of, wish) = match asked.call {
            libc::SYS_fchown => (Of::Opened(signed(first)), wish(second, third)),
            libc::SYS_fchownat => {
                let flags = AtFlags::from_bits_retain(number(fifth));
                if !(AtFlags::SYMLINK_NOFOLLOW | AtFlags::EMPTY_PATH).contains(flags) {
                    return None;
                }
                (Of::Path(At { dir: signed(first), address: second }, flags), wish(third, fourth))
            }
            #[cfg(target_arch = "x86_64")]
            libc::SYS_chown => {
                let flags = AtFlags::empty();
                (Of::Path(At { dir: libc::AT_FDCWD, address: first }, flags), wish(second, third))
            }
            #[cfg(target_arch = "x86_64")]
            libc::SYS_lchown => {
                let flags = AtFlags::SYMLINK_NOFOLLOW;
                (Of::Path(At { dir: libc::AT_FDCWD, address: first }, flags), wish(second, third))
            }
            _ => return None,
        };
        Some(Self { of, wish })
    }
}

/// Of an argument that is no address the kernel looks at 32 bits.
pub(super) fn number(argument: u64) -> u32 {
    u32::try_from(argument & u64::from(u32::MAX)).unwrap_or_default()
}

/// -1 changes nothing (chown(2)).
fn id(number: u32) -> Option<u32> {
    (number != u32::MAX).then_some(number)
}

impl Wish {
    /// Whether this is for the kernel to do.
    fn is_possible(self) -> bool {
        [self.user, self.group].into_iter().flatten().all(|id| id == 0)
    }

    /// Writes it down.
    fn write(self, file: &OwnedFd) -> Answer {
        self.try_write(file)
            .unwrap_or_else(|error| Answer::Fails(error.raw_os_error().unwrap_or(libc::EPERM)))
    }

    fn try_write(self, file: &OwnedFd) -> io::Result<Answer> {
        let stat = fstat(file)?;
        if stat.st_uid != 0 {
            // It is one of the host's, which root alone could give away. The kernel says so of what is possible.
            return if self.is_possible() { Ok(Answer::ByKernel) } else { Err(Errno::PERM.into()) };
        }
        let way = way_to(file);
        let kind = FileType::from_raw_mode(stat.st_mode);
        let (written, is_for_kernel) = match kind {
            FileType::RegularFile | FileType::Directory => {
                let was = Owner::wished_of(&way)?.unwrap_or_default();
                let wish = self.of(was);
                (if wish == was { Ok(()) } else { wish.wish_for(&way) }, self.is_possible())
            }
            _ => {
                let was = Node::of(&way)?;
                let wish = Node { owner: self.of(was.owner), ..was };
                let written = if wish == was { Ok(()) } else { wish.write(&way) };
                // It would take away what was written (chown(2), "file capabilities").
                (written, self.is_possible() && wish == Node::default())
            }
        };
        match written {
            // A file system in memory of before Linux 6.6, whose files are gone with the step.
            Err(error) if error.raw_os_error() == Some(libc::EOPNOTSUPP) => {}
            other => other?,
        }
        if is_for_kernel {
            return Ok(Answer::ByKernel);
        }
        if kind != FileType::Directory && kind != FileType::Symlink {
            take_privileges(&way, kind, stat.st_mode)?;
        }
        Ok(Answer::Done)
    }

    /// Whose a file shall be that was somebody's.
    fn of(self, was: Owner) -> Owner {
        Owner { uid: self.user.unwrap_or(was.uid), gid: self.group.unwrap_or(was.gid) }
    }
}

/// A file that is given away gives its new owner's privileges to nobody (chown(2)).
fn take_privileges(way: &Path, kind: FileType, mode: u32) -> io::Result<()> {
    let mode = Mode::from_raw_mode(mode);
    // Without the right to execute, the bit of the group means something else (inode(7)).
    let group = if mode.contains(Mode::XGRP) { Mode::SGID } else { Mode::empty() };
    let less = mode.difference(Mode::SUID | group);
    if less != mode {
        chmod(way, less)?;
    }
    if kind == FileType::RegularFile {
        // Most have none, and some cannot.
        let _ = removexattr(way, CAPABILITY);
    }
    Ok(())
}
