//! Guesses which word a misspelt one means.
//!
//! Nothing here knows an option: callers bring the candidates.

use strsim::osa_distance;

/// Finds the candidate that `written` most likely means, if one is near enough.
///
/// Case, `-`, `_` and spaces do not count. One mistake is allowed, and one more per five
/// characters. The optimal string alignment distance counts them: an insertion, a removal, a
/// replacement, and a swap of neighbors is one mistake each. The first of equally near candidates
/// wins.
pub(crate) fn nearest<'a>(
    written: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let written = plain(written);
    let allowed = 1 + written.chars().count() / 5;
    candidates
        .into_iter()
        .map(|candidate| (osa_distance(&written, &plain(candidate)), candidate))
        .filter(|(mistakes, _)| *mistakes <= allowed)
        .min_by_key(|(mistakes, _)| *mistakes)
        .map(|(_, candidate)| candidate)
}

/// Whether the two words differ only in case, `-`, `_` and spaces.
pub(crate) fn is_same(left: &str, right: &str) -> bool {
    plain(left) == plain(right)
}

/// Whether `word` is one of `words`, a list separated by spaces.
pub(crate) fn is_one_of(words: &str, word: &str) -> bool {
    words.split(' ').any(|other| is_same(other, word))
}

fn plain(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect()
}
