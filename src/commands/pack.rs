//! `lfsgen pack [TARGET…]`: what packages installed, as a tar archive.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use flate2::{Compression, GzBuilder};

use super::output::tell;
use super::results::Results;
use super::{Global, Status};
use crate::host::files;
use crate::pack::{Packed, write};
use crate::plan::file::PackageFile;
use crate::report::plans::Plans;
use crate::report::target::{Target, named};
use crate::report::text::{bytes, count};
use crate::store::{self, Manifest, Part};

/// How the names of archives end that are packed by programs which pack them better.
const BY_OTHERS: [(&str, &str); 5] =
    [("xz", "xz -T0"), ("zst", "zstd"), ("bz2", "bzip2"), ("lz4", "lz4"), ("lz", "lzip")];

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Packages, stages or `all` [default: all]
    targets: Vec<String>,
    /// The archive; compressed if it ends in `.gz` or `.tgz` [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Pack everything else in the roots of these packages, too
    #[arg(long)]
    with_needs: bool,
}

pub(super) fn run(global: &Global, args: &Args) -> Result<Status> {
    let compress = args.output.as_deref().map_or(Ok(false), is_compressed)?;
    ensure!(
        args.output.is_some() || !io::stdout().is_terminal(),
        "an archive is nothing for a terminal: use `--output FILE`, or a pipe"
    );
    let Results { place, plans, .. } = Results::read(global)?;
    let targets = Target::parse_all(&args.targets, &plans)?;
    let wanted = wanted(&plans, named(&targets, &plans), args.with_needs);
    ensure!(!wanted.is_empty(), "there is no package to pack");
    check_system(&plans, &wanted)?;
    let mut held = Vec::new();
    let mut missing = Vec::new();
    for &at in &wanted {
        let file = &plans.packages[at];
        match store::hold(&place.layout, &file.key)? {
            Some(artifact) => held.push(artifact),
            None => missing.push(file.package.as_str()),
        }
    }
    if !missing.is_empty() {
        missing.sort_unstable();
        bail!("not built from present inputs: `lfsgen build {}` does", missing.join(" "));
    }
    let keys = wanted.iter().map(|&at| &plans.packages[at].key);
    let manifests = keys.clone().map(|key| Manifest::read(&place.layout.artifact_manifest(key)));
    let manifests = manifests.collect::<Result<Vec<_>>>()?;
    let trees: Vec<_> = keys.map(|key| place.layout.artifact_tree(key)).collect();
    let parts: Vec<_> =
        manifests.iter().zip(&trees).map(|(manifest, tree)| Part { manifest, tree }).collect();
    let union = store::union(&parts)?;
    let fill = |to: &mut dyn Write| {
        let to = BufWriter::with_capacity(1 << 16, to);
        if compress {
            // Without a name and a time, so that the same artifacts give the same bytes.
            let mut to = GzBuilder::new().write(to, Compression::default());
            let packed = write(&mut to, &union, &parts)?;
            to.finish()?.flush()?;
            Ok(packed)
        } else {
            write(to, &union, &parts)
        }
    };
    let packed = match &args.output {
        Some(path) => {
            files::fill_named(path, |file| fill(&mut Archive(file, &format!("`{}`", path.display()))))?
        }
        None => fill(&mut Archive(io::stdout().lock(), "standard output"))?,
    };
    if !global.quiet {
        tell(&said(&packed, wanted.len(), &union.removed_elsewhere));
        if let packages @ 1.. = manifests.iter().filter(|manifest| !manifest.captured.is_whole()).count() {
            let packages = count(packages, "package");
            tell(&format!(
                "note: of {packages}, built without isolation, only what was put into `DESTDIR` is known\n"
            ));
        }
    }
    Ok(Status::Well)
}

/// An archive, and what it is called where it cannot be written: what would help then is not what helps where the state
/// directory's disk is full.
struct Archive<'a, W>(W, &'a str);

impl<W: Write> Write for Archive<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            _ => io::Error::other(format!("failed to write {}: {error}", self.1)),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Whether an archive of this name is to be compressed.
fn is_compressed(path: &Path) -> Result<bool> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    if let Some((_, program)) = BY_OTHERS.iter().find(|(other, _)| *other == ending) {
        bail!(
            "for `.{ending}`, leave out `--output` and use a pipe: `lfsgen pack … | {program} > {}`",
            path.display()
        );
    }
    Ok(matches!(ending, "gz" | "tgz"))
}

/// The packages whose artifacts are packed, the uppermost first.
fn wanted(plans: &Plans, mut wanted: BTreeSet<usize>, with_needs: bool) -> Vec<usize> {
    if with_needs {
        let files = wanted.iter().map(|&at| &plans.packages[at]);
        let layers = files.flat_map(PackageFile::layers);
        let needs: Vec<_> = layers.filter_map(|layer| plans.position(layer.package.as_str())).collect();
        wanted.extend(needs);
    }
    plans.stacked().into_iter().filter(|at| wanted.contains(at)).collect()
}

/// Refuses packages of which no root would ever be made: those of stages that do not build on each other.
fn check_system(plans: &Plans, wanted: &[usize]) -> Result<()> {
    let stage = |at: usize| plans.packages[at].stage.name.as_str();
    let stages: BTreeSet<&str> = wanted.iter().map(|&at| stage(at)).collect();
    if stages.len() < 2 {
        return Ok(());
    }
    let meet: BTreeSet<(&str, &str)> = (0..plans.packages.len())
        .flat_map(|at| plans.needs[at].iter().flat_map(move |&need| [(at, need), (need, at)]))
        .map(|(one, other)| (stage(one), stage(other)))
        .collect();
    for one in &stages {
        for other in stages.range::<str, _>((std::ops::Bound::Excluded(*one), std::ops::Bound::Unbounded)) {
            ensure!(
                meet.contains(&(*one, *other)),
                "the stages `{one}` and `{other}` do not build on each other, and are no system together: name what to pack, \
                 such as `lfsgen pack {other}`"
            );
        }
    }
    Ok(())
}

/// What is said when it is done.
fn said(packed: &Packed, packages: usize, removed: &BTreeSet<PathBuf>) -> String {
    let Packed { files, bytes: size, left_out } = packed;
    let mut said = format!(
        "packed {}: {}, {}\n",
        count(packages, "package"),
        count(usize::try_from(*files).unwrap_or(usize::MAX), "file"),
        bytes(*size),
    );
    let listed = |paths: &mut dyn Iterator<Item = &PathBuf>| {
        let shown: Vec<_> = paths.take(3).map(|path| format!("`/{}`", path.display())).collect();
        shown.join(", ")
    };
    let more = |all: usize| if all > 3 { ", …" } else { "" };
    if !left_out.is_empty() {
        let paths = listed(&mut left_out.iter());
        said += &format!("note: no archive can hold sockets: {paths}{}\n", more(left_out.len()));
    }
    if !removed.is_empty() {
        let paths = listed(&mut removed.iter());
        said += &format!(
            "note: no archive can tell of what is removed from below these packages: {paths}{}\n",
            more(removed.len())
        );
    }
    said
}
