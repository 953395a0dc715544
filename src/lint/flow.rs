//! The walk through a script: everything that it runs, in order, with what is known there.
//!
//! It is data flow of the simple kind. Branches are walked one after the other and what holds in all of them goes on;
//! a loop's body may run or not; a subshell's changes are lost; tests such as `[ -n "$x" ]` and `${x:?}` teach.

mod around;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use crate::shell::tree::{
    Command, Compound, CompoundKind, Connector, Descriptor, Operation, Part, PartKind, Pipeline, Redirect,
    Simple, Span, Statement, Value, Word,
};
use crate::source::Text;

pub(crate) use around::{Around, Fate};

use super::assigned::{assigned_in_parts, set_by_coprocess};
use super::call::{Layer, layers};
use super::effects::{effects, ends, leaves};
use super::facts::{Facts, case_facts, facts, merge};
use super::overview::{Handed, Overview};
use super::spread::spread;
use super::state::State;

/// A program that a script runs.
pub(crate) struct Call<'a, 's> {
    /// Its name and words.
    pub(crate) layer: &'a Layer<'s>,
    /// The whole command, with its redirections.
    pub(crate) simple: &'s Simple,
    /// The commands of the pipeline that it is in, and which of them it is.
    pub(crate) pipeline: (&'s [Command], usize),
    /// What is known when it runs.
    pub(crate) state: &'a State,
    /// Where it stands.
    pub(crate) around: Around,
    /// Whether all of its words stand in the script as they are.
    pub(crate) written: bool,
    /// The text of the script.
    pub(crate) text: &'a Text,
}

/// A piece of a script that is no program, on the way through it.
#[derive(Clone, Copy)]
pub(crate) enum Node<'s> {
    /// A whole script, before anything in it.
    Script(&'s [Statement]),
    /// A list of commands: the script, or the body of a function, loop, branch or subshell.
    List(&'s [Statement]),
    /// A statement of a list.
    Statement(&'s Statement),
    /// A command with its assignments, words and redirections; also one without words.
    Simple(&'s Simple),
    /// A compound command.
    Compound(&'s Compound),
    /// A function's definition.
    Function,
    /// A redirection of a simple or compound command.
    Redirect(&'s Redirect),
    /// A piece of a word that is expanded.
    Expansion(&'s Part),
}

/// Where a node stands.
pub(crate) struct Context<'a> {
    /// What is known when it runs.
    pub(crate) state: &'a State,
    /// Around what.
    pub(crate) around: Around,
    /// The text of the script.
    pub(crate) text: &'a Text,
}

/// Told of everything on the way.
pub(crate) trait Visitor {
    /// A program runs.
    fn call(&mut self, call: &Call<'_, '_>);
    /// Something else comes, before what is in it.
    fn node(&mut self, node: Node<'_>, context: &Context<'_>);
}

/// Walks statements that run with `state`, and leaves what is known after them in it.
pub(crate) fn walk(
    statements: &[Statement],
    text: &Text,
    around: Around,
    state: &mut State,
    visitor: &mut dyn Visitor,
) {
    let mut walk = Walk { text, visitor, jumps: Vec::new() };
    walk.tell(Node::Script(statements), state, around);
    walk.list(statements, state, around);
}

struct Walk<'a> {
    text: &'a Text,
    visitor: &'a mut dyn Visitor,
    /// For each loop that the walk is in, what is known wherever it was left or begun anew before the end of its body.
    jumps: Vec<Option<State>>,
}

impl Walk<'_> {
    fn tell(&mut self, node: Node<'_>, state: &State, around: Around) {
        self.visitor.node(node, &Context { state, around, text: self.text });
    }

    fn list(&mut self, statements: &[Statement], state: &mut State, around: Around) {
        if let Some((last, others)) = statements.split_last() {
            self.tell(Node::List(statements), state, around);
            let fate = match around.fate {
                Fate::Open | Fate::Piped => around.fate,
                _ => Fate::Lost,
            };
            for statement in others {
                self.statement(statement, state, around.with(fate).not_last());
            }
            self.statement(last, state, around);
        }
    }

    fn statement(&mut self, statement: &Statement, state: &mut State, around: Around) {
        self.tell(Node::Statement(statement), state, around);
        if statement.background {
            let mut apart = state.clone();
            self.chain(statement, &mut apart, around.with(Fate::Lost).in_subshell());
        } else {
            self.chain(statement, state, around);
        }
    }

    fn chain(&mut self, statement: &Statement, state: &mut State, around: Around) {
        let last_or = statement.rest.iter().rposition(|(connector, _)| *connector == Connector::Or);
        let fate = |at: usize| {
            if at == statement.rest.len() {
                around.fate
            } else if last_or.is_some_and(|last| last >= at) {
                Fate::Handled
            } else if matches!(around.fate, Fate::Open | Fate::Piped) {
                Fate::Chained
            } else {
                // The whole chain fails with it, and something becomes of that.
                around.fate
            }
        };
        let member = |at: usize| {
            let before = at.checked_sub(1).and_then(|before| statement.rest.get(before));
            let after_failure = before.is_some_and(|(connector, _)| *connector == Connector::Or);
            let here = Around { after_failure, ..around.with(fate(at)) };
            if at < statement.rest.len() { here.not_last() } else { here }
        };
        self.pipeline(&statement.first, state, member(0));
        let mut before = facts(&statement.first);
        for (at, (connector, pipeline)) in statement.rest.iter().enumerate() {
            let mut inner = state.clone();
            let (here, otherwise) = match connector {
                Connector::And => (&before.success, &before.failure),
                Connector::Or => (&before.failure, &before.success),
            };
            here.iter().for_each(|name| inner.learn(name));
            self.pipeline(pipeline, &mut inner, member(at + 1));
            if leaves(pipeline) {
                // Whoever goes on did not come here.
                otherwise.iter().for_each(|name| state.learn(name));
            } else {
                *state = inner.and(state);
            }
            before =
                if *connector == Connector::And { merge(before, facts(pipeline)) } else { Facts::default() };
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline, state: &mut State, around: Around) {
        let around = if pipeline.negated { around.with(Fate::Asked) } else { around };
        if let [command] = pipeline.commands.as_slice() {
            return self.command(command, (&pipeline.commands, 0), state, around);
        }
        let last = pipeline.commands.len().saturating_sub(1);
        for (at, command) in pipeline.commands.iter().enumerate() {
            let piped = at < last && !state.options().pipefail;
            let around = if piped { around.with(Fate::Piped) } else { around };
            let around = if at > 0 { around.fed() } else { around };
            self.command(command, (&pipeline.commands, at), &mut state.clone(), around.in_subshell());
        }
    }

    fn command<'s>(
        &mut self,
        command: &'s Command,
        place: (&'s [Command], usize),
        state: &mut State,
        around: Around,
    ) {
        match command {
            Command::Simple(simple) => self.simple(simple, place, state, around),
            Command::Compound(compound) => self.compound(compound, state, around),
            Command::Function(function) => {
                self.tell(Node::Function, state, around);
                // What is known where the function is defined is mostly known where it is called.
                let inside = Around { function: true, ..Around::script() };
                self.compound(&function.body, &mut state.clone().in_function(), inside);
            }
        }
    }

    fn compound(&mut self, compound: &Compound, state: &mut State, around: Around) {
        self.tell(Node::Compound(compound), state, around);
        let Some(name) = &compound.coprocess else { return self.inside(compound, state, around) };
        self.inside(compound, &mut state.clone(), around.with(Fate::Lost).fed().in_subshell());
        for name in set_by_coprocess(name) {
            state.forget(&name);
            state.learn(&name);
        }
    }

    fn inside(&mut self, compound: &Compound, state: &mut State, around: Around) {
        self.redirects(&compound.redirects, state, around);
        let around = if compound.redirects.iter().any(Redirect::feeds) { around.fed() } else { around };
        let asked = around.with(Fate::Asked);
        match &compound.kind {
            CompoundKind::Brace(body) => self.list(body, state, around),
            CompoundKind::Subshell(body) => self.list(body, &mut state.clone(), around.in_subshell()),
            CompoundKind::If { branches, otherwise } => {
                self.branches(branches, otherwise.as_deref(), state, around);
            }
            CompoundKind::Loop { condition, body, .. } => {
                changes(body, state);
                self.list(condition, state, asked.not_last());
                let inner = state.clone();
                *state = self.turn(body, inner, around).and(state);
            }
            CompoundKind::For { variable, words, arithmetic, body } => {
                let words = words.as_deref().unwrap_or_default();
                self.words(words, state, around);
                arithmetic.iter().for_each(|word| self.arithmetic(&word.parts, state, around));
                changes(body, state);
                let mut inner = state.clone();
                inner.loop_through(variable, words);
                *state = self.turn(body, inner, around).and(state);
            }
            CompoundKind::Case { word, arms } => {
                self.words(std::slice::from_ref(word), state, around);
                let mut after: Option<State> = None;
                for arm in arms {
                    self.words(&arm.patterns, state, around);
                    let mut inner = state.clone();
                    case_facts(word, &arm.patterns).iter().for_each(|name| inner.learn(name));
                    self.list(&arm.body, &mut inner, around);
                    if !ends(&arm.body) {
                        after = Some(after.map_or(inner.clone(), |after| after.and(&inner)));
                    }
                }
                let total = arms
                    .iter()
                    .any(|arm| arm.patterns.iter().any(|word| word.literal().as_deref() == Some("*")));
                if let Some(after) = after {
                    *state = if total { after } else { after.and(state) };
                }
            }
            CompoundKind::Test(words) => self.words(words, state, around),
            CompoundKind::Arithmetic(word) => self.arithmetic(&word.parts, state, around),
        }
    }

    /// Walks the body of a loop once; gives what is known behind it, whichever way it was left.
    fn turn(&mut self, body: &[Statement], mut state: State, around: Around) -> State {
        self.jumps.push(None);
        self.list(body, &mut state, around.not_last());
        match self.jumps.pop().flatten() {
            Some(jumped) => state.and(&jumped),
            None => state,
        }
    }

    /// Goes to the end of the loop around, or to its next turn.
    fn jump(&mut self, state: &State) {
        if let Some(jumped) = self.jumps.last_mut() {
            *jumped = Some(jumped.take().map_or_else(|| state.clone(), |jumped| jumped.and(state)));
        }
    }

    fn branches(
        &mut self,
        branches: &[(Vec<Statement>, Vec<Statement>)],
        otherwise: Option<&[Statement]>,
        state: &mut State,
        around: Around,
    ) {
        let mut ways: Vec<State> = Vec::new();
        for (condition, body) in branches {
            self.list(condition, state, around.with(Fate::Asked).not_last());
            let facts = match condition.as_slice() {
                [Statement { first, rest, .. }] => {
                    let only_and = rest.iter().all(|(connector, _)| *connector == Connector::And);
                    let all = rest.iter().map(|(_, pipeline)| facts(pipeline)).fold(facts(first), merge);
                    if only_and { all } else { Facts::default() }
                }
                _ => Facts::default(),
            };
            let mut inner = state.clone();
            facts.success.iter().for_each(|name| inner.learn(name));
            self.list(body, &mut inner, around);
            if !ends(body) {
                ways.push(inner);
            }
            facts.failure.iter().for_each(|name| state.learn(name));
        }
        let mut last = state.clone();
        self.list(otherwise.unwrap_or_default(), &mut last, around);
        if !otherwise.is_some_and(ends) {
            ways.push(last);
        }
        let mut ways = ways.into_iter();
        if let Some(first) = ways.next() {
            *state = ways.fold(first, |all, way| all.and(&way));
        }
    }

    fn simple<'s>(
        &mut self,
        simple: &'s Simple,
        place: (&'s [Command], usize),
        state: &mut State,
        around: Around,
    ) {
        self.tell(Node::Simple(simple), state, around);
        self.words(&simple.words, state, around);
        // The value of one before a command's name sees those before it, and nothing else of the script does.
        let mut own = (!simple.words.is_empty() && simple.assignments.len() > 1).then(|| state.clone());
        for assignment in &simple.assignments {
            let state = own.as_mut().unwrap_or(&mut *state);
            match &assignment.value {
                Value::Scalar(word) => self.words(std::slice::from_ref(word), state, around),
                Value::Array(words) => self.words(words, state, around),
            }
            if let Some(own) = &mut own {
                own.assign(assignment);
                own.learn(&assignment.name);
            }
        }
        self.redirects(&simple.redirects, state, around);
        let text = self.text;
        let mut tell = |programs: &[Layer<'_>], written| {
            for layer in programs {
                let call = Call { layer, simple, pipeline: place, state, around, written, text };
                self.visitor.call(&call);
            }
        };
        let words = spread(&simple.words, state);
        let programs = layers(&words, state);
        tell(&programs, matches!(words, Cow::Borrowed(_)));
        if let Some(layer) = programs.last()
            && let Some(function) = layer.function()
        {
            for Handed { before, shifted } in state.overview().handed(function) {
                let rest = layer.arguments.get(*shifted..).unwrap_or_default();
                let words = [before.as_slice(), rest].concat();
                tell(&layers(&words, state), false);
            }
        }
        // Before a command's name an assignment holds for the command alone.
        if simple.words.is_empty() {
            simple.assignments.iter().for_each(|assignment| state.assign(assignment));
        }
        if let Some((layer, outer)) = programs.split_last()
            && outer.iter().all(|outer| ["command", "builtin"].contains(&outer.name.as_str()))
        {
            effects(layer, &simple.redirects, state);
            if ["break", "continue"].contains(&layer.name.as_str()) {
                self.jump(state);
            }
        }
    }

    fn redirects(&mut self, redirects: &[Redirect], state: &mut State, around: Around) {
        for redirect in redirects {
            self.words(std::slice::from_ref(&redirect.target), state, around);
            self.tell(Node::Redirect(redirect), state, around);
            if let Some(Descriptor::Variable(name)) = &redirect.descriptor {
                state.forget(name);
                state.learn(name);
            }
        }
    }

    fn words(&mut self, words: &[Word], state: &mut State, around: Around) {
        words.iter().for_each(|word| self.parts(&word.parts, state, around));
    }

    fn arithmetic(&mut self, parts: &[Part], state: &mut State, around: Around) {
        self.parts(parts, state, around);
        assigned_in_parts(parts).iter().for_each(|name| state.blur(name));
    }

    /// Walks the commands inside of words, and learns from `${x:?}`.
    fn parts(&mut self, parts: &[Part], state: &mut State, around: Around) {
        for part in parts {
            if !matches!(part.kind, PartKind::Literal(_)) {
                self.tell(Node::Expansion(part), state, around);
            }
            match &part.kind {
                PartKind::Literal(_) => {}
                PartKind::Command(body) | PartKind::Process(body) => {
                    // Whether its failure counts depends on the command that it is a word of; it counts by itself.
                    let mut inner = state.clone().in_substitution();
                    self.list(body, &mut inner, around.with(Fate::Open).in_subshell());
                }
                PartKind::Arithmetic(inner) => self.arithmetic(inner, state, around),
                PartKind::Parameter(parameter) => {
                    self.parts(&parameter.word, state, around);
                    let word = Word { parts: parameter.word.clone(), span: Span::default() };
                    match parameter.operation {
                        Operation::Require { also_empty: true } => state.learn(&parameter.name),
                        Operation::Assign { also_empty: true } if state.surely_not_empty(&word) => {
                            state.learn(&parameter.name);
                        }
                        _ => {}
                    }
                }
            }
        }
    }
}

/// A loop's body may have run before, so that what it sets has any of the values.
fn changes(body: &[Statement], state: &mut State) {
    Overview::of(body).names().for_each(|name| state.blur(name));
}
