//! The logs that build systems write into the build tree: what the test really said, over which they gave up.

use super::scan::Line;
use super::shown;

/// A log that a build system writes into the build tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnLog {
    /// `config.log`, by `configure`.
    Autoconf,
    /// `meson-log.txt`.
    Meson,
    /// `CMakeConfigureLog.yaml` (from CMake 3.26), or `CMakeError.log`.
    Cmake,
}

impl OwnLog {
    /// The names it may have, the best first.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Autoconf => &["config.log"],
            Self::Meson => &["meson-log.txt"],
            Self::Cmake => &["CMakeConfigureLog.yaml", "CMakeError.log"],
        }
    }

    /// What the last test before the end said, where that is what the build system gave up over. `said` are the lines of
    /// the phase's log up to that, the nearest first.
    pub(super) fn last_test<'a>(self, text: &'a str, said: &[&str]) -> Option<Test<'a>> {
        match self {
            Self::Autoconf => autoconf(text),
            Self::Meson => meson(text),
            Self::Cmake => cmake(text, said),
        }
    }
}

/// What a test said.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Test<'a> {
    /// Number and text of each line.
    lines: Vec<(usize, &'a str)>,
    /// The one program that it looked for.
    pub program: Option<&'a str>,
    /// The exit status of what it built and ran.
    pub status: Option<&'a str>,
}

impl Test<'_> {
    /// Its text, for rules.
    pub(super) fn text(&self) -> String {
        self.lines.iter().flat_map(|(_, line)| [line.trim_start(), "\n"]).collect()
    }

    /// Its last lines, to be shown.
    pub(super) fn shown(&self, most: usize) -> Vec<Line> {
        let from = self.lines.len().saturating_sub(most);
        let shown = |&(number, line): &(usize, &str)| Line { number, text: shown::row(line.as_bytes()) };
        self.lines[from..].iter().map(shown).collect()
    }
}

/// A line of `config.log` begins with the script and the line in it: `configure:4321: checking for zlib.h`.
fn after_place(line: &str) -> Option<&str> {
    let (place, rest) = line.split_once(": ")?;
    let (script, number) = place.rsplit_once(':')?;
    (script.ends_with("configure") && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(rest)
}

fn autoconf(text: &str) -> Option<Test<'_>> {
    let lines: Vec<_> = text.lines().zip(1..).map(|(line, number)| (number, line)).collect();
    let rest = |at: usize| after_place(lines[at].1);
    let error =
        (0..lines.len()).rev().find(|&at| rest(at).is_some_and(|rest| rest.starts_with("error: ")))?;
    // Some errors have two lines with a place.
    let error = if error > 0 && rest(error - 1).is_some_and(|rest| rest.starts_with("error: ")) {
        error - 1
    } else {
        error
    };
    let checking = (0..error).rev().find(|&at| rest(at).is_some_and(|rest| rest.starts_with("checking ")))?;
    let test = &lines[checking..error];
    let ran = test.iter().any(|(_, line)| after_place(line).is_some_and(|rest| rest.starts_with("$? = ")));
    let negative = test.iter().any(|(_, line)| after_place(line) == Some("result: no"));
    let status =
        test.iter().find_map(|(_, line)| line.strip_prefix("configure: program exited with status "));
    let sought = rest(checking)?.strip_prefix("checking for ").filter(|sought| !sought.contains(' '));
    let program = sought.filter(|_| negative && !ran);
    // The source of the test says nothing that the compiler does not.
    let kept = test.iter().filter(|(_, line)| !line.starts_with("| ") && *line != "|");
    Some(Test { lines: kept.copied().collect(), program, status })
}

fn meson(text: &str) -> Option<Test<'_>> {
    let lines: Vec<_> = text.lines().zip(1..).map(|(line, number)| (number, line)).collect();
    let error = lines.iter().rposition(|(_, line)| line.contains(": ERROR: "))?;
    let start = lines[..error].iter().rposition(|(_, line)| line.starts_with("Running compile"))?;
    let mut in_source = false;
    let kept = lines[start..error].iter().filter(|(_, line)| {
        in_source = match *line {
            "Code:" => true,
            line if line.starts_with("Compiler std") || line.starts_with("-----") => false,
            _ => in_source,
        };
        !in_source && !line.trim().is_empty()
    });
    Some(Test { lines: kept.copied().collect(), program: None, status: None })
}

/// The section of the test that the phase's log names last.
fn cmake<'a>(text: &'a str, said: &[&str]) -> Option<Test<'a>> {
    let tried = said.iter().find_map(|line| {
        let line = line.strip_prefix("-- ")?;
        line.strip_suffix(" - not found").or_else(|| line.strip_suffix(" - Failed"))
    })?;
    let sought = tried.rsplit(' ').next().unwrap_or(tried);
    let is_head = |line: &str| {
        line.starts_with("Determining ")
            || line.starts_with("Performing ")
            || line.trim_start().starts_with("kind: \"try_")
    };
    let lines: Vec<_> = text.lines().zip(1..).map(|(line, number)| (number, line)).collect();
    let heads: Vec<_> =
        lines.iter().enumerate().filter(|(_, (_, line))| is_head(line)).map(|(at, _)| at).collect();
    let ends = heads.iter().skip(1).copied().chain([lines.len()]);
    let sections = heads.iter().zip(ends).map(|(&start, end)| &lines[start..end]);
    let section =
        sections.filter(|section| section.iter().take(12).any(|(_, line)| line.contains(sought))).last()?;
    Some(Test {
        lines: section.iter().filter(|(_, line)| !line.trim().is_empty()).copied().collect(),
        program: None,
        status: None,
    })
}
