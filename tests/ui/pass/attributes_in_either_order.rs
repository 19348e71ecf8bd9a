#![deny(warnings, missing_docs)]
//! Above and below, documented, under `cfg`, behind an alias.

use brkalloc::{BrkHeap as Alias, brk_heap as made};

/// The heap of this program.
#[made(arena = "8KiB",)]
#[global_allocator]
#[cfg(not(windows))]
pub static HEAP: Alias;

#[made]
#[cfg(windows)]
#[global_allocator]
pub static HEAP: Alias;

fn main() {
    assert!(!vec![1, 2, 3].is_empty());
    assert_eq!(HEAP.config().arena, 8192);
}
