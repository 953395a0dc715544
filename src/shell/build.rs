//! The builder that conch-parser calls: it makes our tree, and refuses what conch lets pass.
//!
//! conch takes a reserved word that it does not expect for a command's name (`fi` alone), and takes two commands
//! without a separator for a list (`(a) (b)`). Both are errors in every shell.

use conch_parser::ast::builder::{
    Builder, CaseFragments, CommandGroup, ComplexWordKind, ForFragments, GuardBodyPairGroup, IfFragments,
    LoopKind, Newline, RedirectKind as ConchRedirect, SeparatorKind, SimpleWordKind, WordKind,
};
use conch_parser::ast::{AndOr, RedirectOrCmdWord, RedirectOrEnvVar};

use super::frame::{Item, item_index};
use super::tree::{
    Arm, Command, Compound, CompoundKind, Connector, Function, Part, PartKind, Pipeline, Redirect, Simple,
    Span, Statement, Value, Word,
};

/// Why the builder refuses.
#[derive(Debug)]
pub(super) enum Refused {
    /// A reserved word where a command's name should be.
    Reserved(String),
    /// A command that follows another without a separator.
    NotSeparated(Span),
    /// The lexer and conch disagree about what stands where.
    Confused,
}

/// A statement, and whether a separator follows it.
type Separated = (Statement, bool);

/// Makes [`tree`](super::tree) nodes.
pub(super) struct TreeBuilder {
    items: Vec<Option<Item>>,
    compounds: std::vec::IntoIter<(Span, Option<String>)>,
}

impl TreeBuilder {
    pub(super) fn new(items: Vec<Option<Item>>, compounds: Vec<(Span, Option<String>)>) -> Self {
        Self { items, compounds: compounds.into_iter() }
    }

    fn take(&mut self, name: &str) -> Result<Item, Refused> {
        let Some(index) = item_index(name) else { return Err(Refused::Reserved(name.to_owned())) };
        self.items.get_mut(index).and_then(Option::take).ok_or(Refused::Confused)
    }

    fn compound(&mut self, kind: CompoundKind, redirects: Vec<Redirect>) -> Result<Compound, Refused> {
        let (own, coprocess) = self.compounds.next().ok_or(Refused::Confused)?;
        Ok(Compound { span: over(own, &redirects), kind, redirects, coprocess })
    }
}

/// A command of which piece after piece is found.
#[derive(Default)]
struct Found {
    simple: Simple,
    /// What it is, where conch takes something else for a word.
    special: Option<CompoundKind>,
    span: Option<Span>,
}

impl Found {
    fn add(&mut self, item: Item) -> Result<(), Refused> {
        let more = item.span();
        let cover = |span: Span| Span { start: span.start.min(more.start), end: span.end.max(more.end) };
        self.span = Some(self.span.map_or(more, cover));
        match item {
            Item::Redirect(redirect) => self.simple.redirects.push(redirect),
            Item::Test(words, _) => self.special = Some(CompoundKind::Test(words)),
            Item::Arithmetic(word) => self.special = Some(CompoundKind::Arithmetic(word)),
            _ if self.special.is_some() => return Err(Refused::NotSeparated(more)),
            Item::Assignment(assignment) if self.simple.words.is_empty() => {
                self.simple.assignments.push(assignment);
            }
            other => self.simple.words.push(as_word(other)?),
        }
        Ok(())
    }

    fn command(self) -> Result<Command, Refused> {
        let span = self.span.ok_or(Refused::Confused)?;
        Ok(match self.special {
            Some(kind) => {
                let redirects = self.simple.redirects;
                Command::Compound(Compound { kind, redirects, coprocess: None, span })
            }
            None => Command::Simple(Simple { span, ..self.simple }),
        })
    }
}

/// A span with the redirections that follow it.
fn over(span: Span, redirects: &[Redirect]) -> Span {
    redirects.last().map_or(span, |last| span.to(last.span))
}

/// The statements of a group; all but the last must have a separator.
fn group(commands: CommandGroup<Separated>) -> Result<Vec<Statement>, Refused> {
    let mut separated = true;
    commands
        .commands
        .into_iter()
        .map(|(statement, followed)| {
            let allowed = std::mem::replace(&mut separated, followed);
            if allowed { Ok(statement) } else { Err(Refused::NotSeparated(statement.span)) }
        })
        .collect()
}

fn pair(pair: GuardBodyPairGroup<Separated>) -> Result<(Vec<Statement>, Vec<Statement>), Refused> {
    Ok((group(pair.guard)?, group(pair.body)?))
}

/// An item as a word: an assignment that stands among the arguments (`export a=1`) is one.
fn as_word(item: Item) -> Result<Word, Refused> {
    let assignment = match item {
        Item::Word(word) => return Ok(word),
        Item::Assignment(assignment) => assignment,
        _ => return Err(Refused::Confused),
    };
    let sign = if assignment.append { "+=" } else { "=" };
    let name = format!("{}{sign}", assignment.name);
    let start = assignment.span.start;
    let head = Span { start, end: start.saturating_add(u32::try_from(name.len()).unwrap_or(0)) };
    let mut parts = vec![Part { kind: PartKind::Literal(name), quoted: false, span: head }];
    match assignment.value {
        Value::Scalar(word) => parts.extend(word.parts),
        Value::Array(words) => parts.extend(words.into_iter().flat_map(|word| word.parts)),
    }
    Ok(Word { parts, span: assignment.span })
}

impl Builder for TreeBuilder {
    type Command = Separated;
    type CommandList = Statement;
    type ListableCommand = Pipeline;
    type PipeableCommand = Command;
    type CompoundCommand = Compound;
    type Word = Item;
    type Redirect = Redirect;
    type Error = Refused;

    fn complete_command(
        &mut self,
        _: Vec<Newline>,
        mut list: Statement,
        separator: SeparatorKind,
        _: Option<Newline>,
    ) -> Result<Separated, Refused> {
        list.background = separator == SeparatorKind::Amp;
        Ok((list, separator != SeparatorKind::Other))
    }

    fn and_or_list(
        &mut self,
        first: Pipeline,
        rest: Vec<(Vec<Newline>, AndOr<Pipeline>)>,
    ) -> Result<Statement, Refused> {
        let rest: Vec<_> = rest
            .into_iter()
            .map(|(_, next)| match next {
                AndOr::And(pipeline) => (Connector::And, pipeline),
                AndOr::Or(pipeline) => (Connector::Or, pipeline),
            })
            .collect();
        let span = rest.last().map_or(first.span, |(_, last)| first.span.to(last.span));
        Ok(Statement { first, rest, background: false, span })
    }

    fn pipeline(
        &mut self,
        negated: bool,
        commands: Vec<(Vec<Newline>, Command)>,
    ) -> Result<Pipeline, Refused> {
        let commands: Vec<Command> = commands.into_iter().map(|(_, command)| command).collect();
        let (Some(first), Some(last)) = (commands.first(), commands.last()) else {
            return Err(Refused::Confused);
        };
        Ok(Pipeline { span: first.span().to(last.span()), negated, commands })
    }

    fn simple_command(
        &mut self,
        before: Vec<RedirectOrEnvVar<Redirect, String, Item>>,
        after: Vec<RedirectOrCmdWord<Redirect, Item>>,
    ) -> Result<Command, Refused> {
        let mut found = Found::default();
        for piece in before {
            match piece {
                RedirectOrEnvVar::Redirect(redirect) => found.add(Item::Redirect(redirect))?,
                RedirectOrEnvVar::EnvVar(..) => return Err(Refused::Confused),
            }
        }
        for piece in after {
            match piece {
                RedirectOrCmdWord::Redirect(redirect) => found.add(Item::Redirect(redirect))?,
                RedirectOrCmdWord::CmdWord(Item::Simple(pieces, span)) => {
                    found.span.get_or_insert(span);
                    let pieces = self.items.get_mut(pieces).unwrap_or_default();
                    pieces.iter_mut().filter_map(Option::take).try_for_each(|piece| found.add(piece))?;
                }
                RedirectOrCmdWord::CmdWord(item) => found.add(item)?,
            }
        }
        found.command()
    }

    fn brace_group(
        &mut self,
        commands: CommandGroup<Separated>,
        redirects: Vec<Redirect>,
    ) -> Result<Compound, Refused> {
        self.compound(CompoundKind::Brace(group(commands)?), redirects)
    }

    fn subshell(
        &mut self,
        commands: CommandGroup<Separated>,
        redirects: Vec<Redirect>,
    ) -> Result<Compound, Refused> {
        self.compound(CompoundKind::Subshell(group(commands)?), redirects)
    }

    fn loop_command(
        &mut self,
        kind: LoopKind,
        parts: GuardBodyPairGroup<Separated>,
        redirects: Vec<Redirect>,
    ) -> Result<Compound, Refused> {
        let (condition, body) = pair(parts)?;
        self.compound(CompoundKind::Loop { until: kind == LoopKind::Until, condition, body }, redirects)
    }

    fn if_command(
        &mut self,
        fragments: IfFragments<Separated>,
        redirects: Vec<Redirect>,
    ) -> Result<Compound, Refused> {
        let branches = fragments.conditionals.into_iter().map(pair).collect::<Result<_, _>>()?;
        let otherwise = fragments.else_branch.map(group).transpose()?;
        self.compound(CompoundKind::If { branches, otherwise }, redirects)
    }

    fn for_command(
        &mut self,
        fragments: ForFragments<Item, Separated>,
        redirects: Vec<Redirect>,
    ) -> Result<Compound, Refused> {
        let (variable, arithmetic) = match self.take(&fragments.var)? {
            Item::Name(name, _) => (name, None),
            Item::ForArithmetic(word) => (String::new(), Some(word)),
            _ => return Err(Refused::Confused),
        };
        let words = fragments
            .words
            .map(|(_, words, _)| words.into_iter().map(as_word).collect::<Result<Vec<_>, _>>())
            .transpose()?;
        let body = group(fragments.body)?;
        self.compound(CompoundKind::For { variable, words, arithmetic, body }, redirects)
    }

    fn case_command(
        &mut self,
        fragments: CaseFragments<Item, Separated>,
        redirects: Vec<Redirect>,
    ) -> Result<Compound, Refused> {
        let word = as_word(fragments.word)?;
        let arms = fragments
            .arms
            .into_iter()
            .map(|arm| {
                let patterns =
                    arm.patterns.pattern_alternatives.into_iter().map(as_word).collect::<Result<_, _>>()?;
                Ok(Arm { patterns, body: group(arm.body)? })
            })
            .collect::<Result<_, Refused>>()?;
        self.compound(CompoundKind::Case { word, arms }, redirects)
    }

    fn compound_command_into_pipeable(&mut self, compound: Compound) -> Result<Command, Refused> {
        Ok(Command::Compound(compound))
    }

    fn function_declaration(
        &mut self,
        name: String,
        _: Vec<Newline>,
        body: Compound,
    ) -> Result<Command, Refused> {
        let Item::Name(name, span) = self.take(&name)? else { return Err(Refused::Confused) };
        Ok(Command::Function(Function { name, span: span.to(body.span), body }))
    }

    fn comments(&mut self, _: Vec<Newline>) -> Result<(), Refused> {
        Ok(())
    }

    fn word(&mut self, kind: ComplexWordKind<Separated>) -> Result<Item, Refused> {
        match &kind {
            ComplexWordKind::Single(WordKind::Simple(SimpleWordKind::Literal(text))) => self.take(text),
            _ => Err(Refused::Confused),
        }
    }

    fn redirect(&mut self, kind: ConchRedirect<Item>) -> Result<Redirect, Refused> {
        match kind {
            ConchRedirect::Write(_, Item::Redirect(redirect)) => Ok(redirect),
            _ => Err(Refused::Confused),
        }
    }
}
