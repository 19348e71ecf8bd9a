use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(preset = "embedded", arena = "4KiB")]
#[unsafe(link_section = ".ccm")]
static HEAP: BrkHeap;

fn main() {}
