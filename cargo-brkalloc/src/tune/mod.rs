//! From recordings to one attribute.
//!
//! ```text
//!   study    every attribute on every recording, in children, in turns
//!   choose   the goal's cost, the least worst regret, the Pareto set
//!   arena    the smallest that survives
//!   report   the attribute, with the reason and the price of each word
//!   verify   the program itself, on the system's allocator and on a library of the attribute
//! ```

mod arena;
mod choose;
mod report;
mod study;
mod verify;

pub use arena::{Smallest, smallest};
pub use choose::{Choice, Goal, choose, pareto, words};
pub use report::{Report, Stability, limited};
pub use study::{Study, Subject};
pub use verify::{Program, measure, verify};
