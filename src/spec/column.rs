//! What to say of a line that starts where YAML cannot make sense of it.
//!
//! The reader tells where it could not go on, in words of YAML's grammar. People think in columns: of a line that stands beside
//! another, or below a key.

/// What is wrong with the start of the line in which the byte `at` lies; nothing where it fits the lines above.
pub(super) fn advice(text: &str, at: usize) -> Option<String> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let line = text.get(start..)?.lines().next().filter(|line| !line.trim().is_empty())?;
    let own = indent(line);
    let above: Vec<&str> = text[..start].lines().rev().filter(|line| is_content(line)).collect();
    let nearest = *above.first()?;
    if is_block_header(nearest) && own <= indent(nearest) {
        return Some(format!("the lines of a `|` block start further in than `{}`", key_of(nearest)));
    }
    let parent = above.iter().position(|line| indent(line) < own)?;
    if is_block_header(above[parent]) && parent > 0 {
        let first = indent(above[parent - 1]) + 1;
        return Some(format!(
            "the lines of a `|` block start no further out than the first of them, in column {first}"
        ));
    }
    if own == indent(nearest) && !nearest.contains(": ") && !nearest.ends_with(':') && !is_item(nearest) {
        return Some("text of several lines needs a `|` behind its key".to_owned());
    }
    let is_below_key = nearest.trim_end().ends_with(':') && own > column_of_key(nearest);
    if is_below_key || open_columns(&above, is_item(line)).contains(&own) {
        return None;
    }
    Some(format!(
        "what stands side by side starts in one column: this line in {}, `{}` above it in {}",
        own + 1,
        key_of(nearest),
        column_of_key(nearest) + 1
    ))
}

/// The columns in which a line, or an item of a list, could go on with what is open above.
fn open_columns(above: &[&str], item: bool) -> Vec<usize> {
    let mut columns = Vec::new();
    let mut limit = usize::MAX;
    for line in above.iter().filter(|line| !line.trim().is_empty()) {
        if indent(line) < limit {
            columns.push(if item { indent(line) } else { column_of_key(line) });
            limit = indent(line);
        }
    }
    columns
}

fn is_content(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with('#')
}

fn is_item(line: &str) -> bool {
    line.trim_start().starts_with("- ")
}

/// Whether a literal or folded block follows.
fn is_block_header(line: &str) -> bool {
    let end = line.trim_end().trim_end_matches(|c: char| c.is_ascii_digit() || "+-".contains(c));
    end.ends_with(": |") || end.ends_with(": >")
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Where what the line says starts, behind the `- ` of a list.
fn column_of_key(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '-']).len()
}

fn key_of(line: &str) -> &str {
    let said = line.trim_start_matches([' ', '-']);
    said.split([':', ' ']).next().unwrap_or(said)
}

#[cfg(test)]
mod tests {
    use super::advice;

    fn of_last_line(text: &str) -> String {
        let at = text.trim_end().rfind('\n').map_or(0, |end| end + 1);
        advice(text, at).unwrap_or_default()
    }

    #[test]
    fn a_line_that_stands_between_columns_is_told_of() {
        let beside = |own, key, column| {
            format!(
                "what stands side by side starts in one column: this line in {own}, `{key}` above it in {column}"
            )
        };
        assert_eq!(of_last_line("build:\n  system: make\n   make: [ x ]\n"), beside(4, "system", 3));
        assert_eq!(of_last_line("build:\n  system: make\n make: [ x ]\n"), beside(2, "system", 3));
        assert_eq!(of_last_line("sources:\n  - url: x\n    md5: x\n  file: x\n"), beside(3, "md5", 5));
        assert_eq!(of_last_line("a:\n  - url: x\n    md5: x\n   - url: x\n"), beside(4, "md5", 5));
    }

    #[test]
    fn a_line_that_fits_is_not() {
        for text in [
            "a: b\nc\n",
            "a:\n  b: c: d\n",
            "a:\n    b: x\n    c: d: e\n",
            "a:\n  - b: x\n    c: x\n  - b: c: d\n",
            "a: x\n",
            "",
        ] {
            assert_eq!(of_last_line(text), "", "{text}");
        }
    }

    #[test]
    fn lines_of_a_block_are_sent_to_their_column() {
        let further = "the lines of a `|` block start further in than `build`";
        assert_eq!(of_last_line("phases:\n  build: |\n  make\n"), further);
        assert_eq!(of_last_line("phases:\n  build: |-\n  make\n"), further);
        let first = "the lines of a `|` block start no further out than the first of them, in column 7";
        assert_eq!(of_last_line("phases:\n  build: |\n      make\n    make x\n"), first);
        let several = "text of several lines needs a `|` behind its key";
        assert_eq!(of_last_line("phases:\n  build:\n    cat > x\n    a: b\n"), several);
    }
}
