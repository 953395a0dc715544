//! `lfsgen explain`: what a rule or an error is about.

use anyhow::{Result, bail};

use super::Status;
use super::output::print;
use crate::errors::{ERRORS, error_kind};
use crate::lint::{RULES, Rule, rule};
use crate::suggest::did_you_mean;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The name that a finding or an error has in brackets
    rule: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<Status> {
    let text = match &args.rule {
        None => list(),
        Some(name) => match (rule(name), error_kind(name)) {
            (Some(rule), _) => page(rule),
            (None, Some(kind)) => format!("# {}\n\n{}\n", kind.name, kind.meaning),
            (None, None) => {
                let names = RULES.iter().map(|rule| rule.name).chain(ERRORS.iter().map(|kind| kind.name));
                let help = did_you_mean(name, names);
                let help = help.unwrap_or_else(|| "`lfsgen explain` lists the rules".to_owned());
                bail!("there is no rule or error `{name}`: {help}");
            }
        },
    };
    print(&text)?;
    Ok(Status::Well)
}

fn list() -> String {
    let width = RULES.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    RULES
        .iter()
        .map(|rule| format!("{:width$}  {:<7}  {}\n", rule.name, rule.severity.to_string(), rule.summary()))
        .collect()
}

/// The page, with what the table says of the rule below its title.
fn page(rule: &Rule) -> String {
    let (title, rest) = rule.page.split_once('\n').unwrap_or((rule.page, ""));
    let Rule { severity, confidence, persona, .. } = rule;
    format!("{title}\n\n{severity}, {confidence} confidence, {persona} persona\n{rest}")
}
