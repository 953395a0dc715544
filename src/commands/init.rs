//! `lfsgen init [NAME]`: starts a project in a folder that has none.

use std::path::Path;

use anyhow::{Result, bail};

use super::output::print;
use super::place::{CONFIG, folder};
use super::schema::Kind;
use super::{Global, Status};
use crate::host::{env, files};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The project's name [default: the folder's]
    name: Option<String>,
}

/// What the folder of specs is called.
const SPECS: &str = "specs";
/// The state folder, as `.gitignore` names it.
const IGNORED: &str = "/build/";

pub(super) fn run(global: &Global, args: &Args) -> Result<Status> {
    let here = env::current_dir()?;
    let root = global.project.as_ref().map_or_else(|| here.clone(), |named| folder(&here, named));
    let config = root.join(CONFIG);
    if files::symlink_metadata(&config).is_ok() {
        bail!("`{}` is there already; `lfsgen new PACKAGE` starts a spec", config.display());
    }
    let name = match &args.name {
        Some(name) => name.clone(),
        None => root.file_name().map_or_else(|| "lfs".to_owned(), |name| name.to_string_lossy().into_owned()),
    };
    if name.is_empty() {
        bail!("a project needs a name: `lfsgen init NAME`, or `lfsgen init` for the folder's");
    }
    if name.contains(char::is_control) {
        bail!(
            "a project's name has one line, and `{}` has more in it; `lfsgen init NAME` gives it another",
            name.escape_debug()
        );
    }
    files::create_dir_all(&root.join(SPECS))?;
    for kind in [Kind::Spec, Kind::Config] {
        files::write_if_changed(&root.join(kind.file()), kind.text()?.as_bytes())?;
    }
    ignore_state(&root)?;
    // Last, because it is what makes the folder a project.
    files::write_atomic(&config, configuration(&name)?.as_bytes())?;
    if !global.quiet {
        print(&format!(
            "made the project `{name}` in `{}`\nnext: `lfsgen new PACKAGE`, then `lfsgen build`\n",
            root.display()
        ))?;
    }
    Ok(Status::Well)
}

fn configuration(name: &str) -> Result<String> {
    // Every JSON string is a YAML string.
    let name = serde_json::to_string(name)?;
    Ok(format!(
        "\
# yaml-language-server: $schema={schema}
project: {name}
specs: [ {SPECS} ]

# The machine that is built for. Without this it is the one that lfsgen runs on.
# target: {{ arch: x86_64 }}

# Environments in which packages build; the first is the default.
stages:
  host:
    root: host

# Text that specs read as `%{{NAME}}`.
# variables: {{ prefix: /usr }}

# Values of the packages' options: for all that have one of the name, or for one package.
# options: {{ docs: false, zlib.docs: true }}

# Limits of the whole build.
# resources: {{ jobs: max, memory: 8 GiB }}
",
        schema = Kind::Config.file()
    ))
}

/// Keeps the state folder out of the repository.
fn ignore_state(root: &Path) -> Result<()> {
    let path = root.join(".gitignore");
    let there = files::read_if_exists(&path)?.unwrap_or_default();
    let mut text = String::from_utf8_lossy(&there).into_owned();
    if text.lines().any(|line| line.trim().trim_matches('/') == IGNORED.trim_matches('/')) {
        return Ok(());
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(IGNORED);
    text.push('\n');
    files::write_atomic(&path, text.as_bytes())
}
