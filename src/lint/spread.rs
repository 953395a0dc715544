//! The words that a command's words become: those of an array, of a value with blanks, of braces around the whole command.

use std::borrow::Cow;

use crate::shell::tree::{Operation, Parameter, Part, PartKind, Word};

use super::paths::paths;
use super::state::State;

/// How many words one may become. Whoever writes more down for one command builds a list of files.
pub(super) const MOST_WORDS: usize = 64;

/// The words of a command after the shell has expanded those that become several, or an option, and are written down.
/// They stand where the word stood that they come from. What becomes one word stays a word with its variable in it.
pub(super) fn spread<'s>(words: &'s [Word], state: &State) -> Cow<'s, [Word]> {
    if words.iter().enumerate().all(|(at, word)| becomes(at, word, state).is_none()) {
        return Cow::Borrowed(words);
    }
    let texts = words.iter().enumerate().flat_map(|(at, word)| match becomes(at, word, state) {
        Some(texts) => texts.into_iter().map(|text| literal(text, word)).collect(),
        None => vec![word.clone()],
    });
    Cow::Owned(texts.collect())
}

fn literal(text: String, of: &Word) -> Word {
    let quoted = of.parts.iter().all(|part| part.quoted);
    Word { parts: vec![Part { kind: PartKind::Literal(text), quoted, span: of.span }], span: of.span }
}

/// What a word becomes, where that is not one word like it.
fn becomes(at: usize, word: &Word, state: &State) -> Option<Vec<String>> {
    let [part] = word.parts.as_slice() else { return None };
    match &part.kind {
        // Further on, rules that look at paths expand them.
        PartKind::Literal(text) if at == 0 && !part.quoted && text.starts_with('{') => {
            paths(word, state).filter(|texts| texts.len() > 1 && texts.len() <= MOST_WORDS)
        }
        PartKind::Parameter(parameter) => of_parameter(parameter, part.quoted, state),
        _ => None,
    }
}

fn of_parameter(parameter: &Parameter, quoted: bool, state: &State) -> Option<Vec<String>> {
    let Parameter { name, operation, word } = parameter;
    let subscript = match operation {
        Operation::Value => None,
        // `${!x[@]}` and the like have a name that nobody sets.
        Operation::Other => Some(word.iter().map(Part::literal).collect::<Option<String>>()?),
        _ => return None,
    };
    let texts: Vec<&str> = match subscript.as_deref() {
        Some("@" | "*") => state.list(name)?.iter().map(String::as_str).collect(),
        Some(index) => vec![state.list(name)?.get(index.parse::<usize>().ok()?)?],
        None if name == "@" || name == "*" => state.list("@")?.iter().map(String::as_str).collect(),
        None => {
            let value = state.value(name)?;
            // One that is no option is read by those who ask for it, with its variable.
            let is_several = !quoted && value.contains([' ', '\t', '\n']);
            (is_several || value.starts_with('-')).then_some(vec![value])?
        }
    };
    // What splits words elsewhere than at blanks may be anything.
    if !quoted && state.overview().sets("IFS") {
        return None;
    }
    let split = |text| -> Vec<&str> {
        if quoted { vec![text] } else { str::split_whitespace(text).take(MOST_WORDS + 1).collect() }
    };
    let texts: Vec<&str> = texts.into_iter().flat_map(split).take(MOST_WORDS + 1).collect();
    (texts.len() <= MOST_WORDS).then(|| texts.into_iter().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use crate::lint::testing::{found_by, lint_of};

    #[test]
    fn a_command_in_a_variable_is_the_command() {
        for (script, at) in [
            ("c='chmod u+s /bin/x'; $c", "$c"),
            ("c='sudo chmod u+s'; $c /bin/x", "$c"),
            ("c=(chmod u+s /bin/x); \"${c[@]}\"", "\"${c[@]}\""),
            ("c=(chmod); c+=(u+s); ${c[*]} /bin/x", "${c[*]}"),
            ("c=(a chmod); ${c[1]} u+s /bin/x", "u+s"),
            ("set -- chmod u+s /bin/x; \"$@\"", "\"$@\""),
            ("set -- u+s /bin/x; chmod $*", "$*"),
            ("{chmod,u+s,/bin/x}", "{chmod,u+s,/bin/x}"),
        ] {
            assert_eq!(found_by("setuid-file", script), [at], "{script}");
        }
        for script in ["o=-rf; rm $o /usr", "o='-r -f'; rm $o /usr", "o=(-rf --); rm \"${o[@]}\" /usr"] {
            assert_eq!(found_by("recursive-remove", script), ["/usr"], "{script}");
        }
    }

    #[test]
    fn what_may_be_another_is_none() {
        for script in [
            "c='chmod u+s /bin/x'; \"$c\"",
            "c='chmod u+s /bin/x'; [ $a ] && c=true; $c",
            "c=(chmod u+s /bin/x); c[1]=0755; \"${c[@]}\"",
            "set -- chmod u+s /bin/x; shift; \"$@\"",
            "set -- chmod u+s; f() { \"$@\" x; }",
            "IFS=,; c='chmod u+s /bin/x'; $c",
            "c=(chmod u+s /bin/x); read -ra c; \"${c[@]}\"",
        ] {
            assert!(found_by("setuid-file", script).is_empty(), "{script}");
        }
    }

    #[test]
    fn what_a_function_hands_on_is_run_where_it_is_called() {
        for script in [
            "run() { \"$@\"; }; run chmod u+s /bin/x",
            "run() { echo \"+ $*\"; \"$@\" || exit; }; run chmod u+s /bin/x",
            "step() { local name=$1; shift; nice \"$@\"; }; step a chmod u+s /bin/x",
            "f() { chmod \"$@\"; }; f u+s /bin/x",
            "function f { if a; then chmod u+s $@; fi; }; f /bin/x",
            "f() { chmod \"$@\"; }; a=(u+s /bin/x); f \"${a[@]}\"",
        ] {
            assert!(!found_by("setuid-file", script).is_empty(), "{script}");
        }
        for script in [
            "f() { echo chmod \"$@\"; }; f u+s /bin/x",
            "f() { f \"$@\"; }; f chmod u+s /bin/x",
            "f() { shift 9; \"$@\"; }; f chmod u+s /bin/x",
        ] {
            assert!(found_by("setuid-file", script).is_empty(), "{script}");
        }
    }

    #[test]
    fn what_is_made_of_a_variable_is_not_mended_at_its_place() {
        let fixes = |script| lint_of(script).iter().map(|finding| finding.fixes.len()).sum::<usize>();
        assert_eq!(fixes("rm -r \"$x/b\""), 1);
        assert_eq!(fixes("c='rm -r'; $c \"$x/b\""), 0);
    }
}
