//! `lfsgen explain`: what a rule is about.

use anyhow::{Result, bail};

use super::Status;
use super::output::print;
use crate::lint::{RULES, Rule, rule};
use crate::suggest::did_you_mean;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The rule's name, as findings have it
    rule: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<Status> {
    let text = match &args.rule {
        None => list(),
        Some(name) => match rule(name) {
            Some(rule) => page(rule),
            None => {
                let help = did_you_mean(name, RULES.iter().map(|rule| rule.name));
                let help = help.unwrap_or_else(|| "`lfsgen explain` lists the rules".to_owned());
                bail!("there is no rule `{name}`: {help}");
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
    format!("{title}\n\n{}, {} confidence\n{rest}", rule.severity, rule.confidence)
}
