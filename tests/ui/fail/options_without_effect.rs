use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(source = "static", arena = "64KiB", grow = "4KiB", limit = "1MiB", trim = "1MiB")]
static ARRAY: BrkHeap;

#[brk_heap(grow = "none", limit = "1MiB", trim = "1MiB")]
static FIXED: BrkHeap;

#[brk_heap(coalesce = "never", trim = "1MiB")]
static APART: BrkHeap;

#[brk_heap(policy = "segregated_fit", index = "list")]
static BINS: BrkHeap;

#[brk_heap(grow = "64KiB", trim = "4KiB")]
static GIVES_BACK: BrkHeap;

#[brk_heap(grow = "2MiB", limit = "1MiB")]
static GROWS: BrkHeap;

fn main() {}

// mistakes: 9
