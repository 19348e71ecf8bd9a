use brkalloc::{BrkHeap, brk_heap};

fn main() {
    #[brk_heap]
    let _heap: BrkHeap;
}
