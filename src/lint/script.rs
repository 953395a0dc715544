//! One script, and the scripts inside it, under every rule.
//!
//! It knows who is asked what on the way. It does not know specs, or exceptions.

use std::ops::Range;

use crate::diag::{Diagnostic, Edit, Fix, Label, Safety};
use crate::model::Dialect;
use crate::shell::tree::{Assignment, Part, PartKind, Simple, Span, Value, Word};
use crate::shell::{Parsed, Problem, ProblemKind, parse};
use crate::source::{Place, Text};

use super::call::{MOST_PROGRAMS, layers};
use super::embedded::{self, Embedded};
use super::flow::{Around, Call, Context, Node, Visitor, walk};
use super::options::Options;
use super::overview::Overview;
use super::rule::{CallCheck, Check, NodeCheck, Report, Rule, Scene, WriteCheck};
use super::rules::rule;
use super::state::State;
use super::unseen::unseen;
use super::writes::{Write, by_program, by_redirect};

/// How many scripts may lie in each other, `sh -c "sh -c …"`; none that people write goes deeper.
const MAX_EMBEDDED: usize = 6;

/// How many bytes of scripts are read that are made of values, beside those that stand in each other.
const MAX_MADE: usize = 1 << 16;

/// Reads scripts and collects what the rules find.
pub(super) struct Reader {
    nodes: Vec<(&'static Rule, NodeCheck)>,
    calls: Vec<(&'static Rule, CallCheck)>,
    writes: Vec<(&'static Rule, WriteCheck)>,
    dialect: Dialect,
    /// Where the script runs; each phase is told of before it is read.
    pub(super) scene: Scene,
    depth: usize,
    /// How many more bytes of scripts inside others are read: a value may hold itself many times.
    embedded: usize,
    /// Whether it was told that a part of this text is not checked.
    told: bool,
    pub(super) findings: Vec<Diagnostic>,
}

impl Reader {
    /// One that puts these rules.
    pub(super) fn new(asked: &[&'static Rule], dialect: Dialect, scene: Scene) -> Self {
        let (mut nodes, mut calls, mut writes) = (Vec::new(), Vec::new(), Vec::new());
        for &rule in asked {
            match rule.check {
                Check::Node(check) => nodes.push((rule, check)),
                Check::Call(check) => calls.push((rule, check)),
                Check::Write(check) => writes.push((rule, check)),
                Check::Package(_) | Check::Project(_) | Check::Lint => {}
            }
        }
        Self {
            nodes,
            calls,
            writes,
            dialect,
            scene,
            depth: 0,
            embedded: 0,
            told: false,
            findings: Vec::new(),
        }
    }

    /// Puts the rules to a script that starts with `state`; what is known after it is left there.
    pub(super) fn read(&mut self, text: &Text, parsed: &Parsed, state: &mut State) {
        self.embedded = MAX_EMBEDDED * text.as_str().len() + MAX_MADE;
        self.told = false;
        self.read_around(text, parsed, Around::script(), state);
    }

    fn read_around(&mut self, text: &Text, parsed: &Parsed, around: Around, state: &mut State) {
        if let Some(problem) = &parsed.problem {
            self.findings.extend(problem_finding(problem, text));
        }
        if self.depth == 0 {
            self.findings.extend(extended_pattern(text, parsed, self.scene));
            self.findings.extend(carriage_return(text));
            self.findings.extend(byte_order_mark(text));
            self.findings.extend(unseen(text, self.scene));
        }
        walk(&parsed.statements, text, around, state, self);
    }

    /// Puts the rules to a script that a call is given.
    fn read_inside(&mut self, inner: &Embedded, call: &Call<'_, '_>) {
        let dialect = match inner.shell {
            Some(Options { posix: false, .. }) => Dialect::Bash,
            _ => self.dialect,
        };
        let mut parsed = parse(inner.text.as_str(), dialect);
        // What will be read is not known where something is expanded first, so nothing is said of its syntax.
        parsed.problem = parsed.problem.filter(|_| inner.literal);
        let mut overview = Overview::of(&parsed.statements);
        overview.open |= !inner.literal;
        overview.apart = inner.shell.is_some();
        if inner.kept {
            // It runs in another world: nothing that is known here holds there.
            let scene = std::mem::take(&mut self.scene);
            let mut state = State::default().under(inner.shell.unwrap_or_default()).before(overview);
            self.read_around(&inner.text, &parsed, Around::script(), &mut state);
            self.scene = scene;
            return;
        }
        let mut state = call.state.clone().before(overview);
        if let Some(options) = inner.shell {
            state = state.in_shell(options);
        }
        let mut around = Around::script();
        if inner.shell.is_some() || call.layer.name == "trap" {
            around = around.in_subshell();
        }
        self.read_around(&inner.text, &parsed, around, &mut state);
    }

    /// Puts the rules to a variable that a spec sets for its phases, as if a script did.
    pub(super) fn variable(&mut self, name: &str, value: &Text, state: &State) {
        let word = literal(value, 0..value.as_str().len());
        let (name, span) = (name.to_owned(), word.span);
        let assignment = Assignment { name, element: false, append: false, value: Value::Scalar(word), span };
        self.data(&Simple { assignments: vec![assignment], span, ..Simple::default() }, value, state);
    }

    /// Puts the rules to an argument that a spec gives to a command of its build system.
    pub(super) fn argument(&mut self, program: &str, value: &Text, state: &State) {
        let mut text = Text::empty(value.place());
        text.push_opaque(&format!("{program} "), value.place());
        text.push_slice(value, 0..value.as_str().len());
        let words =
            vec![literal(&text, 0..program.len()), literal(&text, program.len() + 1..text.as_str().len())];
        let span = Span::new(0, text.as_str().len());
        self.data(&Simple { words, span, ..Simple::default() }, &text, state);
    }

    fn data(&mut self, simple: &Simple, text: &Text, state: &State) {
        self.findings.extend(unseen(text, self.scene));
        let context = Context { state, around: Around::default(), text };
        self.node(Node::Simple(simple), &context);
    }

    /// Tells once a text that the scripts inside a call are not read.
    fn not_read(&mut self, call: &Call<'_, '_>, why: &str) {
        if !std::mem::replace(&mut self.told, true) {
            let place = call.text.place_of(call.simple.span.range());
            self.findings.extend(not_checked(place, why));
        }
    }

    fn write(&mut self, write: &Write<'_>) {
        for (rule, check) in &self.writes {
            check(write, self.scene, &mut Report { rule, findings: &mut self.findings });
        }
    }
}

/// Whether a fix of a script that stands between quotes has such a quote in it, and so would end it.
fn ends_quotes(fix: &Fix, call: &Call<'_, '_>) -> bool {
    call.simple.words.iter().any(|word| {
        let written = call.text.as_str().get(word.span.range()).unwrap_or_default();
        let quote = written.chars().find(|&c| matches!(c, '"' | '\''));
        let place = call.text.place_of(word.span.range());
        let ends =
            |edit: &Edit| place.contains(edit.place) && quote.is_some_and(|quote| edit.text.contains(quote));
        fix.edits.iter().any(ends)
    })
}

/// A range of a text as one word, in which nothing is expanded.
fn literal(text: &Text, range: Range<usize>) -> Word {
    let span = Span::new(range.start, range.end);
    let part = Part { kind: PartKind::Literal(text.as_str()[range].to_owned()), quoted: true, span };
    Word { parts: vec![part], span }
}

impl Visitor for Reader {
    fn call(&mut self, call: &Call<'_, '_>) {
        let before = self.findings.len();
        for (rule, check) in &self.calls {
            check(call, self.scene, &mut Report { rule, findings: &mut self.findings });
        }
        by_program(call, &mut |write| self.write(write));
        if !call.written {
            // A word that came out of a variable is not mended where the variable is used, and one that a function hands on its
            // arguments to is told of where it stands.
            let here = call.text.place_of(call.simple.span.range());
            let is_here = |finding: &Diagnostic| {
                finding.primary.as_ref().is_none_or(|label| label.place.begins_in(here))
            };
            let made: Vec<_> = self.findings.drain(before..).filter(is_here).collect();
            self.findings.extend(made.into_iter().map(|finding| Diagnostic { fixes: Vec::new(), ..finding }));
        }
        let scripts = embedded::scripts(call);
        if self.depth == MAX_EMBEDDED {
            if !scripts.is_empty() {
                self.not_read(call, "scripts lie in each other more than six deep");
            }
            return;
        }
        self.depth += 1;
        let before = self.findings.len();
        for inner in scripts {
            let Some(left) = self.embedded.checked_sub(inner.text.as_str().len()) else {
                self.not_read(call, "the scripts that are made of values here come to too much text");
                break;
            };
            self.embedded = left;
            self.read_inside(&inner, call);
        }
        self.depth -= 1;
        self.findings[before..]
            .iter_mut()
            .for_each(|finding| finding.fixes.retain(|fix| !ends_quotes(fix, call)));
    }

    fn node(&mut self, node: Node<'_>, context: &Context<'_>) {
        for (rule, check) in &self.nodes {
            check(node, context, self.scene, &mut Report { rule, findings: &mut self.findings });
        }
        if let Node::Simple(simple) = node
            && simple.words.len() >= MOST_PROGRAMS
            && layers(&simple.words, context.state).len() == MOST_PROGRAMS
        {
            let place = context.text.place_of(simple.span.range());
            self.findings.extend(not_checked(place, "so many programs run each other"));
        }
        if let Node::Redirect(redirect) = node
            && let Some(write) = by_redirect(redirect, context)
        {
            self.write(&write);
        }
    }
}

fn problem_finding(problem: &Problem, text: &Text) -> Option<Diagnostic> {
    let place = text.place_of(problem.span.range());
    let finding = |rule: &Rule, message: String| {
        let mut finding = rule.finding(place, message);
        finding.related.extend(
            problem
                .related
                .iter()
                .map(|(span, words)| Label { place: text.place_of(span.range()), text: words.clone() }),
        );
        finding
    };
    match problem.kind {
        ProblemKind::Malformed => rule("syntax-error").map(|rule| finding(rule, problem.message.clone())),
        ProblemKind::NotChecked => not_checked(place, &problem.message),
    }
}

/// Tells of a pattern that bash does not read as such. A phase is a function, all of which is read before `shopt` in it runs.
fn extended_pattern(text: &Text, parsed: &Parsed, scene: Scene) -> Option<Diagnostic> {
    let span = parsed.extended.filter(|_| scene.phase || !text.as_str().contains("extglob"))?;
    let message = "bash reads this pattern only where `extglob` is on, and it is not";
    let help = if scene.phase {
        "write `shopt -s extglob` and put the command into `eval '…'`, or use `find`"
    } else {
        "write `shopt -s extglob` in a line before it"
    };
    let mut finding = rule("syntax-error")?.finding(text.place_of(span.range()), message).help(help);
    if scene.phase {
        finding.notes.push("a phase is read as a whole before any command of it runs".to_owned());
    }
    Some(finding)
}

fn not_checked(place: Place, why: &str) -> Option<Diagnostic> {
    rule("not-checked").map(|rule| rule.finding(place, format!("this part is not checked: {why}")))
}

/// Tells of a mark at the beginning that the shell takes for a part of the first word (POSIX.1-2024, Shell, 2.3).
fn byte_order_mark(text: &Text) -> Option<Diagnostic> {
    let mark = text.as_str().chars().next().filter(|first| *first == '\u{feff}')?;
    let place = text.place_of(0..mark.len_utf8());
    let message = "this begins with a byte order mark, which the shell takes for a part of its first word";
    Some(rule("syntax-error")?.finding(place, message).help("save the text as UTF-8 without a mark"))
}

/// Tells of the first carriage return of a text: whoever wrote one wrote many.
fn carriage_return(text: &Text) -> Option<Diagnostic> {
    // A text with a NUL byte is no text, and that is told.
    let at = text.as_str().find('\r').filter(|_| !text.as_str().contains('\0'))?;
    let place = text.place_of(at..at + 1);
    let ends_line = text.as_str()[at + 1..].chars().next().is_none_or(|next| next == '\n');
    let message = if ends_line {
        "this line ends in a carriage return, which the shell takes for a part of its last word"
    } else {
        "this carriage return hides what stands before it from whoever looks at the text in a terminal"
    };
    let mut finding = rule("carriage-return")?.finding(place, message);
    let line_ends = text.as_str().match_indices("\r\n").map(|(at, _)| text.verbatim_place_of(at..at + 1));
    let edits = line_ends.flatten().map(|place| Edit::new(place, ""));
    finding.fix("end lines as Unix does", Safety::Safe, edits);
    Some(finding.help("save the text with Unix line ends; write `printf '\\r'` where the character is meant"))
}
