//! Keys: the digest of everything that can change a result, and what that is.
//!
//! [`own`] and [`Parts::with_layers`] name the parts, once. From that one list come the keys of the steps, the key of the
//! package and the explanation in its plan file, so that none of them can know of something that the others miss.
//!
//! What is *not* in a key: comments and order in the YAML, summary, licence and home page, where a source is fetched
//! from, limits, and what the check phase does, because its layer is dropped. In a stage on the host's root, the host's
//! own programs are not in it either: they cannot be named.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use sha2::{Digest as _, Sha256};

use super::file::depends_part;
use super::{Layer, Step};
use crate::model::{Dialect, Digest, Package, PatchOrigin, Phase, Project, RootKind, StageUser};
use crate::recipe::{DEFAULT_ENVIRONMENT, Recipe, skeleton};

/// One thing that can change a result.
struct Part {
    /// The first phase whose result it can change.
    since: Phase,
    name: String,
    value: String,
}

/// Everything that can change a package's results.
#[derive(Default)]
pub(super) struct Parts(Vec<Part>);

/// What becomes of the parts.
pub(super) struct Keys {
    pub(super) steps: Vec<Step>,
    pub(super) package: Digest,
    /// Those that are not the keys of layers.
    pub(super) own_parts: BTreeMap<String, String>,
}

/// What every script has around its phases.
static FRAME: LazyLock<String> = LazyLock::new(|| Digest::of(skeleton(&[]).as_bytes()).to_string());

/// The parts that a package has by itself.
pub(super) fn own(project: &Project, package: &Package, recipe: &Recipe) -> Parts {
    let mut parts = Parts::default();
    let all = Phase::Prepare;
    parts.push(all, "package", package.name.value.as_str());
    parts.push(all, "version", &package.version.value);
    parts.push(all, "target.arch", project.target.arch.name());
    parts.push(all, "target.triplet", &project.target.triplet);
    if let Some(stage) = project.stage(&package.stage.value) {
        let root = match stage.root {
            RootKind::Host => "host",
            RootKind::Composed => "composed",
        };
        let user = match stage.user {
            StageUser::Root => "root",
            StageUser::Builder => "builder",
        };
        parts.push(all, "stage.root", root);
        parts.push(all, "stage.mount", stage.mount.as_str());
        parts.push(all, "stage.user", user);
        parts.push(all, "stage.network", if stage.network { "true" } else { "false" });
    }
    let shell = match package.dialect {
        Dialect::Bash => "bash",
        Dialect::Posix => "posix",
    };
    parts.push(all, "script.shell", shell);
    parts.push(all, "script.frame", &*FRAME);
    for (name, value) in DEFAULT_ENVIRONMENT {
        if !recipe.environment.keys().any(|given| given.as_str() == name) {
            parts.push(all, format!("env.{name}"), value);
        }
    }
    for (name, value) in &recipe.environment {
        parts.push(all, format!("env.{name}"), value);
    }
    for source in package.fetched() {
        let digest =
            source.sha256.as_ref().map_or_else(|| "unknown".to_owned(), |known| known.value.to_string());
        parts.push(Phase::Fetch, format!("source.{}", source.file_name), digest);
    }
    for patch in &package.patches {
        if let PatchOrigin::File { sha256, .. } = &patch.origin {
            parts.push(all, format!("file.{}", patch.file_name()), sha256.to_string());
        }
    }
    for body in &recipe.phases {
        let mut hash = Sha256::new();
        body.pieces.iter().for_each(|piece| feed(&mut hash, piece.text()));
        parts.push(body.phase, format!("phase.{}", body.phase), Digest(hash.finalize().into()).to_string());
    }
    for name in &package.expected_failures {
        parts.push(Phase::Check, format!("expected-failure.{}", name.value), "");
    }
    parts
}

impl Parts {
    fn push(&mut self, since: Phase, name: impl Into<String>, value: impl Into<String>) {
        self.0.push(Part { since, name: name.into(), value: value.into() });
    }

    /// Adds what lies in the root, and makes the keys.
    pub(super) fn with_layers(mut self, phases: &[Phase], layers: &[Layer], check: &[Layer]) -> Keys {
        self.sort();
        let (own, _) = self.digests(phases);
        let lasting = self.0.iter().filter(|part| part.since != Phase::Check);
        let own_parts = lasting.map(|part| (part.name.clone(), part.value.clone())).collect();
        for layer in layers {
            let (name, value) = depends_part(&layer.package, &layer.key);
            self.push(Phase::Prepare, name, value);
        }
        for layer in check {
            self.push(Phase::Check, format!("check-depends.{}", layer.package), layer.key.to_string());
        }
        self.sort();
        let (all, package) = self.digests(phases);
        let steps = all.into_iter().zip(own).map(|((phase, key), (_, own))| Step { phase, key, own });
        Keys { steps: steps.collect(), package, own_parts }
    }

    fn sort(&mut self) {
        self.0.sort_by(|a, b| (a.since, &a.name).cmp(&(b.since, &b.name)));
    }

    /// The digest of everything up to each of these phases, and up to the artifact.
    fn digests(&self, phases: &[Phase]) -> (Vec<(Phase, Digest)>, Digest) {
        let mut hash = Sha256::new();
        let mut steps = Vec::new();
        for phase in Phase::ALL {
            let before = hash.clone();
            for part in self.0.iter().filter(|part| part.since == phase) {
                feed(&mut hash, &part.name);
                feed(&mut hash, &part.value);
            }
            if phases.contains(&phase) {
                steps.push((phase, Digest(hash.clone().finalize().into())));
            }
            if phase == Phase::Check {
                hash = before;
            }
        }
        (steps, Digest(hash.finalize().into()))
    }
}

/// Adds text so that no two lists of texts add the same bytes.
fn feed(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_le_bytes());
    hash.update(text);
}
