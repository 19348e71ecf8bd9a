use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena = "64KB")]
static STRING: BrkHeap;

#[brk_heap(arena = "64k")]
static LETTER: BrkHeap;

#[brk_heap(arena = 64kb)]
static SUFFIX: BrkHeap;

fn main() {}

// mistakes: 3
