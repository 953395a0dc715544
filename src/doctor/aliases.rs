//! Names under which the book expects certain programs (LFS 12.3, 2.2, "Host System Requirements": `/bin/sh` is bash,
//! `/usr/bin/awk` is gawk, `/usr/bin/yacc` is bison or a script that starts it).

use std::path::Path;

use super::distribution::{Distribution, Names};
use super::{Feature, Finding, Subject, Verdict};
use crate::host::{env, files, tree};

/// A name, and which program it should start.
struct Alias {
    name: &'static str,
    program: &'static str,
    why: &'static str,
    package: Names,
    /// What makes it so on Debian, where it is a matter of choice.
    choose: &'static str,
}

const ALIASES: [Alias; 3] = [
    Alias {
        name: "sh",
        program: "bash",
        why: "makefiles of the book's packages were tried with it",
        package: Names::all("bash"),
        choose: "ln -sf bash /bin/sh",
    },
    Alias {
        name: "awk",
        program: "gawk",
        why: "the book asks for it",
        package: Names::all("gawk"),
        choose: "update-alternatives --set awk /usr/bin/gawk",
    },
    Alias {
        name: "yacc",
        program: "bison",
        why: "the book asks for it",
        package: Names::all("bison"),
        choose: "update-alternatives --set yacc /usr/bin/bison.yacc",
    },
];

/// Looks at every name, where packages build with the host's programs.
pub(super) fn findings(subject: &Subject<'_>, distribution: Distribution) -> Vec<Finding> {
    let needed = subject.uses.contains(&Feature::HostStage);
    ALIASES.iter().filter(|_| needed).map(|alias| look_at(alias, distribution)).collect()
}

fn look_at(alias: &Alias, distribution: Distribution) -> Finding {
    let Alias { name, program, why, package, choose } = alias;
    let finding =
        |verdict, found: String, remedy| Finding { group: "tools", name, why, verdict, found, remedy };
    let Some(path) = env::find_program(name) else {
        return finding(Verdict::Doubtful, "not found".to_owned(), Some(distribution.install(*package)));
    };
    let real = tree::canonical(&path).unwrap_or(path);
    if starts(&real, program) {
        return finding(Verdict::Well, format!("is {program}"), None);
    }
    let link = match distribution {
        Distribution::Debian => format!("run `{choose}`"),
        _ => format!("have `{name}` be a link to `{program}`"),
    };
    let remedy = match env::find_program(program) {
        Some(_) => link,
        None => format!("{}, then {link}", distribution.install(*package)),
    };
    finding(Verdict::Doubtful, format!("is `{}`, not {program}", real.display()), Some(remedy))
}

/// Whether a file is this program, by its name or, for a short script, by its text.
fn starts(real: &Path, program: &str) -> bool {
    /// More than any script that only starts another program.
    const LONGEST: usize = 4096;

    let has_name = |name: &str| name == program || name.starts_with(&format!("{program}."));
    let is_named = real.file_name().and_then(|name| name.to_str()).is_some_and(has_name);
    let text = || files::read(real).ok().filter(|text| text.len() < LONGEST && text.starts_with(b"#!"));
    is_named || text().is_some_and(|text| String::from_utf8_lossy(&text).contains(program))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_known_by_its_name_or_by_the_script_that_starts_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            files::write_atomic(&dir.path().join(name), text.as_bytes()).unwrap();
            dir.path().join(name)
        };
        assert!(starts(&file("bash", "\x7fELF"), "bash"));
        assert!(starts(&file("bison.yacc", "#!/bin/sh\nexec bison -y \"$@\"\n"), "bison"));
        assert!(starts(&file("yacc", "#!/bin/sh\nexec /usr/bin/bison -y \"$@\"\n"), "bison"));
        assert!(!starts(&file("dash", "\x7fELF bash"), "bash"));
        assert!(!starts(&file("mawk", "\x7fELF"), "gawk"));
    }
}
