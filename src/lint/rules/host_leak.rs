use crate::shell::tree::{PartKind, Simple, Span, Value, Word};

use super::super::flow::{Context, Node};
use super::super::rule::{Report, Scene};

/// Flags that name a directory of the machine that builds, and whose value stands behind them.
const FLAGS: [&str; 8] = [
    "-I/usr/include",
    "-I/usr/local/include",
    "-isystem/usr/include",
    "-L/usr/lib",
    "-L/usr/local/lib",
    "-L/lib",
    "-Wl,-rpath-link,/usr/lib",
    "-Wl,-rpath-link=/usr/lib",
];

/// Tools that build for the machine that they lie on.
const TOOLS: [&str; 17] = [
    "gcc",
    "g++",
    "cc",
    "c++",
    "cpp",
    "clang",
    "clang++",
    "ld",
    "as",
    "ar",
    "ranlib",
    "nm",
    "strip",
    "objcopy",
    "objdump",
    "pkg-config",
    "pkgconf",
];

/// Where tools lie.
const FOLDERS: [&str; 4] = ["/usr/bin/", "/bin/", "/usr/local/bin/", "/usr/sbin/"];

/// Variables whose tool is for programs that run during the build, and belong to this machine.
const FOR_BUILD: [&str; 8] = [
    "BUILD_CC",
    "CC_FOR_BUILD",
    "CXX_FOR_BUILD",
    "HOSTCC",
    "HOSTCXX",
    "BUILD_CXX",
    "LD_FOR_BUILD",
    "HOST_CC",
];

/// Where pkg-config looks (pkg-config(1)).
const PACKAGE_PATHS: [&str; 2] = ["PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR"];

pub(super) fn check(node: Node<'_>, context: &Context<'_>, scene: Scene, report: &mut Report<'_>) {
    let Node::Simple(simple) = node else { return };
    if !scene.cross {
        return;
    }
    assignments(simple, context, report);
    for (at, word) in simple.words.iter().enumerate() {
        let Some(text) = word.first_text() else { continue };
        let (name, value) = text.split_once('=').unwrap_or(("", text));
        let tool = at == 0 || text.contains('=');
        if let Some(what) = leak(name, value, word, tool) {
            tell(&what, word.span, context, report);
        }
    }
}

fn assignments(simple: &Simple, context: &Context<'_>, report: &mut Report<'_>) {
    for assignment in &simple.assignments {
        let Value::Scalar(word) = &assignment.value else { continue };
        let begins = word.first_text().unwrap_or_default();
        if let Some(what) = leak(&assignment.name, begins, word, true) {
            tell(&what, assignment.span, context, report);
        }
    }
}

/// What of the machine that builds a word names. `value` is its beginning, behind a `name=`.
fn leak(name: &str, value: &str, word: &Word, tool: bool) -> Option<String> {
    if FOR_BUILD.contains(&name) {
        return None;
    }
    let program = FOLDERS.iter().find_map(|folder| value.split(' ').next()?.strip_prefix(folder));
    if tool && program.is_some_and(|program| TOOLS.contains(&program)) {
        return value.split(' ').next().map(str::to_owned);
    }
    if PACKAGE_PATHS.contains(&name) && value.split(':').any(|element| element.starts_with("/usr/")) {
        return Some(name.to_owned());
    }
    if name == "--sysroot" && value == "/" {
        return Some("--sysroot=/".to_owned());
    }
    word.parts.iter().find_map(|part| {
        let PartKind::Literal(text) = &part.kind else { return None };
        if !text.contains("/lib") && !text.contains("/include") {
            return None;
        }
        let flags = text.split(|c: char| c.is_whitespace() || matches!(c, '=' | '"' | '\''));
        flags.into_iter().find(|flag| is_host_flag(flag)).map(str::to_owned)
    })
}

/// One of [`FLAGS`], or of a directory below it; not `-L/library`.
fn is_host_flag(word: &str) -> bool {
    FLAGS.iter().any(|flag| {
        word.strip_prefix(flag).is_some_and(|rest| {
            let rest = rest.strip_prefix("32").or_else(|| rest.strip_prefix("64")).unwrap_or(rest);
            rest.is_empty() || rest.starts_with('/')
        })
    })
}

fn tell(what: &str, span: Span, context: &Context<'_>, report: &mut Report<'_>) {
    let message = format!("`{what}` is of the machine that builds, not of the system that is built");
    let finding = report.in_text(context.text, span, message);
    finding.help = Some(
        "let the cross compiler find its own (`--sysroot`), or name the path in the stage's root".to_owned(),
    );
}
