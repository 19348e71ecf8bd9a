//! Shared libraries that put a heap in the place of C's `malloc`, in programs that were never meant
//! for it: one file of `libraries/` and one attribute each.
//!
//! ```text
//! cargo build --release -p brkalloc-preload --examples
//! LD_PRELOAD=target/release/examples/libbrkalloc_plain.so sort FILE
//! ```
//!
//! With the feature `count`, each process says at its end how many calls its library served, so
//! that a test can tell a program that runs on the heap from one that never met it. The libraries
//! allocate nothing themselves.

#[cfg(feature = "count")]
#[doc(hidden)]
pub mod count;

/// The heap of a library.
///
/// The attribute is taken as it stands; a library that counts has `stats = "counters"` besides.
#[macro_export]
macro_rules! library {
    (#[brk_heap($($options:tt)*)] static $heap:ident: BrkHeap;) => {
        #[cfg_attr(not(feature = "count"), brk_heap($($options)*))]
        #[cfg_attr(feature = "count", brk_heap($($options)*, stats = "counters"))]
        static $heap: BrkHeap;

        #[cfg(feature = "count")]
        const _: () = {
            extern "C" fn begin() {
                $crate::count::begin();
            }
            extern "C" fn end() {
                $crate::count::end();
            }
            // SAFETY: the loader calls what stands there, which takes no arguments.
            #[used]
            #[unsafe(link_section = ".init_array")]
            static BEGIN: extern "C" fn() = begin;
            // SAFETY: likewise.
            #[used]
            #[unsafe(link_section = ".fini_array")]
            static END: extern "C" fn() = end;
        };
    };
}
