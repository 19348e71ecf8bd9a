//! What the examples share, so that each of them shows its heap and little else.
//!
//! | module | what it holds |
//! |---|---|
//! | [`word_index`] | the program that `first_fit`, `next_fit`, `best_fit`, `worst_fit` and `segregated_fit` have in common |
//! | [`command_line`] | how every example begins and ends: `--help`, mistakes, closed pipes |
//! | [`text`] | numbers, options and excerpts as people read them |

pub mod command_line;
pub mod text;
pub mod word_index;
