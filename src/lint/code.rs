//! The commands that code in other languages gives to a shell: `awk 'BEGIN { system("…") }'`, `python3 -c '…'`.

use std::ops::Range;

use crate::shell::tree::Word;

use super::call::Layer;
use super::feeds::INTERPRETERS;

/// Programs whose first operand is code.
const CODE_FIRST: [&str; 4] = ["awk", "gawk", "mawk", "nawk"];

/// Options after which others have it (python3(1), perlrun(1), ruby(1), node(1), lua(1), php(1)).
const CODE_OPTIONS: [&str; 5] = ["-c", "-e", "-E", "-r", "--eval"];

/// Functions that give their first argument to a shell, as each of these languages calls them.
const FUNCTIONS: [&str; 8] =
    ["system", "popen", "execSync", "os.execute", "shell_exec", "passthru", "getoutput", "subprocess.call"];

/// Whether a program runs code in a language that can start a shell.
pub(super) fn is_interpreter(name: &str) -> bool {
    INTERPRETERS.contains(&name) || name.starts_with("python3.") || CODE_FIRST.contains(&name)
}

/// The code that an interpreter is given as a word.
pub(super) fn code<'s>(layer: &Layer<'s>) -> Option<&'s Word> {
    if CODE_FIRST.contains(&layer.name.as_str()) {
        // What stands between are the values of options, which hold no calls.
        return layer.operands().find(|word| !calls(&word.literal_prefix()).is_empty());
    }
    let is_option = |word: &Word| word.literal().is_some_and(|text| CODE_OPTIONS.contains(&&*text));
    let at = layer.arguments.iter().position(is_option)?;
    layer.arguments.get(at + 1)
}

/// Where the commands stand in some code: strings without escapes, as the first argument of a call.
pub(super) fn calls(code: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = FUNCTIONS
        .iter()
        .flat_map(|name| code.match_indices(name).map(|(at, name)| (at, at + name.len())))
        .filter(|(at, _)| !code[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$'))
        .filter_map(|(_, end)| argument(code, end))
        .collect();
    found.sort_by_key(|range| range.start);
    found.dedup();
    found
}

/// The string behind a function's name, perhaps in parentheses.
fn argument(code: &str, after: usize) -> Option<Range<usize>> {
    let rest = code[after..].trim_start().trim_start_matches('(').trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let start = code.len() - rest.len() + 1;
    let length = code[start..].find(quote)?;
    let text = &code[start..start + length];
    (!text.contains('\\')).then_some(start..start + length)
}

#[cfg(test)]
mod tests {
    use crate::lint::testing::found_by;

    #[test]
    fn a_command_that_another_language_runs_is_run() {
        for script in [
            "awk 'BEGIN { system(\"chmod u+s x\") }'",
            "awk -F: -v a=b '{ system(\"chmod u+s x\") }' f",
            "python3 -c 'import os; os.system(\"chmod u+s x\")'",
            "python3 -c \"import os; os.popen('chmod u+s x')\"",
            "python3 <<'E'\nimport os\nos.system(\"chmod u+s x\")\nE",
            "perl -e 'system(\"chmod u+s x\")'",
            "ruby -e 'system \"chmod u+s x\"'",
            "lua -e 'os.execute(\"chmod u+s x\")'",
            "node -e 'require(\"child_process\").execSync(\"chmod u+s x\")'",
            "php -r 'system(\"chmod u+s x\");'",
        ] {
            assert_eq!(found_by("setuid-file", script), ["u+s"], "{script}");
        }
        for script in [
            "python3 -c 'print(\"chmod u+s x\")'",
            "python3 x.py 'system(\"chmod u+s x\")'",
            "perl -e 'mysystem(\"chmod u+s x\")'",
            "echo 'system(\"chmod u+s x\")'",
            "perl -e 'system(\"chmod u+s x'",
            "awk '{ system(\"chmod \\\"u+s\") }'",
        ] {
            assert!(found_by("setuid-file", script).is_empty(), "{script}");
        }
    }
}
