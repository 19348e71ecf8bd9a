use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(preset = "hardened", harden = "basic", quarantine = "1MiB")]
static HEAP: BrkHeap;

fn main() {}
