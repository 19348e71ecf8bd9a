use brkalloc::{BrkHeap, brk_heap};

const SIZE: usize = 65536;

#[brk_heap(arena = SIZE)]
static HEAP: BrkHeap;

fn main() {
    let _ = SIZE;
}
