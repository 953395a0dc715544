//! A web server that answers as it is told.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the server does with a request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// The bytes, from where they were asked for if `ranges`.
    Bytes { bytes: Vec<u8>, ranges: bool },
    /// A status without a body.
    Status(u16),
    /// The announced bytes, cut off after some of them.
    Cut { bytes: Vec<u8>, after: usize },
    /// Nothing, for as long as the client waits.
    Silence,
    /// The bytes one by one, with a pause after each, for as long as the client takes them.
    Trickle(Vec<u8>),
    /// A size that is announced, and nothing of it.
    Announces(u64),
    /// Bytes without an end, and without a word of how many.
    Endless,
    /// A web page.
    Page(&'static str),
    /// Another address.
    Redirect(String),
}

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) range: Option<String>,
}

/// The server; it ends with the test's process.
pub(crate) struct Server {
    address: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Starts one. `replies` is asked with the path and with how often it was asked for before.
    pub(crate) fn start(replies: impl Fn(&str, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        std::thread::spawn(move || {
            let replies = Arc::new(replies);
            for stream in listener.incoming() {
                let (stream, replies, log) = (stream.unwrap(), Arc::clone(&replies), Arc::clone(&log));
                // A client that gives up is part of the tests.
                std::thread::spawn(move || serve(&stream, &*replies, &log));
            }
        });
        Self { address, seen }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

fn announcing(status: &str, length: u64, more: &str) -> String {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{more}\r\n")
}

fn serve(
    mut stream: &TcpStream,
    replies: &impl Fn(&str, usize) -> Reply,
    log: &Mutex<Vec<Seen>>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut range = None;
    for line in lines {
        let line = line?.to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        range = line.strip_prefix("range:").map(|value| value.trim().to_owned()).or(range);
    }
    let before = {
        let mut log = log.lock().unwrap();
        let before = log.iter().filter(|seen| seen.path == path).count();
        log.push(Seen { path: path.clone(), range: range.clone() });
        before
    };
    let start: usize =
        range.and_then(|r| r.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()).unwrap_or(0);
    let head = |status: &str, length: usize, more: &str| announcing(status, length as u64, more);
    match replies(&path, before) {
        Reply::Bytes { bytes, ranges: true } if start > bytes.len() => {
            stream.write_all(head("416 Range Not Satisfiable", 0, "").as_bytes())
        }
        Reply::Bytes { bytes, ranges: true } if start > 0 => {
            let range = format!("Content-Range: bytes {start}-{}/{}\r\n", bytes.len() - 1, bytes.len());
            stream.write_all(head("206 Partial Content", bytes.len() - start, &range).as_bytes())?;
            stream.write_all(&bytes[start..])
        }
        Reply::Bytes { bytes, .. } => {
            stream.write_all(head("200 OK", bytes.len(), "").as_bytes())?;
            stream.write_all(&bytes)
        }
        Reply::Status(code) => stream.write_all(head(&format!("{code} Told"), 0, "").as_bytes()),
        Reply::Cut { bytes, after } => {
            stream.write_all(head("200 OK", bytes.len(), "").as_bytes())?;
            stream.write_all(&bytes[..after])
        }
        Reply::Announces(size) => stream.write_all(announcing("200 OK", size, "").as_bytes()),
        Reply::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            loop {
                stream.write_all(&[0; 64 * 1024])?;
            }
        }
        Reply::Silence => {
            std::thread::sleep(Duration::from_millis(400));
            Ok(())
        }
        Reply::Trickle(bytes) => {
            stream.write_all(head("200 OK", bytes.len(), "").as_bytes())?;
            bytes.chunks(1).try_for_each(|byte| {
                std::thread::sleep(Duration::from_millis(10));
                stream.write_all(byte)
            })
        }
        Reply::Page(text) => {
            stream.write_all(
                head("200 OK", text.len(), "Content-Type: text/html; charset=utf-8\r\n").as_bytes(),
            )?;
            stream.write_all(text.as_bytes())
        }
        Reply::Redirect(to) => {
            stream.write_all(head("302 Found", 0, &format!("Location: {to}\r\n")).as_bytes())
        }
    }
}
