mod library {
    pub mod inside {
        pub use brkalloc as allocator;
    }
}

use library::inside::allocator::{BrkHeap, brk_heap};

#[brk_heap(crate = crate::library::inside::allocator, source = "static", arena = "4KiB")]
static HEAP: BrkHeap;

fn main() {
    assert!(HEAP.config().to_string().contains("crate = crate::library::inside::allocator"));
    assert_eq!(HEAP.check(), Ok(()));
}
