//! `lfsgen fetch [TARGET…]`: every source, before anything is built.

use std::collections::BTreeSet;
use std::io::IsTerminal as _;

use anyhow::Result;

use super::results::Results;
use super::{Global, Status, others, output};
use crate::fetch::show::{Bars, Lines};
use crate::fetch::watch::Silent;
use crate::fetch::{Cache, Cause, FetchConfig, FetchError, Fetched, Request, Watch, fetch_all};
use crate::host::remedy::is_denied;
use crate::model::Digest;
use crate::report::plans::Plans;
use crate::report::target::Target;
use crate::report::text::{bytes, count};
use crate::store;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Packages, stages or `all`; what they depend on is fetched too [default: all]
    targets: Vec<String>,
    /// Downloads at once [default: `resources.fetch` of the project]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    jobs: Option<u32>,
    /// Try a source's mirrors before its own address
    #[arg(long, alias = "mirror-first")]
    mirrors_first: bool,
}

pub(super) fn run(global: &Global, args: &Args) -> Result<Status> {
    let (Results { place, plans, .. }, targets) = Results::now(global, &args.targets)?;
    place.refuse_misplaced()?;
    // What it leaves there its owner could not write any more.
    store::refuse_of_others(&place.layout)?;
    let mut requests = requests(&plans, &targets);
    if args.mirrors_first && !place.mirrors_first {
        // The plan has a source's own address first.
        requests.iter_mut().filter(|request| !request.urls.is_empty()).for_each(|r| r.urls.rotate_left(1));
    }
    let at_once = usize::try_from(args.jobs.unwrap_or(place.fetches)).unwrap_or(usize::MAX);
    // Who may not write there has every source already, or will be told.
    let _state = store::use_state(&place.layout).ok();
    let cache = Cache::new(&place.layout, place.cache.clone());
    let config = FetchConfig::new(&place.root, place.layout.clone());
    let all = |watch: &dyn Watch| fetch_all(&requests, at_once, &cache, &config, watch);
    let results = if global.quiet {
        all(&Silent)
    } else if std::io::stderr().is_terminal() && global.verbose == 0 {
        let bars = Bars::new(requests.len());
        let results = all(&bars);
        bars.finish();
        results
    } else {
        all(&Lines::stderr())
    };
    Ok(conclude(global, &results))
}

/// The sources of the targets and of all that they need, each once.
fn requests(plans: &Plans, targets: &[Target]) -> Vec<Request> {
    let named: Vec<_> = targets.iter().flat_map(|target| target.packages(plans)).collect();
    let packages = plans.closure(&named).into_iter().map(|at| &plans.packages[at]);
    let mut seen = BTreeSet::new();
    let mut requests: Vec<_> = packages.flat_map(|package| &package.sources).map(Request::from).collect();
    // Without a digest, a file of the same name elsewhere is another.
    let places = |request: &Request| (request.sha256 == Digest::UNKNOWN).then(|| request.urls.clone());
    requests.retain(|request| seen.insert((request.sha256, request.name.clone(), places(request))));
    requests
}

/// Tells of every failure, then of all together.
fn conclude(global: &Global, results: &[Result<Fetched, FetchError>]) -> Status {
    let failures: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    for failure in &failures {
        output::tell(&format!("error: {failure}\n"));
    }
    let is_denied = |failure: &&FetchError| matches!(&failure.cause, Cause::Local(error) if is_denied(error));
    if let Some(remedy) = failures.iter().copied().find(is_denied).and_then(|_| others::remedy(global)) {
        output::tell(&format!("  help: {remedy}\n"));
    }
    let there: Vec<_> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
    for Fetched { path, from, .. } in there.iter().filter(|_| global.verbose > 0 && !global.quiet) {
        let from = from.as_ref().map_or_else(|| "was there".to_owned(), |from| format!("from {from}"));
        output::tell(&format!("`{}`: {from}\n", path.display()));
    }
    let size = |new: bool| there.iter().filter(|f| f.from.is_some() == new).map(|f| f.bytes).sum::<u64>();
    let fetched = there.iter().filter(|fetched| fetched.from.is_some()).count();
    if !global.quiet {
        output::tell(&format!(
            "{} fetched ({}), {} already there ({}), {} failed\n",
            count(fetched, "source"),
            bytes(size(true)),
            there.len() - fetched,
            bytes(size(false)),
            failures.len(),
        ));
    }
    if failures.is_empty() { Status::Well } else { Status::Found }
}
