//! What the author probably meant.

/// The candidate that `word` is most likely a slip of, if any is near enough. Ties go to the first.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    // One slip in three characters, and one in short words; `damerau` counts two swapped letters as one slip.
    let limit = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= limit && *distance < candidate.chars().count())
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
        assert_eq!(nearest("xyzzy", words), None);
        assert_eq!(nearest("a", ["b"]), None);
        assert_eq!(did_you_mean("phase", words).as_deref(), Some("did you mean `phases`?"));
    }
}
