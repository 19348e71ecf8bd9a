//! One heap behind one lock: a list for each class of sizes.

use brkalloc::{BrkHeap, brk_heap};

brkalloc_preload::library! {
    #[brk_heap(export = "malloc", policy = "segregated_fit", large = "1MiB")]
    static HEAP: BrkHeap;
}
