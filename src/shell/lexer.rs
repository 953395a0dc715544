//! From text to the tokens that conch-parser reads: which characters are operators, which words are reserved where.
//!
//! POSIX.1-2024, Shell Command Language, 2.3 (token recognition) and 2.4 (reserved words); bash(1) for the rest. The
//! lexer follows the nesting of commands, because a `)` ends a substitution, a subshell or a `case` pattern depending
//! on what is open, and because an author wants to be shown the `if` that has no `fi`.

use conch_parser::token::Token;

use super::bash::Values;
use super::frame::{Frame, Item};
use super::offsets::Offsets;
use super::redirect::PendingDocument;
use super::tree::{Span, Statement, Word};
use super::{Problem, ProblemKind, grammar};
use crate::model::{Dialect, is_variable_name};

/// How deep commands and expansions may lie in each other. The deepest of 2,700 scripts of real packages has 30.
pub(super) const MAX_DEPTH: usize = 128;

/// What the next word can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Position {
    /// The first word of a command: reserved words and assignments.
    #[default]
    Command,
    /// What a function does.
    FunctionBody,
    /// After a compound command: reserved words, redirections.
    AfterCompound,
    /// After an assignment or redirection: assignments, the command's name.
    Prefix,
    /// After the command's name.
    Argument,
    /// After `for`.
    LoopName,
    /// After the variable of `for`: `in` or `do`.
    LoopIn,
    /// After `case`.
    CaseWord,
    /// After the word of `case`: `in`.
    CaseIn,
    /// Where a pattern or `esac` may begin.
    Pattern,
    /// Inside a pattern list.
    MorePattern,
}

impl Position {
    fn begins_command(self) -> bool {
        matches!(self, Self::Command | Self::FunctionBody)
    }
}

/// A command that is not closed yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open<'t> {
    pub(super) kind: OpenKind,
    /// Whether its `then` or `do` was seen.
    pub(super) begun: bool,
    pub(super) span: Span,
    /// The name of the coprocess that it is.
    pub(super) coprocess: Option<&'t str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OpenKind {
    If,
    While,
    For(Body),
    Case,
    Brace,
    Paren,
}

/// The body of a `for`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// It has not begun: a `do` or a `{` would begin it.
    Awaited,
    /// `do … done`
    Do,
    /// `{ … }`
    Braces,
}

impl OpenKind {
    fn is_loop(self) -> bool {
        matches!(self, Self::While | Self::For(_))
    }

    fn opener_and_closer(self) -> (&'static str, &'static str) {
        match self {
            Self::If => ("if", "fi"),
            Self::While => ("while", "done"),
            Self::For(Body::Awaited | Body::Do) => ("for", "done"),
            Self::For(Body::Braces) => ("for", "}"),
            Self::Case => ("case", "esac"),
            Self::Brace => ("{", "}"),
            Self::Paren => ("(", ")"),
        }
    }
}

/// What ends a list of commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The end of the text.
    Text,
    /// A `)` that nothing inside opened.
    Paren,
}

/// One list of commands: the frame that is filled, and what is open in it.
#[derive(Debug, Default)]
pub(super) struct List<'t> {
    pub(super) frame: Frame,
    pub(super) position: Position,
    pub(super) open: Vec<Open<'t>>,
    /// The name of the coprocess that the command which begins next is.
    pub(super) coprocess: Option<&'t str>,
    pub(super) documents: Vec<PendingDocument>,
    /// Whether this is in `[[`, where extended patterns are always read.
    pub(super) in_test: bool,
    /// Whether the command is one such as `declare`, whose arguments may be assignments of arrays.
    pub(super) declares: bool,
}

/// Reads one text.
pub(super) struct Lexer<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    pub(super) offsets: Offsets,
    pub(super) dialect: Dialect,
    pub(super) depth: usize,
    pub(super) list: List<'t>,
    /// The first extended pattern of the text outside of `[[`.
    pub(super) extended: Option<Span>,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str, offsets: Offsets, dialect: Dialect, depth: usize) -> Self {
        Self { text, at: 0, offsets, dialect, depth, list: List::default(), extended: None }
    }

    pub(super) fn bash(&self) -> bool {
        self.dialect == Dialect::Bash
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    pub(super) fn starts_with(&self, prefix: &str) -> bool {
        self.text.as_bytes()[self.at..].starts_with(prefix.as_bytes())
    }

    /// The length of an operator that stands here. A line may be continued between its characters (POSIX.1-2024, Shell Command
    /// Language, 2.2.1).
    pub(super) fn operator_length(&self, operator: &str) -> Option<usize> {
        let mut rest = self.rest();
        for (at, character) in operator.char_indices() {
            while at > 0 && rest.starts_with("\\\n") {
                rest = &rest[2..];
            }
            rest = rest.strip_prefix(character)?;
        }
        Some(self.rest().len() - rest.len())
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        self.offsets.span(start, end)
    }

    pub(super) fn span_from(&self, start: usize) -> Span {
        self.span(start, self.at)
    }

    pub(super) fn malformed<T>(&self, span: Span, message: impl Into<String>) -> Result<T, Problem> {
        Err(Problem::new(ProblemKind::Malformed, span, message))
    }

    /// Refuses to go deeper than any real script does.
    pub(super) fn check_depth(&self, span: Span) -> Result<(), Problem> {
        if self.depth + self.list.open.len() <= MAX_DEPTH {
            return Ok(());
        }
        let message = format!("commands lie in each other more than {MAX_DEPTH} deep");
        Err(Problem::new(ProblemKind::NotChecked, span, message))
    }

    /// Reads a list of commands inside this text, up to its `)`, and parses it.
    pub(super) fn nested(&mut self, opener: Span) -> Result<Vec<Statement>, Problem> {
        let depth = self.depth + self.list.open.len() + 1;
        let outer = (std::mem::take(&mut self.list), std::mem::replace(&mut self.depth, depth));
        let read = self.check_depth(opener).and_then(|()| self.commands(End::Paren));
        let inner;
        (inner, self.depth) = (std::mem::replace(&mut self.list, outer.0), outer.1);
        if !read? {
            return self.malformed(opener, "this `(` is never closed");
        }
        let parsed = grammar::parse(inner.frame, true);
        parsed.problem.map_or(Ok(parsed.statements), Err)
    }

    /// Reads commands to the end of the list; says whether it ended as it should.
    pub(super) fn commands(&mut self, end: End) -> Result<bool, Problem> {
        loop {
            self.skip_blanks();
            let Some(byte) = self.peek() else {
                self.read_documents()?;
                return match self.list.open.last() {
                    Some(open) => Err(unclosed(*open)),
                    None => Ok(end == End::Text),
                };
            };
            match byte {
                b'\n' => self.newline()?,
                b';' | b'&' | b'|' => self.operator()?,
                b'(' => self.open_paren()?,
                b')' if end == End::Paren && self.list.open.is_empty() => {
                    self.at += 1;
                    return Ok(true);
                }
                b')' => self.close_paren()?,
                b'<' | b'>' if !self.at_process() => self.redirection(None, self.at)?,
                _ => self.word_token()?,
            }
        }
    }

    /// Skips blanks, continued lines and comments. Only a space and a tab are blanks to a shell in the C locale.
    pub(super) fn skip_blanks(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t') => self.at += 1,
                Some(b'\\') if self.starts_with("\\\n") => self.at += 2,
                Some(b'#') => self.at += self.rest().find('\n').unwrap_or(self.rest().len()),
                _ => return,
            }
        }
    }

    fn newline(&mut self) -> Result<(), Problem> {
        let start = self.at;
        self.at += 1;
        self.list.frame.push(Token::Newline, self.span_from(start));
        self.list.position = match self.list.position {
            Position::Argument | Position::Prefix | Position::AfterCompound => Position::Command,
            unchanged => unchanged,
        };
        self.read_documents()
    }

    fn operator(&mut self) -> Result<(), Problem> {
        const POSIX: [(&str, Token); 6] = [
            (";;", Token::DSemi),
            (";", Token::Semi),
            ("&&", Token::AndIf),
            ("&", Token::Amp),
            ("||", Token::OrIf),
            ("|", Token::Pipe),
        ];
        const BASH: [(&str, Token); 3] = [(";;&", Token::DSemi), (";&", Token::DSemi), ("|&", Token::Pipe)];
        if self.bash() && self.operator_length("&>").is_some() {
            return self.redirection(None, self.at);
        }
        let bash = BASH.iter().filter(|_| self.bash());
        let mut known = bash.chain(&POSIX);
        let Some((length, token)) =
            known.find_map(|(text, token)| Some((self.operator_length(text)?, token)))
        else {
            return Ok(());
        };
        let start = self.at;
        self.at += length;
        self.list.position = match (token, self.list.position) {
            (Token::DSemi, _) if self.innermost() == Some(OpenKind::Case) => Position::Pattern,
            (Token::Pipe, Position::MorePattern) => Position::MorePattern,
            _ => Position::Command,
        };
        self.list.frame.push(token.clone(), self.span_from(start));
        Ok(())
    }

    pub(super) fn innermost(&self) -> Option<OpenKind> {
        self.list.open.last().map(|open| open.kind)
    }

    fn open_paren(&mut self) -> Result<(), Problem> {
        let start = self.at;
        match self.list.position {
            Position::Command | Position::FunctionBody | Position::AfterCompound => {
                if self.bash() && self.arithmetic_command()? {
                    return Ok(());
                }
                self.at += 1;
                self.open(OpenKind::Paren, self.span_from(start), Token::ParenOpen)
            }
            Position::LoopName if self.bash() => self.arithmetic_loop(),
            Position::Pattern => {
                self.at += 1;
                self.list.frame.push(Token::ParenOpen, self.span_from(start));
                self.list.position = Position::MorePattern;
                Ok(())
            }
            _ => self.malformed(self.span(start, start + 1), "unexpected `(`"),
        }
    }

    fn close_paren(&mut self) -> Result<(), Problem> {
        let start = self.at;
        self.at += 1;
        let span = self.span_from(start);
        match (self.innermost(), self.list.position) {
            (Some(OpenKind::Case), Position::MorePattern) => {
                self.list.frame.push(Token::ParenClose, span);
                self.list.position = Position::Command;
                Ok(())
            }
            (Some(OpenKind::Paren), _) => self.close(OpenKind::Paren, span, Token::ParenClose, ")"),
            (Some(_), _) => self.mismatched(span, ")"),
            (None, _) => self.malformed(span, "unexpected `)`: no `(` is open"),
        }
    }

    pub(super) fn open(&mut self, kind: OpenKind, span: Span, token: Token) -> Result<(), Problem> {
        let coprocess = self.list.coprocess.take();
        self.list.open.push(Open { kind, begun: false, span, coprocess });
        self.list.frame.push(token, span);
        self.list.position = Position::Command;
        self.check_depth(span)
    }

    /// Closes what is open, which must be of that kind.
    pub(super) fn close(
        &mut self,
        kind: OpenKind,
        span: Span,
        token: Token,
        closer: &str,
    ) -> Result<(), Problem> {
        let same = |open: OpenKind| std::mem::discriminant(&open) == std::mem::discriminant(&kind);
        match self.list.open.pop() {
            Some(Open { kind: OpenKind::If, begun: false, span: opener, .. }) if same(OpenKind::If) => {
                self.malformed(opener, "this `if` has no `then` before its `fi`")
            }
            Some(Open { kind, begun: false, span: opener, .. }) if same(kind) && kind.is_loop() => {
                self.malformed(opener, format!("this loop has no `do` before its `{closer}`"))
            }
            Some(open) if same(open.kind) => {
                self.list.frame.push(token, span);
                self.list.frame.compounds.push((open.span.to(span), open.coprocess.map(str::to_owned)));
                self.list.position = Position::AfterCompound;
                Ok(())
            }
            Some(open) => {
                self.list.open.push(open);
                self.mismatched(span, closer)
            }
            None => {
                self.malformed(span, format!("unexpected `{closer}`: nothing is open that it could close"))
            }
        }
    }

    fn mismatched(&self, span: Span, closer: &str) -> Result<(), Problem> {
        let Some(open) = self.list.open.last() else { return Ok(()) };
        let (opener, expected) = open.kind.opener_and_closer();
        let problem = Problem::new(
            ProblemKind::Malformed,
            span,
            format!("expected `{expected}` before this `{closer}`"),
        );
        Err(problem.related(open.span, format!("this `{opener}` is open")))
    }

    /// A word where commands stand; what it becomes depends on the position.
    fn word_token(&mut self) -> Result<(), Problem> {
        let start = self.at;
        if let Some(descriptor) = self.descriptor_before_redirection() {
            return self.redirection(Some(descriptor), start);
        }
        let position = self.list.position;
        if position.begins_command() && self.bash() && self.at_test() {
            return self.test_command();
        }
        if (position.begins_command() || position == Position::Prefix) && self.assignment(Values::All)? {
            self.list.position = Position::Prefix;
            return Ok(());
        }
        if position == Position::Argument && self.list.declares && self.assignment(Values::Arrays)? {
            return Ok(());
        }
        let word = self.word()?;
        if self.at == start {
            // Nothing that could begin a word is left over by the callers; this keeps a defect from looping.
            return self.malformed(self.span(start, start + 1), "unexpected character");
        }
        self.place_word(start, word)
    }

    fn place_word(&mut self, start: usize, word: Word) -> Result<(), Problem> {
        let bare = word.is_bare().then(|| word.literal()).flatten().map(std::borrow::Cow::into_owned);
        let text = bare.as_deref();
        match self.list.position {
            Position::Command | Position::FunctionBody | Position::AfterCompound => {
                if let Some(text) = text
                    && self.reserved(text, word.span)?
                {
                    return Ok(());
                }
                if self.list.position == Position::Command && self.function_follows() {
                    return self.function(start, word.span, text);
                }
                self.command_name(word, text);
            }
            Position::Prefix => self.command_name(word, text),
            Position::LoopName => {
                let Some(name) = text.filter(|name| self.bash() || is_variable_name(name)) else {
                    return self.malformed(word.span, "expected a variable's name after `for`");
                };
                self.list.frame.push_item(Item::Name(name.to_owned(), word.span));
                self.list.position = Position::LoopIn;
            }
            Position::LoopIn => match text {
                Some("in") => {
                    self.keyword("in", word.span);
                    self.list.position = Position::Argument;
                    self.list.declares = false;
                }
                Some("do" | "{") => {
                    self.list.position = Position::Command;
                    self.reserved(text.unwrap_or_default(), word.span)?;
                }
                _ => return self.malformed(word.span, "expected `in` or `do`"),
            },
            Position::CaseWord => {
                self.list.frame.push_item(Item::Word(word));
                self.list.position = Position::CaseIn;
            }
            Position::CaseIn if text == Some("in") => {
                self.keyword("in", word.span);
                self.list.position = Position::Pattern;
            }
            Position::CaseIn => return self.malformed(word.span, "expected `in`"),
            Position::Pattern if text == Some("esac") => {
                let token = Token::Literal("esac".to_owned());
                self.close(OpenKind::Case, word.span, token, "esac")?;
            }
            Position::Pattern | Position::MorePattern => {
                self.list.frame.push_item(Item::Word(word));
                self.list.position = Position::MorePattern;
            }
            Position::Argument => self.list.frame.push_argument(Item::Word(word)),
        }
        Ok(())
    }

    fn command_name(&mut self, word: Word, text: Option<&str>) {
        const DECLARE: [&str; 6] = ["declare", "export", "local", "readonly", "typeset", "eval"];
        self.list.declares = self.bash() && text.is_some_and(|text| DECLARE.contains(&text));
        self.list.frame.push_piece(Item::Word(word));
        self.list.position = Position::Argument;
    }

    /// A reserved word goes to conch as it is.
    pub(super) fn keyword(&mut self, text: &str, span: Span) {
        self.list.frame.push(Token::Literal(text.to_owned()), span);
    }
}

/// What is open at the end of the text.
fn unclosed(open: Open<'_>) -> Problem {
    let (opener, closer) = open.kind.opener_and_closer();
    Problem::new(ProblemKind::Malformed, open.span, format!("this `{opener}` has no `{closer}`"))
}
