//! The walk through a script: every program that it runs, in order, with what is known there.
//!
//! It is data flow of the simple kind. Branches are walked one after the other and what holds in all of them goes on;
//! a loop's body may run or not; a subshell's changes are lost; tests such as `[ -n "$x" ]` and `${x:?}` teach.

use crate::shell::tree::{
    Command, Compound, CompoundKind, Connector, Operation, Part, PartKind, Pipeline, Redirect, Simple, Span,
    Statement, Value, Word,
};
use crate::source::Text;

use super::call::{Layer, layers};
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
    /// The text of the script.
    pub(crate) text: &'a Text,
}

/// Told of every program.
pub(crate) trait Visitor {
    /// A program runs.
    fn call(&mut self, call: &Call<'_, '_>);
}

/// Walks statements that run with `state`, and leaves what is known after them in it.
pub(crate) fn walk(statements: &[Statement], text: &Text, state: &mut State, visitor: &mut dyn Visitor) {
    Walk { text, visitor }.list(statements, state);
}

struct Walk<'a> {
    text: &'a Text,
    visitor: &'a mut dyn Visitor,
}

/// What a command's success or failure says of variables: those that are not empty then.
#[derive(Default)]
struct Facts {
    success: Vec<String>,
    failure: Vec<String>,
}

impl Walk<'_> {
    fn list(&mut self, statements: &[Statement], state: &mut State) {
        for statement in statements {
            self.statement(statement, state);
        }
    }

    fn statement(&mut self, statement: &Statement, state: &mut State) {
        if statement.background {
            let mut apart = state.clone();
            self.chain(statement, &mut apart);
        } else {
            self.chain(statement, state);
        }
    }

    fn chain(&mut self, statement: &Statement, state: &mut State) {
        self.pipeline(&statement.first, state);
        let mut before = facts(&statement.first);
        for (connector, pipeline) in &statement.rest {
            let mut inner = state.clone();
            let (here, otherwise) = match connector {
                Connector::And => (&before.success, &before.failure),
                Connector::Or => (&before.failure, &before.success),
            };
            here.iter().for_each(|name| inner.learn(name));
            self.pipeline(pipeline, &mut inner);
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

    fn pipeline(&mut self, pipeline: &Pipeline, state: &mut State) {
        if let [command] = pipeline.commands.as_slice() {
            return self.command(command, (&pipeline.commands, 0), state);
        }
        for (at, command) in pipeline.commands.iter().enumerate() {
            self.command(command, (&pipeline.commands, at), &mut state.clone());
        }
    }

    fn command<'s>(&mut self, command: &'s Command, place: (&'s [Command], usize), state: &mut State) {
        match command {
            Command::Simple(simple) => self.simple(simple, place, state),
            Command::Compound(compound) => self.compound(compound, state),
            // What is known where the function is defined is mostly known where it is called.
            Command::Function(function) => self.compound(&function.body, &mut state.clone()),
        }
    }

    fn compound(&mut self, compound: &Compound, state: &mut State) {
        self.redirects(&compound.redirects, state);
        match &compound.kind {
            CompoundKind::Brace(body) => self.list(body, state),
            CompoundKind::Subshell(body) => self.list(body, &mut state.clone()),
            CompoundKind::If { branches, otherwise } => self.branches(branches, otherwise.as_deref(), state),
            CompoundKind::Loop { condition, body, .. } => {
                self.list(condition, state);
                let mut inner = state.clone();
                self.list(body, &mut inner);
                *state = inner.and(state);
            }
            CompoundKind::For { variable, words, arithmetic, body } => {
                let words = words.as_deref().unwrap_or_default();
                self.words(words, state);
                self.words(arithmetic.as_slice(), state);
                let mut inner = state.clone();
                inner.forget(variable);
                if !words.is_empty() && words.iter().all(|word| inner.surely_not_empty(word)) {
                    inner.learn(variable);
                }
                self.list(body, &mut inner);
                *state = inner.and(state);
            }
            CompoundKind::Case { word, arms } => {
                self.words(std::slice::from_ref(word), state);
                let mut after: Option<State> = None;
                for arm in arms {
                    let mut inner = state.clone();
                    self.list(&arm.body, &mut inner);
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
            CompoundKind::Test(words) => self.words(words, state),
            CompoundKind::Arithmetic(word) => self.words(std::slice::from_ref(word), state),
        }
    }

    fn branches(
        &mut self,
        branches: &[(Vec<Statement>, Vec<Statement>)],
        otherwise: Option<&[Statement]>,
        state: &mut State,
    ) {
        let mut ways: Vec<State> = Vec::new();
        for (condition, body) in branches {
            self.list(condition, state);
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
            self.list(body, &mut inner);
            if !ends(body) {
                ways.push(inner);
            }
            facts.failure.iter().for_each(|name| state.learn(name));
        }
        let mut last = state.clone();
        self.list(otherwise.unwrap_or_default(), &mut last);
        if !otherwise.is_some_and(ends) {
            ways.push(last);
        }
        let mut ways = ways.into_iter();
        if let Some(first) = ways.next() {
            *state = ways.fold(first, |all, way| all.and(&way));
        }
    }

    fn simple<'s>(&mut self, simple: &'s Simple, place: (&'s [Command], usize), state: &mut State) {
        self.words(&simple.words, state);
        for assignment in &simple.assignments {
            match &assignment.value {
                Value::Scalar(word) => self.words(std::slice::from_ref(word), state),
                Value::Array(words) => self.words(words, state),
            }
        }
        self.redirects(&simple.redirects, state);
        let layers = layers(&simple.words, state);
        for layer in &layers {
            self.visitor.call(&Call { layer, simple, pipeline: place, state, text: self.text });
        }
        // Before a command's name an assignment holds for the command alone.
        if simple.words.is_empty() {
            simple.assignments.iter().for_each(|assignment| state.assign(assignment));
        }
        if let Some(layer) = layers.last() {
            effects(layer, state);
        }
    }

    fn redirects(&mut self, redirects: &[Redirect], state: &mut State) {
        for redirect in redirects {
            self.words(std::slice::from_ref(&redirect.target), state);
        }
    }

    fn words(&mut self, words: &[Word], state: &mut State) {
        words.iter().for_each(|word| self.parts(&word.parts, state));
    }

    /// Walks the commands inside of words, and learns from `${x:?}`.
    fn parts(&mut self, parts: &[Part], state: &mut State) {
        for part in parts {
            match &part.kind {
                PartKind::Literal(_) => {}
                PartKind::Command(body) | PartKind::Process(body) => self.list(body, &mut state.clone()),
                PartKind::Arithmetic(inner) => self.parts(inner, state),
                PartKind::Parameter(parameter) => {
                    self.parts(&parameter.word, state);
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

/// What a builtin does to variables.
fn effects(layer: &Layer<'_>, state: &mut State) {
    match layer.name.as_str() {
        "export" | "local" | "declare" | "readonly" | "typeset" => {
            for word in layer.arguments {
                let text = word.literal_prefix();
                let Some((name, _)) = text.split_once('=') else { continue };
                // The first piece has the name, the `=` and perhaps the beginning of the value.
                let head = word.parts.first().and_then(Part::literal).and_then(|text| text.split_once('='));
                let begins = head.is_some_and(|(_, value)| !value.is_empty());
                let filled = begins || word.parts.iter().skip(1).any(|part| !state.may_be_empty(part));
                let name = name.trim_end_matches('+');
                if filled { state.learn(name) } else { state.forget(name) }
            }
        }
        "unset" | "read" | "mapfile" | "readarray" | "getopts" => {
            layer.literals().for_each(|name| state.forget(&name));
        }
        _ => {}
    }
}

/// Whether nothing that follows is reached.
fn ends(body: &[Statement]) -> bool {
    body.last().is_some_and(|last| last.rest.is_empty() && leaves(&last.first))
}

fn leaves(pipeline: &Pipeline) -> bool {
    match pipeline.commands.as_slice() {
        [Command::Simple(simple)] => {
            let name = simple.words.first().and_then(Word::literal);
            name.is_some_and(|name| {
                ["exit", "return", "exec", "continue", "break", "die", "fail"].contains(&&*name)
            })
        }
        [Command::Compound(Compound { kind: CompoundKind::Brace(body), .. })] => ends(body),
        _ => false,
    }
}

fn merge(mut one: Facts, other: Facts) -> Facts {
    one.success.extend(other.success);
    one.failure.clear();
    one
}

/// What a test's outcome says of variables.
fn facts(pipeline: &Pipeline) -> Facts {
    let found = match pipeline.commands.as_slice() {
        [Command::Simple(simple)] => match simple.words.split_first() {
            Some((head, words)) if head.literal().as_deref() == Some("test") => test_facts(words),
            Some((head, words)) if head.literal().as_deref() == Some("[") => {
                test_facts(words.split_last().map_or(words, |(_, inner)| inner))
            }
            _ => Facts::default(),
        },
        [Command::Compound(Compound { kind: CompoundKind::Test(words), .. })] => {
            let is = |word: &Word, text: &str| word.literal().as_deref() == Some(text);
            if words.iter().any(|word| is(word, "||")) {
                Facts::default()
            } else {
                let parts: Vec<_> = words.split(|word| is(word, "&&")).map(test_facts).collect();
                parts.into_iter().reduce(merge).unwrap_or_default()
            }
        }
        _ => Facts::default(),
    };
    if pipeline.negated { Facts { success: found.failure, failure: found.success } } else { found }
}

fn test_facts(words: &[Word]) -> Facts {
    let variable = |word: &Word| match word.parts.as_slice() {
        [Part { kind: PartKind::Parameter(parameter), .. }] => Some(parameter.name.clone()),
        _ => None,
    };
    match words {
        [word] => Facts { success: variable(word).into_iter().collect(), failure: Vec::new() },
        [operator, word] => match operator.literal().as_deref() {
            Some("-z") => Facts { success: Vec::new(), failure: variable(word).into_iter().collect() },
            // No file has an empty name, so a test of one says that there is a name.
            Some(text) if text.starts_with('-') => {
                Facts { success: variable(word).into_iter().collect(), failure: Vec::new() }
            }
            Some("!") => Facts { success: Vec::new(), failure: variable(word).into_iter().collect() },
            _ => Facts::default(),
        },
        [not, operator, word] if not.literal().as_deref() == Some("!") => {
            let Facts { success, failure } = test_facts(&[operator.clone(), word.clone()]);
            Facts { success: failure, failure: success }
        }
        [left, operator, right] if matches!(operator.literal().as_deref(), Some("=" | "==")) => {
            let filled = right.parts.iter().any(|part| part.literal().is_some_and(|text| !text.is_empty()));
            let known = variable(left);
            let (success, failure) =
                if filled { (known, None) } else { (None, known.filter(|_| right.literal().is_some())) };
            Facts { success: success.into_iter().collect(), failure: failure.into_iter().collect() }
        }
        [left, operator, right] if operator.literal().as_deref() == Some("!=") => {
            let empty = right.literal().as_deref() == Some("");
            Facts { success: variable(left).filter(|_| empty).into_iter().collect(), failure: Vec::new() }
        }
        _ => Facts::default(),
    }
}
