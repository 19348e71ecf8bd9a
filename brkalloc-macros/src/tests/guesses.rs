//! Guesses at the nearest word: near enough, and not farther.

use crate::diag::one_of;
use crate::spelling::{is_same, nearest};

const WORDS: [&str; 4] = ["first_fit", "best_fit", "fifo", "lifo"];

#[test]
fn case_dashes_underscores_and_spaces_do_not_count() {
    assert!(is_same("First-Fit", "first_fit"));
    assert!(is_same("f-i-r-s-t f_i_t", "firstfit"));
    assert!(!is_same("first.fit", "first_fit"));
}

#[test]
fn one_mistake_is_forgiven_and_one_more_for_five_characters() {
    assert_eq!(nearest("fif", WORDS), Some("fifo"));
    assert_eq!(nearest("fi", WORDS), None);
    assert_eq!(nearest("firstfxx", WORDS), Some("first_fit"));
    assert_eq!(nearest("firstxxx", WORDS), None);
}

#[test]
fn a_swap_is_one_mistake() {
    assert_eq!(nearest("lfio", WORDS), Some("lifo"));
    assert_eq!(nearest("fiof", WORDS), Some("fifo"));
}

#[test]
fn of_equally_near_words_the_first_is_taken() {
    assert_eq!(nearest("ifo", WORDS), Some("fifo"));
    assert_eq!(nearest("ifo", WORDS.into_iter().rev()), Some("lifo"));
}

#[test]
fn an_exact_word_is_nearest_to_itself() {
    for word in WORDS {
        assert_eq!(nearest(word, WORDS), Some(word));
    }
}

#[test]
fn lists_read_as_prose() {
    assert_eq!(one_of([]), "");
    assert_eq!(one_of(["a"]), "`a`");
    assert_eq!(one_of(["a", "b"]), "`a` or `b`");
    assert_eq!(one_of(["a", "b", "c"]), "`a`, `b`, or `c`");
}
