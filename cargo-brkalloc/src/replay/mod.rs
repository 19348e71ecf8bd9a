//! Replays of a recording through the crate's own heaps, one for each configuration; never a model.

mod contest;
mod figures;
mod grid;
mod objects;
mod run;
mod serve;

pub use contest::{Rules, largest, play};
pub use figures::{Figures, Split, Stop, Visited, percent_over};
pub use grid::{Cell, all, deferred, immediate, named, never};
pub use objects::{Block, Fault, Objects, Step};
pub use run::{Moment, Timed, Watch, count, play as play_all, processor_time, time, time_alone};
pub use serve::{Arena, Idle, Serve};
