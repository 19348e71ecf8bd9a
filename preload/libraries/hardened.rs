//! The same with every check. What is freed is overwritten, so large requests have mappings of their own: a program
//! that asks for more than it touches would else have to pay for all of it.

use brkalloc::{BrkHeap, brk_heap};

brkalloc_preload::library! {
    #[brk_heap(export = "malloc", policy = "segregated_fit", large = "1MiB", cache = "1MiB", harden = "full")]
    static HEAP: BrkHeap;
}
