//! Names, visibilities, types, words, sizes and paths that a macro passes on, as fragments.

use brkalloc::{BrkHeap, brk_heap};

macro_rules! by_token {
    ($name:ident, $policy:literal, $($option:tt)*) => {
        #[brk_heap(policy = $policy, $($option)*)]
        static $name: BrkHeap;
    };
}

macro_rules! by_fragment {
    (
        $(#[$attribute:meta])* $visibility:vis $name:ident: $declared:ty,
        $arena:expr, $grow:literal, $order:expr, $lock:path, $runtime:path
    ) => {
        $(#[$attribute])*
        #[brk_heap(
            arena = $arena,
            grow = $grow,
            policy = "next_fit",
            order = $order,
            lock = $lock,
            crate = $runtime,
        )]
        $visibility static $name: $declared;
    };
}

macro_rules! by_type {
    ($name:ident, $lock:ty, $arena:tt) => {
        #[brk_heap(lock = $lock, arena = $arena)]
        static $name: BrkHeap;
    };
}

macro_rules! whole {
    ($item:item) => {
        #[brk_heap(stats = "counters")]
        $item
    };
}

/// A library's own macro, for users that do not depend on brkalloc.
mod library {
    pub use brkalloc;

    macro_rules! heap {
        ($name:ident, $($options:tt)*) => {
            #[$crate::library::brkalloc::brk_heap(crate = $crate::library::brkalloc, $($options)*)]
            static $name: $crate::library::brkalloc::BrkHeap;
        };
    }
    pub(crate) use heap;
}

by_token!(FIRST, "first_fit", arena = "4KiB");
by_token!(SECOND, "best_fit",);
by_fragment!(
    /// Documented.
    pub(crate) THIRD: BrkHeap,
    "1MiB", 8192, "lifo", spin::mutex::SpinMutex<()>, ::brkalloc
);
by_fragment!(FOURTH: brkalloc::BrkHeap, 65536, "4KiB", "fifo", spin::mutex::SpinMutex::<()>, brkalloc);
by_type!(FIFTH, spin::mutex::SpinMutex<()>, "16KiB");
whole!(static SIXTH: BrkHeap;);
library::heap!(SEVENTH, arena = "32KiB");

fn main() {
    assert_eq!((FIRST.config().policy, FIRST.config().arena), ("first_fit", 4096));
    assert_eq!(SECOND.config().policy, "best_fit");
    assert_eq!((THIRD.config().order, THIRD.config().arena), ("lifo", 1 << 20));
    assert_eq!((FOURTH.config().order, FOURTH.config().grow), ("fifo", Some(4096)));
    assert_eq!(FIFTH.config().arena, 16 << 10);
    assert_eq!(SIXTH.config().stats, "counters");
    assert_eq!(SEVENTH.config().arena, 32 << 10);
    assert!(THIRD.check().is_ok() && FIFTH.check().is_ok() && SEVENTH.check().is_ok());
}
