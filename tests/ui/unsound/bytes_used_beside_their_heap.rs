#![forbid(unsafe_code)]

use brkalloc::{BrkHeap, Heap, brk_heap};
use core::mem::MaybeUninit;

#[brk_heap]
static MADE: BrkHeap;

fn main() {
    let mut bytes = [MaybeUninit::uninit(); 4096];
    let heap = Heap::<MADE>::over(&mut bytes);
    bytes[100] = MaybeUninit::new(0);
    heap.stats();
}
