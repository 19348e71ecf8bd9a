//! From a recorded program to the attribute that suits it: the library half of `cargo brkalloc`.
//!
//! It is no stable interface.

pub mod command;
pub mod commands;
pub mod library;
pub mod output;
pub mod program;
pub mod text;
pub mod traces;
