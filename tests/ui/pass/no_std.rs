#![no_std]

extern crate std;

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap]
static HEAP: BrkHeap;

fn main() {
    assert!(HEAP.check().is_ok());
}
