//! Guesses which word a misspelt one means.
//!
//! Nothing here knows an option: callers bring the candidates.

use core::mem;

/// The candidate that `written` most likely means, if one is near enough.
///
/// Case, `-`, `_` and spaces do not count. One mistake is allowed, and one more per five
/// characters. Of equally near candidates the first is taken.
pub(crate) fn nearest<'a>(
    written: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let written = plain(written);
    let allowed = 1 + written.chars().count() / 5;
    candidates
        .into_iter()
        .map(|candidate| (distance(&written, &plain(candidate)), candidate))
        .filter(|(mistakes, _)| *mistakes <= allowed)
        .min_by_key(|(mistakes, _)| *mistakes)
        .map(|(_, candidate)| candidate)
}

/// Whether the two differ in nothing but case, `-`, `_` and spaces.
pub(crate) fn is_same(left: &str, right: &str) -> bool {
    plain(left) == plain(right)
}

/// Whether `word` is one of `words`, which spaces part.
pub(crate) fn is_one_of(words: &str, word: &str) -> bool {
    words.split(' ').any(|other| is_same(other, word))
}

fn plain(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect()
}

/// The optimal string alignment distance: insertions, removals, replacements, and swaps of
/// neighbors, each counted once.
fn distance(source: &str, target: &str) -> usize {
    let source: Vec<char> = source.chars().collect();
    let target: Vec<char> = target.chars().collect();
    // Row i holds the distances between the first i characters of `source` and every prefix of
    // `target`. A swap looks two rows back.
    let mut before: Vec<usize> = vec![0; target.len() + 1];
    let mut above: Vec<usize> = (0..=target.len()).collect();
    for i in 1..=source.len() {
        let mut row = vec![i; target.len() + 1];
        for j in 1..=target.len() {
            let replaced = above[j - 1] + usize::from(source[i - 1] != target[j - 1]);
            row[j] = replaced.min(above[j] + 1).min(row[j - 1] + 1);
            let is_swapped =
                1 < i && 1 < j && source[i - 1] == target[j - 2] && source[i - 2] == target[j - 1];
            if is_swapped {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = mem::replace(&mut above, row);
    }
    above[target.len()]
}
