//! The word index on a segregated-fit heap: a request takes a free chunk from the lowest size class
//! that surely fits.
//!
//! `cargo run --release --example segregated_fit [-- FILE…]`
//!
//! The examples `first_fit`, `next_fit`, `best_fit`, `worst_fit` and `segregated_fit` are the same
//! program and differ in one word of the attribute. Run two of them, and compare the last lines.

use brkalloc::{BrkHeap, brk_heap};
use brkalloc_examples::word_index;
use std::process::ExitCode;

#[global_allocator]
#[brk_heap(policy = "segregated_fit", stats = "counters")]
static HEAP: BrkHeap;

fn main() -> ExitCode {
    word_index::run(|out| {
        // The index is still alive: this is the heap that it lives on.
        word_index::print_heap(HEAP.config(), &HEAP.stats(), &HEAP.picture(), out)?;
        assert_eq!(HEAP.check(), Ok(()));
        writeln!(out, "\n  Every chunk and every entry of the index was checked: all is well.")
    })
}
