use brkalloc::{BrkHeap, brk_heap};

fn heap() -> &'static BrkHeap<impl brkalloc::__private::Config> {
    #[brk_heap(policy = "next_fit")]
    static HEAP: BrkHeap;
    &HEAP
}

fn main() {
    assert_eq!(heap().config().policy, "next_fit");
    assert!(core::ptr::eq(heap(), heap()));
}
