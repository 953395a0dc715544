//! The patches that a package has from the one that it extends.
//!
//! A list in a spec replaces the one there, so who adds a patch to such a package has to write the others too. That is read from
//! the specs as they are now; what is wrong with them is for `lint` to say.

use std::path::Path;

use super::super::place::Place;
use crate::host::files;
use crate::model::PackageName;
use crate::plan::{paths, read};
use crate::run::Inherited;
use crate::source::FileId;
use crate::spec::{Kind, Node, SpecDoc, items, read_spec};

/// The list that a list of the package's own would replace; none where it has one, or inherits none.
pub(super) fn patches(place: &Place, package: &PackageName) -> Option<Inherited> {
    let own = Spec::of(place, package)?;
    let mut spec = Spec { path: own.path.clone(), text: own.text.clone(), tree: own.tree.clone() };
    // A circle has no package, and so no plan; but the specs may have changed since.
    for _ in 0..100 {
        if spec.has_patches() {
            break;
        }
        let base = PackageName::new(spec.tree.get("extends")?.text()?.as_str()).ok()?;
        spec = Spec::of(place, &base)?;
    }
    let list = items(spec.tree.get("patches"));
    if own.has_patches() || list.is_empty() {
        return None;
    }
    let folder = |spec: &Spec| Path::new(&spec.path).parent().map(Path::to_owned);
    let elsewhere = folder(&own) != folder(&spec);
    let files = list.iter().filter(|item| elsewhere && item.get("url").is_none());
    let files = files.filter_map(|item| Some(item.get("file")?.text()?.as_str().to_owned())).collect();
    let lines: Option<Vec<String>> = list.iter().map(|item| spec.lines(item)).collect();
    Some(Inherited { spec: spec.path, lines: lines.map(|lines| lines.concat()), files })
}

/// A spec that some package was made from.
struct Spec {
    path: String,
    text: String,
    tree: Node,
}

impl Spec {
    fn of(place: &Place, package: &PackageName) -> Option<Self> {
        let plan = files::read(&place.output.join(paths::plan_file(package))).ok()?;
        let path = read::package(&plan).ok()?.spec;
        let text = String::from_utf8(files::read(&place.root.join(&path)).ok()?).ok()?;
        let SpecDoc(tree) = read_spec(FileId(0), &text).0?;
        Some(Self { path, text, tree })
    }

    /// Whether it has a list, for some platforms at least.
    fn has_patches(&self) -> bool {
        let elsewhere = items(self.tree.get("platform")).iter();
        std::iter::once(&self.tree).chain(elsewhere).any(|tree| tree.get("patches").is_some())
    }

    /// An entry of a list as block YAML, with values as they are written; nothing where one has several lines.
    fn lines(&self, item: &Node) -> Option<String> {
        let Kind::Map(entries) = &item.kind else { return None };
        let mut lines = String::new();
        for entry in entries {
            let value = self.text.get(entry.value.place.range()).filter(|value| !value.contains('\n'))?;
            let begin = if lines.is_empty() { "  - " } else { "    " };
            lines.push_str(&format!("{begin}{}: {value}\n", entry.key.value));
        }
        Some(lines)
    }
}
