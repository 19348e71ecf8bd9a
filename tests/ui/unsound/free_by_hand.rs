#![forbid(unsafe_code)]

use brkalloc::{BrkHeap, Heap, brk_heap};
use core::alloc::{GlobalAlloc, Layout};
use core::mem::MaybeUninit;

#[brk_heap]
static MADE: BrkHeap;

fn main() {
    let mut bytes = [MaybeUninit::uninit(); 4096];
    let heap = Heap::<MADE>::over(&mut bytes);
    let layout = Layout::new::<u64>();
    if let Some(block) = heap.allocate(layout) {
        heap.deallocate(block);
        heap.deallocate(block);
        heap.reallocate(block, layout, 100);
        MADE.dealloc(block.as_ptr(), layout);
        MADE.usable_size(block);
    }
}
