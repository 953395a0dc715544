//! What artifacts hold, as tables for a terminal.

use super::super::text::{Table, bytes};
use super::{How, Owned, is_same};
use crate::diagnose::plain_path;
use crate::model::AbsPath;
use crate::store::{Entry, Kind, Manifest};

/// A table of paths and their packages for a terminal.
pub fn table(found: &[Owned<'_>]) -> String {
    let mut table = Table::new(&["path", "package", "stage", "what", ""]);
    for Owned { path, stacked, owners } in found {
        for (at, owner) in owners.iter().enumerate() {
            let note = match at {
                0 if *stacked => "seen",
                0 => "",
                _ if is_same(&owner.how, &owners[0].how) => "the same",
                _ => "differs",
            };
            let (package, stage) = (format!("{} {}", owner.package, owner.version), owner.stage.to_string());
            let path = if at == 0 { plain_path(&format!("/{path}")) } else { String::new() };
            let earlier = if owner.earlier { " (earlier state)" } else { "" };
            table.row([path, package, stage, what(&owner.how) + earlier, note.to_owned()]);
        }
    }
    table.render(&[])
}

fn what(how: &How<'_>) -> String {
    let How::Has { entry } = how else {
        let removes = *how == How::Removes;
        return if removes { "removes it" } else { "is to have it, not built yet" }.to_owned();
    };
    let Entry { kind, mode, .. } = entry;
    match kind {
        Kind::File { size, .. } => format!("{kind} {mode}, {}", bytes(*size)),
        Kind::Symlink { target } => format!("link to {}", plain_path(target)),
        _ => format!("{kind} {mode}"),
    }
}

/// What one artifact holds, a path a line, as it lies in the roots of its stage.
pub fn listing(manifest: &Manifest, mount: &AbsPath) -> String {
    let place = |path: &str| plain_path(&format!("{}/{path}", mount.as_str().trim_end_matches('/')));
    let mut table = Table::new(&["mode", "owner", "size", "path"]);
    for Entry { path, kind, mode, uid, gid, .. } in &manifest.entries {
        let size = match kind {
            Kind::File { size, .. } => size.to_string(),
            _ => "-".to_owned(),
        };
        let more = match kind {
            Kind::File { link_of: None, .. } => String::new(),
            Kind::File { link_of: Some(first), .. } => format!(" (the same file as {})", place(first)),
            Kind::Directory => "/".to_owned(),
            Kind::Symlink { target } => format!(" -> {}", plain_path(target)),
            special => format!(" ({special})"),
        };
        table.row([mode.clone(), format!("{uid}:{gid}"), size, place(path) + &more]);
    }
    for path in &manifest.removes {
        table.row(["-".to_owned(), "-".to_owned(), "-".to_owned(), place(path) + " (removed)"]);
    }
    table.render(&[2])
}
