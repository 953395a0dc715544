//! Specs and configuration as YAML that a person goes on with.

use std::collections::BTreeMap;

use super::options::Opt;
use super::phases::Phases;
use crate::model::{Digest, Phase, escaped};
use crate::source::FileId;
use crate::spec::{Node, SpecDoc, items, read_spec};

/// What stands behind a digest that is not known yet.
const NOT_KNOWN: &str = "# not known yet";
/// How long a line may be, where we break them.
const WIDTH: usize = 120;

/// A file to fetch, as a spec has it.
#[derive(Debug, Clone)]
pub(super) struct Fetched {
    pub(super) url: String,
    pub(super) md5: Option<String>,
    pub(super) sha256: Option<String>,
}

/// What a spec declares.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Depends {
    pub(super) build: Vec<String>,
    pub(super) run: Vec<String>,
    pub(super) check: Vec<String>,
}

/// What a spec says.
pub(super) struct Content<'a> {
    /// Where it comes from, for a person.
    pub(super) origin: String,
    pub(super) name: &'a str,
    pub(super) version: &'a str,
    pub(super) summary: String,
    pub(super) homepage: Option<&'a str>,
    pub(super) stage: &'a str,
    /// The package's own archive first, if it has one.
    pub(super) sources: Vec<Fetched>,
    /// How many of them are unpacked.
    pub(super) unpacked: usize,
    /// Whether the first does not unpack to one directory.
    pub(super) loose: bool,
    pub(super) patches: Vec<(Fetched, u32)>,
    pub(super) depends: Depends,
    /// Environment variables that its commands read.
    pub(super) env: BTreeMap<&'a str, &'a str>,
    pub(super) phases: &'a Phases,
    pub(super) sbu: Option<f64>,
    /// Findings that the book means, with the reasons.
    pub(super) allow: Vec<(&'a str, &'a str)>,
}

impl Content<'_> {
    /// The spec.
    pub(super) fn spec(&self) -> String {
        let mut out = format!("# {}\n", self.origin);
        out += &format!("package: {}\n", self.name);
        out += &format!("version: {}\n", quoted(self.version));
        out += &format!("summary: {}\n", plain(&self.summary));
        if let Some(homepage) = self.homepage {
            out += &format!("homepage: {}\n", plain(homepage));
        }
        out += &format!("stage: {}\n", self.stage);
        self.options(&mut out);
        self.fetched(&mut out);
        self.depends(&mut out);
        out += "\nbuild:\n  system: custom\n";
        if let Some(subdir) = &self.phases.subdir {
            out += &format!("  subdir: {}\n", plain(subdir));
        }
        if !self.env.is_empty() {
            out.push_str("  env:\n");
        }
        for (name, value) in &self.env {
            out += &format!("    {name}: \"{value}\"\n");
        }
        self.phases(&mut out);
        if let Some(sbu) = self.sbu {
            out += &format!("\nresources: {{ sbu: {sbu} }}\n");
        }
        if !self.allow.is_empty() {
            out += "\nlint:\n  allow:\n";
        }
        for (rule, reason) in &self.allow {
            out += &format!("    - {{ rule: {rule}, reason: {} }}\n", quoted(reason));
        }
        out
    }

    fn options(&self, out: &mut String) {
        if self.phases.options.is_empty() {
            return;
        }
        out.push_str("\noptions:\n");
        for Opt { name, choices, default, summary, .. } in &self.phases.options {
            let kind = if choices.is_empty() {
                "string".to_owned()
            } else {
                format!("choice, choices: [ {} ]", choices.join(", "))
            };
            *out += &format!(
                "  {name}: {{ type: {kind}, default: {}, summary: {} }}\n",
                quoted(default),
                quoted(summary)
            );
        }
    }

    fn fetched(&self, out: &mut String) {
        if !self.sources.is_empty() {
            out.push_str("\nsources:\n");
        }
        for (at, source) in self.sources.iter().enumerate() {
            fetched(source, out);
            // The commands unpack the others themselves.
            if at == 0 && self.loose {
                out.push_str("    unpack: .\n");
            }
            out.push_str(if at >= self.unpacked { "    unpack: false\n" } else { "" });
        }
        if !self.patches.is_empty() {
            out.push_str("\npatches:\n");
        }
        for (patch, strip) in &self.patches {
            fetched(patch, out);
            *out += &if *strip == 1 { String::new() } else { format!("    strip: {strip}\n") };
        }
    }

    fn depends(&self, out: &mut String) {
        let Depends { build, run, check } = &self.depends;
        let lists = [("build", build), ("run", run), ("check", check)];
        if lists.iter().any(|(_, list)| !list.is_empty()) {
            out.push_str("\ndepends:\n");
        }
        for (key, list) in lists.iter().filter(|(_, list)| !list.is_empty()) {
            let mut line = format!("  {key}: [ ");
            for (at, name) in list.iter().enumerate() {
                let end = if at + 1 < list.len() { "," } else { " ]" };
                if line.len() + name.len() + end.len() > WIDTH {
                    *out += line.trim_end();
                    out.push('\n');
                    line = "    ".to_owned();
                }
                line += &format!("{name}{end} ");
            }
            *out += line.trim_end();
            out.push('\n');
        }
    }

    fn phases(&self, out: &mut String) {
        // The book's commands look for files beside the source, where it has its readers put all of them.
        let links = self.phases.files.iter().map(|file| format!("ln -s \"$sources\"/{file} ."));
        let links = links.collect::<Vec<_>>().join("\n");
        if !links.is_empty() || !self.phases.texts.is_empty() {
            out.push_str("\nphases:\n");
        }
        let text = |phase| self.phases.texts.get(&phase).map(|texts| texts.join("\n\n")).unwrap_or_default();
        let prepare = text(Phase::Prepare);
        if !links.is_empty() || !prepare.is_empty() {
            out.push_str("  prepare:\n");
        }
        for (key, text) in
            [("before", &links), ("after", &prepare)].iter().filter(|(_, text)| !text.is_empty())
        {
            block(4, key, text, out);
        }
        for phase in [Phase::Configure, Phase::Build, Phase::Check, Phase::Install] {
            let text = text(phase);
            if !text.is_empty() {
                block(2, phase.name(), &text, out);
            }
        }
    }
}

fn fetched(file: &Fetched, out: &mut String) {
    *out += &format!("  - url: {}\n", plain(&file.url));
    *out += &match &file.sha256 {
        Some(digest) => format!("    sha256: {digest}\n"),
        None => format!("{}\n", unknown()),
    };
    if let Some(md5) = &file.md5 {
        *out += &format!("    md5: {}\n", quoted(md5));
    }
}

/// The line of a digest that is not known yet. No file has it.
fn unknown() -> String {
    format!("    sha256: \"{}\" {NOT_KNOWN}", Digest::UNKNOWN)
}

/// The addresses in a spec that is there, and whether it has the digest of what lies at each.
pub(super) fn addresses(there: &str) -> Vec<(String, bool)> {
    let Some(SpecDoc(tree)) = read_spec(FileId(0), there).0 else { return Vec::new() };
    let text = |item: &Node, key| item.get(key).and_then(Node::text).map(|text| text.as_str().to_owned());
    let known = |digest: String| Digest::parse(&digest).is_ok_and(|digest| digest != Digest::UNKNOWN);
    let lists = ["sources", "patches"].into_iter().flat_map(|key| items(tree.get(key)));
    lists.filter_map(|item| Some((text(item, "url")?, text(item, "sha256").is_some_and(known)))).collect()
}

/// A spec that is there, with the digests that another of the same section knows; nothing where they differ in anything else.
pub(super) fn filled(there: &str, made: &str) -> Option<String> {
    let not_known = unknown();
    let mut filled = String::new();
    let mut rest = made.split_inclusive('\n');
    for line in there.split_inclusive('\n') {
        let other = rest.next()?;
        let unknown = |line: &str| line.trim_end_matches('\n') == not_known;
        let digest = |line: &str| line.starts_with("    sha256: ");
        filled += match () {
            () if line == other || (digest(line) && unknown(other)) => line,
            () if unknown(line) && digest(other) => other,
            () => return None,
        };
    }
    rest.next().is_none().then_some(filled)
}

/// A key with a literal block.
fn block(indent: usize, key: &str, text: &str, out: &mut String) {
    // YAML takes the indentation from the first line, unless it is told.
    let told = if text.starts_with([' ', '\t']) { "2" } else { "" };
    *out += &format!("{:indent$}{key}: |{told}\n", "");
    for line in text.lines() {
        let indent = if line.is_empty() { 0 } else { indent + 2 };
        *out += &format!("{:indent$}{line}\n", "");
    }
}

/// A text in quotes. Every JSON string is a YAML string.
fn quoted(text: &str) -> String {
    serde_json::Value::String(escaped(text)).to_string()
}

/// A text without quotes, if it can do without.
fn plain(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " ._+-/:()=~,".contains(c);
    let well = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(is_plain)
        && !text.contains(": ")
        && !text.ends_with([':', ' ']);
    if well { text.to_owned() } else { quoted(text) }
}

/// `lfsgen.yaml` of a project that a book becomes.
pub(super) fn configuration(project: &str, rest: &str) -> String {
    format!("project: {}\n{rest}", quoted(project))
}
