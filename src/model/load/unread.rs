//! What was looked for, or lies where specs do, and could not be read as one.

use serde::Serialize;

use super::{file_stem, name_in};
use crate::diag::{Diagnostic, Diagnostics};
use crate::model::RelPath;
use crate::source::{Place, SourceFile, SourceMap, Text};
use crate::spec::{Node, items};

/// A path that is no spec and no folder of specs, relative to the project's root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unread {
    /// The path; a name that is not UTF-8 as well as it can be shown.
    pub path: String,
    /// What keeps it from being read.
    pub why: WhyUnread,
}

/// What keeps a path from being read as what it was taken for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum WhyUnread {
    /// `specs` names it, and there is nothing.
    NoFolder,
    /// `specs` names it, and it is something else than a folder.
    NotAFolder,
    /// It has this text, which looks like a spec's, and another name than a spec has.
    Misnamed(String),
    /// Its name is not UTF-8.
    NameNotText,
    /// It is a link, and leads to nothing.
    LinkToNothing,
    /// It is a device, a pipe or the like.
    NotAFile,
    /// Nobody lets this user read it.
    Closed,
    /// It is one of several links that lead to each other.
    LinkToItself,
}

impl Unread {
    /// The error, at the folder in `lfsgen.yaml` or in the file itself. For a file, also the name of the package that it may have.
    pub(super) fn report(
        &self,
        config: Option<&Node>,
        start: Place,
        sources: &mut SourceMap,
        diagnostics: &mut Diagnostics,
    ) -> Option<String> {
        let path = &self.path;
        let mut file = |text: &str| Place::new(sources.add(SourceFile::new(path.as_str(), text)), 0..0);
        let (error, name) = match &self.why {
            WhyUnread::NoFolder | WhyUnread::NotAFolder => {
                let item = items(config?.get("specs")).iter().find(|item| {
                    let text = item.text().map(Text::as_str);
                    text.is_some_and(|text| RelPath::new(text).is_ok_and(|folder| folder.as_str() == path))
                });
                (self.no_folder(item.map(|item| item.place), start), None)
            }
            WhyUnread::Misnamed(text) => {
                let error =
                    Diagnostic::error("misnamed-spec", format!("`{path}` would not be read as a spec"))
                        .at(file(text), "this looks like one")
                        .help("rename it: the name of a spec ends in `.yaml`");
                (error, text.lines().find_map(name_in))
            }
            WhyUnread::NameNotText => {
                let error =
                    Diagnostic::error("unreadable-file", format!("the name of `{path}` is not UTF-8"))
                        .at(file(""), "")
                        .help("rename it");
                (error, None)
            }
            WhyUnread::LinkToNothing => {
                let message = format!("`{path}` is a link to something that is not there");
                let help = "remove it, or mend where it leads";
                (Diagnostic::error("unreadable-file", message).at(file(""), "").help(help), None)
            }
            WhyUnread::NotAFile => {
                let message = format!("`{path}` is no regular file, so it cannot be a spec");
                let help = "remove it, or give it a name that does not end in `.yaml`";
                (Diagnostic::error("unreadable-file", message).at(file(""), "").help(help), None)
            }
            WhyUnread::Closed => {
                let message = format!("cannot read `{path}`: permission denied");
                let help = "give yourself the right to it";
                (Diagnostic::error("unreadable-file", message).at(file(""), "").help(help), None)
            }
            WhyUnread::LinkToItself => {
                let message = format!("`{path}` is a link that leads back to itself");
                let help = "remove it, or mend where it leads";
                (Diagnostic::error("unreadable-file", message).at(file(""), "").help(help), None)
            }
        };
        let is_file = !matches!(self.why, WhyUnread::NoFolder | WhyUnread::NotAFolder);
        diagnostics.push(error);
        is_file.then(|| name.unwrap_or_else(|| file_stem(path)).to_owned())
    }

    /// What is wrong with a folder that is named there, or nowhere.
    fn no_folder(&self, named: Option<Place>, start: Place) -> Diagnostic {
        let path = &self.path;
        let message = match self.why {
            WhyUnread::NotAFolder => format!("`{path}` is no folder, and specs are looked for in one"),
            _ => format!("there is no folder `{path}`, in which specs are looked for"),
        };
        let error = Diagnostic::error("missing-folder", message);
        match named {
            Some(place) => error.at(place, ""),
            None => error.at(start, "nothing here names another folder: `specs: [FOLDER]`"),
        }
        .help("name the folder that has them, by its path below that of `lfsgen.yaml`, or make this one")
    }
}
