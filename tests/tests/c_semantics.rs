//! What `export = "malloc"` defines does what glibc's functions do, in a program whose every block is on the heap, its
//! test harness included.
//!
//! Written anew after what glibc tests in `tst-memalign`, `tst-malloc-too-large` and its like.

use brkalloc::{BrkHeap, ChunkState, brk_heap};
use brkalloc_harness::c::{self, EVERY, KEPT, TOO_MANY};
use core::ptr::null_mut;

#[brk_heap(policy = "best_fit", export = "malloc", stats = "counters")]
static HEAP: BrkHeap;

/// The bytes of the chunk whose payload `block` is, if the heap has it in use.
fn chunk(block: *mut u8) -> Option<usize> {
    let mut found = None;
    HEAP.for_each_chunk(|chunk| {
        if chunk.state == ChunkState::Used && chunk.address + size_of::<usize>() == block.addr() {
            found = Some(chunk.size);
        }
    });
    found
}

/// The same, of an address whose block may have been freed.
fn taken(block: *mut u8) -> Option<usize> {
    chunk(block)
}

include!("../support/c_semantics.rs");
