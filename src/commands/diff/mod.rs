//! `lfsgen diff [REV]`: what generating now would change, as a person reads it.
//!
//! Without a revision, the other side is what lies on the disk; with one, what git has of it there. With `--artifacts`, it is
//! what packages install that is compared with what they installed before.

mod artifacts;
mod changes;
mod compare;
mod git;

use anyhow::Result;

use super::generate::{self, Source};
use super::output::print;
use super::{Global, Status};
use crate::emit::Tree;
use crate::host::files;
use crate::model::RelPath;
use crate::plan::paths::{PLANS, SCRIPTS, STAGES};
use crate::render::visible;
use compare::Generation;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Compare with the generated files of this git revision, not with those on the disk
    #[arg(conflicts_with = "artifacts")]
    rev: Option<String>,
    /// Show what these packages install otherwise than before, path by path [default: those that the last build changed]
    #[arg(long, value_name = "PACKAGE", num_args = 0.., conflicts_with = "options")]
    artifacts: Option<Vec<String>>,
    /// Set an option, as `generate` does
    #[arg(long = "option", value_name = "NAME=VALUE")]
    options: Vec<String>,
}

pub(super) fn run(global: &Global, args: &Args) -> Result<Status> {
    if let Some(packages) = &args.artifacts {
        return artifacts::run(global, packages);
    }
    let source = Source::find(global, None)?;
    let compiled = source.compile(&args.options, crate::emit::Backend::default())?;
    generate::tell(global, &compiled);
    if compiled.diagnostics.has_errors() {
        return Ok(Status::Unable);
    }
    let before = match &args.rev {
        Some(rev) => git::generated(&source.root, &source.output, rev)?,
        None => on_disk(&source)?,
    };
    let (old, new) = (Generation::read(&before), Generation::read(&compiled.tree));
    let text = compare::describe(&old, &new);
    // Whoever wrote a spec is not trusted: what would steer a terminal is shown, and not obeyed.
    print(&if text.is_empty() { "nothing would change\n".to_owned() } else { visible(&text) })?;
    Ok(Status::Well)
}

/// The generated files of packages, as they lie on the disk.
fn on_disk(source: &Source) -> Result<Tree> {
    let mut tree = Tree::new();
    for folder in [PLANS, STAGES, SCRIPTS] {
        for name in files::names(&source.folder.join(folder))? {
            let Ok(path) = RelPath::new(format!("{folder}/{name}")) else { continue };
            if path.as_str() != STAGES {
                let bytes = files::read(&source.folder.join(path.as_str()))?;
                tree.insert(path, bytes);
            }
        }
    }
    Ok(tree)
}
