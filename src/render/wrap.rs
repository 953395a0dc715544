//! Messages in lines of a width.

/// Breaks a text at spaces so that its lines have at most `width` characters. What stands in backticks is not torn apart where it
/// fits into a line of its own; a word that is longer than a line stays whole.
pub(super) fn wrap(text: &str, width: usize) -> String {
    text.lines().map(|line| wrap_line(line, width)).collect::<Vec<_>>().join("\n")
}

fn wrap_line(line: &str, width: usize) -> String {
    let mut wrapped = String::with_capacity(line.len() + 8);
    let mut used = 0;
    for word in words(line, width) {
        let length = word.chars().count();
        if used > 0 {
            let fits = used + 1 + length <= width;
            wrapped.push(if fits { ' ' } else { '\n' });
            used = if fits { used + 1 } else { 0 };
        }
        wrapped.push_str(word);
        used += length;
    }
    wrapped
}

/// The pieces that stay whole: words, and what stands in backticks with whatever touches it.
fn words(line: &str, width: usize) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let whole = &rest[..end_of_word(rest)];
        let short = rest.find(' ').unwrap_or(rest.len());
        let word = if whole.chars().count() <= width { whole } else { &rest[..short] };
        words.push(word);
        rest = rest[word.len()..].strip_prefix(' ').unwrap_or_default();
    }
    words
}

/// Where the first space is that is not in code. Code is between two runs of as many backticks (CommonMark 0.31, 6.1).
fn end_of_word(text: &str) -> usize {
    let mut at = 0;
    while let Some(found) = text[at..].find([' ', '`']) {
        at += found;
        let run = text[at..].bytes().take_while(|&byte| byte == b'`').count();
        if run == 0 {
            return at;
        }
        let inside = at + run;
        at = closing(&text[inside..], run).map_or(inside, |closing| inside + closing);
    }
    text.len()
}

/// Where the first run of exactly so many backticks ends.
fn closing(text: &str, run: usize) -> Option<usize> {
    let mut at = 0;
    loop {
        at += text[at..].find('`')?;
        let length = text[at..].bytes().take_while(|&byte| byte == b'`').count();
        at += length;
        if length == run {
            return Some(at);
        }
    }
}

/// A word that is longer is nothing that somebody wants to read, or to copy from a message.
const LONGEST: usize = 400;

/// The text with `…` in place of the middle of enormous words.
pub(super) fn without_middles(text: &str) -> String {
    let mut shortened = String::with_capacity(text.len().min(4 * LONGEST));
    for word in text.split_inclusive([' ', '\n']) {
        match word.char_indices().nth(LONGEST) {
            Some(_) => {
                let first = word.char_indices().nth(LONGEST / 2).map_or(word.len(), |(at, _)| at);
                let last = word.char_indices().rev().nth(LONGEST / 4).map_or(0, |(at, _)| at);
                shortened.extend([&word[..first], "…", &word[last..]]);
            }
            None => shortened.push_str(word),
        }
    }
    shortened
}

#[cfg(test)]
mod tests {
    use super::{without_middles, wrap};

    #[test]
    fn of_an_enormous_word_the_ends_are_shown() {
        assert_eq!(without_middles("a word\nand one more"), "a word\nand one more");
        let text = format!("before {}é{} behind", "a".repeat(3000), "z".repeat(3000));
        let shown = without_middles(&text);
        assert!(shown.starts_with("before aaa") && shown.ends_with("zzz behind"), "{shown}");
        assert!(shown.contains("a…z") && shown.chars().count() < 400, "{shown}");
    }

    #[test]
    fn lines_end_at_spaces_and_never_in_code_that_fits() {
        assert_eq!(wrap("one two three", 7), "one two\nthree");
        assert_eq!(wrap("write `a b c` here", 8), "write\n`a b c`\nhere");
        assert_eq!(wrap("enormous-word a", 5), "enormous-word\na");
        assert_eq!(wrap("`a b c d e f` g", 5), "`a b\nc d e\nf` g");
        assert_eq!(wrap("a\nb c", 80), "a\nb c");
        assert_eq!(wrap("", 80), "");
        assert_eq!(wrap("é é é", 3), "é é\né");
        assert_eq!(wrap("lone ` tick and more", 10), "lone `\ntick and\nmore");
        assert_eq!(wrap("with `` ` `` here", 8), "with\n`` ` ``\nhere");
    }
}
