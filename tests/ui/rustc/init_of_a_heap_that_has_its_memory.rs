use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = "64KiB")]
static HEAP: BrkHeap;

fn main() {
    let memory = Box::leak(Box::new_uninit_slice(4096));
    let _ = HEAP.init(memory);
}
