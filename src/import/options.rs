//! What the reader of the book has to fill in, as options of a spec.

use crate::model::escaped;

/// An option of a spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Opt {
    pub(super) name: String,
    /// What it may be, if that is known.
    pub(super) choices: &'static [&'static str],
    pub(super) default: String,
    pub(super) summary: &'static str,
    /// The placeholder that it stands for.
    text: String,
}

/// What a placeholder becomes.
pub(super) enum Filled {
    Text(String),
    Option {
        name: String,
        /// What a person should know of it, and do; nothing the second time.
        told: Option<(String, String)>,
    },
}

/// A placeholder that we know.
struct Known {
    /// Its text, without the angle brackets.
    text: &'static str,
    /// What stands before it.
    behind: &'static str,
    name: &'static str,
    choices: &'static [&'static str],
    default: &'static str,
    summary: &'static str,
}

/// The placeholders of the book that have to be filled in for a package to be built.
const KNOWN: [Known; 2] = [
    Known {
        text: "paper_size",
        behind: "PAGE=",
        name: "paper-size",
        choices: &["A4", "letter"],
        default: "A4",
        summary: "Paper that documents are printed on",
    },
    Known {
        text: "xxx",
        behind: "/usr/share/zoneinfo/",
        name: "time-zone",
        choices: &[],
        default: "UTC",
        summary: "Time zone of the system, such as Europe/Paris",
    },
];

/// The default of an option for which nothing can be assumed. Lint finds it.
const NOTHING: &str = "CHANGEME";

/// What a placeholder becomes, behind the text `before`.
pub(super) fn fill(placeholder: &str, before: &str, options: &mut Vec<Opt>) -> Filled {
    // The number of processors is the budget's to say.
    if placeholder.contains("$(nproc)") {
        return Filled::Text(escaped(placeholder).replace("$(nproc)", "%{jobs}"));
    }
    let bare = placeholder.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    let known = KNOWN.iter().find(|known| bare == Some(known.text) && before.ends_with(known.behind));
    let name = known.map_or_else(|| name(bare.unwrap_or(placeholder)), |known| known.name.to_owned());
    if options.iter().any(|option| option.name == name && option.text == placeholder) {
        return Filled::Option { name, told: None };
    }
    let taken = options
        .iter()
        .filter(|option| option.name == name || option.name.starts_with(&format!("{name}-")))
        .count();
    let name = if taken > 0 { format!("{name}-{}", taken + 1) } else { name };
    // A text in angle brackets only describes what belongs there; any other is a value.
    let assumed = if bare.is_some() { NOTHING.to_owned() } else { placeholder.replace(['\n', '\r'], " ") };
    let default = known.map_or(assumed, |known| known.default.to_owned());
    let help = format!("set it in `lfsgen.yaml`: `options: {{ {name}: … }}`");
    let message = if default == NOTHING {
        format!(
            "`{placeholder}` is for you to fill in, and nothing can be built with the default of the option `{name}`"
        )
    } else {
        format!("`{placeholder}` is for you to fill in, and the option `{name}` is `{default}` until you do")
    };
    options.push(Opt {
        name: name.clone(),
        choices: known.map_or(&[], |known| known.choices),
        default,
        summary: known.map_or("What the book leaves to its reader", |known| known.summary),
        text: placeholder.to_owned(),
    });
    Filled::Option { name, told: Some((message, help)) }
}

/// A name for an option, from the words of a placeholder.
fn name(words: &str) -> String {
    let mut name = String::new();
    for c in words.chars().take(40) {
        if c.is_ascii_alphanumeric() {
            name.push(c.to_ascii_lowercase());
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    let name = name.trim_matches('-');
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.to_owned()
    } else {
        format!("value-{name}").trim_matches('-').to_owned()
    }
}
