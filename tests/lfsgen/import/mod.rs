//! `import`: a book's sources become specs. The books in `tests/cases/import` are our own.

mod blfs;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::Output;

use lfsgen::diag::Severity;
use lfsgen::import::{CHAPTERS, Choice, Digests, Imported, Init, lfs, lfs_project};
use lfsgen::model::Files;
use proptest::prelude::*;

use crate::errors::load_folder;
use crate::support::{assert_snapshot, lfsgen, root, stderr, stdout};

/// A book in memory.
struct Book(BTreeMap<String, Vec<u8>>);

impl Files for Book {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.0.get(path).cloned().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }
}

const FOLDER: &str = "tests/cases/import/book";

impl Book {
    fn small() -> Self {
        Self::of(FOLDER)
    }

    fn of(folder: &str) -> Self {
        let mut files = BTreeMap::new();
        collect(&root().join(folder), "", &mut files);
        assert!(files.len() > 10, "{:?}", files.keys());
        Self(files)
    }

    fn with(mut self, path: &str, text: &str) -> Self {
        self.0.insert(path.to_owned(), text.as_bytes().to_vec());
        self
    }

    /// One file, something in it replaced.
    fn replaced(self, path: &str, from: &str, to: &str) -> Self {
        let text = String::from_utf8(self.0[path].clone()).unwrap();
        assert!(text.contains(from), "{path} has no {from}");
        self.with(path, &text.replace(from, to))
    }

    fn import(&self) -> Imported {
        self.import_as(&choice())
    }

    fn import_as(&self, choice: &Choice) -> Imported {
        lfs(self, choice, CHAPTERS, &|_| None)
    }
}

fn collect(folder: &Path, below: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{below}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files);
        } else {
            files.insert(name, std::fs::read(path).unwrap());
        }
    }
}

fn choice() -> Choice {
    Choice { init: Init::Sysv, release: None }
}

/// The spec of that path below the folder of specs.
fn spec<'a>(imported: &'a Imported, path: &str) -> &'a str {
    let found = imported.specs.iter().find(|spec| spec.path == path);
    found.map_or_else(|| panic!("{path} is none of {:?}", paths(imported)), |spec| spec.text.as_str())
}

fn paths(imported: &Imported) -> Vec<&str> {
    imported.specs.iter().map(|spec| spec.path.as_str()).collect()
}

/// Writes a project of the specs.
fn write_project(folder: &Path, configuration: &str, imported: &Imported) {
    std::fs::write(folder.join("lfsgen.yaml"), configuration.replace("packages", "specs")).unwrap();
    for spec in &imported.specs {
        let path = folder.join("specs").join(&spec.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &spec.text).unwrap();
    }
}

/// `severity: file:line: message` of everything that is told.
fn told(imported: &Imported) -> String {
    let line = |diagnostic: &lfsgen::diag::Diagnostic| {
        let place = diagnostic.primary.as_ref().map(|label| label.place);
        let place = place.map_or_else(String::new, |place| {
            format!("{}:{}: ", imported.sources.file(place.file).name, imported.sources.line_column(place).0)
        });
        format!("{}: {place}{}\n", diagnostic.severity, diagnostic.message)
    };
    imported.diagnostics.iter().map(line).collect()
}

#[test]
fn a_book_becomes_specs_and_everything_that_does_not_is_told_of() {
    let imported = Book::small().import();
    let specs: String =
        imported.specs.iter().map(|spec| format!("==> {}\n{}\n", spec.path, spec.text)).collect();
    assert_snapshot("import-a-small-book", &format!("{specs}==> told\n{}", told(&imported)));
}

/// The specs, in a project with this `lfsgen.yaml`, are packages without an error.
fn assert_makes_a_project(config: &str, imported: &Imported) {
    let dir = tempfile::tempdir().unwrap();
    write_project(dir.path(), config, imported);
    let loaded = load_folder(dir.path());
    let shown = lfsgen::render::human_all(&loaded.sources, &loaded.diagnostics, lfsgen::render::Style::PLAIN);
    assert!(!loaded.diagnostics.has_errors(), "{shown}");
    assert_eq!(loaded.packages.len(), imported.specs.len());
}

#[test]
fn the_specs_of_a_book_make_a_project_without_an_error() {
    for init in [Init::Sysv, Init::Systemd] {
        let imported = Book::small().import_as(&Choice { init, ..choice() });
        assert_makes_a_project(&lfs_project("book"), &imported);
    }
}

#[test]
fn each_init_has_its_own_book() {
    let sysv = Book::small().import();
    let systemd = Book::small().import_as(&Choice { init: Init::Systemd, ..choice() });
    assert!(!paths(&sysv).contains(&"system/lamp.yaml"));
    assert!(spec(&systemd, "system/lamp.yaml").contains("run: [ kiln-system ]"));
    assert!(spec(&sysv, "chroot/createfiles.yaml").contains("# hello from sysv"));
    assert!(spec(&systemd, "chroot/createfiles.yaml").contains("echo 'hello from systemd' > /etc/greeting"));
    assert!(!spec(&systemd, "chroot/createfiles.yaml").contains("EOF"));
}

#[test]
fn a_release_has_its_own_addresses_and_version() {
    let imported = Book::small().import_as(&Choice { release: Some("9.9".to_owned()), ..choice() });
    assert!(
        spec(&imported, "system/kiln-system.yaml")
            .contains("url: https://example.org/patches/9.9/kiln-7.3b-heat-2.patch")
    );
    assert!(spec(&imported, "cross/layout.yaml").contains("version: \"9.9\""));
}

#[test]
fn what_the_book_s_makefile_has_made_counts() {
    let made = Book::small().with("version.ent", "<!ENTITY generic-version \"8.8\">");
    let imported =
        made.with("conditional.ent", "<!ENTITY % sysv \"IGNORE\"><!ENTITY % systemd \"INCLUDE\">").import();
    assert!(spec(&imported, "cross/anvil-pass1.yaml").contains("https://example.org/patches/8.8/"));
    // But for what the command line says.
    assert!(spec(&imported, "chroot/createfiles.yaml").contains("hello from sysv"));
}

#[test]
fn chapters_are_chosen_and_names_stay_what_they_are() {
    let imported = lfs(&Book::small(), &choice(), 8..=8, &|_| None);
    assert_eq!(paths(&imported), ["system/anvil.yaml", "system/kiln-system.yaml", "system/cleanup.yaml"]);
    assert!(!told(&imported).contains("chapter07"), "{}", told(&imported));
    let imported = lfs(&Book::small(), &choice(), 5..=6, &|_| None);
    assert_eq!(paths(&imported), ["cross/layout.yaml", "cross/anvil-pass1.yaml", "temporary/kiln.yaml"]);
}

#[test]
fn a_digest_comes_into_a_spec_that_nobody_has_changed_and_stays_there() {
    let one = |known: &'static str| {
        let digests = move |name: &str| {
            let md5 = if name.starts_with("hammer") { "2" } else { "1" };
            name.starts_with(known).then(|| Digests { sha256: "ab".repeat(32), md5: md5.repeat(32) })
        };
        lfs(&Book::small(), &choice(), CHAPTERS, &digests)
            .specs
            .into_iter()
            .find(|spec| spec.path == "cross/anvil-pass1.yaml")
            .unwrap()
    };
    let (nothing, anvil, hammer) = (one("nothing"), one("anvil-2.1.tar"), one("hammer"));
    let both = hammer.filled(&anvil.text).unwrap();
    assert_eq!(both.matches(&"ab".repeat(32)).count(), 2, "{both}");
    assert_eq!(hammer.filled(&nothing.text).as_ref(), Some(&hammer.text));
    assert_eq!(nothing.filled(&both).as_ref(), Some(&both));
    assert_eq!(nothing.filled(&both.replace("make install", "make all install")), None);
    assert_eq!(nothing.filled(&format!("{both}# mine\n")), None);
    assert_eq!(nothing.filled(both.trim_end()), None);
}

#[test]
fn a_digest_is_taken_from_a_file_that_the_book_means_and_from_no_other() {
    let digests = |name: &str| {
        let md5 = if name.starts_with("hammer") { "2" } else { "f" };
        let known = name.starts_with("hammer") || name.starts_with("anvil-2.1.tar");
        known.then(|| Digests { sha256: "ab".repeat(32), md5: md5.repeat(32) })
    };
    let imported = lfs(&Book::small(), &choice(), CHAPTERS, &digests);
    let anvil = spec(&imported, "cross/anvil-pass1.yaml");
    assert_eq!(anvil.matches(&"ab".repeat(32)).count(), 1, "{anvil}");
    assert_eq!(anvil.matches(&"00".repeat(32)).count(), 2, "{anvil}");
    assert!(imported.wanted["hammer-1.0.tar.gz"].known && !imported.wanted["anvil-2.1.tar.xz"].known);
    let wrong = told(&imported);
    assert_eq!(wrong.matches("error: ").count(), 1, "{wrong}");
    assert!(wrong.contains("chapter05/anvil-pass1.xml:7: the `anvil-2.1.tar.xz` that was given"), "{wrong}");
}

/// What is told of a book in which the first section of chapter 5 has this document type and this text in its commands.
fn told_with(declarations: &str, command: &str) -> String {
    let document = format!(
        "<!DOCTYPE sect1 [\n{declarations}\n]>\n<sect1><title>T</title>\n<screen><userinput>{command}</userinput></screen></sect1>"
    );
    told(&Book::small().with("chapter05/introduction.xml", &document).import())
}

#[test]
fn hostile_entities_end_in_an_error_at_their_place() {
    let bomb: String =
        (1..30).map(|n| format!("<!ENTITY e{n} \"&e{0};&e{0};&e{0};&e{0};\">", n - 1)).collect();
    let empty: String =
        (1..30).map(|n| format!("<!ENTITY % p{n} '{0}{0}'>", format!("&#37;p{};", n - 1))).collect();
    let cases = [
        ("<!ENTITY a '&b;'><!ENTITY b '&a;'>".to_owned(), "&a;", "chapter05/introduction.xml:5: `&"),
        (format!("<!ENTITY e0 ''>{bomb}"), "&e29;", "grows beyond every use"),
        (format!("<!ENTITY e0 'xxxxxxxxxxxxxxxx'>{bomb}"), "&e29;", "grows beyond every use"),
        ("<!ENTITY % a SYSTEM 'introduction.xml'> %a;".to_owned(), "", "more than 32 deep"),
        (
            "<!ENTITY % a SYSTEM '../../etc/passwd'> %a;".to_owned(),
            "",
            "`../../etc/passwd` does not lie in the book",
        ),
        ("<!ENTITY % a SYSTEM 'file:///etc/passwd'> %a;".to_owned(), "", "does not lie in the book"),
        ("<!ENTITY % a SYSTEM 'gone.ent'> %a;".to_owned(), "", "`chapter05/gone.ent` is not there"),
        ("%a;".to_owned(), "", "chapter05/introduction.xml:2: `%a;` is not declared"),
        ("<![ %a; [ ]]>".to_owned(), "", "`%a;` is not declared"),
        ("<![ MAYBE [ ]]>".to_owned(), "", "a section is INCLUDE or IGNORE, and not `MAYBE`"),
        ("<![INCLUDE[".repeat(40), "", "more than 32 deep"),
        ("<![IGNORE[ <![".to_owned(), "", "this section has no end"),
        ("<!ENTITY a \"x>".to_owned(), "", "has no end"),
        ("<!-- x".to_owned(), "", "this has no end"),
        (String::new(), "<![CDATA[", "this has no end"),
        (String::new(), "</x>", "this is no XML"),
        (String::new(), "rm &nobody;", "an entity in this is not declared"),
        (empty, "&e;", "an entity in this is not declared"),
    ];
    for (declarations, command, expected) in cases {
        let told = told_with(&declarations, command);
        assert!(
            told.contains(expected) && told.contains("error: chapter05/introduction.xml:"),
            "{expected}:\n{told}"
        );
    }
}

#[test]
fn a_file_that_includes_itself_or_is_nested_without_end_is_refused() {
    let book = Book::small().replaced("packages.ent", "<!ENTITY lamp", "%packages-entities; <!ENTITY lamp");
    assert!(told(&book.import()).contains("error: packages.ent:6: this lies more than 32 deep"));
    let deep =
        format!("<sect1>{}{}</sect1>", "<para xmlns:x='y'>".repeat(100_000), "</para>".repeat(100_000));
    let wide = format!("<sect1 {}/>", (0..100_000).map(|n| format!("a{n}='' ")).collect::<String>());
    let many = format!("<sect1>{}</sect1>", "<a/>".repeat(300_000));
    for document in [deep, wide, many] {
        let imported = Book::small().with("chapter05/introduction.xml", &document).import();
        assert!(
            imported.specs.len() > 5 && told(&imported).contains("error: chapter05/introduction.xml:"),
            "{}",
            told(&imported)
        );
    }
}

#[test]
fn a_file_that_is_missing_costs_what_is_in_it_and_no_more() {
    let mut book = Book::small();
    let all = book.import().specs.len();
    book.0.remove("chapter08/anvil.xml");
    let imported = book.import();
    assert_eq!(imported.specs.len(), all - 1);
    assert!(told(&imported).contains("error: `chapter08/anvil.xml` is not there"), "{}", told(&imported));
    let imported =
        Book::small().replaced("packages.ent", "<!ENTITY kiln-version", "<!ENTITY oven-version").import();
    assert!(
        told(&imported).contains("error: chapter06/kiln.xml:7: an entity in the name"),
        "{}",
        told(&imported)
    );
    assert!(!paths(&imported).contains(&"temporary/kiln.yaml"));
    book.0.clear();
    let imported = book.import();
    assert!(imported.specs.is_empty() && imported.diagnostics.worst() == Some(Severity::Error));
}

#[test]
fn commands_come_through_a_spec_as_they_are() {
    for command in [
        "  indented\n\n    more\nless",
        "tab\tand `$(x)` %% %{",
        "\"quoted\" 'text' # no comment: [ ]",
        "- x",
        "| y",
    ] {
        let escaped = command.replace('<', "&lt;");
        let book = Book::small().replaced("chapter06/kiln.xml", "make heat", &escaped);
        let text = spec(&book.import(), "temporary/kiln.yaml").to_owned();
        let (document, wrong) = lfsgen::spec::read_spec(lfsgen::source::FileId(0), &text);
        assert!(wrong.is_empty(), "{wrong:?}\n{text}");
        let document = format!("{document:?}");
        let first =
            command.lines().last().unwrap().replace('\\', "\\\\").replace('"', "\\\"").replace('\t', "\\t");
        assert!(document.contains(&first), "{first}\n{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_text_in_a_book_makes_it_panic_or_run_away(
        pieces in proptest::collection::vec(prop_oneof![
            "[ -~\n]{0,12}",
            Just("<!ENTITY a '&b;&b;'>".to_owned()), Just("<!ENTITY % b '<!ENTITY c \"d\">'>".to_owned()), Just("%b;".to_owned()),
            Just("<![ %sysv; [".to_owned()), Just("<![IGNORE[".to_owned()), Just("]]>".to_owned()), Just("]>".to_owned()), Just("<!--".to_owned()),
            Just("-->".to_owned()), Just("<![CDATA[".to_owned()), Just("&a;".to_owned()), Just("&lt;".to_owned()), Just("é".to_owned()),
            Just("<screen><userinput remap='pre'>".to_owned()), Just("</userinput></screen>".to_owned()), Just("<replaceable>".to_owned()),
            Just("<!DOCTYPE x [".to_owned()), Just("<sect1>".to_owned()), Just("</sect1>".to_owned()), Just("cd ../..; ".to_owned()),
        ], 0..30),
        whole in any::<bool>(),
    ) {
        let text = pieces.concat();
        let book = if whole {
            Book::small().with("chapter06/kiln.xml", &text)
        } else {
            Book::small().replaced("chapter06/kiln.xml", "make heat", &text).replaced("general.ent", "<!ENTITY dependencies", &format!("{text}<!ENTITY dependencies"))
        };
        let imported = book.import();
        // Every place lies in its file.
        let _ = told(&imported);
        for made in &imported.specs {
            let (_, wrong) = lfsgen::spec::read_spec(lfsgen::source::FileId(0), &made.text);
            prop_assert!(!wrong.has_errors(), "{wrong:?}\n{}", made.text);
        }
    }
}

#[test]
fn the_command_writes_a_project_and_leaves_what_a_person_has_changed() {
    let dir = tempfile::tempdir().unwrap();
    let book = root().join(FOLDER);
    let import = |more: &[&str]| {
        let arguments = [&["import", "lfs", "--book", book.to_str().unwrap()], more].concat();
        lfsgen(dir.path(), &arguments)
    };
    let output = import(&[]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stdout(&output).starts_with("7 packages imported into `packages`: 7 written"),
        "{}",
        stdout(&output)
    );
    assert!(
        stderr(&output).contains("chapter08/kiln.xml:17: `<paper_size>` is for you"),
        "{}",
        stderr(&output)
    );
    let output = lfsgen(dir.path(), &["generate"]);
    assert!(stderr(&output).contains("error[placeholder]"), "{}", stderr(&output));
    assert!(lfsgen(dir.path(), &["generate", "--option", "what-burns=wood"]).status.success());
    let script = std::fs::read_to_string(dir.path().join("generated/scripts/kiln-system.sh")).unwrap();
    assert!(script.contains("PAGE=A4 ./configure"), "{script}");

    // A digest is filled in where nothing else was changed.
    let sources = tempfile::tempdir().unwrap();
    std::fs::write(sources.path().join("hammer-1.0.tar.gz"), "no hammer").unwrap();
    let (kiln, anvil) =
        (dir.path().join("packages/temporary/kiln.yaml"), dir.path().join("packages/system/anvil.yaml"));
    std::fs::write(&anvil, "package: anvil # mine\n").unwrap();
    let output = import(&["--sources", sources.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
    assert!(
        stderr(&output)
            .contains("error: chapter05/anvil-pass1.xml:7: the `hammer-1.0.tar.gz` that was given is not")
    );
    assert!(stdout(&output).contains("0 written, 6 as they were, 1 left alone"), "{}", stdout(&output));
    assert_eq!(std::fs::read_to_string(&anvil).unwrap(), "package: anvil # mine\n");
    assert!(import(&["--force"]).status.success());
    assert!(std::fs::read_to_string(&anvil).unwrap().contains("KIND=iron"));
    assert!(kiln.is_file());

    // What the specs know already is not asked for again, whoever wrote it into them.
    let list = || std::fs::read_to_string(dir.path().join("wget-list")).unwrap();
    let of_kiln = |list: &str| list.lines().filter(|url| url.contains("kiln")).count();
    assert!(list().contains("hammer-1.0.tar.gz") && of_kiln(&list()) > 0, "{}", list());
    let fill = |path: &str| {
        let path = dir.path().join("packages").join(path);
        let text = std::fs::read_to_string(&path).unwrap();
        let zeros = format!("\"{}\" # not known yet", "0".repeat(64));
        assert!(text.contains(&zeros), "{text}");
        std::fs::write(&path, text.replace(&zeros, &"ab".repeat(32))).unwrap();
    };
    let unknown = |output: &Output| {
        let said = stdout(output);
        said.lines()
            .find_map(|line| line.split_once(" have no SHA-256 digest yet").map(|(of, _)| of.to_owned()))
    };
    let all = list().lines().count();
    fill("temporary/kiln.yaml");
    // Another package of the same source does not know it yet.
    assert_eq!(unknown(&import(&[])), Some(format!("{all} of {all} sources")));
    fill("system/kiln-system.yaml");
    assert_eq!(unknown(&import(&[])), Some(format!("{} of {all} sources", list().lines().count())));
    assert!(of_kiln(&list()) == 0 && list().contains("hammer-1.0.tar.gz"), "{}", list());

    let output = lfsgen(dir.path(), &["import", "lfs", "--book", "."]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("does not hold the sources of a book"), "{}", stderr(&output));
    assert_eq!(import(&["--chapters", "4-8"]).status.code(), Some(2));
}
