#![forbid(unsafe_code)]
#![deny(warnings)]

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(source = "brk", lock = "spin", policy = "segregated_fit")]
static HEAP: BrkHeap;

fn main() {
    let words = vec![String::from("safe"); 100];
    assert!(0 < HEAP.stats().in_use);
    assert_eq!(words.concat().len(), 400);
}
