//! What a person can do where a file system does not do its part.

use std::io;

use rustix::io::Errno;

/// What to do where a disk has no room.
pub const FREE_SOME_SPACE: &str = "free some space there (`lfsgen clean` says what may go), or set `state` in `lfsgen.yaml` to a directory on a \
     larger disk";

/// What to do where too few files may be open.
pub const MORE_OPEN_FILES: &str = "allow more of them before lfsgen starts: `ulimit -n 1024`";

/// Whether an error comes of a disk that is full.
pub fn is_full_disk(error: &anyhow::Error) -> bool {
    matches!(errno(error), Some(Errno::NOSPC | Errno::DQUOT))
}

/// Whether an error comes of a right that the process does not have.
pub fn is_denied(error: &anyhow::Error) -> bool {
    errno(error) == Some(Errno::ACCESS)
}

/// The innermost error of the system.
fn errno(error: &anyhow::Error) -> Option<Errno> {
    error.chain().find_map(|cause| {
        let of_io = cause.downcast_ref::<io::Error>().and_then(Errno::from_io_error);
        of_io.or_else(|| cause.downcast_ref::<Errno>().copied())
    })
}

/// What to do about the innermost error of the system, where that is a file system's and there is something to do.
pub fn remedy(error: &anyhow::Error) -> Option<&'static str> {
    match errno(error)? {
        Errno::NOSPC | Errno::DQUOT => Some(FREE_SOME_SPACE),
        Errno::MFILE => Some(MORE_OPEN_FILES),
        Errno::FBIG => Some("allow larger files before lfsgen starts: `ulimit -f unlimited`"),
        Errno::ROFS => Some("let `output` and `state` in `lfsgen.yaml` name places that can be written"),
        Errno::EXIST | Errno::NOTDIR => Some(
            "what has that name is no folder: move it away, or let `output` and `state` in `lfsgen.yaml` name another place",
        ),
        Errno::ACCESS => Some(
            "give yourself the right to it; if lfsgen writes it, `output` and `state` in `lfsgen.yaml` may name another place",
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn a_full_disk_and_a_closed_folder_have_a_remedy_and_a_wrong_name_has_none() {
        let error =
            |errno: Errno| Err::<(), _>(io::Error::from(errno)).context("failed to write `x`").unwrap_err();
        assert!(remedy(&error(Errno::NOSPC)).unwrap().starts_with("free some space"));
        assert!(remedy(&anyhow::Error::from(Errno::ROFS)).unwrap().contains("`state`"));
        assert!(remedy(&error(Errno::MFILE)).unwrap().contains("`ulimit -n 1024`"));
        assert!(remedy(&error(Errno::FBIG)).unwrap().contains("`ulimit -f unlimited`"));
        // Of a file that is only read, nobody asks for the right to write.
        assert!(remedy(&error(Errno::ACCESS)).unwrap().starts_with("give yourself the right to it"));
        assert_eq!(remedy(&error(Errno::NOENT)), None);
        // A rule of the machine forbids it: who owns the file does not matter.
        assert_eq!(remedy(&error(Errno::PERM)), None);
    }
}
