//! Heaps as a program has them: every attribute that may be recommended, and the system's allocator.
//!
//! ```text
//!   cargo brkalloc tune ──► a child for each measurement ──► one line: time, resident, high water
//! ```
//!
//! A static heap keeps its memory for ever, so each measurement is a process of its own. There the
//! threads of the recording are threads, the heap has its lock and its caches, and a measurement of
//! memory touches every page of every block, as a program does.

mod child;
mod list;
mod measure;
mod system;
mod threads;

pub use child::{Mode, run};
pub use list::{Attribute, IDLE, SYSTEM, find, list};
pub use measure::{Children, Outcome};
