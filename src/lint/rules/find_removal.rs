use crate::shell::tree::{Command, Word};

use super::super::call::layers;
use super::super::danger::{Danger, danger, empty, require};
use super::super::flow::Call;
use super::super::rule::{Report, Scene};

/// Tests of `find` that choose by more than kind and depth (POSIX.1-2024, find; findutils 4.10).
const CHOOSES: [&str; 24] = [
    "-name",
    "-iname",
    "-path",
    "-ipath",
    "-wholename",
    "-regex",
    "-iregex",
    "-lname",
    "-newer",
    "-mtime",
    "-mmin",
    "-atime",
    "-amin",
    "-ctime",
    "-cmin",
    "-user",
    "-group",
    "-nouser",
    "-nogroup",
    "-empty",
    "-size",
    "-perm",
    "-samefile",
    "-inum",
];

/// Programs that print names of files, with the options with which they end each with a null byte.
const LISTERS: [(&str, &[&str]); 5] = [
    ("find", &["-print0", "-fprint0", "-printf"]),
    ("ls", &["--zero"]),
    ("grep", &["-Z", "--null", "-lZ", "-rlZ", "-lrZ"]),
    ("locate", &["-0", "--null"]),
    ("fd", &["-0", "--print0"]),
];

pub(super) fn check(call: &Call<'_, '_>, _: Scene, report: &mut Report<'_>) {
    match call.layer.name.as_str() {
        "find" => from_folders(call, report),
        "xargs" => from_list(call, report),
        _ => {}
    }
}

/// `find … -delete`
fn from_folders(call: &Call<'_, '_>, report: &mut Report<'_>) {
    let layer = call.layer;
    let removes = layer.arguments.windows(2).any(|pair| {
        pair[0].literal().is_some_and(|text| ["-exec", "-execdir"].contains(&&*text)) && is_rm(&pair[1])
    });
    let (commands, at) = call.pipeline;
    let removes_list = commands.get(at + 1).is_some_and(|after| match after {
        Command::Simple(simple) => {
            let programs = layers(&simple.words, call.state);
            programs.first().is_some_and(|layer| layer.name == "xargs" && layer.arguments.iter().any(is_rm))
        }
        _ => false,
    });
    if !removes && !removes_list && !layer.has(&["-delete"]) {
        return;
    }
    let chooses = layer.has(&CHOOSES);
    let starts = layer.arguments.iter().skip_while(|word| {
        word.literal().is_some_and(|text| ["-H", "-L", "-P"].contains(&&*text) || text.starts_with("-O"))
    });
    let starts = starts.take_while(|word| !word.literal_prefix().starts_with(['-', '(', '!']));
    for word in starts {
        match danger(word, call.state) {
            Some(Danger::System(path)) if !chooses => {
                let message = format!("this removes what the system has in `{path}`");
                report.in_text(call.text, word.span, message).help =
                    Some("say which files are meant, with `-name` or the like".to_owned());
            }
            Some(Danger::Absolute { variables, left }) => {
                let message = format!("this removes files in `{left}` where {}", empty(&variables));
                report.in_text(call.text, word.span, message).help = Some(require(&variables));
            }
            // A quoted word that is empty is an error of `find`; one that vanishes is where the shell is.
            Some(Danger::Nothing { variables }) if word.is_bare() => {
                let message = format!("this removes files in the current folder where {}", empty(&variables));
                report.in_text(call.text, word.span, message).help = Some(require(&variables));
            }
            _ => {}
        }
    }
}

/// `find … | xargs rm`
fn from_list(call: &Call<'_, '_>, report: &mut Report<'_>) {
    let layer = call.layer;
    let separated = ["-0", "-d", "-I", "--null", "--delimiter"];
    let options = layer.arguments.iter().map(Word::literal_prefix).take_while(|text| text.starts_with('-'));
    let splits = options.into_iter().all(|text| {
        let letters = !text.starts_with("--") && text.contains('0');
        !letters && !separated.iter().any(|option| text.starts_with(option))
    });
    let (commands, at) = call.pipeline;
    if !splits || at == 0 || !layer.arguments.iter().any(is_rm) {
        return;
    }
    let Command::Simple(simple) = &commands[at - 1] else { return };
    let programs = layers(&simple.words, call.state);
    let Some((lister, nulls)) =
        programs.first().and_then(|layer| LISTERS.iter().find(|(name, _)| *name == layer.name))
    else {
        return;
    };
    if programs.first().is_some_and(|layer| layer.has(nulls)) {
        return;
    }
    let message = format!("`xargs` splits the names that `{lister}` prints at blanks and quotes");
    let finding = report.in_text(call.text, layer.head.span, message);
    finding.notes.push("a name such as `a /usr` makes `rm` remove what nobody listed".to_owned());
    finding.help = Some(match *lister {
        "find" => "write `find … -exec rm … {} +`, `-delete`, or `-print0` with `xargs -0`".to_owned(),
        _ => "let names end with a null byte, and write `xargs -0`".to_owned(),
    });
}

fn is_rm(word: &Word) -> bool {
    word.literal().is_some_and(|text| matches!(&*text, "rm" | "unlink" | "/bin/rm" | "/usr/bin/rm"))
}
