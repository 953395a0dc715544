//! Reserved words, and the definitions of functions.

use conch_parser::token::Token;

use super::Problem;
use super::frame::Item;
use super::lexer::{Body, Lexer, OpenKind, Position};
use super::tree::Span;
use crate::model::is_variable_name;

impl<'t> Lexer<'t> {
    /// Takes a bare word that is reserved where a command begins; says whether it was one.
    pub(super) fn reserved(&mut self, text: &str, span: Span) -> Result<bool, Problem> {
        let literal = || Token::Literal(text.to_owned());
        const AFTER_COMMAND: [&str; 8] = ["then", "elif", "else", "do", "fi", "done", "esac", "}"];
        if self.list.position == Position::AfterCompound && AFTER_COMMAND.contains(&text) {
            // `if (a) then` is right, but conch takes `then` for a redirection of the subshell.
            self.list.frame.push(Token::Semi, span);
        }
        match text {
            "if" => self.open(OpenKind::If, span, literal())?,
            "while" | "until" => self.open(OpenKind::While, span, literal())?,
            "for" => self.open_loop(span)?,
            "select" if self.bash() => self.open_loop(span)?,
            "case" => {
                self.open(OpenKind::Case, span, literal())?;
                self.list.position = Position::CaseWord;
            }
            "{" => self.open_brace(span)?,
            "then" | "elif" | "else" | "do" => {
                self.begin_body(text);
                self.inner_keyword(text, span);
            }
            "fi" => self.close(OpenKind::If, span, literal(), text)?,
            "done" => self.close_loop(span)?,
            "esac" => self.close(OpenKind::Case, span, literal(), text)?,
            "}" => self.close_brace(span)?,
            "!" => self.bang(span),
            "function" if self.bash() => return self.function_keyword(),
            "time" if self.bash() && self.begins_pipeline() => return Ok(self.time()),
            "coproc" if self.bash() => self.coprocess(span)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn inner_keyword(&mut self, text: &str, span: Span) {
        self.keyword(text, span);
        self.list.position = Position::Command;
    }

    /// To conch `select` is a `for`: both give a variable one word after the other.
    fn open_loop(&mut self, span: Span) -> Result<(), Problem> {
        self.open(OpenKind::For(Body::Awaited), span, Token::Literal("for".to_owned()))?;
        self.list.position = Position::LoopName;
        Ok(())
    }

    /// Notes that the body of what is open begins; says whether it is a `for` that awaited one.
    fn begin_body(&mut self, keyword: &str) -> bool {
        let Some(open) = self.list.open.last_mut() else { return false };
        match (keyword, open.kind) {
            ("then", OpenKind::If) | ("do", OpenKind::While) => open.begun = true,
            ("elif", OpenKind::If) => open.begun = false,
            ("do" | "{", OpenKind::For(Body::Awaited)) => {
                open.begun = true;
                open.kind = OpenKind::For(if keyword == "{" { Body::Braces } else { Body::Do });
                return true;
            }
            _ => {}
        }
        false
    }

    /// `for x in a; { …; }` is what bash takes for `do …; done`.
    fn open_brace(&mut self, span: Span) -> Result<(), Problem> {
        if self.bash() && self.begin_body("{") {
            self.inner_keyword("do", span);
            return Ok(());
        }
        self.open(OpenKind::Brace, span, Token::CurlyOpen)
    }

    fn close_brace(&mut self, span: Span) -> Result<(), Problem> {
        match self.innermost() {
            Some(kind @ OpenKind::For(Body::Braces)) => {
                self.close(kind, span, Token::Literal("done".to_owned()), "}")
            }
            _ => self.close(OpenKind::Brace, span, Token::CurlyClose, "}"),
        }
    }

    fn close_loop(&mut self, span: Span) -> Result<(), Problem> {
        let kind = match self.innermost() {
            Some(kind @ OpenKind::For(Body::Awaited | Body::Do)) => kind,
            _ => OpenKind::While,
        };
        self.close(kind, span, Token::Literal("done".to_owned()), "done")
    }

    /// bash takes `! !` for nothing at all, and a `!` before the end of a list for the failure of nothing.
    fn bang(&mut self, span: Span) {
        if !(self.bash() && self.list.frame.pop_if(&Token::Bang)) {
            self.list.frame.push(Token::Bang, span);
        }
        self.list.position = Position::Command;
        self.skip_blanks();
        if self.bash() && self.at_list_end() {
            self.list.frame.push_nothing(span);
            self.list.position = Position::AfterCompound;
        }
    }

    /// Whether a list of commands ends here by itself: at a `;`, a line's end or the end of the text.
    fn at_list_end(&self) -> bool {
        match self.peek() {
            Some(b';') => !self.starts_with(";;") && !self.starts_with(";&"),
            other => matches!(other, None | Some(b'\n')),
        }
    }

    /// Whether no `|` stands before this, behind which `time` is a program.
    fn begins_pipeline(&self) -> bool {
        let mut before = self.list.frame.tokens.iter().rev();
        let last = before.find(|token| !matches!(token, Token::Newline | Token::Whitespace(_)));
        self.list.position == Position::Command && last != Some(&Token::Pipe)
    }

    /// `time` before a pipeline is dropped; alone it is a command.
    fn time(&mut self) -> bool {
        self.skip_blanks();
        for option in ["-p", "--"] {
            let behind = self.rest().strip_prefix(option);
            if behind.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n', ';'])) {
                self.at += option.len();
                self.skip_blanks();
            }
        }
        let before_pipeline = !self.at_list_end();
        if before_pipeline {
            self.list.position = Position::Command;
        }
        before_pipeline
    }

    /// `coproc` is dropped. Its name belongs to the compound command behind it; a simple command has none.
    fn coprocess(&mut self, span: Span) -> Result<(), Problem> {
        const OPENERS: [&str; 8] = ["{", "if", "while", "until", "for", "select", "case", "[["];
        self.skip_blanks();
        let word =
            |text: &'t str| &text[..text.find(|c| " \t\n;&|<>()`\\".contains(c)).unwrap_or(text.len())];
        let opens = |text: &'t str| text.starts_with('(') || OPENERS.contains(&word(text));
        let name = word(self.rest());
        let behind = behind_blanks(&self.rest()[name.len()..]);
        if name == "!" || self.at_list_end() {
            return self.malformed(span, "expected a command after `coproc`");
        }
        if opens(self.rest()) {
            self.list.coprocess = Some("COPROC");
        } else if !name.is_empty() && !name.contains('=') && !name.ends_with('$') && opens(behind) {
            self.list.coprocess = Some(name);
            self.at = self.text.len() - behind.len();
        }
        self.list.position = Position::Command;
        Ok(())
    }

    /// Whether `()` follows, after which the word before is a function's name.
    pub(super) fn function_follows(&self) -> bool {
        let rest = behind_blanks(self.rest());
        rest.strip_prefix('(').is_some_and(|rest| behind_blanks(rest).starts_with(')'))
    }

    /// `name()`, whose name was read from `start` on; bash takes nearly any word for a name.
    pub(super) fn function(&mut self, start: usize, span: Span, bare: Option<&str>) -> Result<(), Problem> {
        let raw = &self.text[start..self.at];
        let Some(name) =
            bare.or(self.bash().then_some(raw)).filter(|name| self.bash() || is_variable_name(name))
        else {
            return self.malformed(span, "a function's name consists of letters, digits and `_`");
        };
        self.list.frame.push_item(Item::Name(name.to_owned(), span));
        self.skip_parentheses();
        self.function_head(span);
        Ok(())
    }

    fn skip_parentheses(&mut self) {
        self.at += self.rest().find(')').map_or(0, |close| close + 1);
    }

    /// `function name`, with or without `()`. `function` alone is a command.
    fn function_keyword(&mut self) -> Result<bool, Problem> {
        self.skip_blanks();
        let start = self.at;
        let word = self.word()?;
        if self.at == start {
            return Ok(false);
        }
        let name =
            word.literal().map_or_else(|| self.text[start..self.at].to_owned(), std::borrow::Cow::into_owned);
        self.list.frame.push_item(Item::Name(name, word.span));
        if self.function_follows() {
            self.skip_parentheses();
        }
        self.function_head(word.span);
        Ok(true)
    }

    fn function_head(&mut self, span: Span) {
        self.list.frame.push(Token::ParenOpen, span);
        self.list.frame.push(Token::ParenClose, span);
        self.list.position = Position::FunctionBody;
    }
}

/// A text without the blanks and continued lines that it begins with.
fn behind_blanks(text: &str) -> &str {
    let mut rest = text;
    loop {
        let behind = rest.trim_start_matches([' ', '\t']).trim_start_matches("\\\n");
        if behind.len() == rest.len() {
            return rest;
        }
        rest = behind;
    }
}
