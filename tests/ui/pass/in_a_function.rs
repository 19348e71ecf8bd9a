//! Statics where items may stand: in functions, methods, closures, blocks and constants.

use brkalloc::{BrkHeap, brk_heap};

fn heap() -> &'static BrkHeap<impl brkalloc::__private::Config> {
    #[brk_heap(policy = "next_fit")]
    static HEAP: BrkHeap;
    &HEAP
}

fn generic<T: Default>() -> (T, &'static str) {
    #[brk_heap(source = "static", arena = "1KiB", lock = spin::mutex::SpinMutex<()>)]
    static HEAP: BrkHeap;
    (T::default(), HEAP.config().source)
}

struct Owner;

impl Owner {
    fn method() -> bool {
        #[brk_heap]
        static HEAP: BrkHeap;
        HEAP.check().is_ok()
    }
}

#[allow(dead_code)]
const _: () = {
    #[brk_heap]
    static HEAP: BrkHeap;
};

fn main() {
    assert_eq!(heap().config().policy, "next_fit");
    assert!(core::ptr::eq(heap(), heap()));
    assert_eq!(generic::<u8>(), (0, "static"));
    assert!(Owner::method());
    let in_a_closure = || {
        #[brk_heap(policy = "best_fit")]
        static HEAP: BrkHeap;
        HEAP.config().policy
    };
    assert_eq!(in_a_closure(), "best_fit");
}
