//! From a recorded program to the attribute that suits it: the library half of `cargo brkalloc`.
//!
//! [`replay`] runs a [`recording`] through the crate's own heaps. The examples of the project use it,
//! too. It is no stable interface.

pub mod attributes;
pub mod command;
pub mod commands;
pub mod draw;
pub mod formats;
pub mod interleave;
pub mod interrupt;
pub mod library;
pub mod map;
pub mod output;
pub mod program;
pub mod progress;
pub mod recording;
pub mod replay;
pub mod table;
pub mod text;
pub mod traces;
pub mod tune;
