//! Where a hunk of a patch would fit.

/// A hunk that was refused, from the `.rej` file that patch leaves (GNU diffutils manual, "Detailed Description of Unified
/// Format").
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hunk<'a> {
    /// The line of the old file where it begins, as the patch says.
    pub line: usize,
    /// What it wants to find.
    pub old: Vec<&'a str>,
}

/// Where a hunk comes nearest to what a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fit<'a> {
    /// The line of the file, counted from 1.
    pub line: usize,
    /// How many of the hunk's lines are there.
    pub same: usize,
    /// The first line that differs: its number in the file, what the hunk wants, and what is there.
    pub differs: Option<(usize, &'a str, &'a str)>,
}

/// The first hunk of a `.rej` file.
pub(super) fn first(rejected: &str) -> Option<Hunk<'_>> {
    let mut lines = rejected.lines().skip_while(|line| !line.starts_with("@@ -"));
    let start = lines.next()?.strip_prefix("@@ -")?;
    let line = start.split([',', ' ']).next()?.parse().ok()?;
    let body = lines.take_while(|line| !line.starts_with("@@") && !line.starts_with("--- "));
    let old = body.filter_map(|line| match line.as_bytes().first() {
        Some(b' ' | b'-') => Some(&line[1..]),
        None => Some(""),
        _ => None,
    });
    Some(Hunk { line, old: old.collect() })
}

/// The place where most lines of a hunk are found at their distance from each other, the nearest to where it was meant.
/// Nothing where fewer than half of them are.
pub(super) fn fit<'a>(hunk: &Hunk<'a>, file: &'a str) -> Option<Fit<'a>> {
    let lines: Vec<_> = file.lines().collect();
    let last = lines.len().saturating_sub(hunk.old.len().min(lines.len()));
    let same = |at: usize| hunk.old.iter().zip(&lines[at..]).filter(|(want, have)| want == have).count();
    // Blank lines are the same everywhere.
    let tells = |at: usize| {
        let pairs = hunk.old.iter().zip(&lines[at..]);
        pairs.filter(|(want, have)| want == have && !want.trim().is_empty()).count()
    };
    let best = (0..=last).max_by_key(|&at| (tells(at), std::cmp::Reverse((at + 1).abs_diff(hunk.line))))?;
    let (same, tells) = (same(best), tells(best));
    if tells == 0 || same * 2 < hunk.old.len() {
        return None;
    }
    let mut pairs = hunk.old.iter().zip(&lines[best..]).zip(best + 1..);
    let differs = pairs.find(|((want, have), _)| want != have);
    let differs = differs.map(|((&want, &have), number)| (number, want, have));
    Some(Fit { line: best + 1, same, differs })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REJECTED: &str =
        "--- src/list.txt\n+++ src/list.txt\n@@ -17,3 +17,3 @@ title\n one\n-two\n+TWO\n three\n";

    #[test]
    fn a_refused_hunk_is_read() {
        assert_eq!(first(REJECTED), Some(Hunk { line: 17, old: vec!["one", "two", "three"] }));
        assert_eq!(first("nothing"), None);
    }

    #[test]
    fn a_hunk_fits_where_most_of_its_lines_are() {
        let hunk = first(REJECTED).unwrap();
        let file = "a\nb\none\nzwei\nthree\nc\none\n";
        assert_eq!(fit(&hunk, file), Some(Fit { line: 3, same: 2, differs: Some((4, "two", "zwei")) }));
        assert_eq!(fit(&hunk, "nothing\nof\nit\n"), None);
        assert_eq!(fit(&hunk, ""), None);
    }
}
