//! `lfsgen lint`: findings of specs and of shell scripts, in one list.

mod baseline;
mod cache;
mod fixing;
mod folder;
mod script;
mod work;

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::builder::PossibleValuesParser;

use super::output::{print, style, tell};
use super::{Global, Status};
use crate::diag::{Confidence, Diagnostic, Diagnostics, ExcuseKind, Persona, Safety, Severity};
use crate::lint::{RULES, rule};
use crate::model::{Dialect, LintChoice};
use crate::render::{About, FORMATS, View, format};
use crate::report::text::count;
use baseline::Baseline;
use fixing::fix;
use work::{Found, Work};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Specs, shell scripts (`*.sh`), or folders of both [default: the specs of the project]
    paths: Vec<PathBuf>,
    /// Treat this file as a shell script, whatever its name; `-` for standard input
    #[arg(long, value_name = "FILE")]
    shell: Vec<PathBuf>,
    /// The shell that scripts are for [default: what their first line says, else bash]
    #[arg(long, value_enum)]
    dialect: Option<DialectName>,
    /// How to write what was found
    #[arg(long, value_name = "FORMAT", default_value = FORMATS[0].name, value_parser = PossibleValuesParser::new(FORMATS.iter().map(|format| format.name)))]
    format: String,
    /// The lowest severity that is a failure [default: `lint.fail-on` of lfsgen.yaml, else error]
    #[arg(long, value_enum, value_name = "LEVEL")]
    fail_on: Option<FailOn>,
    /// Whom findings are for [default: `lint.persona` of lfsgen.yaml]
    #[arg(long, value_enum)]
    persona: Option<PersonaName>,
    /// How sure a finding must be to be reported [default: `lint.min-confidence` of lfsgen.yaml, else low]
    #[arg(long, value_enum, value_name = "CONFIDENCE")]
    min_confidence: Option<ConfidenceName>,
    /// Also report what exceptions hide
    #[arg(long)]
    no_allow: bool,
    /// Leave out the findings that this file lists
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write what was found into this file, for `--baseline`
    #[arg(long, value_name = "FILE")]
    write_baseline: Option<PathBuf>,
    /// Fix findings in specs and scripts, where that changes nothing that was meant
    #[arg(long)]
    fix: bool,
    /// Also apply fixes that a person should look at
    #[arg(long = "unsafe")]
    risky: bool,
    /// Show what `--fix` would change, and change nothing
    #[arg(long)]
    diff: bool,
    /// Set an option of all packages that have it, or of one: `NAME=VALUE`, `PACKAGE.NAME=VALUE`
    #[arg(long = "option", value_name = "NAME=VALUE")]
    options: Vec<String>,
}

/// An enum of arguments, and what it stands for.
macro_rules! words {
    ($name:ident as $of:ty { $($(#[$attribute:meta])* $word:ident => $value:expr,)* }) => {
        #[derive(Debug, Clone, Copy, clap::ValueEnum)]
        enum $name {
            $($(#[$attribute])* $word,)*
        }

        impl From<$name> for $of {
            fn from(name: $name) -> Self {
                match name {
                    $($name::$word => $value,)*
                }
            }
        }
    };
}

words!(DialectName as Dialect {
    Bash => Dialect::Bash,
    #[value(alias = "sh", alias = "dash")]
    Posix => Dialect::Posix,
});
words!(FailOn as Severity {
    Note => Severity::Note,
    Warning => Severity::Warning,
    Error => Severity::Error,
});
words!(PersonaName as Persona {
    Default => Persona::Default,
    Pedantic => Persona::Pedantic,
});
words!(ConfidenceName as Confidence {
    Low => Confidence::Low,
    Medium => Confidence::Medium,
    High => Confidence::High,
});

impl Args {
    fn dialect(&self) -> Option<Dialect> {
        self.dialect.map(Dialect::from)
    }

    fn choice(&self) -> LintChoice {
        LintChoice {
            persona: self.persona.map(Persona::from),
            min_confidence: self.min_confidence.map(Confidence::from),
        }
    }
}

pub(super) fn run(global: &Global, args: &Args) -> Result<Status> {
    if args.risky && !args.fix && !args.diff {
        bail!("`--unsafe` says which fixes `--fix` or `--diff` is about");
    }
    let mut work = Work::read(global, args)?;
    let baseline = args.baseline.as_deref().map(Baseline::read).transpose()?;
    let mut found = work.look();
    if args.fix || args.diff {
        let worst = if args.risky { Safety::Unsafe } else { Safety::Safe };
        let is_invalid_before = errors(&found.diagnostics) > 0;
        let visible = |found: &Found| match &baseline {
            Some(baseline) => baseline.split(found).0,
            None => found.diagnostics.clone(),
        };
        let (after, fixed) = fix(&mut work, found, worst, visible);
        if args.diff {
            print(&fixed.diff(&after))?;
            if fixed.is_empty() && !global.quiet {
                tell("there is nothing to fix\n");
            }
            return Ok(match fixed.is_empty() {
                _ if is_invalid_before => Status::Unable,
                true => Status::Well,
                false => Status::Found,
            });
        }
        fixed.write(&work, &after, global.quiet)?;
        found = after;
    }
    if let Some(path) = &args.write_baseline {
        let known = Baseline::of(path, &found).write(path)?;
        if !global.quiet {
            tell(&format!("`{}`: {}\n", path.display(), count(known, "finding")));
        }
    }
    if args.no_allow {
        let excused = std::mem::take(&mut found.excused);
        found.diagnostics = std::mem::take(&mut found.diagnostics).into_iter().chain(excused).collect();
        found.diagnostics = found.diagnostics.sorted();
    }
    // What was just written down is known.
    let written = args.write_baseline.as_deref().map(|path| Baseline::of(path, &found));
    if let Some(baseline) = written.as_ref().or(baseline.as_ref()) {
        let outdated = baseline.outdated(&found, work.is_whole(), |file| work.is_wanted(file));
        if outdated > 0 {
            let (entries, match_) = if outdated == 1 { ("entry", "matches") } else { ("entries", "match") };
            tell(&format!("`{}`: {outdated} {entries} {match_} nothing any more\n", baseline.name()));
        }
        let (new, known) = baseline.split(&found);
        found.diagnostics = new;
        found.excused.extend(known);
    }
    if global.verbose > 0 && !global.quiet {
        let names = found.sources.files().map(|(_, file)| file.name.as_str());
        names.filter(|name| work.is_wanted(name)).for_each(|name| tell(&format!("checked: {name}\n")));
    }
    show(global, args, &found)?;
    let fail_on = args.fail_on.map_or(found.config.fail_on, Severity::from);
    Ok(match found.diagnostics.worst() {
        _ if errors(&found.diagnostics) > 0 => Status::Unable,
        Some(worst) if worst >= fail_on => Status::Found,
        _ => Status::Well,
    })
}

/// How many errors of specs there are, which are no rule's findings. One leaves nothing that could be built, or trusted to be
/// linted whole.
fn errors(diagnostics: &Diagnostics) -> usize {
    diagnostics.iter().filter(|one| one.severity == Severity::Error && rule(one.rule).is_none()).count()
}

fn show(global: &Global, args: &Args, found: &Found) -> Result<()> {
    let about: Vec<About> = RULES
        .iter()
        .map(|rule| About {
            name: rule.name,
            severity: rule.severity,
            confidence: rule.confidence,
            persona: rule.persona,
            summary: rule.summary(),
            page: rule.page,
        })
        .collect();
    let Found { sources, diagnostics, excused, .. } = found;
    let style = style(global, std::io::stdout());
    let view = View { sources, diagnostics, excused, about: &about, style };
    let Some(format) = format(&args.format) else { bail!("there is no format `{}`", args.format) };
    print(&(format.write)(view))?;
    if diagnostics.is_empty() && !global.quiet && args.format == FORMATS[0].name {
        let is_known =
            |finding: &&Diagnostic| finding.excuse.as_ref().is_some_and(|e| e.kind == ExcuseKind::External);
        let known = excused.iter().filter(is_known).count();
        let files = count(sources.files().count(), "file");
        tell(&match known {
            0 => format!("{files}: nothing found\n"),
            _ => format!("{files}: nothing found but {}\n", count(known, "known finding")),
        });
    }
    Ok(())
}
