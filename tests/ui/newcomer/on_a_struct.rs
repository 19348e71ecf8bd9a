use brkalloc::brk_heap;

#[brk_heap]
struct Heap;

fn main() {}
