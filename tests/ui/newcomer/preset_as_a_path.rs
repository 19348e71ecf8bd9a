use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(preset = Preset::Fast)]
static HEAP: BrkHeap;

fn main() {}
