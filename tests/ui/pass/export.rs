#![deny(warnings)]

use brkalloc::{BrkHeap, brk_heap};

fn heap() -> &'static BrkHeap<impl brkalloc::__private::Config> {
    #[deprecated]
    #[allow(non_upper_case_globals)]
    #[brk_heap(export = "malloc", crate = brkalloc)]
    static malloc: BrkHeap;
    #[allow(deprecated)]
    &malloc
}

fn main() {
    let heap: &BrkHeap<_> = heap();
    assert!(0 < heap.stats().in_use, "the C library has allocated before `main`");
}
