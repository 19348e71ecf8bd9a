use brkalloc::brk_heap;

#[brk_heap(arena = "64KiB")]
static HEAP: u8;

fn main() {}
