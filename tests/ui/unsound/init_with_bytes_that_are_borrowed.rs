use brkalloc::{BrkHeap, brk_heap};
use core::mem::MaybeUninit;

#[brk_heap(source = "slice")]
static HEAP: BrkHeap;

fn main() {
    let mut bytes = [MaybeUninit::uninit(); 4096];
    let _ = HEAP.init(&mut bytes);
}
