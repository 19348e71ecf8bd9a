use brkalloc::brk_heap;

#[brk_heap]
thread_local! {}

fn main() {}
