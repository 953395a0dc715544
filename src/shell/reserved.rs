//! Reserved words, and the definitions of functions.

use conch_parser::token::Token;

use super::Problem;
use super::frame::Item;
use super::lexer::{Body, Lexer, OpenKind, Position};
use super::tree::Span;
use crate::model::is_variable_name;

impl Lexer<'_> {
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
            "time" if self.bash() => return Ok(self.time()),
            "coproc" if self.bash() => return Ok(self.coproc()),
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

    /// bash takes `! !` for nothing at all.
    fn bang(&mut self, span: Span) {
        if !(self.bash() && self.list.frame.pop_if(&Token::Bang)) {
            self.list.frame.push(Token::Bang, span);
        }
        self.list.position = Position::Command;
    }

    /// `time` before a pipeline is dropped; alone it is a command.
    fn time(&mut self) -> bool {
        self.skip_blanks();
        if self.starts_with("-p ") {
            self.at += 3;
            self.skip_blanks();
        }
        let before_pipeline = !matches!(self.peek(), None | Some(b'\n' | b';' | b'&' | b'|' | b')'));
        if before_pipeline {
            self.list.position = Position::Command;
        }
        before_pipeline
    }

    /// `coproc` and the name of one are dropped: what it runs is what matters.
    fn coproc(&mut self) -> bool {
        self.skip_blanks();
        let name = self.rest().bytes().take_while(|c| c.is_ascii_alphanumeric() || *c == b'_').count();
        let after = self.rest()[name..].trim_start_matches([' ', '\t']);
        if is_variable_name(&self.rest()[..name]) && after.starts_with(['{', '(']) {
            self.at += name;
        }
        self.list.position = Position::Command;
        true
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
