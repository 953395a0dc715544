//! The first line of a script, `#!/bin/sh -e`.

/// The name of the program that a script's first line names, and the words after it. Behind `env` it is the first word that
/// is no option.
pub fn interpreter(script: &str) -> Option<(&str, impl Iterator<Item = &str>)> {
    let mut words = script.lines().next()?.strip_prefix("#!")?.split_whitespace();
    let mut program = words.next()?;
    if program.ends_with("/env") {
        program = words.find(|word| !word.starts_with('-'))?;
    }
    Some((program.rsplit('/').next()?, words))
}

#[cfg(test)]
mod tests {
    use super::interpreter;

    #[test]
    fn the_program_is_found_behind_env() {
        let shown = |script| interpreter(script).map(|(name, words)| (name, words.collect::<Vec<_>>()));
        assert_eq!(shown("#!/bin/sh -e\na"), Some(("sh", vec!["-e"])));
        assert_eq!(shown("#! /usr/bin/env -S bash -euo pipefail"), Some(("bash", vec!["-euo", "pipefail"])));
        for none in ["", "#!", "#!/usr/bin/env -S", "# !/bin/sh", "a\n#!/bin/sh"] {
            assert_eq!(shown(none), None, "{none}");
        }
    }
}
