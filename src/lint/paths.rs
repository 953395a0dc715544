//! What paths a word of a command stands for, as far as that is written down.

use crate::shell::tree::{Operation, Parameter, Part, PartKind, Word};

use super::state::State;

/// Folders in which everybody may make files (FHS 3.0, 3.18 and 5.15; shm_overview(7)).
pub(super) const SHARED: [&str; 3] = ["/tmp/", "/var/tmp/", "/dev/shm/"];

/// How many paths one word may stand for. `{1..1000}` is not looked into.
const MOST_PATHS: usize = 64;

/// How many braces one word may have; each is looked for in all that is left of the word.
const MOST_BRACES: usize = 64;

/// The paths that a word stands for after variables and braces are expanded, unless something in it is not known. File
/// names are not looked up: what matches them stays as it is, with a backslash before what is no pattern (POSIX.1-2024,
/// Shell, 2.14).
pub(super) fn paths(word: &Word, state: &State) -> Option<Vec<String>> {
    let mut pattern = String::new();
    let mut braces = String::new();
    for part in &word.parts {
        match &part.kind {
            PartKind::Literal(text) => push(&mut pattern, &mut braces, text, part),
            PartKind::Parameter(parameter) => {
                let texts = values(parameter, state)?;
                let [first, others @ ..] = texts.as_slice() else { return None };
                // As if they stood in braces, of which nobody wrote those of the text.
                let several = !others.is_empty();
                if several {
                    open(&mut pattern, &mut braces, '{');
                }
                push(&mut pattern, &mut braces, first, part);
                for text in others {
                    open(&mut pattern, &mut braces, ',');
                    push(&mut pattern, &mut braces, text, part);
                }
                if several {
                    open(&mut pattern, &mut braces, '}');
                }
            }
            _ => return None,
        }
    }
    if braces.bytes().filter(|&byte| byte == b'{').count() > MOST_BRACES {
        return None;
    }
    let mut expanded = Vec::new();
    expand(&pattern, &braces, &mut expanded);
    Some(expanded)
}

/// The values that a parameter may have: its own, those of a loop, or what is written for where it has none.
fn values(parameter: &Parameter, state: &State) -> Option<Vec<String>> {
    let known = || match (state.value(&parameter.name), state.one_of(&parameter.name)) {
        (Some(value), _) => Some(vec![value.to_owned()]),
        (None, Some(values)) => Some(values.to_vec()),
        (None, None) => None,
    };
    match parameter.operation {
        Operation::Value | Operation::Require { .. } => known(),
        Operation::Default { .. } | Operation::Assign { .. } => known().or_else(|| {
            let written = parameter.word.iter().map(Part::literal).collect::<Option<String>>();
            // `${x:-}` only says that it may be empty.
            written.filter(|text| !text.is_empty()).map(|text| vec![text])
        }),
        _ => None,
    }
}

fn open(pattern: &mut String, braces: &mut String, character: char) {
    pattern.push(character);
    braces.push(character);
}

/// Adds text to a pattern, and to the same text with `x` for every brace and comma that is quoted or came from a variable.
fn push(pattern: &mut String, braces: &mut String, text: &str, part: &Part) {
    let written = part.literal().is_some() && !part.quoted;
    for character in text.chars() {
        if part.quoted && matches!(character, '*' | '?' | '[' | '\\') {
            pattern.push('\\');
            braces.push('x');
        }
        pattern.push(character);
        let is_brace = matches!(character, '{' | ',' | '}');
        // As many bytes as in the pattern, so that offsets in one hold in the other.
        match character.len_utf8() {
            1 if !is_brace || written => braces.push(character),
            length => braces.extend(std::iter::repeat_n('x', length)),
        }
    }
}

/// Expands the first `{a,b}`, and what is left of it (bash(1), Brace Expansion).
fn expand(pattern: &str, braces: &str, into: &mut Vec<String>) {
    if into.len() >= MOST_PATHS {
        return;
    }
    let Some((open, commas, close)) = first_braces(braces) else {
        into.push(pattern.to_owned());
        return;
    };
    let mut start = open + 1;
    for end in commas.into_iter().chain([close]) {
        let joined = |text: &str| [&text[..open], &text[start..end], &text[close + 1..]].concat();
        expand(&joined(pattern), &joined(braces), into);
        start = end + 1;
    }
}

/// The first braces with a comma between them: where they open, the commas of their own, and where they close.
fn first_braces(text: &str) -> Option<(usize, Vec<usize>, usize)> {
    text.match_indices('{').find_map(|(open, _)| {
        let (mut depth, mut commas) = (0_usize, Vec::new());
        for (at, character) in text[open..].char_indices() {
            match character {
                '{' => depth += 1,
                ',' if depth == 1 => commas.push(open + at),
                '}' if depth == 1 => return (!commas.is_empty()).then_some((open, commas, open + at)),
                '}' => depth -= 1,
                _ => {}
            }
        }
        None
    })
}

/// The components of a path without `.`, `..` and doubled slashes, seen from `dir` where it is relative; nothing where it
/// is not known where that is.
pub(super) fn components<'p>(path: &'p str, dir: Option<&'p str>) -> Option<Vec<&'p str>> {
    let from = if path.starts_with('/') { "" } else { dir.filter(|dir| dir.starts_with('/'))? };
    let mut components = Vec::new();
    for component in from.split('/').chain(path.split('/')) {
        match component {
            "" | "." => {}
            // Above `/` is `/` (POSIX.1-2024, Base Definitions, 4.16).
            ".." => drop(components.pop()),
            other => components.push(other),
        }
    }
    Some(components)
}

/// Whether a component of a path may match a name. A class `[…]` counts as any one character.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => name.is_empty(),
        Some('*') => {
            let after = rest.as_str().trim_start_matches('*');
            name.char_indices().map(|(at, _)| at).chain([name.len()]).any(|at| matches(after, &name[at..]))
        }
        Some('?') => after_first(name).is_some_and(|name| matches(rest.as_str(), name)),
        Some('[') if rest.as_str().contains(']') => {
            // A `]` that comes first stands for itself.
            let inside = rest.as_str();
            let close = inside.char_indices().skip(1).find(|(_, c)| *c == ']').map(|(at, _)| at + 1);
            let after = close.map_or("", |close| &inside[close..]);
            after_first(name).is_some_and(|name| matches(after, name))
        }
        Some(first) => {
            let (first, rest) =
                if first == '\\' { (rest.next(), rest.as_str()) } else { (Some(first), rest.as_str()) };
            first.is_some_and(|first| name.strip_prefix(first).is_some_and(|name| matches(rest, name)))
        }
    }
}

fn after_first(name: &str) -> Option<&str> {
    name.chars().next().map(|first| &name[first.len_utf8()..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Dialect;
    use crate::shell::parse;
    use crate::shell::tree::Command;

    /// What the words after a command's name stand for.
    fn shown(script: &str) -> String {
        let parsed = parse(script, Dialect::Bash);
        let [Command::Simple(simple)] = parsed.statements[0].first.commands.as_slice() else { panic!() };
        let state = State::with([("x".to_owned(), Some("/a,b".to_owned()))]);
        let words = simple.words[1..].iter().map(|word| match paths(word, &state) {
            Some(paths) => paths.join(" "),
            None => "unknown".to_owned(),
        });
        words.collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn braces_and_known_variables_are_expanded_and_nothing_else_is() {
        for (script, wanted) in [
            ("rm /usr/{lib,bin}", "/usr/lib /usr/bin"),
            ("rm {a,b{c,d}}e", "ae bce bde"),
            ("rm {/usr,}{1,2}", "/usr1 /usr2 1 2"),
            ("rm \"{a,b}\" {a\",\"b} {a} {}", "{a,b} | {a,b} | {a} | {}"),
            ("rm {$x,c}", "/a,b c"),
            ("rm $x/y ${y:-/usr} ${y:-$z} ${y:-} $y", "/a,b/y | /usr | unknown | unknown | unknown"),
            ("rm /us* '/us*' /ü{a,b}", "/us* | /us\\* | /üa /üb"),
        ] {
            assert_eq!(shown(script), wanted, "{script}");
        }
        assert!(shown("rm {a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}").split(' ').count() <= MOST_PATHS);
    }

    #[test]
    fn a_word_of_nothing_but_braces_is_left_alone() {
        assert_eq!(shown(&format!("rm {}", "{".repeat(50_000))), "unknown");
        assert_eq!(shown(&format!("rm {}", "{a,b}".repeat(50_000))), "unknown");
    }

    #[test]
    fn a_path_is_seen_from_where_the_shell_is() {
        for (path, dir, wanted) in [
            ("/usr//lib/../bin/.", None, Some("usr/bin")),
            ("../..", Some("/usr"), Some("")),
            ("*", Some("/usr"), Some("usr/*")),
            ("*", Some("src"), None),
            ("a", None, None),
        ] {
            assert_eq!(components(path, dir).map(|parts| parts.join("/")).as_deref(), wanted, "{path}");
        }
    }

    #[test]
    fn patterns_match_as_the_shell_matches_them() {
        for (pattern, name, wanted) in [
            ("*", "usr", true),
            ("us?", "usr", true),
            ("us[a-z]", "usr", true),
            ("us[]r]x", "usrx", true),
            ("u*r*", "usr", true),
            ("u*x", "usr", false),
            ("\\*", "usr", false),
            ("\\*", "*", true),
            ("[", "[", true),
            ("", "usr", false),
        ] {
            assert_eq!(matches(pattern, name), wanted, "{pattern} {name}");
        }
    }
}
