//! What a person names on the command line: `all`, a stage, a package, or one step of it.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use super::plans::Plans;
use crate::model::Phase;
use crate::suggest::did_you_mean;

/// A part of the plan. A package's name goes before a stage's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Everything.
    All,
    /// Every package of a stage.
    Stage(String),
    /// A package, by its position.
    Package(usize),
    /// One step of a package.
    Step(usize, Phase),
}

impl Target {
    /// Finds what `text` names.
    ///
    /// # Errors
    /// Nothing in the plan has that name; the error suggests one that has.
    pub fn parse(text: &str, plans: &Plans) -> Result<Self> {
        let (name, phase) = match text.split_once(':') {
            Some((name, phase)) => (name, Some(phase)),
            None => (text, None),
        };
        let Some(package) = plans.position(name) else {
            return match phase {
                None if name == "all" => Ok(Self::All),
                None if stages(plans).contains(name) => Ok(Self::Stage(name.to_owned())),
                _ => bail!("no package or stage is called `{name}`{}", suggestion(name, plans)),
            };
        };
        let Some(phase) = phase else { return Ok(Self::Package(package)) };
        let steps = &plans.packages[package].steps;
        match steps.iter().find(|step| step.phase.name() == phase) {
            Some(step) => Ok(Self::Step(package, step.phase)),
            None => {
                let names: Vec<_> = steps.iter().map(|step| format!("`{}`", step.phase)).collect();
                bail!("`{name}` has no phase `{phase}`; it has {}", names.join(", "))
            }
        }
    }

    /// Finds all of them; none is everything.
    ///
    /// # Errors
    /// As [`Target::parse`].
    pub fn parse_all(texts: &[String], plans: &Plans) -> Result<Vec<Self>> {
        if texts.is_empty() {
            return Ok(vec![Self::All]);
        }
        texts.iter().map(|text| Self::parse(text, plans)).collect()
    }

    /// The packages that it names, by their positions.
    pub fn packages(&self, plans: &Plans) -> Vec<usize> {
        let all = 0..plans.packages.len();
        match self {
            Self::All => all.collect(),
            Self::Stage(name) => all.filter(|&at| plans.packages[at].stage.name.as_str() == name).collect(),
            Self::Package(at) | Self::Step(at, _) => vec![*at],
        }
    }

    /// The steps that finish it, by their positions.
    pub fn last_steps(&self, plans: &Plans) -> Vec<usize> {
        match self {
            Self::Step(package, phase) => plans.step(*package, *phase).into_iter().collect(),
            _ => self.packages(plans).iter().filter_map(|&at| plans.step_range(at).next_back()).collect(),
        }
    }
}

/// The packages that targets name, each once, by their positions.
pub fn named(targets: &[Target], plans: &Plans) -> BTreeSet<usize> {
    targets.iter().flat_map(|target| target.packages(plans)).collect()
}

fn stages(plans: &Plans) -> BTreeSet<&str> {
    plans.packages.iter().map(|package| package.stage.name.as_str()).collect()
}

fn suggestion(name: &str, plans: &Plans) -> String {
    let known = plans.packages.iter().map(|package| package.package.as_str()).chain(stages(plans));
    let hint = did_you_mean(name, known).unwrap_or_else(|| "`lfsgen status` lists the packages".to_owned());
    format!("; {hint}")
}
