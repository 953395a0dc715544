//! `import blfs`: the book in `tests/cases/import/beyond` is our own.

use std::collections::BTreeSet;

use lfsgen::import::{BEYOND, Choice, Digests, Imported, Init, Wish, blfs, blfs_project};
use proptest::prelude::*;

use super::{Book, assert_makes_a_project, choice, paths, spec, told};
use crate::support::{assert_snapshot, lfsgen, root, stderr, stdout};

const FOLDER: &str = "tests/cases/import/beyond";

fn wish(names: &[&str], taken: &[&str]) -> Wish {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    Wish { names: owned(names).into_iter().collect(), stage: BEYOND.to_owned(), taken: owned(taken) }
}

fn import(book: &Book, wish: &Wish) -> Imported {
    blfs(book, &choice(), wish, &|_| None).unwrap()
}

fn all() -> Imported {
    import(&Book::of(FOLDER), &wish(&[], &[]))
}

#[test]
fn pages_become_specs_and_everything_that_does_not_is_told_of() {
    let imported = all();
    let specs: String =
        imported.specs.iter().map(|spec| format!("==> {}\n{}\n", spec.path, spec.text)).collect();
    assert_snapshot("import-beyond", &format!("{specs}==> told\n{}", told(&imported)));
}

#[test]
fn the_specs_make_a_project_without_an_error() {
    for init in [Init::Sysv, Init::Systemd] {
        let edition = Choice { init, release: Some("9.9".to_owned()) };
        let imported = blfs(&Book::of(FOLDER), &edition, &wish(&[], &[]), &|_| None).unwrap();
        assert!(!imported.diagnostics.has_errors(), "{}", told(&imported));
        assert_makes_a_project(&blfs_project("book"), &imported);
    }
}

#[test]
fn a_package_comes_with_what_it_needs_and_no_more() {
    let book = Book::of(FOLDER);
    assert_eq!(paths(&import(&book, &wish(&["pot"], &[]))), ["blfs/pot.yaml"]);
    let lid = import(&book, &wish(&["LID"], &[]));
    assert_eq!(paths(&lid), ["blfs/pot.yaml", "blfs/lid.yaml"]);
    assert!(!told(&lid).contains("kettle.xml"), "what is not imported is not told of: {}", told(&lid));
    let error = blfs(&book, &choice(), &wish(&["kettel"], &[]), &|_| None).unwrap_err();
    assert_eq!(error, "the book has no package `kettel`; did you mean `Kettle`?");
}

#[test]
fn which_of_two_needs_breaks_a_circle_does_not_depend_on_what_is_wished_for() {
    let book = Book::of(FOLDER);
    let of = |names: &[&str]| spec(&import(&book, &wish(names, &[])), "blfs/lid.yaml").to_owned();
    assert_eq!(of(&["lid"]), of(&["lid", "kettle", "well"]));
    assert!(of(&["lid"]).contains("run: [ pot ]"), "what is for use alone gives way: {}", of(&["lid"]));
}

#[test]
fn one_package_has_the_users_and_groups_of_the_whole_book() {
    let book = Book::of(FOLDER);
    let tray = import(&book, &wish(&["tray"], &[]));
    assert_eq!(paths(&tray), ["blfs/accounts.yaml", "blfs/pot.yaml", "blfs/tray.yaml"]);
    let accounts = spec(&tray, "blfs/accounts.yaml");
    assert!(
        accounts.contains("groupadd -g 77 tea") && accounts.contains("useradd -u 78 waiter"),
        "{accounts}"
    );
    assert_eq!(accounts, spec(&all(), "blfs/accounts.yaml"), "the same, whatever is imported");
    let needs = spec(&tray, "blfs/tray.yaml");
    assert!(needs.contains("run: [ accounts, pot ]") && !needs.contains("useradd"), "{needs}");
    assert!(needs.contains("\n    make install\n"), "what stood in one text with it is left: {needs}");
    assert_eq!(paths(&import(&book, &wish(&["pot"], &["accounts"]))), ["blfs/pot.yaml"]);
    let other = import(&book, &wish(&["tray"], &["accounts"]));
    assert!(spec(&other, "blfs/tray.yaml").contains("run: [ accounts-blfs, pot ]"));
}

#[test]
fn packages_that_add_to_one_catalog_need_each_other_in_turn() {
    let adds = "xmlcatalog --noout --add uri a b /etc/xml/catalog &amp;&amp;\nmake install";
    let book = Book::of(FOLDER).replaced("garden/spade.xml", "make install", adds).replaced(
        "kitchen/tray.xml",
        "make install",
        adds,
    );
    let imported = import(&book, &wish(&[], &[]));
    assert!(
        spec(&imported, "blfs/spade.yaml").contains("run: [ tray, "),
        "{}",
        spec(&imported, "blfs/spade.yaml")
    );
}

#[test]
fn a_name_that_the_project_has_gets_another_here() {
    let imported = import(&Book::of(FOLDER), &wish(&["lid"], &["pot"]));
    assert_eq!(paths(&imported), ["blfs/pot-blfs.yaml", "blfs/lid.yaml"]);
    assert!(spec(&imported, "blfs/pot-blfs.yaml").contains("package: pot-blfs\n"));
    assert!(spec(&imported, "blfs/lid.yaml").contains("run: [ pot-blfs ]"));
}

#[test]
fn digests_are_held_against_the_page_that_has_them() {
    let digests = |name: &str| {
        let md5 = if name.starts_with("kettle-leaflet") { "2" } else { "f" };
        name.starts_with("kettle").then(|| Digests { sha256: "ab".repeat(32), md5: md5.repeat(32) })
    };
    let imported = blfs(&Book::of(FOLDER), &choice(), &wish(&["kettle"], &[]), &digests).unwrap();
    let kettle = spec(&imported, "blfs/kettle.yaml");
    // The patch has no digest in the book, and the package's own is of another file.
    assert_eq!(kettle.matches(&"ab".repeat(32)).count(), 2, "{kettle}");
    assert!(
        told(&imported).contains("error: kitchen/kettle.xml:8: the `kettle-3.1-2.tar.gz`"),
        "{}",
        told(&imported)
    );
    assert!(imported.wanted["kettle-leaflet.tar.gz"].known && !imported.wanted["pot-1.0.zip"].known);
}

#[test]
fn a_page_that_cannot_be_read_costs_what_is_on_it_and_no_more() {
    let whole = all().specs.len();
    let broken =
        Book::of(FOLDER).replaced("kitchen/kettle.xml", "make install &amp;", "make &unheard; &amp;");
    let imported = import(&broken, &wish(&[], &[]));
    assert_eq!(imported.specs.len(), whole - 1);
    assert!(told(&imported).contains("error: kitchen/kettle.xml:"), "{}", told(&imported));
    let mut book = Book::of(FOLDER);
    book.0.remove("kitchen/pot.xml");
    let imported = import(&book, &wish(&[], &[]));
    assert_eq!(imported.specs.len(), whole - 1);
    assert!(
        told(&imported).contains("error: kitchen/kitchen.xml:10: `kitchen/pot.xml` is not there"),
        "{}",
        told(&imported)
    );
    for href in ["garden.xml", "../../../etc/passwd"] {
        let book = Book::of(FOLDER).replaced("garden/garden.xml", "spade.xml", href);
        assert!(told(&import(&book, &wish(&[], &[]))).contains("error: garden/garden.xml:"), "{href}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn no_page_makes_it_panic_or_write_what_is_no_spec(
        pieces in proptest::collection::vec(prop_oneof![
            "[ -~\n]{0,12}",
            Just("make && make test && ".to_owned()), Just("cd ..; ".to_owned()), Just("<< \"EOF\"\n".to_owned()), Just("\nexit".to_owned()),
            Just("</userinput></screen><screen role='root'><userinput>".to_owned()), Just("<replaceable>x</replaceable>".to_owned()),
            Just("</userinput></screen><para role='required'><xref linkend='pot'/> or <xref linkend='lid'/></para><screen><userinput>".to_owned()),
            Just("</userinput></screen><para>To test, run <command>make check</command></para><screen><userinput>".to_owned()),
            Just("66666666666666666666666666666666  a.tar\n".to_owned()), Just("é".to_owned()), Just("&#37;{x}".to_owned()), Just("as_root ".to_owned()),
        ], 0..20),
    ) {
        let book = Book::of(FOLDER).replaced("kitchen/kettle.xml", "make stove", &pieces.concat());
        let imported = import(&book, &wish(&[], &[]));
        let _ = told(&imported);
        for made in &imported.specs {
            let (_, wrong) = lfsgen::spec::read_spec(lfsgen::source::FileId(0), &made.text);
            prop_assert!(!wrong.has_errors(), "{wrong:?}\n{}", made.text);
        }
    }
}

#[test]
fn the_command_makes_a_project_or_adds_to_one_that_has_the_stage() {
    let book = root().join(FOLDER);
    let import = |dir: &std::path::Path, more: &[&str]| {
        lfsgen(dir, &[&["import", "blfs", "--book", book.to_str().unwrap()], more].concat())
    };
    let alone = tempfile::tempdir().unwrap();
    let output = import(alone.path(), &["lid"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stdout(&output).starts_with("2 packages imported into `packages`: 2 written"),
        "{}",
        stdout(&output)
    );
    assert!(alone.path().join("wget-list-blfs").is_file());
    let output = lfsgen(alone.path(), &["generate"]);
    assert!(output.status.success(), "{}", stderr(&output));
    // Its own packages do not take their names from it.
    let output = import(alone.path(), &["lid"]);
    assert!(stdout(&output).contains("0 written, 2 as they were"), "{}", stdout(&output));
    assert_eq!(import(alone.path(), &["ladle"]).status.code(), Some(2));

    let beside = tempfile::tempdir().unwrap();
    let lfs = root().join(super::FOLDER);
    assert!(lfsgen(beside.path(), &["import", "lfs", "--book", lfs.to_str().unwrap()]).status.success());
    std::fs::write(beside.path().join("packages/pot.yaml"), "package: pot\nversion: \"1\"\nstage: system\n")
        .unwrap();
    let output = import(beside.path(), &["lid"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(beside.path().join("packages/blfs/pot-blfs.yaml").is_file());
    let output = lfsgen(beside.path(), &["generate", "--option", "what-burns=wood"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let plan = |path: &str| std::fs::read_to_string(beside.path().join("generated/plan").join(path)).unwrap();
    assert!(plan("lid.json").contains("\"pot-blfs\""), "{}", plan("lid.json"));
    let system = plan("stages/blfs.json");
    assert!(system.contains("\"anvil\""), "the whole system is below it: {system}");

    let other = tempfile::tempdir().unwrap();
    std::fs::write(other.path().join("lfsgen.yaml"), "project: other\n").unwrap();
    let output = import(other.path(), &["lid"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("has no stage `blfs`"), "{}", stderr(&output));
    assert!(import(other.path(), &["--stage", "host", "lid"]).status.success());
    let spec = std::fs::read_to_string(other.path().join("specs/blfs/lid.yaml")).unwrap();
    assert!(spec.contains("stage: host\n"), "{spec}");
}

#[test]
fn the_stage_that_a_project_lacks_is_shown_and_fits_when_it_is_added() {
    let book = root().join(FOLDER);
    let with_stages = |stages: &str, expected: &str| {
        let dir = tempfile::tempdir().unwrap();
        let config = format!("project: own\nstages:\n{stages}");
        std::fs::write(dir.path().join("lfsgen.yaml"), &config).unwrap();
        let import = || lfsgen(dir.path(), &["import", "blfs", "--book", book.to_str().unwrap(), "lid"]);
        let output = import();
        assert_eq!(output.status.code(), Some(2));
        let error = stderr(&output);
        let (_, stage) = error.split_once("`stages`:\n").unwrap();
        assert!(stage.contains(expected), "{stage}");
        std::fs::write(dir.path().join("lfsgen.yaml"), format!("{config}{stage}")).unwrap();
        let output = import();
        assert!(output.status.success(), "{}", stderr(&output));
        let output = lfsgen(dir.path(), &["generate"]);
        assert!(output.status.success(), "{}", stderr(&output));
    };
    with_stages("  here: { root: host }\n", "    root: host\n    base: [ here ]\n");
    // What starts the system comes behind it, and no package is built over that.
    let stages = "  cross: { root: host, mount: /mnt/lfs }\n  system: { root: composed, base: [ cross ] }\n  \
        boot: { root: host, base: [ cross, system ], mount: /mnt/lfs }\n";
    with_stages(stages, "    root: composed\n    base: [ cross, system ]\n");
}
