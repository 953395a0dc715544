//! A text that is read from its beginning to its end.

/// A text and how far it was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scan<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

impl<'a> Scan<'a> {
    /// What was not read yet.
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Reads a word, if it comes next.
    pub(super) fn take(&mut self, word: &str) -> bool {
        let comes = self.rest().starts_with(word);
        self.at += if comes { word.len() } else { 0 };
        comes
    }

    /// Reads one character.
    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.rest().chars().next()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Passes over blanks and ends of lines.
    pub(super) fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Reads to before a character, or to the end.
    pub(super) fn until(&mut self, stop: char) -> &'a str {
        let rest = self.rest();
        let read = &rest[..rest.find(stop).unwrap_or(rest.len())];
        self.at += read.len();
        read
    }

    /// Where what begins here with `open` and ends with `close` ends, if it begins so, and if it ends.
    pub(super) fn skip(&self, open: &str, close: &str) -> Option<Option<usize>> {
        let inside = self.rest().strip_prefix(open)?;
        Some(inside.find(close).map(|length| self.at + open.len() + length + close.len()))
    }

    /// Reads a name (XML 1.0, 2.3; what is beyond ASCII is taken as it comes).
    pub(super) fn name(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let is_name = |c: char| c.is_alphanumeric() || "_:.-".contains(c);
        let name = &rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())];
        self.at += name.len();
        Some(name).filter(|name| !name.is_empty())
    }

    /// Reads a name and the `;` behind it, or nothing.
    pub(super) fn reference(&mut self) -> Option<&'a str> {
        let mut ahead = *self;
        let name = ahead.name()?;
        let whole = ahead.take(";");
        if whole {
            self.at = ahead.at;
        }
        whole.then_some(name)
    }

    /// Reads a text in quotes of either kind.
    pub(super) fn literal(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let quote = rest.chars().next().filter(|c| ['"', '\''].contains(c))?;
        let length = rest[1..].find(quote)?;
        self.at += length + 2;
        Some(&rest[1..=length])
    }

    /// Behind the `]]>` of an ignored section, and of all in it (XML 1.0, 3.4).
    pub(super) fn past_section(&mut self) -> Option<usize> {
        let mut open = 1_usize;
        while open > 0 {
            let rest = self.rest();
            let next = rest.find(['<', ']'])?;
            self.at += next;
            if self.take("<![") {
                open += 1;
            } else if self.take("]]>") {
                open -= 1;
            } else {
                self.at += 1;
            }
        }
        Some(self.at)
    }
}
