use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap]
static HEAP: BrkHeap;

fn show(heap: &BrkHeap) {
    println!("{}", heap.config());
}

fn main() {
    show(&HEAP);
}
