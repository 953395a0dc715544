//! What is known at one point of a script: of variables, of where the shell is, and of its options.
//!
//! It knows what a word may become with that. How one gets to the point is for `flow` to know.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::shell::tree::{Assignment, Operation, Parameter, Part, PartKind, Value, Word};

use super::call::Layer;
use super::familiar::{ALWAYS_PRINT, ALWAYS_SET, prints};
use super::foreseen::Foreseen;
use super::options::Options;
use super::overview::Overview;
use super::spread::MOST_WORDS;

/// What is known of one variable that is set and not empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Known {
    /// Its value, where that is written down.
    value: Option<String>,
    /// The elements of an array that are all written down; of `@`, the positional parameters.
    list: Option<Rc<[String]>>,
    /// The values of which it has one, where they are written down: a loop goes through them.
    one_of: Option<Rc<[String]>>,
}

impl Known {
    fn with(value: Option<String>) -> Self {
        Self { value, ..Self::default() }
    }
}

/// The shell at one point of a script, as far as can be seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct State {
    /// The variables that are set and not empty. Most ways through a script change none, and share them with the others.
    known: Rc<BTreeMap<String, Known>>,
    /// The variables of which the script shows how they are split.
    foreseen: Foreseen,
    /// What the script does anywhere in it.
    overview: Rc<Overview>,
    dir: Directory,
    options: Options,
    /// Whether the shell's standard input was turned to something: `exec < file`.
    fed: bool,
}

/// Where a shell is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Directory {
    /// Where the script started.
    #[default]
    Start,
    /// A path that is absolute, or relative to where the script started.
    At(String),
    /// Somewhere.
    Unknown,
}

/// What every script sets for its own shell alone.
const KEPT: [&str; 3] = ["jobs", "sources", "work"];

/// A value that is longer is not kept: a script could make it twice as long with each line.
const MAX_VALUE: usize = 4096;

impl State {
    /// The variables that a script starts with.
    pub(crate) fn with(variables: impl IntoIterator<Item = (String, Option<String>)>) -> Self {
        let variables: Vec<_> = variables.into_iter().collect();
        let overview = Overview::with(variables.iter().map(|(name, _)| name.clone()));
        let overview = Rc::new(overview.keeping(&KEPT));
        let written = variables.iter().filter(|(_, value)| value.is_some());
        let foreseen = Foreseen::with(written.map(|(name, _)| name.clone()));
        let known = variables.into_iter().filter(|(_, value)| value.as_deref() != Some(""));
        let known = Rc::new(known.map(|(name, value)| (name, Known::with(value))).collect());
        Self { known, foreseen, overview, ..Self::default() }
    }

    /// The same, where something that is not known may have set any variable besides, such as these.
    #[must_use]
    pub(crate) fn perhaps_with(mut self, names: impl Iterator<Item = String>) -> Self {
        let overview = Rc::make_mut(&mut self.overview);
        overview.open = true;
        for name in names {
            self.foreseen.note(&name, true);
            self.learn(&name);
        }
        self
    }

    /// The same, in a shell with these options.
    #[must_use]
    pub(crate) fn under(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// The options of the shell.
    pub(crate) fn options(&self) -> Options {
        self.options
    }

    /// Where the shell is, where that is written down: absolute, or relative to where the script started.
    pub(crate) fn dir(&self) -> Option<&str> {
        match &self.dir {
            Directory::At(path) => Some(path),
            Directory::Start | Directory::Unknown => None,
        }
    }

    /// The shell goes to another directory, if it is known which.
    pub(crate) fn enter(&mut self, to: Option<&Word>) {
        let to = to
            .and_then(|word| self.resolved(word))
            .filter(|to| !to.is_empty() && to != "-" && !to.starts_with('~'));
        self.dir = match (to, std::mem::take(&mut self.dir)) {
            (Some(to), Directory::Start) => Directory::At(to),
            (Some(to), _) if to.starts_with('/') => Directory::At(to),
            (Some(to), Directory::At(dir)) => Directory::At(format!("{}/{to}", dir.trim_end_matches('/'))),
            (None, _) | (_, Directory::Unknown) => Directory::Unknown,
        };
    }

    /// From here on something feeds the shell's standard input.
    pub(crate) fn feed(&mut self) {
        self.fed = true;
    }

    /// Whether something does.
    pub(crate) fn is_fed(&self) -> bool {
        self.fed
    }

    /// Notes what `set` does.
    pub(crate) fn set(&mut self, layer: &Layer<'_>) {
        self.options.set(layer.arguments.iter().filter_map(Word::literal));
        let sets_positions = |text: &str| text == "--" || !text.starts_with(['-', '+']);
        let mut words = layer.arguments.iter();
        if let Some(first) = words.find(|word| sets_positions(&word.literal_prefix())) {
            self.forget_positions();
            let separator = first.literal().is_some_and(|text| text == "--");
            let first = (!separator).then_some(first);
            let words: Vec<&Word> = first.into_iter().chain(words).collect();
            self.set_list("@", &words);
        }
    }

    /// The elements of an array, or of `@`, where all of them are written down.
    pub(crate) fn list(&self, name: &str) -> Option<&[String]> {
        self.known.get(name)?.list.as_deref()
    }

    /// From here on a variable has these words, and nothing else, if they are written down.
    fn set_list(&mut self, name: &str, words: &[&Word]) {
        if let Some(texts) = self.texts(words) {
            Rc::make_mut(&mut self.known).entry(name.to_owned()).or_default().list = Some(texts);
        }
    }

    /// The texts of words that are each one, and written down.
    fn texts(&self, words: &[&Word]) -> Option<Rc<[String]>> {
        if words.is_empty() || words.len() > MOST_WORDS {
            return None;
        }
        // One that is split is perhaps more than one.
        let is_one = |word: &&Word| word.parts.iter().all(|part| part.quoted || part.literal().is_some());
        let texts = words.iter().map(|word| self.resolved(word).filter(|_| is_one(word)));
        texts
            .collect::<Option<Rc<[String]>>>()
            .filter(|texts| texts.iter().map(String::len).sum::<usize>() <= MAX_VALUE)
    }

    /// The values of which a variable has one, where they are written down.
    pub(crate) fn one_of(&self, name: &str) -> Option<&[String]> {
        self.known.get(name)?.one_of.as_deref()
    }

    /// Whether anything in the script may set the variable, or something did before it.
    pub(crate) fn is_assigned(&self, name: &str) -> bool {
        self.overview.sets(name) || self.is_known(name)
    }

    /// Whether anything may have set the variable when the script comes to this byte.
    pub(crate) fn may_be_set(&self, name: &str, at: u32) -> bool {
        self.overview.sets_before(name, at) || self.is_known(name)
    }

    /// What the script does anywhere in it.
    pub(crate) fn overview(&self) -> &Overview {
        &self.overview
    }

    /// The same, at the beginning of a script that does this.
    #[must_use]
    pub(crate) fn before(mut self, overview: Overview) -> Self {
        self.overview = Rc::new(overview.inside(&self.overview));
        self
    }

    /// From here on the shell reads another text, which does this, beside those that do the others.
    pub(crate) fn goes_on(
        &mut self,
        start: &Self,
        overview: &Overview,
        others: impl Iterator<Item = Overview>,
    ) {
        let around = others.fold(Rc::clone(&start.overview), |outer, one| Rc::new(one.inside(&outer)));
        self.overview = Rc::new(overview.clone().inside(&around));
    }

    /// The same, in a function, which may be called with other arguments, and after options are set that are not yet.
    #[must_use]
    pub(crate) fn in_function(mut self) -> Self {
        self.options = self.options.or(self.overview.options);
        self.forget_positions();
        self
    }

    /// The same, in a shell of its own.
    #[must_use]
    pub(crate) fn in_shell(mut self, options: Options) -> Self {
        self.options = options;
        self.forget_positions();
        self
    }

    /// The same, in a command substitution, where bash drops `set -e` (bash(1), "Command Substitution").
    #[must_use]
    pub(crate) fn in_substitution(mut self) -> Self {
        self.options.errexit &= self.options.posix;
        self
    }

    /// The text of a word, where all values in it are written down.
    pub(crate) fn resolved(&self, word: &Word) -> Option<String> {
        let value = |part: &Part| match &part.kind {
            PartKind::Literal(text) => Some(text.clone()),
            PartKind::Parameter(parameter) if parameter.operation == Operation::Value => {
                self.value(&parameter.name).map(str::to_owned)
            }
            _ => None,
        };
        word.parts.iter().map(value).collect()
    }

    /// Whether a variable is set and not empty.
    pub(crate) fn is_known(&self, name: &str) -> bool {
        self.known.contains_key(name) || ALWAYS_SET.contains(&name)
    }

    /// A variable's value, where it is written down.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.known.get(name)?.value.as_deref()
    }

    /// From here on the variable is set and not empty.
    pub(crate) fn learn(&mut self, name: &str) {
        if !self.known.contains_key(name) {
            Rc::make_mut(&mut self.known).insert(name.to_owned(), Known::default());
        }
    }

    /// From here on the variable is one of the words that these become.
    pub(crate) fn loop_through(&mut self, name: &str, words: &[Word]) {
        self.forget(name);
        self.foreseen.go_through(name, words);
        // What is split gives no empty words.
        let split = |word: &Word| word.is_bare() && !word.parts.is_empty();
        if !words.is_empty() && words.iter().all(|word| split(word) || self.surely_not_empty(word)) {
            // What a pattern finds is more than one, of which the body may choose.
            let pattern = |part: &Part| {
                !part.quoted && part.literal().is_some_and(|text| text.contains(['*', '?', '[']))
            };
            let found = words.iter().any(|word| word.parts.iter().any(pattern));
            let one_of = self.texts(&words.iter().collect::<Vec<_>>()).filter(|_| !found);
            let known = Known { one_of, ..Known::default() };
            Rc::make_mut(&mut self.known).insert(name.to_owned(), known);
        }
    }

    /// From here on nothing is known of the variable.
    pub(crate) fn forget(&mut self, name: &str) {
        self.forget_value(name);
        self.foreseen.forget(name);
    }

    fn forget_value(&mut self, name: &str) {
        if self.known.contains_key(name) {
            Rc::make_mut(&mut self.known).remove(name);
        }
    }

    /// Whether the script shows how a piece of a word is split where it is not quoted.
    pub(crate) fn is_foreseen(&self, part: &Part) -> bool {
        self.foreseen.shows(part)
    }

    /// The positional parameters may be any from here on.
    pub(crate) fn forget_positions(&mut self) {
        let is_position = |name: &str| name == "@" || name.bytes().all(|c| c.is_ascii_digit());
        if self.known.keys().any(|name| is_position(name)) {
            Rc::make_mut(&mut self.known).retain(|name, _| !is_position(name));
        }
    }

    /// The variable may have another value from here on, but is as empty as it was.
    pub(crate) fn blur(&mut self, name: &str) {
        self.foreseen.forget(name);
        if self.known.get(name).is_some_and(|known| *known != Known::default()) {
            Rc::make_mut(&mut self.known).insert(name.to_owned(), Known::default());
        }
    }

    /// All variables may have other values from here on.
    pub(crate) fn blur_all(&mut self) {
        Rc::make_mut(&mut self.known).values_mut().for_each(|known| *known = Known::default());
        self.foreseen = Foreseen::default();
    }

    /// Notes an assignment.
    pub(crate) fn assign(&mut self, assignment: &Assignment) {
        let Assignment { name, append, element, value, .. } = assignment;
        let filled = match value {
            Value::Scalar(word) => self.surely_not_empty(word),
            Value::Array(words) => words.iter().any(|word| self.surely_not_empty(word)),
        };
        let short = |value: Option<String>| value.filter(|value| value.len() <= MAX_VALUE);
        let known = match value {
            _ if *append || *element => (filled || self.known.contains_key(name)).then_some(None),
            Value::Scalar(word) => filled.then(|| short(self.resolved(word))),
            // Without a subscript an array is its first element (bash(1), "Arrays").
            Value::Array(words) => filled.then(|| short(words.first().and_then(|word| self.resolved(word)))),
        };
        let list = match value {
            Value::Array(words) if !*element => self.longer_list(name, *append, words),
            _ => None,
        };
        self.foreseen.assign(assignment);
        match known {
            Some(value) => {
                let known = Known { value, list, one_of: None };
                Rc::make_mut(&mut self.known).insert(name.clone(), known);
            }
            None => self.forget_value(name),
        }
    }

    /// The elements of an array that gets these words, all of them or behind those that it has.
    fn longer_list(&self, name: &str, append: bool, words: &[Word]) -> Option<Rc<[String]>> {
        let after = self.texts(&words.iter().collect::<Vec<_>>())?;
        if !append {
            return Some(after);
        }
        let all: Rc<[String]> = self.list(name)?.iter().chain(after.iter()).cloned().collect();
        (all.len() <= MOST_WORDS).then_some(all)
    }

    /// What holds whichever of two ways was taken.
    #[must_use]
    pub(crate) fn and(mut self, other: &Self) -> Self {
        if !Rc::ptr_eq(&self.known, &other.known) {
            let all = Rc::make_mut(&mut self.known);
            all.retain(|name, _| other.known.contains_key(name));
            for (name, known) in all {
                if other.known.get(name) != Some(known) {
                    *known = Known::default();
                }
            }
        }
        self.foreseen.keep(&other.foreseen);
        if self.dir != other.dir {
            self.dir = Directory::Unknown;
        }
        self.options = self.options.and(other.options);
        self.fed &= other.fed;
        self
    }

    /// Whether a word cannot become empty.
    pub(crate) fn surely_not_empty(&self, word: &Word) -> bool {
        word.parts.iter().any(|part| !self.may_be_empty(part))
    }

    /// Whether a piece of a word may become empty.
    pub(crate) fn may_be_empty(&self, part: &Part) -> bool {
        match &part.kind {
            PartKind::Literal(text) => text.is_empty(),
            PartKind::Arithmetic(_) | PartKind::Process(_) => false,
            PartKind::Command(body) => !prints(body, &ALWAYS_PRINT),
            PartKind::Parameter(parameter) => self.parameter_may_be_empty(parameter),
        }
    }

    fn parameter_may_be_empty(&self, parameter: &Parameter) -> bool {
        let word_filled = || parameter.word.iter().any(|part| !self.may_be_empty(part));
        if matches!(parameter.name.as_str(), "?" | "#" | "$" | "0") {
            return false;
        }
        match parameter.operation {
            Operation::Length => false,
            Operation::Require { also_empty: true } => false,
            Operation::Default { also_empty: true } | Operation::Assign { also_empty: true } => {
                !self.is_known(&parameter.name) && !word_filled()
            }
            // What these leave over is empty only for values that the author surely did not mean.
            Operation::Value | Operation::Trim | Operation::Other => !self.is_known(&parameter.name),
            Operation::Default { .. } | Operation::Assign { .. } | Operation::Require { .. } => {
                !self.is_known(&parameter.name)
            }
            Operation::Alternative => !(self.is_known(&parameter.name) && word_filled()),
        }
    }
}
