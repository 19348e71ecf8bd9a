//! What a heap must do, said a second time and as plainly as possible: a model that decides for
//! every sequence of requests which address each gets.
//!
//! The modules, bottom-up:
//!
//! | module | what it holds |
//! |---|---|
//! | [`choices`] | policy, order and coalesce, with the names they have in the attribute |
//! | [`model`] | the model itself: feed it requests, compare the offsets |
//! | [`trace`] | the reader of recorded traces, and the recordings |
//! | [`replay`] | a trace run over any [`Heap`](replay::Heap), and the reference addresses it must give |
//! | [`cases`] | random operations over random arenas, from a seed |
//!
//! Nothing here is fast, and nothing here shares a line with the heap that it judges.
#![forbid(unsafe_code)]

pub mod cases;
pub mod choices;
pub mod model;
pub mod replay;
mod sequence;
pub mod trace;

pub use choices::{Coalesce, Order, Policy};
pub use model::{Model, Setup};
