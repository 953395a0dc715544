//! What is mounted where (proc_pid_mountinfo(5)).

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

/// A line of a `mountinfo`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The mount's number, which is its alone on the whole machine.
    pub id: u64,
    /// Which directory of its file system it shows.
    pub root: PathBuf,
    /// Where it lies, as whoever the file belongs to sees it.
    pub at: PathBuf,
    /// The file system's type.
    pub kind: String,
    /// The file system's own options, with commas between them.
    pub options: String,
}

/// The lines of a `mountinfo`, those of later mounts after those of earlier ones.
pub fn mounts(mountinfo: &[u8]) -> Vec<Mount> {
    mountinfo.split(|&byte| byte == b'\n').filter_map(mount).collect()
}

fn mount(line: &[u8]) -> Option<Mount> {
    let text = |field: &[u8]| String::from_utf8_lossy(field).into_owned();
    let mut fields = line.split(|&byte| byte == b' ');
    let id = text(fields.next()?).parse().ok()?;
    let (root, at) = (unescape(fields.nth(2)?), unescape(fields.next()?));
    // Between the options and the hyphen stand any number of others.
    let mut fields = fields.skip_while(|field| *field != b"-").skip(1);
    let (kind, _source) = (text(fields.next()?), fields.next()?);
    Some(Mount { id, root, at, kind, options: text(fields.next()?) })
}

/// Some bytes of a path are written as three octal digits.
fn unescape(field: &[u8]) -> PathBuf {
    let (mut bytes, mut rest) = (Vec::new(), field);
    while let [first, after @ ..] = rest {
        let digits =
            after.get(..3).filter(|_| *first == b'\\').and_then(|digits| str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 8).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[3..] } else { after };
    }
    PathBuf::from(OsString::from_vec(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_are_read_as_the_kernel_writes_them() {
        let text = br"22 1 8:1 / / rw shared:1 - ext4 /dev/a rw
23 22 8:2 /sub /var/a\040dir\134 rw - xfs /dev/b rw,noquota
cut off
";
        let mount = |id, root: &str, at: &str, [kind, options]: [&str; 2]| {
            let [kind, options] = [kind, options].map(str::to_owned);
            Mount { id, root: root.into(), at: at.into(), kind, options }
        };
        let second = mount(23, "/sub", r"/var/a dir\", ["xfs", "rw,noquota"]);
        assert_eq!(mounts(text), [mount(22, "/", "/", ["ext4", "rw"]), second]);
    }
}
