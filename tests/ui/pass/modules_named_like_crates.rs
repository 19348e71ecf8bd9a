mod core {}
mod std {}
mod alloc {}
mod brkalloc {}

#[allow(non_camel_case_types, dead_code)]
mod types {
    pub struct usize;
    pub struct str;
    pub struct u64;
}
#[allow(unused_imports)]
use types::*;

use ::brkalloc::{BrkHeap, brk_heap};

#[brk_heap(source = "static", arena = "4KiB")]
static HEAP: BrkHeap;

#[brk_heap(limit = "1MiB", trim = "64KiB", policy = "segregated_fit")]
static ARENA: BrkHeap;

fn main() {
    assert!(HEAP.check().is_ok() && ARENA.check().is_ok());
}
