use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(arena)]
static NAME: BrkHeap;

#[brk_heap(arena("64KiB"))]
static CALL: BrkHeap;

#[brk_heap(arena: "64KiB")]
static COLON: BrkHeap;

#[brk_heap(arena =)]
static EQUALS: BrkHeap;

fn main() {}

// mistakes: 4
