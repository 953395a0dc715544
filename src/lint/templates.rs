//! The lines that templates write around an author's text. That they are shell is ours to care for, and no rule's.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::rules::rule;
use crate::diag::Diagnostics;
use crate::model::{Dialect, Package, Phase};
use crate::plan::Plan;
use crate::recipe::{Piece, exports, skeleton};
use crate::shell::{parse, with_deep_stack};

/// Checks the lines that templates wrote into the scripts of a plan, each different one once.
pub fn check_templates(plan: &Plan) -> Diagnostics {
    let mut texts: BTreeMap<(Dialect, String), &Package> = BTreeMap::new();
    for planned in &plan.packages {
        let (package, recipe) = (&planned.package, &planned.recipe);
        let phases: Vec<Phase> = recipe.phases.iter().map(|body| body.phase).collect();
        let pieces = recipe.phases.iter().flat_map(|body| &body.pieces).filter_map(|piece| match piece {
            Piece::Template(text) => Some(text.clone()),
            Piece::User(..) => None,
        });
        for text in pieces.chain([skeleton(&phases), exports(recipe)]) {
            texts.entry((package.dialect, text)).or_insert(package);
        }
    }
    let check = |((dialect, text), package): (&(Dialect, String), &&Package)| {
        let problem = parse(text, *dialect).problem?;
        let line =
            text.lines().nth(text[..problem.span.range().start].matches('\n').count()).unwrap_or_default();
        let finding =
            rule("syntax-error")?.finding(package.name.place, "a template wrote a line that is no shell");
        Some(
            finding
                .note(format!("{}: `{line}`", problem.message))
                .help("this is a defect of lfsgen: please report it"),
        )
    };
    let found: Vec<_> = with_deep_stack(|| texts.par_iter().filter_map(check).collect());
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{package, project, source, stage, text};
    use crate::model::{EnvName, Unpack};

    #[test]
    fn every_line_that_a_template_writes_is_shell() {
        for dialect in [Dialect::Bash, Dialect::Posix] {
            let packages = crate::recipe::SYSTEMS.iter().enumerate().map(|(number, &system)| {
                let mut package = package(&format!("p{number}"), &[]);
                package.dialect = dialect;
                package.build.system.value = system;
                package.build.configure = vec![text("it's \"$a\" `b`\n(c)"), text("")];
                package.build.env.insert(EnvName::new("CFLAGS").unwrap(), text("'\"\\ $(x)\n"));
                package.sources =
                    vec![source("a b.tar.gz", Unpack::TopDirectory), source("'.zip", Unpack::TopDirectory)];
                package
            });
            let (plan, _) = crate::plan::resolve(project(vec![stage("host", &[])]), packages.collect(), &[]);
            assert_eq!(check_templates(&plan.unwrap()), Diagnostics::default());
        }
    }
}
