//! Which packages need which, without circles.

use std::collections::{BTreeMap, BTreeSet};

use super::page::{Need, Page};
use crate::diag::{Diagnostic, Diagnostics};

/// Chapters that stand for all packages in them, where a page needs them.
const WHOLE: [&str; 1] = ["x-window-system"];

/// Pages that tell how to set what we set.
const SETTINGS: [&str; 3] = ["xorg-env", "kf6-intro", "tex-path"];

/// Programs that add to a file which all who run them share, such as `/etc/xml/catalog`.
const REGISTRARS: [&str; 2] = ["xmlcatalog", "install-catalog"];

/// What packages need, by their numbers.
pub(super) struct Needs {
    /// In the order of the pages.
    of: Vec<BTreeSet<usize>>,
    /// What was left out to break circles: who needs whom.
    broken: Vec<(usize, usize, Need)>,
    /// What is no package.
    missing: Vec<(usize, Need)>,
    /// What another does for.
    spared: Vec<(usize, Need)>,
}

impl Needs {
    /// Finds the packages that pages need. `made` says which pages are packages. Where packages need each other, the book's
    /// order is one in which they can be built all the same: what is required counts more than what is recommended, and
    /// both more than what is needed to use a package alone.
    pub(super) fn find(pages: &[Page], made: impl Fn(usize) -> bool) -> Self {
        let mut ids = BTreeMap::<&str, Vec<usize>>::new();
        for (at, page) in pages.iter().enumerate() {
            let chapters = page.within.iter().map(String::as_str).filter(|id| WHOLE.contains(id));
            for id in chapters.chain([page.id.as_str()]) {
                ids.entry(id).or_default().push(at);
            }
        }
        let mut needs = Self {
            of: vec![BTreeSet::new(); pages.len()],
            broken: Vec::new(),
            missing: Vec::new(),
            spared: Vec::new(),
        };
        let find = |need: &Need| {
            let found = ids.get(need.id.as_str()).into_iter().flatten().copied();
            found.filter(|other| made(*other)).collect::<Vec<_>>()
        };
        let mut all = Vec::new();
        for (at, page) in pages.iter().enumerate().filter(|(at, _)| made(*at)) {
            let mut done = false;
            for need in page.needs.iter().filter(|need| !SETTINGS.contains(&need.id.as_str())) {
                let found = find(need);
                if need.instead && done {
                    needs.spared.push((at, need.clone()));
                    continue;
                }
                done = !found.is_empty();
                if !done {
                    needs.missing.push((at, need.clone()));
                }
                all.extend(found.into_iter().map(|other| (at, other, need)));
            }
        }
        all.sort_by_key(|(_, _, need)| (need.runtime, !need.required));
        all.into_iter().for_each(|(at, other, need)| needs.add(at, other, need));
        for registrar in REGISTRARS {
            needs.in_turn(pages, |at, page| made(at) && page.runs(registrar));
        }
        needs
    }

    /// Has each of these packages need the one before it. Its artifact has the whole of the file to which it adds, so that what the others
    /// add has to be in that already.
    fn in_turn(&mut self, pages: &[Page], is: impl Fn(usize, &Page) -> bool) {
        let those: Vec<_> = pages.iter().enumerate().filter(|(at, page)| is(*at, page)).collect();
        for pair in those.windows(2) {
            let [(before, other), (at, page)] = pair else { continue };
            let id = other.id.clone();
            let need = Need { id, place: page.place, required: false, runtime: false, instead: false };
            self.add(*at, *before, &need);
        }
    }

    fn add(&mut self, at: usize, other: usize, need: &Need) {
        if at == other || self.of.get(at).is_some_and(|of| of.contains(&other)) {
            return;
        }
        if self.reach([other]).contains(&at) {
            self.broken.push((at, other, need.clone()));
        } else if let Some(of) = self.of.get_mut(at) {
            of.insert(other);
        }
    }

    /// These packages and all that they need.
    pub(super) fn reach(&self, from: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        let mut reached = BTreeSet::new();
        let mut left: Vec<_> = from.into_iter().collect();
        while let Some(at) = left.pop() {
            if reached.insert(at) {
                left.extend(self.of.get(at).into_iter().flatten());
            }
        }
        reached
    }

    /// What a package needs.
    pub(super) fn of(&self, at: usize) -> impl Iterator<Item = usize> {
        self.of.get(at).into_iter().flatten().copied()
    }

    /// Tells of what these packages need and do not get.
    pub(super) fn tell(&self, pages: &[Page], wanted: &BTreeSet<usize>, told: &mut Diagnostics) {
        let id = |at: usize| pages.get(at).map(|page| page.id.to_lowercase()).unwrap_or_default();
        for (at, other, need) in self.broken.iter().filter(|(at, ..)| wanted.contains(at)) {
            let message =
                format!("`{}` does not declare that it needs `{}`, which needs it too", id(*at), id(*other));
            let warning = Diagnostic::warning("book-circle", message).at(need.place, "");
            let help = if need.runtime {
                "build both if you use it"
            } else {
                "it is built without the other; a second spec of it, which needs the other, has all"
            };
            told.push(warning.help(help));
        }
        for (at, need) in self.spared.iter().filter(|(at, _)| wanted.contains(at)) {
            let message =
                format!("left out `{}` of what `{}` needs: the one before it does", need.id, id(*at));
            told.push(Diagnostic::note_level("book-left-out", message).at(need.place, ""));
        }
        for (at, need) in self.missing.iter().filter(|(at, _)| wanted.contains(at)) {
            let message = format!("`{}` needs `{}`, which is no package that was imported", id(*at), need.id);
            let warning = Diagnostic::warning("book-choice", message).at(need.place, "");
            told.push(warning.help("see what the page means, and write a spec of it if you need it"));
        }
    }
}
