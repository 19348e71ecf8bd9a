use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = "64KiB")]
pub const HEAP: BrkHeap = BrkHeap::new();

fn main() {
    let heap: &'static BrkHeap<HEAP> = &HEAP;
    println!("{} {:?}", heap.config(), HEAP.check());
}
