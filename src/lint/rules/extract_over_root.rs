use crate::shell::tree::{Span, Word};

use super::super::call::Layer;
use super::super::danger::{Danger, danger_of};
use super::super::flow::Call;
use super::super::rule::{Report, Scene};
use super::super::words::{Piece, Syntax};
use super::super::writes::words;

/// Options of GNU tar 1.35 that take a value.
const TAR: Syntax = Syntax {
    letters: "fCbTXgFHVIKLN",
    optional: "",
    names: &[("directory", 'C'), ("file", 'f'), ("files-from", 'T'), ("exclude-from", 'X')],
};
/// Options of GNU cpio 2.15 that take a value.
const CPIO: Syntax = Syntax {
    letters: "DEFHIMORC",
    optional: "",
    names: &[("directory", 'D'), ("file", 'F'), ("format", 'H')],
};
/// Options of Info-ZIP unzip 6 that take a value.
const UNZIP: Syntax = Syntax { letters: "dP", optional: "", names: &[] };

/// Where a program that extracts or copies trees is told to put them.
struct Target<'s> {
    /// The option with which names in an archive may be absolute.
    absolute: Option<&'s Word>,
    /// The folder; where the shell stands if there is none.
    folder: Option<Piece<'s>>,
}

pub(super) fn check(call: &Call<'_, '_>, scene: Scene, report: &mut Report<'_>) {
    let Some(Target { absolute, folder }) = target(call.layer) else { return };
    if let Some(word) = absolute {
        let message = "names in the archive may be of any file of the system";
        report.in_text(call.text, word.span, message).help =
            Some("leave the option out: names are then below the folder that is named".to_owned());
    // In a phase that is how files are installed.
    } else if !scene.phase
        && let Some(span) = over_root(call, folder)
    {
        let message = "this writes over whatever the system has of these names";
        report.in_text(call.text, span, message).help =
            Some("extract into a folder of its own, look, and install what is meant".to_owned());
    }
}

fn target<'s>(layer: &Layer<'s>) -> Option<Target<'s>> {
    match layer.name.as_str() {
        "tar" | "bsdtar" | "gtar" => {
            let given = TAR.read(layer);
            // The first word may be letters without a `-`.
            let first = layer.arguments.first();
            let old = |letter: char| {
                first.filter(|word| {
                    let text = word.literal_prefix();
                    !text.starts_with('-') && text.contains(letter)
                })
            };
            let extracts = given.has('x') || old('x').is_some() || layer.has(&["--extract", "--get"]);
            let absolute = given.word('P').or_else(|| old('P')).or_else(|| word(layer, "--absolute-names"));
            extracts.then(|| Target { absolute, folder: given.value('C') })
        }
        "cpio" => {
            let given = CPIO.read(layer);
            let lists = given.has('t') || layer.has(&["--list", "--to-stdout"]);
            let extracts = (given.has('i') || layer.has(&["--extract"])) && !lists;
            let absolute = word(layer, "--absolute-filenames");
            extracts.then(|| Target { absolute, folder: given.value('D') })
        }
        "unzip" => {
            let given = UNZIP.read(layer);
            let lists = ['l', 't', 'p', 'v', 'Z'].iter().any(|letter| given.has(*letter));
            (!lists).then(|| Target { absolute: given.word(':'), folder: given.value('d') })
        }
        "cp" => {
            let given = words(layer)?;
            let trees = ['a', 'r', 'R'].iter().any(|letter| given.has(*letter))
                || layer.has(&["--archive", "--recursive"]);
            let folder = given.value('t').or(given.operands.last().map(|word| Piece::whole(word)))?;
            trees.then_some(Target { absolute: None, folder: Some(folder) })
        }
        _ => None,
    }
}

fn word<'s>(layer: &Layer<'s>, text: &str) -> Option<&'s Word> {
    layer.arguments.iter().find(|word| word.literal().as_deref() == Some(text))
}

/// What says that the folder is, or may be, the root.
fn over_root(call: &Call<'_, '_>, folder: Option<Piece<'_>>) -> Option<Span> {
    let Some(folder) = folder else {
        let dir = call.state.dir().filter(|dir| is_root(dir) && !call.around.function);
        return dir.map(|_| call.layer.head.span);
    };
    let left = match danger_of(folder, call.state) {
        Some(Danger::System(path)) => path,
        Some(Danger::Absolute { left, .. }) => left,
        Some(Danger::Nothing { .. }) | None => return None,
    };
    is_root(&left).then_some(folder.word.span)
}

fn is_root(path: &str) -> bool {
    path.starts_with('/') && path.split('/').all(|part| part.is_empty() || part == ".")
}
