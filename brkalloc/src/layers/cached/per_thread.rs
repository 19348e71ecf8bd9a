//! The thread-locals of a heap with a cache, for the expansion of the attribute.
//!
//! ```text
//!   CACHE   no destructor, so that one instruction reaches it
//!   END     its destructor empties the cache when the thread ends
//! ```
//!
//! std knows where a thread's variables are. The feature `std` says that it is there; without it, a
//! heap that needs it gets one error. A heap that is C's `malloc` has [another
//! way](super::exported).

/// The thread-locals of the heap.
#[cfg(all(feature = "std", any(unix, windows)))]
#[doc(hidden)]
#[macro_export]
macro_rules! __caches {
    ($heap:ident) => {
        impl $crate::__private::PerThread for $heap {
            #[inline]
            fn with<R>(
                f: impl ::core::ops::FnOnce(&$crate::__private::ThreadCache<Self>) -> R,
            ) -> R {
                $crate::__private::std::thread_local! {
                    static CACHE: $crate::__private::ThreadCache<$heap> =
                        const { $crate::__private::ThreadCache::new() };
                }
                CACHE.with(f)
            }
            fn watch_end() -> ::core::primitive::bool {
                $crate::__private::std::thread_local! {
                    static END: $crate::__private::ThreadEnd<$heap> =
                        const { $crate::__private::ThreadEnd::new() };
                }
                END.try_with(|_| ()).is_ok()
            }
        }
    };
}

/// Nothing: on this target, such a heap has no cache.
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
#[macro_export]
macro_rules! __caches_by_default {
    ($heap:ident) => {};
}

/// The error of a heap whose cache needs std.
#[cfg(all(not(feature = "std"), any(unix, windows)))]
#[doc(hidden)]
#[macro_export]
macro_rules! __caches {
    ($heap:ident) => {
        ::core::compile_error! {
            "a heap with a `cache` needs std, and `brkalloc` is without its feature `std`\n       \
             help: turn the feature on, or write `cache = \"none\"`\n       \
             note: `cache = \"1MiB\"` is the default of a heap that names no `policy`, `order`, `index` or `coalesce`"
        }
        $crate::__no_caches! { $heap }
    };
}

/// Nothing: what gives such a heap its memory is an error on this target already.
#[cfg(not(any(unix, windows)))]
#[doc(hidden)]
#[macro_export]
macro_rules! __caches {
    ($heap:ident) => {
        $crate::__no_caches! { $heap }
    };
}

/// The thread-locals of a heap that an error forbids, so that no second error follows.
#[cfg(not(all(feature = "std", any(unix, windows))))]
#[doc(hidden)]
#[macro_export]
macro_rules! __no_caches {
    ($heap:ident) => {
        impl $crate::__private::PerThread for $heap {
            fn with<R>(
                _: impl ::core::ops::FnOnce(&$crate::__private::ThreadCache<Self>) -> R,
            ) -> R {
                ::core::unreachable!()
            }
            fn watch_end() -> ::core::primitive::bool {
                false
            }
        }
    };
}
