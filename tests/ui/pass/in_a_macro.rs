use brkalloc::{BrkHeap, brk_heap};

macro_rules! heap {
    ($name:ident, $policy:literal, $arena:expr, $($option:tt)*) => {
        #[brk_heap(policy = $policy, $($option)*)]
        static $name: BrkHeap;
    };
}

heap!(FIRST, "first_fit", 1, arena = "4KiB");
heap!(SECOND, "best_fit", 1,);

fn main() {
    assert_eq!((FIRST.config().policy, FIRST.config().arena), ("first_fit", 4096));
    assert_eq!(SECOND.config().policy, "best_fit");
}
