//! `lfsgen schema [FILE]`.

use anyhow::Result;

use super::Status;
use super::output::print;
use crate::spec::{Table, keys, schema};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What to describe
    #[arg(default_value = "spec")]
    kind: Kind,
}

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Kind {
    /// A package's spec
    Spec,
    /// `lfsgen.yaml`
    Config,
}

impl Kind {
    /// The name of the schema's file, below a project's root.
    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Spec => "schemas/spec.json",
            Self::Config => "schemas/lfsgen.json",
        }
    }

    /// The schema, as it is written.
    pub(super) fn text(self) -> Result<String> {
        let table: &Table = match self {
            Self::Spec => &keys::SPEC,
            Self::Config => &keys::CONFIG,
        };
        Ok(serde_json::to_string_pretty(&schema(table))? + "\n")
    }
}

pub(super) fn run(args: &Args) -> Result<Status> {
    print(&args.kind.text()?)?;
    Ok(Status::Well)
}
