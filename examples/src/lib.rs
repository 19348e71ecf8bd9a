//! What the examples share, so that each of them shows its heap and little else.
//!
//! | module | what it holds |
//! |---|---|
//! | [`word_index`] | the program that `first_fit`, `next_fit`, `best_fit`, `worst_fit` and `segregated_fit` have in common |
//! | [`text`] | numbers and options as people read them |

pub mod text;
pub mod word_index;
