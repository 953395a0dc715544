//! Sources: places, retries, digests and the cache. Every server is a thread of the test.

mod command;
mod server;

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lfsgen::fetch::watch::Silent;
use lfsgen::fetch::{
    Cache, Cause, Event, FetchConfig, FetchError, Fetched, MAX_SIZE, Reason, Request, Watch, fetch, fetch_all,
};
use lfsgen::layout::Layout;
use lfsgen::model::Digest;

use crate::support::assert_snapshot;
use server::{Reply, Seen, Server};

/// A project in a temporary folder.
struct Place {
    folder: tempfile::TempDir,
    shared: Option<PathBuf>,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), shared: None }
    }

    fn layout(&self) -> Layout {
        Layout::new(self.folder.path().join("build"))
    }

    fn cache(&self) -> Cache {
        Cache::new(&self.layout(), self.shared.clone())
    }

    /// Fetches with short pauses.
    fn fetch(&self, request: &Request) -> Result<Fetched, FetchError> {
        self.fetch_watched(request, &Silent)
    }

    fn fetch_watched(&self, request: &Request, watch: &dyn Watch) -> Result<Fetched, FetchError> {
        let mut config = FetchConfig::new(self.folder.path(), self.layout());
        config.pause = Duration::from_millis(5);
        config.idle = Duration::from_millis(150);
        fetch(request, &self.cache(), &config, watch)
    }

    fn partial(&self, bytes: &[u8]) -> PathBuf {
        self.layout().downloads().join(format!("{}.part", Digest::of(bytes)))
    }

    /// The error's card with what differs between runs replaced.
    fn card(&self, error: &FetchError, server: &Server) -> String {
        error
            .to_string()
            .replace(&self.folder.path().display().to_string(), "PROJECT")
            .replace(&server.url(""), "http://SERVER")
    }
}

/// Bytes that are no archive, long enough for several reads.
fn content() -> Vec<u8> {
    (0..100_000_u32).flat_map(u32::to_le_bytes).collect()
}

fn request(bytes: &[u8], urls: &[String]) -> Request {
    let name = "x-1.tar.gz".to_owned();
    Request { name, sha256: Digest::of(bytes), urls: urls.to_vec(), max_size: MAX_SIZE }
}

fn reasons(error: &FetchError) -> Vec<&Reason> {
    match &error.cause {
        Cause::Nowhere(attempts) => attempts.iter().map(|attempt| &attempt.reason).collect(),
        other => panic!("{other:?}"),
    }
}

fn whole(ranges: bool) -> Reply {
    Reply::Bytes { bytes: content(), ranges }
}

#[test]
fn a_source_gets_its_name_below_its_digest() {
    let place = Place::new();
    let server = Server::start(|_, _| whole(false));
    let fetched = place.fetch(&request(&content(), &[server.url("/x")])).unwrap();
    assert_eq!(
        fetched.path,
        place.layout().sources().join(Digest::of(&content()).to_string()).join("x-1.tar.gz")
    );
    assert_eq!(std::fs::read(&fetched.path).unwrap(), content());
    assert_eq!((fetched.bytes, fetched.from), (400_000, Some(server.url("/x"))));
    assert!(!place.partial(&content()).exists());
}

#[test]
fn a_source_that_is_there_is_not_fetched_again() {
    let place = Place::new();
    let server = Server::start(|_, _| whole(false));
    let request = request(&content(), &[server.url("/x")]);
    place.fetch(&request).unwrap();
    let again = place.fetch(&request).unwrap();
    assert_eq!(again.from, None);
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_new_version_with_the_digest_of_the_old_one_is_not_the_old_source_under_another_name() {
    let shared = tempfile::tempdir().unwrap();
    let mut place = Place::new();
    place.shared = Some(shared.path().to_owned());
    let server = Server::start(|path, _| match path {
        "/x-1.tar.gz" => whole(false),
        _ => Reply::Bytes { bytes: b"the new one".to_vec(), ranges: false },
    });
    place.fetch(&request(&content(), &[server.url("/x-1.tar.gz")])).unwrap();
    let mut next = request(&content(), &[server.url("/x-2.tar.gz")]);
    next.name = "x-2.tar.gz".to_owned();
    let error = place.fetch(&next).unwrap_err();
    let got = Digest::of(b"the new one");
    assert_eq!(reasons(&error), [&Reason::WrongDigest { got, page: false }]);
    assert!(error.to_string().contains(&format!("write `sha256: {got}` in the spec")), "{error}");
}

#[test]
fn places_are_tried_in_order_and_a_missing_file_is_asked_for_once() {
    let place = Place::new();
    let server = Server::start(|path, _| if path == "/third" { whole(false) } else { Reply::Status(404) });
    let urls = ["/first", "/second", "/third", "/fourth"].map(|path| server.url(path));
    let fetched = place.fetch(&request(&content(), &urls)).unwrap();
    assert_eq!(fetched.from, Some(server.url("/third")));
    let asked: Vec<_> = server.seen().into_iter().map(|seen| seen.path).collect();
    assert_eq!(asked, ["/first", "/second", "/third"]);
}

#[test]
fn a_server_in_trouble_is_asked_again() {
    let place = Place::new();
    let server = Server::start(|_, before| if before < 2 { Reply::Status(503) } else { whole(false) });
    place.fetch(&request(&content(), &[server.url("/x")])).unwrap();
    assert_eq!(server.seen().len(), 3);
}

#[test]
fn a_download_that_was_cut_off_goes_on_where_it_stopped() {
    let place = Place::new();
    let cut = || Reply::Cut { bytes: content(), after: 300_000 };
    let server = Server::start(move |_, before| if before == 0 { cut() } else { whole(true) });
    let fetched = place.fetch(&request(&content(), &[server.url("/x")])).unwrap();
    assert_eq!(std::fs::read(fetched.path).unwrap(), content());
    let ranges: Vec<_> = server.seen().into_iter().map(|seen| seen.range).collect();
    assert_eq!(ranges, [None, Some("bytes=300000-".to_owned())]);
}

#[test]
fn a_download_of_an_earlier_run_goes_on_at_another_place() {
    let place = Place::new();
    let server = Server::start(|path, _| match path {
        "/dying" => Reply::Cut { bytes: content(), after: 1000 },
        _ => whole(true),
    });
    place.fetch(&request(&content(), &[server.url("/dying")])).unwrap_err();
    assert_eq!(std::fs::read(place.partial(&content())).unwrap().len(), 1000);
    place.fetch(&request(&content(), &[server.url("/well")])).unwrap();
    let last = Seen { path: "/well".to_owned(), range: Some("bytes=1000-".to_owned()) };
    assert_eq!(server.seen().last(), Some(&last));
}

#[test]
fn a_server_without_ranges_sends_everything_again() {
    let place = Place::new();
    let server = Server::start(|_, _| whole(false));
    std::fs::create_dir_all(place.layout().downloads()).unwrap();
    std::fs::write(place.partial(&content()), &content()[..5000]).unwrap();
    let fetched = place.fetch(&request(&content(), &[server.url("/x")])).unwrap();
    assert_eq!(std::fs::read(fetched.path).unwrap(), content());
}

#[test]
fn a_beginning_that_does_not_fit_is_thrown_away() {
    for wrong in [vec![7; 5000], vec![7; 500_000]] {
        let place = Place::new();
        let server = Server::start(|_, _| whole(true));
        std::fs::create_dir_all(place.layout().downloads()).unwrap();
        std::fs::write(place.partial(&content()), wrong).unwrap();
        let fetched = place.fetch(&request(&content(), &[server.url("/x")])).unwrap();
        assert_eq!(std::fs::read(fetched.path).unwrap(), content());
        assert_eq!(server.seen().len(), 2);
    }
}

#[test]
fn a_download_that_was_complete_needs_no_server() {
    let place = Place::new();
    std::fs::create_dir_all(place.layout().downloads()).unwrap();
    std::fs::write(place.partial(&content()), content()).unwrap();
    let server = Server::start(|_, _| Reply::Status(500));
    place.fetch(&request(&content(), &[server.url("/x")])).unwrap();
    assert_eq!(server.seen(), []);
}

#[test]
fn other_bytes_never_get_the_name_and_the_next_place_is_tried() {
    let place = Place::new();
    let server = Server::start(|path, _| match path {
        "/wrong" => Reply::Bytes { bytes: vec![1, 2, 3], ranges: false },
        _ => whole(false),
    });
    let alone = request(&content(), &[server.url("/wrong")]);
    let error = place.fetch(&alone).unwrap_err();
    assert_eq!(reasons(&error), [&Reason::WrongDigest { got: Digest::of(&[1, 2, 3]), page: false }]);
    assert!(!place.cache().path(&alone).exists());
    place.fetch(&request(&content(), &[server.url("/wrong"), server.url("/right")])).unwrap();
}

#[test]
fn a_silent_server_is_given_up() {
    let place = Place::new();
    let server = Server::start(|_, _| Reply::Silence);
    let error = place.fetch(&request(&content(), &[server.url("/x")])).unwrap_err();
    assert!(matches!(reasons(&error)[..], [Reason::Network { temporary: true, .. }]), "{error}");
    assert_eq!(server.seen().len(), 3);
}

#[test]
fn a_server_that_sends_next_to_nothing_is_given_up() {
    let place = Place::new();
    let server = Server::start(|path, _| match path {
        "/trickle" => Reply::Trickle(content()),
        _ => whole(true),
    });
    let error = place.fetch(&request(&content(), &[server.url("/trickle")])).unwrap_err();
    assert!(error.to_string().contains("it sent only "), "{error}");
    let fetched = place.fetch(&request(&content(), &[server.url("/trickle"), server.url("/x")])).unwrap();
    assert_eq!(fetched.from, Some(server.url("/x")));
}

#[test]
fn the_next_place_is_tried_before_one_that_hangs_is_asked_again() {
    let place = Place::new();
    let server = Server::start(|path, before| match (path, before) {
        ("/hangs", _) => Reply::Silence,
        ("/late", 1) => whole(false),
        ("/late", _) => Reply::Status(503),
        _ => Reply::Status(404),
    });
    let urls = ["/hangs", "/gone", "/late"].map(|path| server.url(path));
    let fetched = place.fetch(&request(&content(), &urls)).unwrap();
    assert_eq!(fetched.from, Some(server.url("/late")));
    let asked: Vec<_> = server.seen().into_iter().map(|seen| seen.path).collect();
    assert_eq!(asked, ["/hangs", "/gone", "/late", "/hangs", "/late"]);
}

#[test]
fn redirects_are_followed() {
    let place = Place::new();
    let server = Server::start(|path, _| match path {
        "/old" => Reply::Redirect("/new".to_owned()),
        _ => whole(false),
    });
    place.fetch(&request(&content(), &[server.url("/old")])).unwrap();
}

#[test]
fn a_damaged_file_in_the_cache_is_replaced() {
    let place = Place::new();
    let server = Server::start(|_, _| whole(false));
    let request = request(&content(), &[server.url("/x")]);
    let path = place.cache().path(&request);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, b"damaged").unwrap();
    let fetched = place.fetch(&request).unwrap();
    assert_eq!(std::fs::read(fetched.path).unwrap(), content());
}

#[test]
fn a_file_of_the_project_is_a_place() {
    let place = Place::new();
    std::fs::create_dir(place.folder.path().join("vendor")).unwrap();
    let file = place.folder.path().join("vendor/x");
    std::fs::write(&file, content()).unwrap();
    place.fetch(&request(&content(), &["file:vendor/x".to_owned()])).unwrap();
    let elsewhere = Place::new();
    elsewhere.fetch(&request(&content(), &[format!("file://{}", file.display())])).unwrap();
    assert!(file.exists(), "the original stays");
}

#[test]
fn projects_share_what_one_of_them_fetched() {
    let shared = tempfile::tempdir().unwrap();
    let server = Server::start(|_, _| whole(false));
    let request = request(&content(), &[server.url("/x")]);
    for _ in 0..2 {
        let mut place = Place::new();
        place.shared = Some(shared.path().to_owned());
        place.fetch(&request).unwrap();
        assert_eq!(std::fs::read(place.cache().path(&request)).unwrap(), content());
    }
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_shared_cache_that_takes_nothing_is_told_of_and_does_no_harm() {
    struct Told(Mutex<Vec<String>>);
    impl Watch for Told {
        fn event(&self, _: &str, event: Event<'_>) {
            if let Event::NotShared { error } = event {
                self.0.lock().unwrap().push(format!("{error:#}"));
            }
        }
    }
    let mut place = Place::new();
    // A file where the directory should be: root, too, cannot write below it.
    let blocked = place.folder.path().join("blocked");
    std::fs::write(&blocked, "").unwrap();
    place.shared = Some(blocked);
    let server = Server::start(|_, _| whole(false));
    let told = Told(Mutex::new(Vec::new()));
    place.fetch_watched(&request(&content(), &[server.url("/x")]), &told).unwrap();
    let told = told.0.into_inner().unwrap();
    assert!(matches!(&told[..], [one] if one.contains("failed to create the directory")), "{told:?}");
}

#[test]
fn two_at_once_download_once() {
    let place = Place::new();
    let server = Server::start(|_, _| whole(false));
    let request = request(&content(), &[server.url("/x")]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| place.fetch(&request).unwrap());
        }
    });
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_cache_that_cannot_be_written_is_this_machines_fault_and_no_place_is_blamed() {
    let place = Place::new();
    std::fs::write(place.folder.path().join("build"), "").unwrap();
    let server = Server::start(|_, _| whole(false));
    let error = place.fetch(&request(&content(), &[server.url("/x")])).unwrap_err();
    assert!(matches!(error.cause, Cause::Local(_)), "{error}");
    assert_eq!(server.seen(), []);
}

#[test]
fn a_full_disk_is_told_with_a_remedy() {
    let place = Place::new();
    let request = request(&content(), &["file:x".to_owned()]);
    std::fs::write(place.folder.path().join("x"), content()).unwrap();
    std::fs::create_dir_all(place.layout().downloads()).unwrap();
    // What is written to this device meets a full disk (full(4)).
    std::os::unix::fs::symlink("/dev/full", place.partial(&content())).unwrap();
    let error = place.fetch(&request).unwrap_err().to_string();
    assert!(error.contains("No space left on device"), "{error}");
    assert!(error.contains("help: free some space"), "{error}");
    assert!(std::fs::symlink_metadata(place.partial(&content())).is_err(), "it takes no room");
}

#[test]
fn a_place_that_announces_too_much_is_left_at_once_and_the_next_one_tried() {
    let place = Place::new();
    let most = content().len() as u64;
    let server = Server::start(move |path, _| match path {
        "/large" => Reply::Announces(most + 1),
        "/endless" => Reply::Announces(u64::MAX),
        _ => whole(true),
    });
    let urls = ["/large", "/endless", "/x"].map(|path| server.url(path));
    let alone = Request { max_size: most, ..request(&content(), &urls[..2]) };
    let error = place.fetch(&alone).unwrap_err();
    let too_large = |size| Reason::TooLarge { announced: Some(size), most };
    assert_eq!(reasons(&error), [&too_large(most + 1), &too_large(u64::MAX)]);
    assert!(error.to_string().contains("write `max-size` beside its `url`"), "{error}");
    assert!(!place.partial(&content()).exists());
    // What is exactly as large is not too large.
    let fetched = place.fetch(&Request { max_size: most, ..request(&content(), &urls) }).unwrap();
    assert_eq!(fetched.from, Some(server.url("/x")));
    assert_eq!(server.seen().len(), 5, "nobody was asked twice");
}

#[test]
fn a_place_that_announces_more_than_the_disk_has_free_is_left_at_once() {
    let place = Place::new();
    let server = Server::start(|_, _| Reply::Announces(1 << 60));
    let request = Request { max_size: u64::MAX, ..request(&content(), &[server.url("/x")]) };
    let error = place.fetch(&request).unwrap_err();
    assert!(matches!(reasons(&error)[..], [Reason::NoRoom { size, .. }] if *size == 1 << 60), "{error}");
    assert!(error.to_string().contains("help: free some space"), "{error}");
    assert!(!place.partial(&content()).exists());
}

#[test]
fn a_place_that_announces_nothing_is_left_when_it_has_sent_too_much_and_nothing_of_it_stays() {
    let place = Place::new();
    let server = Server::start(|path, _| match path {
        "/endless" => Reply::Endless,
        _ => whole(true),
    });
    let most = content().len() as u64;
    let urls = ["/endless", "/x"].map(|path| server.url(path));
    let alone = Request { max_size: most, ..request(&content(), &urls[..1]) };
    let error = place.fetch(&alone).unwrap_err();
    assert_eq!(reasons(&error), [&Reason::TooLarge { announced: None, most }]);
    assert!(!place.partial(&content()).exists());
    // Nor does what is there already of some other file, even where it alone is too large.
    for wrong in [vec![7; 5000], vec![7; 500_000]] {
        std::fs::write(place.partial(&content()), wrong).unwrap();
        place.fetch(&alone).unwrap_err();
        assert!(!place.partial(&content()).exists());
    }
    place.fetch(&Request { max_size: most, ..request(&content(), &urls) }).unwrap();
}

#[test]
fn a_name_that_leaves_the_cache_is_refused() {
    for name in ["", ".", "..", "a/b", "../x"] {
        let place = Place::new();
        let request = Request { name: name.to_owned(), ..request(&content(), &[]) };
        assert!(matches!(place.fetch(&request).unwrap_err().cause, Cause::BadName), "{name}");
    }
}

#[test]
fn the_error_lists_every_place_with_its_reason_and_what_to_do() {
    let place = Place::new();
    let server = Server::start(|path, _| match path {
        "/gone" => Reply::Status(404),
        "/moved" => Reply::Bytes { bytes: vec![0], ranges: false },
        "/portal" => Reply::Page("<html>please log in</html>"),
        "/cut" => Reply::Cut { bytes: content(), after: 0 },
        _ => Reply::Status(503),
    });
    let mut urls: Vec<_> =
        ["/gone", "/moved", "/portal", "/cut", "/ill"].map(|path| server.url(path)).to_vec();
    urls.extend(["file:missing.tar.gz", "ftp://old.example/x", "debian:zlib", "http:x"].map(str::to_owned));
    let error = place.fetch(&request(&content(), &urls)).unwrap_err();
    assert_snapshot("fetch_error_card", &place.card(&error, &server));
}

#[test]
fn a_source_without_a_digest_is_no_source_and_its_digest_is_told() {
    let place = Place::new();
    let server = Server::start(|path, before| match path {
        "/portal" => Reply::Page("<html>please log in</html>"),
        _ if before < 3 => Reply::Cut { bytes: b"another file that lay there".to_vec(), after: 9 },
        _ => whole(true),
    });
    let urls = ["/portal", "/x"].map(|path| server.url(path));
    let unknown = Request { sha256: Digest::UNKNOWN, ..request(b"", &urls) };
    // Of one that was cut off nothing would show that the rest does not fit.
    place.fetch(&unknown).unwrap_err();
    let downloads = std::fs::read_dir(place.layout().downloads()).unwrap().map(|entry| entry.unwrap().path());
    let partial =
        downloads.into_iter().find(|path| path.extension().is_some_and(|end| end == "part")).unwrap();
    assert_eq!(std::fs::read(&partial).unwrap(), b"another f");
    let error = place.fetch(&unknown).unwrap_err();
    assert_snapshot("fetch_first_digest_card", &place.card(&error, &server));
    assert!(!place.cache().path(&unknown).exists() && !partial.exists());
    // With what it said in the spec, the file is there.
    let known = place.fetch(&Request { sha256: Digest::of(&content()), ..unknown }).unwrap();
    assert_eq!(known.from, None);
    assert_eq!(std::fs::read(known.path).unwrap(), content());
}

#[test]
fn sources_without_a_digest_are_fetched_at_once_as_all_others_are() {
    let place = Place::new();
    let asked = AtomicUsize::new(0);
    let server = Server::start(move |path, _| {
        asked.fetch_add(1, Ordering::SeqCst);
        // Each waits for the other.
        let both = (0..500).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            asked.load(Ordering::SeqCst) == 2
        });
        if both { Reply::Bytes { bytes: path.into(), ranges: false } } else { Reply::Status(404) }
    });
    // Of the same name, as archives of tags are.
    let requests =
        ["/one", "/two"].map(|path| Request { sha256: Digest::UNKNOWN, ..request(b"", &[server.url(path)]) });
    let mut config = FetchConfig::new(place.folder.path(), place.layout());
    config.idle = Duration::from_secs(10);
    let results = fetch_all(&requests, 2, &place.cache(), &config, &Silent);
    let cards: Vec<_> =
        results.iter().map(|result| place.card(result.as_ref().unwrap_err(), &server)).collect();
    for (card, path) in cards.iter().zip(["/one", "/two"]) {
        assert!(card.contains(&format!("sha256: {}", Digest::of(path.as_bytes()))), "{card}");
    }
}

#[test]
fn nothing_is_said_of_zeros_where_a_source_without_a_digest_is_nowhere() {
    let place = Place::new();
    let server = Server::start(|_, _| Reply::Status(404));
    let unknown = Request { sha256: Digest::UNKNOWN, ..request(b"", &[server.url("/gone")]) };
    let card = place.card(&place.fetch(&unknown).unwrap_err(), &server);
    assert!(!card.contains("0000") && card.contains("404"), "{card}");
    assert!(card.ends_with("what `sha256sum FILE` says of it"), "{card}");
}

#[test]
fn the_documentation_has_every_provider() {
    let text = std::fs::read_to_string(crate::support::root().join("docs/sources.md")).unwrap();
    for provider in lfsgen::fetch::providers::PROVIDERS {
        let row = format!("| `{}` | {} |", provider.shape, provider.summary);
        assert!(text.contains(&row), "{row}");
    }
}
