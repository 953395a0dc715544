//! `lfsgen import lfs --book DIR`: the XML sources of a book become specs.

use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use md5::{Digest as _, Md5};
use sha2::Sha256;

use super::output::{print, tell};
use super::place::CONFIG;
use super::{Global, Status};
use crate::diag::{Diagnostic, Severity};
use crate::diagnose::plain_lines;
use crate::host::{env, files};
use crate::import::{self, CHAPTERS, Choice, Digests, Imported, Init, Spec};
use crate::model::{Files, spec_folders};
use crate::report::text::count;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    book: Book,
}

#[derive(Debug, clap::Subcommand)]
enum Book {
    /// Linux From Scratch, chapters 5 to 8
    Lfs(LfsArgs),
}

#[derive(Debug, clap::Args)]
struct LfsArgs {
    /// The folder with the book's XML sources
    #[arg(long, value_name = "DIR")]
    book: PathBuf,
    /// The init of the system, for which the book has two versions
    #[arg(long, default_value = "sysv", value_parser = ["sysv", "systemd"])]
    init: String,
    /// Take the book as this release, such as `12.3`: patches come from its folder [default: as the sources are]
    #[arg(long, value_name = "VERSION", value_parser = release)]
    release: Option<String>,
    /// The chapters to import, of 5 to 8
    #[arg(long, value_name = "FROM-TO", default_value = "5-8", value_parser = chapters)]
    chapters: RangeInclusive<u8>,
    /// A folder with files that the book lists, to take SHA-256 digests from
    #[arg(long, value_name = "DIR")]
    sources: Option<PathBuf>,
    /// Write over specs that are there
    #[arg(long)]
    force: bool,
}

/// The list of addresses that is written for wget, named as the book's own.
const LIST: &str = "wget-list";

fn chapters(text: &str) -> Result<RangeInclusive<u8>, String> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    match (from.trim().parse(), to.trim().parse()) {
        (Ok(from), Ok(to)) if from <= to && CHAPTERS.contains(&from) && CHAPTERS.contains(&to) => {
            Ok(from..=to)
        }
        _ => Err("chapters are `8` or `5-7`, of 5 to 8".to_owned()),
    }
}

fn release(text: &str) -> Result<String, String> {
    let well = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
    if well { Ok(text.to_owned()) } else { Err("a release is letters, digits, `.` and `-`".to_owned()) }
}

pub(super) fn run(global: &Global, args: &Args) -> Result<Status> {
    let Book::Lfs(args) = &args.book;
    let here = env::current_dir().context("failed to find the working directory")?;
    let root = global.project.as_ref().map_or_else(|| here.clone(), |named| here.join(named));
    let book = BookFolder(here.join(&args.book));
    if !book.0.join("index.xml").is_file() {
        bail!(
            "there is no `index.xml` in `{}`, so it does not hold the sources of a book; `git clone https://git.linuxfromscratch.org/lfs.git` fetches them",
            book.0.display()
        );
    }
    let archives = args.sources.as_ref().map(|folder| here.join(folder));
    if let Some(folder) = archives.as_ref().filter(|folder| !folder.is_dir()) {
        bail!("there is no folder `{}`", folder.display());
    }
    let init = if args.init == "systemd" { Init::Systemd } else { Init::Sysv };
    let choice = Choice { init, release: args.release.clone() };
    let imported =
        import::lfs(&book, &choice, args.chapters.clone(), &|name| digests(archives.as_deref()?, name));
    if imported.specs.is_empty() {
        told(&imported, global.quiet);
        bail!("nothing could be imported from `{}`", book.0.display());
    }
    let folder = prepare(&root)?;
    let mut written = Written::default();
    for spec in &imported.specs {
        written.write(&root.join(&folder).join(&spec.path), spec, args.force)?;
    }
    let unknown = imported.wanted.values().filter(|wanted| !wanted.known);
    let list: String = unknown.map(|wanted| format!("{}\n", wanted.url)).collect();
    if !list.is_empty() {
        files::write_if_changed(&root.join(LIST), list.as_bytes())?;
    }
    told(&imported, global.quiet);
    if !global.quiet {
        print(&conclusion(&imported, &written, &folder, args))?;
    }
    Ok(if imported.diagnostics.has_errors() { Status::Found } else { Status::Well })
}

/// Makes the folder a project, unless it is one, and gives its folder of specs.
fn prepare(root: &Path) -> Result<String> {
    let config = root.join(CONFIG);
    if files::symlink_metadata(&config).is_err() {
        let name = root.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.filter(|name| !name.contains(char::is_control)).unwrap_or_else(|| "lfs".to_owned());
        files::write_atomic(&config, import::configuration(&name).as_bytes())?;
    }
    let folders = spec_folders(&files::read(&config)?);
    let first = folders.first().map(ToString::to_string);
    first.with_context(|| format!("`{CONFIG}` names no folder of specs that could be used"))
}

/// What became of the specs.
#[derive(Default)]
struct Written {
    new: usize,
    same: usize,
    /// Specs that are there and are others.
    left: Vec<PathBuf>,
}

impl Written {
    /// Writes a spec, unless a person may have changed the one that is there.
    fn write(&mut self, path: &Path, spec: &Spec, force: bool) -> Result<()> {
        let there = files::read_if_exists(path)?.filter(|_| !force);
        let text = match &there {
            None => Some(spec.text.clone()),
            Some(bytes) => str::from_utf8(bytes).ok().and_then(|text| spec.filled(text)),
        };
        match text {
            None => self.left.push(path.to_owned()),
            Some(text) if there.is_some_and(|there| there == text.as_bytes()) => self.same += 1,
            Some(text) => {
                files::write_atomic(path, text.as_bytes())?;
                self.new += 1;
            }
        }
        Ok(())
    }
}

/// Tells of everything that a person should know, the worst first.
fn told(imported: &Imported, quiet: bool) {
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let of_it = imported.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity);
        if severity > Severity::Note || !quiet {
            of_it.for_each(|diagnostic| tell(&line(imported, diagnostic)));
        }
    }
}

/// A diagnostic in a line, and what to do in another.
fn line(imported: &Imported, diagnostic: &Diagnostic) -> String {
    let place = diagnostic.primary.as_ref().map(|label| {
        let (line, _) = imported.sources.line_column(label.place);
        format!("{}:{line}: ", imported.sources.file(label.place.file).name)
    });
    let help = diagnostic.help.as_ref().map(|help| format!("    {help}\n"));
    let text = format!("{}: {}{}\n", diagnostic.severity, place.unwrap_or_default(), diagnostic.message);
    // A book is not trusted with the terminal.
    plain_lines(&[text, help.unwrap_or_default()].concat())
}

/// How much was imported, and what comes next.
fn conclusion(imported: &Imported, written: &Written, folder: &str, args: &LfsArgs) -> String {
    let of = |severity| imported.diagnostics.count(severity);
    let mut text = format!(
        "{} imported into `{folder}`: {} written, {} as they were, {} left alone; {}, {}, {}\n",
        count(imported.specs.len(), "package"),
        written.new,
        written.same,
        written.left.len(),
        count(of(Severity::Error), "error"),
        count(of(Severity::Warning), "warning"),
        count(of(Severity::Note), "note"),
    );
    for path in &written.left {
        text +=
            &format!("left alone, because it is another: `{}`; `--force` writes over it\n", path.display());
    }
    if args.release.is_none() && imported.wanted.values().any(|wanted| wanted.url.contains("/development/")) {
        text += "the patches' addresses are those of the book in development, which come and go; `--release VERSION` takes a release's\n";
    }
    let unknown = imported.wanted.values().filter(|wanted| !wanted.known).count();
    if unknown > 0 {
        text += &format!(
            "{unknown} of {} have no SHA-256 digest yet: `wget --input-file={LIST} --directory-prefix=DIR` fetches them, and importing again with `--sources DIR` takes it\n",
            count(imported.wanted.len(), "source"),
        );
    } else {
        text += "next: `lfsgen lint`, then `lfsgen build`\n";
    }
    text
}

/// The digests of a file in a folder, if it is there and can be read.
fn digests(folder: &Path, name: &str) -> Option<Digests> {
    let path = folder.join(name);
    if name.contains('/') || !path.is_file() {
        return None;
    }
    let mut file = files::open(&path).ok()?;
    let mut both = Both { md5: Md5::new(), sha256: Sha256::new() };
    io::copy(&mut file, &mut both).ok()?;
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    Some(Digests { md5: hex(&both.md5.finalize()), sha256: hex(&both.sha256.finalize()) })
}

/// Takes both digests at once.
struct Both {
    md5: Md5,
    sha256: Sha256,
}

impl io::Write for Both {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.md5.update(bytes);
        self.sha256.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The files of a book.
struct BookFolder(PathBuf);

impl Files for BookFolder {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let path = self.0.join(path);
        // Reading a named pipe would wait for ever for someone to write into it.
        if !files::metadata(&path)?.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        files::read_plain(&path)
    }
}
