//! brkalloc beside its peers: what a bench measures, and how.
//!
//! ```text
//!  bin/compare_peers    the runner: spawns one process for each (row, workload), takes medians,
//!    |                  writes tables and plots
//!    |  argv: workload, seed, milliseconds         stdout: nanoseconds, resident, live
//!    v
//!  bin/with_*           a row: a few lines, one allocator as the global one
//!    |
//!    v
//!  row                  what each of them does: one workload, then the peak of its memory
//!    |
//!    v
//!  workload             the one table of workloads and groups; workloads/ has them by group
//!  rest                 bursts and rest, for bin/rests: a process for each row, too
//!  lock_bound           what the lock is held for, for bin/lock_bound: programs bin/counted_*
//!  efficiency           a fixed heap filled until it refuses, for bin/efficiency, in that process
//!  meter, table, block  clocks, tables that lie outside the heap, blocks written at both ends
//! ```
//!
//! Workloads and their parameters are those of the project's design; each says its own. What is here
//! judges no allocator: tables and plots are the runner's.

pub mod block;
pub mod choice;
pub mod clock;
pub mod efficiency;
pub mod lock_bound;
pub mod machine;
pub mod meter;
pub mod random;
pub mod rest;
pub mod row;
pub mod rows;
pub mod single_arena;
pub mod statistics;
pub mod table;
pub mod workload;
pub mod workloads;

pub use clock::cpu_time;
pub use machine::machine;
pub use random::Random;
