//! What a person should know before a build begins: what it will wait for.

use anyhow::Result;

use crate::model::RootKind;
use crate::plan::file::PackageFile;
use crate::report::forecast::Forecast;
use crate::report::text::bytes;
use crate::run::project_memory;
use crate::sandbox::{Confined, HostRoot};

use super::super::results::Results;

/// A line each. The machine does not isolate steps, though that was preferred, for the reason `why_not_isolated`.
pub(super) fn notes(
    results: &Results,
    why_not_isolated: Option<&str>,
    forecast: &Forecast,
) -> Result<Vec<String>> {
    let Results { place, plans, .. } = results;
    let mut notes = Vec::new();
    let on_host = |package: &PackageFile| package.stage.root == RootKind::Host;
    if let Some(why) = why_not_isolated {
        // Where that is not possible either, the first step says why.
        if Confined::is_possible().is_err() {
            return Ok(notes);
        }
        notes.push(format!(
            "warning: this machine does not isolate steps: {why}\nwarning: as `sandbox: preferred` has it, they run on the machine \
             itself, and of what they install only what they put into `DESTDIR` is captured\n"
        ));
    } else if plans.packages.iter().any(on_host) && !HostRoot::is_prepared(&place.layout.base())? {
        notes.push(
            "note: the first step takes some seconds more, to copy the tree of this machine's directories\n"
                .to_owned(),
        );
    }
    let packages = forecast.packages.iter().filter(|expected| !expected.restored);
    notes.extend(packages.filter_map(|expected| runs_alone(&plans.packages[expected.package])));
    Ok(notes)
}

/// Tells of a package that asks for more memory than it can ever get.
fn runs_alone(PackageFile { package, limits, .. }: &PackageFile) -> Option<String> {
    let (asks, all) = (limits.memory?.0, project_memory(limits));
    (asks > all).then(|| {
        let (asks, all) = (bytes(asks), bytes(all));
        format!(
            "note: `{package}` asks for {asks} of memory, and all steps together have {all}: its steps run alone, and end \
             where they take more\n"
        )
    })
}
