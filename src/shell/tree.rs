//! The syntax tree that lint walks.
//!
//! It is a tree of what the shell will do, not of how it was typed: quotes are gone and each piece of a word says
//! whether it was quoted. Every node knows the bytes it came from. Nothing here knows the parser that made it.

use std::borrow::Cow;

/// A range of bytes in the text that was parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes from `start` to before `end`.
    pub fn new(start: usize, end: usize) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { start: clamp(start), end: clamp(end) }
    }

    /// As a range.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// From the start of this one to the end of the other.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start, end: other.end.max(self.start) }
    }

    /// How many bytes.
    pub fn len(self) -> usize {
        self.range().len()
    }

    /// Whether it covers nothing.
    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }
}

/// A list of pipelines that ends with `;`, `&` or a line's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The pipeline that always runs.
    pub first: Pipeline,
    /// The others, with what stands before each.
    pub rest: Vec<(Connector, Pipeline)>,
    /// Whether it runs beside what follows (`&`).
    pub background: bool,
    /// From its first to its last word.
    pub span: Span,
}

impl Statement {
    /// Its command, where that is a single simple one that the shell waits for.
    pub fn simple(&self) -> Option<&Simple> {
        self.first.simple().filter(|_| self.rest.is_empty() && !self.background)
    }

    /// The command of a list that is nothing but a single simple one.
    pub fn only(list: &[Self]) -> Option<&Simple> {
        match list {
            [statement] => statement.simple(),
            _ => None,
        }
    }

    /// Every pipeline, in order.
    pub fn pipelines(&self) -> impl Iterator<Item = &Pipeline> {
        std::iter::once(&self.first).chain(self.rest.iter().map(|(_, pipeline)| pipeline))
    }
}

/// What stands between two pipelines of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connector {
    /// `&&`
    And,
    /// `||`
    Or,
}

/// Commands that run at once, each reading what the one before writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// Whether its status is turned round (`!`).
    pub negated: bool,
    /// At least one.
    pub commands: Vec<Command>,
    /// From its first to its last word.
    pub span: Span,
}

impl Pipeline {
    /// Its command, where that is a single simple one.
    pub fn simple(&self) -> Option<&Simple> {
        match self.commands.as_slice() {
            [Command::Simple(simple)] => Some(simple),
            _ => None,
        }
    }
}

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A program, builtin or function with its words.
    Simple(Simple),
    /// A command with commands inside.
    Compound(Compound),
    /// The definition of a function.
    Function(Function),
}

impl Command {
    /// From its first to its last word.
    pub fn span(&self) -> Span {
        match self {
            Self::Simple(simple) => simple.span,
            Self::Compound(compound) => compound.span,
            Self::Function(function) => function.span,
        }
    }
}

/// `a=1 command words… > file`; each part may be absent, all of them only behind a `!` that stands alone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Simple {
    /// Before the command's name.
    pub assignments: Vec<Assignment>,
    /// The command's name and its arguments.
    pub words: Vec<Word>,
    /// In order.
    pub redirects: Vec<Redirect>,
    /// From its first to its last word.
    pub span: Span,
}

impl Simple {
    /// The literal name of its program.
    pub fn name(&self) -> Option<Cow<'_, str>> {
        self.words.first().and_then(Word::literal)
    }
}

/// `name=value`, `name+=value`, `name[subscript]=value` or `name=(values)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The variable.
    pub name: String,
    /// Whether only an element of an array is set.
    pub element: bool,
    /// Whether the value is added to what was there.
    pub append: bool,
    /// What it is set to.
    pub value: Value,
    /// The whole assignment.
    pub span: Span,
}

/// What a variable is set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// One word; without parts where nothing follows the `=`.
    Scalar(Word),
    /// The words between the parentheses.
    Array(Vec<Word>),
}

/// A redirection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// What is done.
    pub kind: RedirectKind,
    /// The file descriptor, where one is written before the operator.
    pub descriptor: Option<Descriptor>,
    /// The file, the descriptor that is copied, or the here-document's text.
    pub target: Word,
    /// The operator and the word after it; not the body of a here-document.
    pub span: Span,
}

impl Redirect {
    /// Whether it writes standard output to a file.
    pub fn takes_output(&self) -> bool {
        self.kind.writes() && matches!(self.descriptor, None | Some(Descriptor::Number(1)))
    }

    /// Whether it gives standard input something to read.
    pub fn feeds(&self) -> bool {
        match self.descriptor {
            None => matches!(
                self.kind,
                RedirectKind::Read
                    | RedirectKind::ReadWrite
                    | RedirectKind::DuplicateInput
                    | RedirectKind::HereDocument
                    | RedirectKind::HereString
            ),
            Some(Descriptor::Number(number)) => number == 0,
            Some(Descriptor::Variable(_)) => false,
        }
    }
}

/// The file descriptor of a redirection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Descriptor {
    /// This one.
    Number(u16),
    /// `{name}>`: one that the shell chooses, and whose number this variable has (bash(1), REDIRECTION).
    Variable(String),
}

/// What a redirection does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectKind {
    /// `<`
    Read,
    /// `>`
    Write,
    /// `>>`
    Append,
    /// `>|`
    Clobber,
    /// `<>`
    ReadWrite,
    /// `<&`
    DuplicateInput,
    /// `>&` with a descriptor
    Duplicate,
    /// `&>`, `&>>`, or `>&` with a file
    WriteBoth,
    /// `<<` or `<<-`
    HereDocument,
    /// `<<<`
    HereString,
}

impl RedirectKind {
    /// Whether it writes one output to a file: `>`, `>>`, `>|`.
    pub fn writes(self) -> bool {
        matches!(self, Self::Write | Self::Append | Self::Clobber)
    }
}

/// A function's definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// What it runs.
    pub body: Compound,
    /// From its name to the end of its body.
    pub span: Span,
}

/// A command with commands inside, and redirections that hold for all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compound {
    /// Which.
    pub kind: CompoundKind,
    /// In order.
    pub redirects: Vec<Redirect>,
    /// The name of the coprocess that it runs as (`coproc`).
    pub coprocess: Option<String>,
    /// From its first to its last word.
    pub span: Span,
}

/// The compound commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompoundKind {
    /// `{ …; }`
    Brace(Vec<Statement>),
    /// `( … )`
    Subshell(Vec<Statement>),
    /// `if`
    If {
        /// Condition and body of `if` and of each `elif`.
        branches: Vec<(Vec<Statement>, Vec<Statement>)>,
        /// The body of `else`.
        otherwise: Option<Vec<Statement>>,
    },
    /// `while` or `until`
    Loop {
        /// Whether it is `until`.
        until: bool,
        /// The condition.
        condition: Vec<Statement>,
        /// What is repeated.
        body: Vec<Statement>,
    },
    /// `for` or `select`
    For {
        /// The variable; empty for `for ((…))`.
        variable: String,
        /// What it goes through; absent for the positional parameters and for `for ((…))`.
        words: Option<Vec<Word>>,
        /// The three expressions of `for ((…))`.
        arithmetic: Option<Word>,
        /// What is repeated.
        body: Vec<Statement>,
    },
    /// `case`
    Case {
        /// What is compared.
        word: Word,
        /// In order.
        arms: Vec<Arm>,
    },
    /// `[[ … ]]`: its words and operators, the brackets not included
    Test(Vec<Word>),
    /// `(( … ))`
    Arithmetic(Word),
}

/// One arm of a `case`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arm {
    /// Any of them may match.
    pub patterns: Vec<Word>,
    /// What runs then.
    pub body: Vec<Statement>,
}

/// A word: pieces that stand together without a blank.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Word {
    /// In order; empty for the value of `a=`.
    pub parts: Vec<Part>,
    /// Its bytes, quotes included.
    pub span: Span,
}

impl Word {
    /// The text after the quotes are removed, where nothing is expanded.
    pub fn literal(&self) -> Option<Cow<'_, str>> {
        match self.parts.as_slice() {
            [Part { kind: PartKind::Literal(text), .. }] => Some(Cow::Borrowed(text)),
            parts => parts.iter().map(Part::literal).collect::<Option<String>>().map(Cow::Owned),
        }
    }

    /// The literal text that it begins with; empty where it begins with an expansion.
    pub fn literal_prefix(&self) -> String {
        self.parts.iter().map_while(Part::literal).collect()
    }

    /// The text of its first piece, where nothing is expanded in that.
    pub fn first_text(&self) -> Option<&str> {
        self.parts.first().and_then(Part::literal)
    }

    /// Whether no part of it was quoted.
    pub fn is_bare(&self) -> bool {
        self.parts.iter().all(|part| !part.quoted)
    }
}

/// A piece of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// Whether quotes or a backslash keep it from being split and matched against file names.
    pub quoted: bool,
    /// Its bytes; quotes around it are not included.
    pub span: Span,
}

impl Part {
    /// The text, where nothing is expanded.
    pub fn literal(&self) -> Option<&str> {
        match &self.kind {
            PartKind::Literal(text) => Some(text),
            _ => None,
        }
    }
}

/// The kinds of pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartKind {
    /// Text after quote removal. Where it is as long as its span, it stands there byte for byte.
    Literal(String),
    /// `$name`, `${name…}`
    Parameter(Box<Parameter>),
    /// `$( … )` or backticks
    Command(Vec<Statement>),
    /// `<( … )` or `>( … )`
    Process(Vec<Statement>),
    /// `$(( … ))` or `$[ … ]`, with the expansions inside
    Arithmetic(Vec<Part>),
}

/// The expansion of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// A variable's name, a position, or one of `@*#?-$!`.
    pub name: String,
    /// What is done with its value.
    pub operation: Operation,
    /// The word after the operator, or the subscript, with the expansions inside.
    pub word: Vec<Part>,
}

/// What an expansion does with a parameter's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// `$name`, `${name}`
    Value,
    /// `${#name}`
    Length,
    /// `${name-word}`; `also_empty` with `:-`
    Default {
        /// Whether an empty value counts as unset.
        also_empty: bool,
    },
    /// `${name=word}`; `also_empty` with `:=`
    Assign {
        /// Whether an empty value counts as unset.
        also_empty: bool,
    },
    /// `${name?word}`; `also_empty` with `:?`
    Require {
        /// Whether an empty value counts as unset.
        also_empty: bool,
    },
    /// `${name+word}`, `${name:+word}`
    Alternative,
    /// `${name%word}`, `${name#word}` and their double forms
    Trim,
    /// Any other, such as `${name/a/b}`, `${name[1]}` or `${!name}`
    Other,
}
