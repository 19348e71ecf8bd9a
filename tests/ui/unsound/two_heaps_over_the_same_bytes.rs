#![forbid(unsafe_code)]

use brkalloc::{BrkHeap, Heap, brk_heap};
use core::mem::MaybeUninit;

#[brk_heap]
static MADE: BrkHeap;

fn main() {
    let mut bytes = [MaybeUninit::uninit(); 4096];
    let first = Heap::<MADE>::over(&mut bytes);
    let second = Heap::<MADE>::over(&mut bytes);
    assert_eq!(first.stats(), second.stats());
}
