#![forbid(unsafe_code)]

use brkalloc::{BrkHeap, Heap, brk_heap};
use core::mem::MaybeUninit;

#[brk_heap]
static MADE: BrkHeap;

fn main() {
    let heap = {
        let mut bytes = [MaybeUninit::uninit(); 4096];
        Heap::<MADE>::over(&mut bytes)
    };
    heap.stats();
}
