//! The same with a cache for each thread.

use brkalloc::{BrkHeap, brk_heap};

brkalloc_preload::library! {
    #[brk_heap(export = "malloc", policy = "segregated_fit", large = "1MiB", cache = "1MiB")]
    static HEAP: BrkHeap;
}
