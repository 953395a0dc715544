//! `lfsgen import lfs|blfs --book DIR`: the XML sources of a book become specs.

mod book;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use self::book::From;
use super::input::Input;
use super::output::{print, tell};
use super::place::CONFIG;
use super::{Global, Status};
use crate::diag::{Diagnostic, Severity};
use crate::diagnose::plain_lines;
use crate::host::{env, files};
use crate::import::{self, BEYOND, CHAPTERS, Imported, Spec, Wish};
use crate::model::{Loaded, Project, RootKind, StageName, spec_folders};
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
    /// Beyond Linux From Scratch
    Blfs(BlfsArgs),
}

#[derive(Debug, clap::Args)]
struct LfsArgs {
    #[command(flatten)]
    common: Common,
    /// The chapters to import, of 5 to 8
    #[arg(long, value_name = "FROM-TO", default_value = "5-8", value_parser = chapters)]
    chapters: RangeInclusive<u8>,
}

#[derive(Debug, clap::Args)]
struct BlfsArgs {
    #[command(flatten)]
    common: Common,
    /// The stage of `lfsgen.yaml` in which they build
    #[arg(long, value_name = "NAME", default_value = BEYOND)]
    stage: String,
    /// Packages to import, with what they need [default: all of the book]
    #[arg(value_name = "PACKAGE")]
    packages: Vec<String>,
}

#[derive(Debug, clap::Args)]
struct Common {
    /// The folder with the book's XML sources
    #[arg(long, value_name = "DIR")]
    book: PathBuf,
    /// The init of the system, for which the book has two versions
    #[arg(long, default_value = "sysv", value_parser = ["sysv", "systemd"])]
    init: String,
    /// Take the book as this release, such as `12.3`: patches come from its folder [default: as the sources are]
    #[arg(long, value_name = "VERSION", value_parser = release)]
    release: Option<String>,
    /// A folder with files that the book lists, to take SHA-256 digests from
    #[arg(long, value_name = "DIR")]
    sources: Option<PathBuf>,
    /// Write over specs that are there
    #[arg(long)]
    force: bool,
}

/// What the books differ in when they become a project.
struct Kind {
    configuration: fn(&str) -> String,
    /// The list of addresses that is written for wget, named as the books' own.
    list: &'static str,
}

const LFS: Kind = Kind { configuration: import::lfs_project, list: "wget-list" };
const BLFS: Kind = Kind { configuration: import::blfs_project, list: "wget-list-blfs" };

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
    let here = env::current_dir()?;
    let root = global.project.as_ref().map_or_else(|| here.clone(), |named| here.join(named));
    match &args.book {
        Book::Lfs(args) => {
            let from = From::find(&here, &args.common, "lfs")?;
            let imported =
                import::lfs(&from.book, &from.choice, args.chapters.clone(), &|name| from.digests(name));
            write(global, &root, imported, &LFS, &args.common)
        }
        Book::Blfs(args) => {
            let from = From::find(&here, &args.common, "blfs")?;
            let wish = Wish {
                names: args.packages.clone(),
                stage: args.stage.clone(),
                taken: taken(&root, &args.stage)?,
            };
            let imported = import::blfs(&from.book, &from.choice, &wish, &|name| from.digests(name));
            let imported = imported.map_err(anyhow::Error::msg)?;
            write(global, &root, imported, &BLFS, &args.common)
        }
    }
}

/// The names that packages of a project have which are not of the BLFS book. Its stage has to be there.
fn taken(root: &Path, stage: &str) -> Result<BTreeSet<String>> {
    if files::symlink_metadata(&root.join(CONFIG)).is_err() {
        if stage != BEYOND {
            bail!("there is no `{CONFIG}` in `{}` that could have a stage `{stage}`", root.display());
        }
        return Ok(BTreeSet::new());
    }
    let input = Input::read(root).or_else(|_| Input::config_of(root))?;
    let own =
        spec_folders(&files::read(&root.join(CONFIG))?).first().map(|folder| format!("{folder}/{BEYOND}/"));
    let Loaded { project, packages, broken, .. } = input.load_without(own.as_deref().unwrap_or_default());
    let Some(project) = project else {
        bail!("`{CONFIG}` cannot be used; `lfsgen lint` says why");
    };
    if !project.stages.iter().any(|known| known.name.as_str() == stage) {
        bail!(
            "`{CONFIG}` has no stage `{stage}`; name one that is there with `--stage`, or add this to its `stages`:\n{}",
            stage_for(&project, stage)
        );
    }
    let names = packages.into_iter().map(|package| package.name.value.to_string());
    Ok(names.chain(broken.into_iter().map(|broken| broken.name)).collect())
}

/// The stage to add to a project: over the last that is nothing but artifacts, and all on which that lies; else over all of them.
fn stage_for(project: &Project, name: &str) -> String {
    let composed = project.stages.iter().rev().find(|stage| stage.root == RootKind::Composed);
    let base = match composed {
        Some(last) => last.base.iter().chain([&last.name]).map(StageName::as_str).collect(),
        None => project.stages.iter().map(|stage| stage.name.as_str()).collect::<Vec<_>>(),
    };
    import::blfs_stage(name, composed.is_some(), &base)
}

/// Writes what was imported into a project, and says so.
fn write(global: &Global, root: &Path, mut imported: Imported, kind: &Kind, args: &Common) -> Result<Status> {
    if imported.specs.is_empty() {
        told(&imported, global.quiet);
        bail!("nothing could be imported from `{}`", args.book.display());
    }
    let folder = prepare(root, kind)?;
    let mut written = Written::default();
    for spec in &imported.specs {
        written.write(&root.join(&folder).join(&spec.path), spec, args.force)?;
    }
    imported.learn(written.texts.iter().map(String::as_str));
    let unknown = imported.wanted.values().filter(|wanted| !wanted.known);
    let list: String = unknown.map(|wanted| format!("{}\n", wanted.url)).collect();
    let path = root.join(kind.list);
    // One from before would have everything fetched again.
    if !list.is_empty() || path.is_file() {
        files::write_if_changed(&path, list.as_bytes())?;
    }
    told(&imported, global.quiet);
    if !global.quiet {
        print(&conclusion(&imported, &written, &folder, kind, args))?;
    }
    Ok(if imported.diagnostics.has_errors() { Status::Found } else { Status::Well })
}

/// Makes the folder a project, unless it is one, and gives its folder of specs.
fn prepare(root: &Path, kind: &Kind) -> Result<String> {
    let config = root.join(CONFIG);
    if files::symlink_metadata(&config).is_err() {
        let name = root.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.filter(|name| !name.contains(char::is_control)).unwrap_or_else(|| "lfs".to_owned());
        files::write_atomic(&config, (kind.configuration)(&name).as_bytes())?;
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
    /// All of them as they are there now.
    texts: Vec<String>,
}

impl Written {
    /// Writes a spec, unless a person may have changed the one that is there.
    fn write(&mut self, path: &Path, spec: &Spec, force: bool) -> Result<()> {
        let there = files::read_if_exists(path)?.filter(|_| !force);
        let text = match &there {
            None => Some(spec.text.clone()),
            Some(bytes) => str::from_utf8(bytes).ok().and_then(|text| spec.filled(text)),
        };
        match (&text, &there) {
            (None, _) => self.left.push(path.to_owned()),
            (Some(text), Some(there)) if there == text.as_bytes() => self.same += 1,
            (Some(text), _) => {
                files::write_atomic(path, text.as_bytes())?;
                self.new += 1;
            }
        }
        let as_it_was = || String::from_utf8_lossy(there.as_deref().unwrap_or_default()).into_owned();
        self.texts.push(text.unwrap_or_else(as_it_was));
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
fn conclusion(imported: &Imported, written: &Written, folder: &str, kind: &Kind, args: &Common) -> String {
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
            "{unknown} of {} have no SHA-256 digest yet: `wget --input-file={} --directory-prefix=DIR` fetches them, and importing again with `--sources DIR` takes it\n",
            count(imported.wanted.len(), "source"),
            kind.list,
        );
    } else {
        text += "next: `lfsgen lint`, then `lfsgen build`\n";
    }
    text
}
