//! What the shell will run for a package: the build system's commands and the author's own text, phase by phase, and
//! the script that holds them.
//!
//! This module writes shell, and reads the author's only to make its chains stop. It knows neither other packages nor how
//! a step's root is made; the script's only promises to the runner are its phases, three variables, those of
//! [`SEARCH_PATHS`], and the directory layout below `$work`.

mod environment;
mod prepare;
pub mod quote;
mod script;
mod stop;
mod systems;

use std::collections::BTreeMap;

pub use environment::{DEFAULT_ENVIRONMENT, SEARCH_PATHS, SOURCE_DATE_EPOCH};
pub use script::{Script, UserText, exports, script, skeleton};
use stop::Stopper;
pub use systems::SYSTEMS;

use crate::diag::Diagnostic;
use crate::model::{
    Arguments, BuildSystem, Dialect, EnvName, Package, Phase, PhaseText, Project, RootKind, SandboxMode,
};
use crate::source::Text;

/// Everything that a package runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// The environment of all phases: the stage's, and the package's over it.
    pub environment: BTreeMap<EnvName, String>,
    /// Whether steps may run on the machine itself, where what the package needs is found through [`SEARCH_PATHS`] alone.
    pub on_machine: bool,
    /// The phases that the script has, in order. `prepare`, which lays the build tree, and `install`, with which the
    /// artifact is committed, are always there; another phase is absent where nothing is to be run in it.
    pub phases: Vec<PhaseBody>,
    /// The command that goes where the phases after `prepare` start.
    pub enter: String,
}

/// One phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseBody {
    /// Which; never `fetch`.
    pub phase: Phase,
    /// What runs, in order, all in one shell. Each piece is a list of complete commands.
    pub pieces: Vec<Piece>,
}

/// A part of a phase that comes from one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Written by a template.
    Template(String),
    /// The author's own, verbatim but for what makes its chains stop, and below which key of its phase it stands.
    User(Slot, Text),
}

/// Where in a phase a text of the author runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// Before the build system's commands.
    Before,
    /// In their place.
    Replace,
    /// After them.
    After,
}

impl Piece {
    /// What runs.
    pub fn text(&self) -> &str {
        match self {
            Self::Template(text) => text,
            Self::User(_, text) => text.as_str(),
        }
    }
}

/// What a package runs.
pub fn recipe(project: &Project, package: &Package) -> Recipe {
    let stage = project.stage(&package.stage.value);
    let stage_env = stage.into_iter().flat_map(|stage| &stage.env);
    let environment = stage_env
        .chain(&package.build.env)
        .map(|(name, value)| (name.clone(), value.as_str().to_owned()))
        .collect();
    let phases = Phase::SCRIPTED.into_iter().filter_map(|phase| body(package, phase)).collect();
    let on_machine = project.sandbox == SandboxMode::Preferred
        && stage.is_some_and(|stage| stage.root == RootKind::Host && stage.mount.as_str() == "/");
    Recipe { environment, on_machine, phases, enter: enter(subdir(package)) }
}

/// What a phase runs, if anything.
fn body(package: &Package, phase: Phase) -> Option<PhaseBody> {
    let subdir = subdir(package);
    let written = package.phases.get(&phase).cloned().unwrap_or_default();
    let (enter, own, leave) = if phase == Phase::Prepare {
        let parts = prepare::parts(package, subdir);
        (parts.enter, parts.unpack, parts.subdir)
    } else {
        (enter(subdir), commands(package, phase), None)
    };
    let PhaseText { replace, before, after } = written;
    let user = |slot, text: Option<Text>| text.map(|text| Piece::User(slot, text));
    let middle = user(Slot::Replace, replace).unwrap_or(Piece::Template(own));
    let inner = [user(Slot::Before, before), Some(middle), user(Slot::After, after)].into_iter().flatten();
    let mut inner: Vec<_> = inner.filter(|piece| !piece.text().trim().is_empty()).collect();
    stop_chains(&mut inner, package.dialect, leave.is_none());
    let always = matches!(phase, Phase::Prepare | Phase::Install);
    (always || !inner.is_empty()).then(|| PhaseBody {
        phase,
        pieces: std::iter::once(Piece::Template(enter))
            .chain(inner)
            .chain(leave.map(Piece::Template))
            .collect(),
    })
}

/// Makes the author's chains stop. `whole` says whether nothing of the phase follows the pieces.
fn stop_chains(pieces: &mut [Piece], dialect: Dialect, whole: bool) {
    let user = |piece: &Piece| matches!(piece, Piece::User(..));
    // Most texts have no chain, and to read them all again would cost as much as to lint them.
    if !pieces.iter().any(|piece| user(piece) && piece.text().contains("&&")) {
        return;
    }
    let mut stopper = Stopper::new(dialect);
    let count = pieces.len();
    for (at, piece) in pieces.iter_mut().enumerate() {
        if let Piece::User(_, text) = piece {
            *text = stopper.stopped(text, whole && at + 1 == count);
        }
    }
}

/// The directory below the source in which the phases after `prepare` start.
fn subdir(package: &Package) -> Option<&str> {
    let written = package.build.subdir.as_ref().map(|subdir| subdir.value.as_str());
    written.or_else(|| systems::default_subdir(package.build.system.value)).filter(|&subdir| subdir != ".")
}

fn enter(subdir: Option<&str>) -> String {
    format!("cd \"$work\"/src{}\n", subdir.map(|dir| format!("/{}", quote::word(dir))).unwrap_or_default())
}

/// What the build system runs in a phase; empty for nothing.
fn commands(package: &Package, phase: Phase) -> String {
    let top = subdir(package).map_or(1, |dir| dir.split('/').count() + 1);
    let top = if top == 1 { ".".to_owned() } else { vec![".."; top - 1].join("/") };
    let build = &package.build;
    let [configure, make, install] = [&build.configure, &build.make, &build.install]
        .map(|words| words.iter().map(Text::as_str).collect::<Vec<_>>());
    let context = systems::Context { top: &top, configure: &configure, make: &make, install: &install };
    systems::commands(build.system.value, phase, context)
}

/// Arguments in the spec that no command takes: the build system has none in that phase, or the spec replaces them. That
/// `custom` takes none at all is an error of the spec's, and told with it.
pub fn unused_arguments(package: &Package) -> impl Iterator<Item = Diagnostic> {
    let build = &package.build;
    let system = &build.system;
    let lists: [(&str, &Arguments, Phase); 3] = [
        ("configure", &build.configure, Phase::Configure),
        ("make", &build.make, Phase::Build),
        ("install", &build.install, Phase::Install),
    ];
    lists.into_iter().filter_map(move |(key, words, phase)| {
        let first = words.first()?;
        let message = format!("nothing takes the words of `{key}`");
        let diagnostic = Diagnostic::warning("unused-arguments", message).at(first.place(), "");
        let replaced = package.phases.get(&phase).and_then(|text| text.replace.as_ref());
        if let Some(text) = replaced {
            Some(diagnostic.related(text.place(), format!("this replaces the {phase} commands")))
        } else if system.value != BuildSystem::Custom && commands(package, phase).is_empty() {
            Some(diagnostic.related(system.place, format!("this build system has no {phase} command")))
        } else {
            None
        }
    })
}

/// Renders a template into memory.
pub(crate) fn must_render(template: &impl askama::Template) -> String {
    // Rendering fails only where a value's own formatting fails, and all values here are strings and numbers.
    template.render().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{assert_snapshot, package, project, source, sources, stage, text};
    use crate::model::{RelPath, Unpack};

    fn built(system: BuildSystem, subdir: Option<&str>) -> Package {
        let mut package = package("a", &[]);
        package.build.system.value = system;
        package.build.subdir =
            subdir.map(|dir| crate::source::Spanned::new(RelPath::new(dir).unwrap(), package.name.place));
        package.build.configure = vec![text("--prefix=/usr"), text("it's a $word")];
        package.build.make = vec![text("V=1")];
        package.build.install = vec![text("")];
        package
    }

    /// All that runs, phase by phase.
    fn shown(package: &Package) -> String {
        let recipe = recipe(&project(vec![stage("host", &[])]), package);
        let bodies = recipe.phases.iter().map(|body| {
            let pieces: String = body.pieces.iter().map(Piece::text).collect();
            format!("[{}]\n{pieces}", body.phase)
        });
        bodies.collect()
    }

    #[test]
    fn every_build_system_says_only_what_it_must() {
        let shown: String = SYSTEMS
            .iter()
            .map(|&system| format!("=== {system:?}\n{}", shown(&built(system, None))))
            .collect();
        assert_snapshot("recipe_systems", &shown);
    }

    #[test]
    fn a_build_directory_is_made_in_time_and_knows_the_way_back() {
        let shown = shown(&built(BuildSystem::Autotools, Some("a b/c")));
        assert!(shown.contains("[prepare]\nmkdir -p \"$work\"\ncd \"$work\"\nmkdir src\ncd src\nmkdir -p \"$work\"/src/'a b/c'\n"), "{shown}");
        assert!(shown.contains("cd \"$work\"/src/'a b/c'\n../../configure --prefix=/usr"), "{shown}");
    }

    #[test]
    fn the_first_archive_becomes_the_source_and_others_keep_their_names() {
        let mut package = package("a", &[]);
        let inside = |dir: &str| {
            Unpack::Directory(crate::source::Spanned::new(RelPath::new(dir).unwrap(), package.name.place))
        };
        let only = Unpack::TopDirectory;
        package.sources = vec![
            source("notes.txt", Unpack::No),
            source("a-1.tar.gz", inside("a/b")),
            source("b-1.tar.gz", only.clone()),
            source("c-1.zip", inside(".")),
        ];
        let deep = shown(&package);
        package.sources = vec![source("a b.tar.gz", only)];
        let plain = shown(&package);
        assert_snapshot("recipe_prepare", &format!("{deep}\n{plain}"));
    }

    #[test]
    fn before_and_after_wrap_and_replace_replaces() {
        let mut package = built(BuildSystem::Make, None);
        let phases = [(Phase::Build, None), (Phase::Install, Some("cp a /usr/bin"))];
        for (phase, replace) in phases {
            let [before, after] = ["echo before", "echo after"].map(|line| Some(text(line)));
            package.phases.insert(phase, PhaseText { replace: replace.map(text), before, after });
        }
        let script = script(&sources(), &package, &recipe(&project(vec![stage("host", &[])]), &package));
        assert_snapshot("recipe_script", &script.text);
        let user: Vec<_> = script.user.iter().map(|user| &script.text[user.range.clone()]).collect();
        assert_eq!(user, ["echo before", "echo after", "echo before", "cp a /usr/bin", "echo after"]);
    }

    #[test]
    fn what_the_runner_has_found_goes_before_a_search_path_where_steps_may_run_on_the_machine_itself() {
        let mut package = package("a", &[]);
        for (name, value) in [("PATH", "/usr/bin"), ("CFLAGS", "-O2")] {
            package.build.env.insert(EnvName::new(name).unwrap(), text(value));
        }
        let set = |sandbox, root| {
            let stage = crate::model::Stage { root, ..stage("host", &[]) };
            exports(&recipe(&Project { sandbox, ..project(vec![stage]) }, &package))
        };
        let both = "\nexport CFLAGS=-O2\nexport PATH=/usr/bin\n";
        let preferred = set(SandboxMode::Preferred, RootKind::Host);
        assert_eq!(preferred, format!("{both}PATH=${{LFSGEN_PATH-}}$PATH\n"));
        assert_eq!(set(SandboxMode::Required, RootKind::Host), both);
        assert_eq!(set(SandboxMode::Preferred, RootKind::Composed), both);
    }

    #[test]
    fn words_that_nothing_takes_are_told() {
        let mut package = built(BuildSystem::Make, None);
        package.phases.insert(Phase::Install, PhaseText { replace: Some(text(":")), ..PhaseText::default() });
        let told: Vec<_> = unused_arguments(&package).map(|diagnostic| diagnostic.message).collect();
        assert_eq!(told, ["nothing takes the words of `configure`", "nothing takes the words of `install`"]);
    }

    #[test]
    fn text_that_ends_in_a_backslash_does_not_swallow_the_next_line() {
        let mut package = package("a", &[]);
        package
            .phases
            .insert(Phase::Build, PhaseText { replace: Some(text("echo a \\")), ..PhaseText::default() });
        let script = script(&sources(), &package, &recipe(&project(vec![stage("host", &[])]), &package));
        assert!(script.text.contains("echo a \\\n\n}\n"), "{}", script.text);
    }
}
