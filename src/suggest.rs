//! What the author probably meant.

/// The candidate that `word` is most likely a slip of, if any is near enough. Ties go to the first.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    // One slip in three characters, and one in short words; `damerau` counts two swapped letters as one slip.
    let limit = (word.chars().count() / 3).max(1);
    let near = |candidate: &'a str| {
        let known = candidate.to_lowercase();
        let distance = strsim::damerau_levenshtein(&lower, &known);
        let (short, long) = if known.len() < lower.len() { (&known, &lower) } else { (&lower, &known) };
        // `boolean` for `bool`, `config` for `configure`.
        let is_start = short.len() > 3 && long.starts_with(short.as_str());
        let is_near = is_start || (distance <= limit && distance < known.chars().count());
        is_near.then_some((distance, candidate))
    };
    candidates
        .into_iter()
        .filter_map(near)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// "did you mean `candidate`?", where there is one.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word_and_nonsense_finds_none() {
        let words = ["version", "sources", "phases", "url"];
        assert_eq!(nearest("versoin", words), Some("version"));
        assert_eq!(nearest("Source", words), Some("sources"));
        assert_eq!(nearest("ulr", words), Some("url"));
        assert_eq!(nearest("version-number", words), Some("version"));
        assert_eq!(nearest("xyzzy", words), None);
        assert_eq!(nearest("a", ["b"]), None);
        assert_eq!(did_you_mean("phase", words).as_deref(), Some("did you mean `phases`?"));
    }
}
