//! The web client: one agent, its time limits, and its errors in our words.
//!
//! Certificates are the machine's own, so that a site with a private authority works as it does for other programs;
//! proxies come from the environment. Bodies are taken as they are: a `.tar.gz` must not be unpacked on the way.

use std::io;
use std::time::Duration;

use ureq::http::{HeaderMap, StatusCode, header};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Timeout};

use super::FetchConfig;
use super::download::Opened;
use super::error::{Reason, Trouble};

/// A web client.
#[derive(Debug)]
pub(super) struct Web {
    agent: Agent,
    /// How long a server may stay silent, or send next to nothing.
    pub(super) idle: Duration,
}

impl Web {
    pub(super) fn new(config: &FetchConfig) -> Self {
        let agent = Agent::config_builder()
            .timeout_resolve(Some(config.connect))
            .timeout_connect(Some(config.connect))
            .timeout_recv_response(Some(config.idle))
            .timeout_per_read(Some(config.idle))
            .http_status_as_error(false)
            .user_agent(concat!("lfsgen/", env!("CARGO_PKG_VERSION")))
            .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build())
            .build()
            .into();
        Self { agent, idle: config.idle }
    }

    /// Opens a resource from byte `start` on, or from its beginning where the server cannot do that.
    pub(super) fn open(&self, url: &str, start: u64) -> Result<Opened, Trouble> {
        let mut request = self.agent.get(url).header(header::ACCEPT_ENCODING, "identity");
        if start > 0 {
            request = request.header(header::RANGE, format!("bytes={start}-"));
        }
        let response = request.call().map_err(reason)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let (start, total) = match status {
            StatusCode::OK => (0, number(&headers, &header::CONTENT_LENGTH)),
            StatusCode::PARTIAL_CONTENT => {
                content_range(&headers).filter(|(from, _)| *from == start).ok_or_else(|| Reason::Network {
                    what: "the server sent another range than was asked for".to_owned(),
                    temporary: false,
                })?
            }
            _ => return Err(failed(status, &headers).into()),
        };
        Ok(Opened {
            body: Box::new(response.into_body().into_reader()),
            start,
            total,
            page: is_page(&headers),
        })
    }

    /// A small document, such as an index.
    pub(super) fn text(&self, url: &str, accept: &str) -> Result<String, Reason> {
        const LARGEST_INDEX: u64 = 64 << 20;
        let mut response = self.agent.get(url).header(header::ACCEPT, accept).call().map_err(reason)?;
        if response.status() != StatusCode::OK {
            return Err(failed(response.status(), response.headers()));
        }
        response
            .body_mut()
            .with_config()
            .limit(LARGEST_INDEX)
            .lossy_utf8(true)
            .read_to_string()
            .map_err(reason)
    }
}

fn failed(status: StatusCode, headers: &HeaderMap) -> Reason {
    let retry_after = number(headers, &header::RETRY_AFTER).map(Duration::from_secs);
    Reason::Status { code: status.as_u16(), retry_after }
}

fn number(headers: &HeaderMap, name: &header::HeaderName) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// The first byte and the size of the whole, if known, of `Content-Range: bytes 5-9/10` (RFC 9110, 14.4).
fn content_range(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let range = headers.get(header::CONTENT_RANGE)?.to_str().ok()?.trim().strip_prefix("bytes ")?;
    let (range, total) = range.split_once('/')?;
    let (first, _) = range.split_once('-')?;
    Some((first.trim().parse().ok()?, total.trim().parse().ok()))
}

fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"))
}

/// A body that broke off.
pub(super) fn broken(error: io::Error) -> Reason {
    reason(ureq::Error::from(error))
}

fn reason(error: ureq::Error) -> Reason {
    let network = |what: String, temporary| Reason::Network { what, temporary };
    match error {
        ureq::Error::Timeout(which) => network(silence(which).to_owned(), true),
        ureq::Error::HostNotFound => unknown_host(),
        ureq::Error::BadUri(what) => Reason::BadAddress(format!("it is not an address: {what}")),
        ureq::Error::Http(what) => Reason::BadAddress(format!("it is not an address: {what}")),
        ureq::Error::TooManyRedirects => network("it redirects in circles".to_owned(), false),
        ureq::Error::Io(error) if is_unknown_host(&error) => unknown_host(),
        ureq::Error::Io(error) => {
            let permanent = matches!(
                error.kind(),
                io::ErrorKind::ConnectionRefused
                    | io::ErrorKind::HostUnreachable
                    | io::ErrorKind::NetworkUnreachable
                    | io::ErrorKind::PermissionDenied
                    | io::ErrorKind::InvalidData
            );
            match error.kind() {
                io::ErrorKind::UnexpectedEof => {
                    network("the connection was closed too early".to_owned(), true)
                }
                _ => network(format!("the connection failed: {error}"), !permanent),
            }
        }
        other => network(format!("the connection failed: {other}"), false),
    }
}

fn unknown_host() -> Reason {
    Reason::Network { what: "its host name is unknown here".to_owned(), temporary: false }
}

/// The standard library tells it by words alone; that the name server was out of reach may pass (getaddrinfo(3), `EAI_AGAIN`).
fn is_unknown_host(error: &io::Error) -> bool {
    let text = error.to_string();
    text.starts_with("failed to lookup address information") && !text.contains("Temporary failure")
}

fn silence(which: Timeout) -> &'static str {
    match which {
        Timeout::Resolve => "looking up its host name took too long",
        Timeout::Connect => "no connection was made in time",
        _ => "the server stayed silent for too long",
    }
}
