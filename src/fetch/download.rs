//! Brings the bytes of one location into the partial file, and checks their digest where it is known.
//!
//! The partial file may hold the beginning of the source from an earlier try, an earlier run, or another place. No
//! note is kept of where it came from: should the beginning not fit the rest, the digest says so, and the file is
//! downloaded whole, once.
//!
//! A place that has more than the source may have, or than the disk has room for, is left before anything is written, if it says so;
//! else at that point, and then what it has sent goes again. So does everything where the disk is full: others need its room.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

use super::cache::finish;
use super::error::{Reason, Trouble};
use super::providers::Location;
use super::web::Web;
use super::{Cache, Event, Request, Watch};
use crate::host::clock::Stopwatch;
use crate::host::remedy::is_full_disk;
use crate::host::{disk, files};
use crate::model::Digest;

/// Makes the partial file whole, and says which digest its bytes have: the one that was asked for, if one was.
pub(super) fn download(
    location: &Location,
    request: &Request,
    cache: &Cache,
    web: &Web,
    watch: &dyn Watch,
) -> Result<Digest, Trouble> {
    let partial = cache.partial(request);
    let present = files::metadata(&partial).map(|metadata| metadata.len()).unwrap_or_default();
    // Of such a one nothing can come.
    let present = if present > request.max_size { 0 } else { present };
    let first = stream(location, request, cache, web, watch, present);
    match first {
        // The beginning was of another file, or longer than the whole one.
        Err(Trouble::Place(
            Reason::WrongDigest { .. }
            | Reason::Status { code: 416, .. }
            | Reason::TooLarge { announced: None, .. },
        )) if present > 0 => stream(location, request, cache, web, watch, 0),
        other => other,
    }
}

/// An open location: its bytes from `start` on.
pub(super) struct Opened {
    /// The bytes.
    pub(super) body: Box<dyn Read>,
    /// Where they start.
    pub(super) start: u64,
    /// The size of the whole, if it was announced.
    pub(super) total: Option<u64>,
    /// Whether it says that it is a web page.
    pub(super) page: bool,
}

fn stream(
    location: &Location,
    request: &Request,
    cache: &Cache,
    web: &Web,
    watch: &dyn Watch,
    present: u64,
) -> Result<Digest, Trouble> {
    let partial = cache.partial(request);
    let mut hasher = Sha256::new();
    if present > 0 {
        files::hash_into(&partial, &mut hasher).map_err(Trouble::Machine)?;
        if finish(hasher.clone()) == request.sha256 {
            return Ok(request.sha256);
        }
    }
    let Opened { body, start, total, page } = match location {
        Location::Web(url) => web.open(url, present)?,
        Location::File(path) => open_file(path)?,
    };
    if let Some(total) = total {
        has_room(total, start, request, cache)?;
    }
    if start == 0 {
        hasher = Sha256::new();
        files::create(&partial).map_err(Trouble::Machine)?;
    }
    watch.event(&request.name, Event::Size { present: start, total });
    let file = files::open_append(&partial).map_err(Trouble::Machine)?;
    // One byte more tells that it is too large.
    let body = Box::new(body.take((request.max_size - start).saturating_add(1)));
    let got = start
        + copy(body, &file, &mut hasher, web.idle, request, watch).map_err(|trouble| match trouble {
            Trouble::Machine(error) => {
                if is_full_disk(&error) {
                    let _ = files::remove_file(&partial);
                }
                Trouble::Machine(error.context(format!("failed to write `{}`", partial.display())))
            }
            place => place,
        })?;
    if got > request.max_size {
        files::remove_file(&partial).map_err(Trouble::Machine)?;
        return Err(Reason::TooLarge { announced: None, most: request.max_size }.into());
    }
    if let Some(announced) = total.filter(|total| *total != got) {
        return Err(Reason::CutShort { got, announced }.into());
    }
    let got = finish(hasher);
    if got == request.sha256 || (request.sha256 == Digest::UNKNOWN && start == 0 && !page) {
        return Ok(got);
    }
    files::remove_file(&partial).map_err(Trouble::Machine)?;
    Err(Reason::WrongDigest { got, page }.into())
}

/// Refuses a source of so many bytes, of which the first are there, where it may not have them or the disk cannot.
fn has_room(total: u64, start: u64, request: &Request, cache: &Cache) -> Result<(), Reason> {
    let most = request.max_size;
    if total > most {
        return Err(Reason::TooLarge { announced: Some(total), most });
    }
    let free = cache.partial(request).parent().and_then(disk::free);
    // What begins anew takes the place of what is there.
    let present = files::metadata(&cache.partial(request)).map_or(0, |metadata| metadata.len());
    let size = total.saturating_sub(start.max(present));
    match free {
        Some(free) if size > free => Err(Reason::NoRoom { size, free }),
        _ => Ok(()),
    }
}

fn open_file(path: &Path) -> Result<Opened, Trouble> {
    let absent = |what: String| Trouble::Place(Reason::Absent(what));
    let metadata = files::metadata(path).map_err(|error| match files::is_absent(&error) {
        true => absent("there is no such file".to_owned()),
        false => absent(format!("it cannot be looked at: {error}")),
    })?;
    if !metadata.is_file() {
        return Err(absent("it is not a regular file".to_owned()));
    }
    let file =
        files::open(path).map_err(|error| absent(format!("it cannot be read: {}", error.root_cause())))?;
    Ok(Opened { body: Box::new(file), start: 0, total: Some(metadata.len()), page: false })
}

/// Fewer bytes than this in the time that a server may stay silent are no better than silence.
const NEXT_TO_NOTHING: u64 = 1024;

/// Copies until the end and says how many bytes came. A failure to read is the place's, a failure to write is ours.
fn copy(
    mut body: Box<dyn Read>,
    mut file: &File,
    hasher: &mut Sha256,
    idle: Duration,
    request: &Request,
    watch: &dyn Watch,
) -> Result<u64, Trouble> {
    let mut buffer = vec![0; 64 * 1024];
    let mut total = 0;
    let (mut lately, mut since) = (0, Stopwatch::start());
    loop {
        let count = match body.read(&mut buffer) {
            Ok(0) => return Ok(total),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(super::web::broken(error).into()),
        };
        file.write_all(&buffer[..count]).context("the disk did not take it").map_err(Trouble::Machine)?;
        hasher.update(&buffer[..count]);
        total += count as u64;
        watch.event(&request.name, Event::Received { bytes: count as u64 });
        lately += count as u64;
        if since.elapsed() >= idle {
            if lately < NEXT_TO_NOTHING {
                let what = format!("it sent only {lately} bytes in {:.0?}", since.elapsed());
                return Err(Reason::Network { what, temporary: true }.into());
            }
            (lately, since) = (0, Stopwatch::start());
        }
    }
}
