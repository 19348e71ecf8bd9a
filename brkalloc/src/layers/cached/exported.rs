//! The caches of a heap that is C's `malloc`: found without a call, and given back without the
//! dynamic loader.
//!
//! ```text
//!   thread pointer + offset ──► ThreadCache     in the thread's own block; zeros, which are a new one
//!                    ▲
//!                    └ one word that the loader has filled in: *initial-exec*
//!
//!   key ──► `ended`, which the C library calls in a thread that ends
//! ```
//!
//! What other heaps use for both may call `malloc`, or wait for somebody who does:
//!
//! - In a shared library a thread-local is found by `__tls_get_addr`, which allocates for a thread
//!   that has not seen all libraries yet, and so would call itself. An *initial-exec* one lies where
//!   the loader has put it before the program began. The price is that such a library is loaded with
//!   the program (`LD_PRELOAD`, or linked): there is no room to load it later.
//! - A destructor of a thread-local is registered with the loader, under the lock that `dlopen` holds
//!   while it runs constructors. One that waits for another thread would wait for ever, if that
//!   thread's first allocation waits for the loader. A key of `pthread_key_create` knows no lock.
//!
//! glibc has room for the values of a thread's first keys. For that of a higher one it calls `calloc`,
//! which may be the thread's first request of this heap, which would give its own value to a high key
//! meanwhile: that value would be lost, and what the thread keeps with it. The heap's key is among the
//! first of a process, because it is made at the process's first allocation. Where it is not, or the
//! C library has none left, threads keep nothing.
//!
//! Where nothing is known of initial-exec, the thread-local is an ordinary one. This module does not
//! know what is kept.

use super::{PerThread, ThreadCache};
use core::ffi::c_void;
use core::sync::atomic::{AtomicUsize, Ordering};

/// The bytes of every thread's cache: the assembly below is not told of which configuration, and
/// [`fits`] compares.
pub const SIZE: usize = size_of::<ThreadCache<()>>();

/// A multiple of which a thread's cache begins at.
pub const ALIGNMENT: usize = 64;

/// Fails to compile where a cache of `C` is not as large, or not as aligned, as what is made room for.
///
/// # Panics
///
/// There, while constants are evaluated.
pub const fn fits<C>() {
    assert!(size_of::<ThreadCache<C>>() == SIZE, "every cache has one size");
    assert!(ALIGNMENT % align_of::<ThreadCache<C>>() == 0, "a cache may stand there");
}

/// The key whose value, in each thread that keeps something, has a destructor.
///
/// # Invariant
///
/// It is `NONE` until a thread has made the key, then the key and 1, and `GONE` once it is deleted,
/// for ever.
#[derive(Debug)]
pub struct EndKey(AtomicUsize);

const NONE: usize = 0;
const GONE: usize = usize::MAX;

/// How many keys have a value for which nothing is allocated (`PTHREAD_KEY_2NDLEVEL_SIZE` in glibc's
/// `nptl/descr.h`).
const FIRST_KEYS: usize = 32;

impl EndKey {
    /// No key yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicUsize::new(NONE))
    }

    /// Has what this thread keeps given back when the thread ends; whether that will happen.
    pub fn watch<C: PerThread>(&self) -> bool {
        let key = match self.0.load(Ordering::Acquire) {
            NONE => self.make::<C>(),
            key => key,
        };
        let Some(key) = named(key) else { return false };
        // Any value but null will do.
        let value = core::ptr::from_ref(self).cast();
        // SAFETY: the key was made here; if it has been deleted since, the call says so.
        0 == unsafe { libc::pthread_setspecific(key, value) }
    }

    /// The key and 1, made now unless another thread has; `GONE` where there is none of use.
    #[cold]
    fn make<C: PerThread>(&self) -> usize {
        let mut new = 0;
        // SAFETY: the place has room for a key; the destructor is a function of this library, which
        // forgets the key before it is unloaded.
        if 0 != unsafe { libc::pthread_key_create(&raw mut new, Some(ended::<C>)) } {
            return GONE;
        }
        let key = usize::try_from(new).map_or(GONE, |new| new + 1);
        if FIRST_KEYS < key {
            // SAFETY: it was made just now, and no thread has a value there.
            unsafe { libc::pthread_key_delete(new) };
            return GONE;
        }
        match self.0.compare_exchange(NONE, key, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => key,
            Err(other) => {
                // SAFETY: it was made just now, and no thread has a value there.
                unsafe { libc::pthread_key_delete(new) };
                other
            }
        }
    }

    /// Nobody's end is noticed any more: for the moment at which the library may be unloaded, or the
    /// process ends.
    pub fn forget(&self) {
        if let Some(key) = named(self.0.swap(GONE, Ordering::AcqRel)) {
            // SAFETY: the key was made here, and nobody deletes it again.
            unsafe { libc::pthread_key_delete(key) };
        }
    }
}

impl Default for EndKey {
    fn default() -> Self {
        Self::new()
    }
}

/// The key that a number of [`EndKey`] stands for.
fn named(number: usize) -> Option<libc::pthread_key_t> {
    if number == GONE {
        return None;
    }
    libc::pthread_key_t::try_from(number.checked_sub(1)?).ok()
}

/// In a thread that ends.
extern "C" fn ended<C: PerThread>(_: *mut c_void) {
    super::with::<C, _>(ThreadCache::end);
}

/// The thread-local caches of the one heap of a program that is C's `malloc`: for the expansion of
/// the attribute.
#[cfg(all(target_os = "linux", target_arch = "x86_64", target_pointer_width = "64"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __cache_of_malloc {
    ($heap:ident) => {
        mod __brkalloc_thread_cache {
            ::core::arch::global_asm!(
                ".pushsection .tbss.__brkalloc_thread_cache, \"awT\", @nobits",
                ".globl __brkalloc_thread_cache",
                ".hidden __brkalloc_thread_cache",
                ".type __brkalloc_thread_cache, @object",
                ".size __brkalloc_thread_cache, {size}",
                ".balign {alignment}",
                "__brkalloc_thread_cache:",
                ".zero {size}",
                ".popsection",
                size = const $crate::__private::exported::SIZE,
                alignment = const $crate::__private::exported::ALIGNMENT,
            );
        }

        /// This thread's cache.
        #[inline]
        fn with<R>(
            f: impl ::core::ops::FnOnce(&$crate::__private::ThreadCache<$heap>) -> R,
        ) -> R {
            let place: *const $crate::__private::ThreadCache<$heap>;
            // SAFETY: it reads the thread pointer and a word of the loader's, and changes nothing.
            unsafe {
                ::core::arch::asm!(
                    "mov {place}, qword ptr fs:[0]",
                    "add {place}, qword ptr [rip + __brkalloc_thread_cache@GOTTPOFF]",
                    place = out(reg) place,
                    options(pure, nomem, nostack),
                );
            }
            // SAFETY: there are as many zeros at first as `fits` has compared, which are a new cache, as
            // long as the thread runs and for it alone; nobody else knows the symbol.
            f(unsafe { &*place })
        }
    };
}

/// The same where nothing is known of initial-exec thread-locals: in a shared library, they may be
/// ones that the C library has to allocate.
#[cfg(not(all(target_os = "linux", target_arch = "x86_64", target_pointer_width = "64")))]
#[doc(hidden)]
#[macro_export]
macro_rules! __cache_of_malloc {
    ($heap:ident) => {
        /// This thread's cache.
        #[inline]
        fn with<R>(f: impl ::core::ops::FnOnce(&$crate::__private::ThreadCache<$heap>) -> R) -> R {
            ::std::thread_local! {
                static CACHE: $crate::__private::ThreadCache<$heap> =
                    const { $crate::__private::ThreadCache::new() };
            }
            CACHE.with(f)
        }
    };
}

/// The caches of the one heap of a program that is C's `malloc`: for the expansion of the attribute.
#[doc(hidden)]
#[macro_export]
macro_rules! __caches_of_malloc {
    ($heap:ident) => {
        const _: () = {
            const _: () = $crate::__private::exported::fits::<$heap>();
            $crate::__private::exported::cache! { $heap }

            static END: $crate::__private::exported::EndKey =
                $crate::__private::exported::EndKey::new();

            impl $crate::__private::PerThread for $heap {
                #[inline]
                fn with<R>(
                    f: impl ::core::ops::FnOnce(&$crate::__private::ThreadCache<Self>) -> R,
                ) -> R {
                    with(f)
                }
                fn watch_end() -> ::core::primitive::bool {
                    END.watch::<Self>()
                }
            }

            #[cfg(not(target_vendor = "apple"))]
            const _: () = {
                extern "C" fn forget() {
                    END.forget();
                }
                // SAFETY: the loader calls what stands there as it unloads the library, and the C
                // library as the process ends.
                #[used]
                #[unsafe(link_section = ".fini_array")]
                static FORGET: extern "C" fn() = forget;
            };
        };
    };
}
