use brkalloc::brk_heap;

#[brk_heap(arena = "64KiB")]
fn heap() {}

fn main() {}
