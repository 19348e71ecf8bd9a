//! The caches of a heap that is C's `malloc`: code finds them without a call, and they are given
//! back without the dynamic loader.
//!
//! ```text
//!   thread pointer + offset ──► ThreadCache     in the thread's own block; zero, which is a new one
//!                    ▲
//!                    └ one word that the loader has filled in: *initial-exec*
//!
//!   key ──► `ended`, which the C library calls in a thread that ends
//! ```
//!
//! The usual means for both may call `malloc`, or wait for somebody who does:
//!
//! - Code in a shared library finds a thread-local by `__tls_get_addr`. That allocates for a thread
//!   that has not seen all libraries yet, and so would call itself. An *initial-exec* thread-local
//!   lies where the loader put it before the program began. The price: such a library must be
//!   loaded with the program (`LD_PRELOAD`, or linked), because there is no room to load it later.
//! - The destructor of a thread-local is registered with the loader, under the lock that `dlopen`
//!   holds while it runs constructors. A constructor that waits for another thread would deadlock
//!   if that thread's first allocation waits for the loader. A key of `pthread_key_create` takes no
//!   lock.
//!
//! glibc has room for the values of a thread's first keys. For the value of a higher key it calls
//! `calloc`. That may be the thread's first request of this heap, which would then set its own
//! value of a high key: one of the values would be lost, and with it the thread's cache. This
//! heap's key is among the first of a process, because the process's first allocation makes it. If
//! it is not, or if the C library has no key left, threads cache nothing.
//!
//! On targets without known initial-exec support, the thread-local is an ordinary one. This module
//! does not know what a cache keeps.

use super::{PerThread, ThreadCache};
use core::ffi::c_void;
use core::sync::atomic::{AtomicUsize, Ordering};

/// The size of the word that leads to a thread's cache, in bytes. The assembly below does not know the configuration;
/// [`fits`] compares.
pub const SIZE: usize = size_of::<ThreadCache<()>>();

/// The alignment of that word.
pub const ALIGNMENT: usize = align_of::<ThreadCache<()>>();

/// Fails to compile if a cache of `C` has another size than the assembly reserves, or a greater
/// alignment.
///
/// # Panics
///
/// If so, during constant evaluation.
pub const fn fits<C>() {
    assert!(size_of::<ThreadCache<C>>() == SIZE, "every cache has one size");
    assert!(ALIGNMENT % align_of::<ThreadCache<C>>() == 0, "a cache may stand there");
}

/// The key whose value, in each thread with a cache, has a destructor.
///
/// # Invariant
///
/// It is `NONE` until a thread has made the key, then the key plus 1, and `GONE` for ever once the
/// key is deleted.
#[derive(Debug)]
pub struct EndKey(AtomicUsize);

const NONE: usize = 0;
const GONE: usize = usize::MAX;

/// How many keys have values that glibc does not allocate (`PTHREAD_KEY_2NDLEVEL_SIZE` in its
/// `nptl/descr.h`).
const FIRST_KEYS: usize = 32;

impl EndKey {
    /// Returns a value without a key.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicUsize::new(NONE))
    }

    /// Arranges that this thread gives back its cache when it ends. Returns whether that will
    /// happen.
    pub fn watch<C: PerThread>(&self) -> bool {
        let key = match self.0.load(Ordering::Acquire) {
            NONE => self.make::<C>(),
            key => key,
        };
        let Some(key) = named(key) else { return false };
        // Any value but null will do.
        let value = core::ptr::from_ref(self).cast();
        // SAFETY: the key was made here; if it has been deleted since, the call reports that.
        0 == unsafe { libc::pthread_setspecific(key, value) }
    }

    /// Makes the key unless another thread has. Returns the key plus 1; `GONE` if there is no
    /// usable one.
    #[cold]
    fn make<C: PerThread>(&self) -> usize {
        let mut new = 0;
        // SAFETY: the place has room for a key. The destructor is a function of this library, which
        // forgets the key before it is unloaded.
        if 0 != unsafe { libc::pthread_key_create(&raw mut new, Some(ended::<C>)) } {
            return GONE;
        }
        let key = usize::try_from(new).map_or(GONE, |new| new + 1);
        if FIRST_KEYS < key {
            // SAFETY: the key was made just now, and no thread has a value there.
            unsafe { libc::pthread_key_delete(new) };
            return GONE;
        }
        match self.0.compare_exchange(NONE, key, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => key,
            Err(other) => {
                // SAFETY: the key was made just now, and no thread has a value there.
                unsafe { libc::pthread_key_delete(new) };
                other
            }
        }
    }

    /// Deletes the key, so that no thread's end is noticed any more: for the moment at which the
    /// library may be unloaded, or the process ends.
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

/// Returns the key that a number of [`EndKey`] stands for.
fn named(number: usize) -> Option<libc::pthread_key_t> {
    if number == GONE {
        return None;
    }
    libc::pthread_key_t::try_from(number.checked_sub(1)?).ok()
}

/// The key's destructor, which the C library calls in a thread that ends.
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
            // SAFETY: the block begins as zeros, as many as `fits` has compared, which lead to an empty
            // cache, because the heap is C's `malloc`. It exists as long as the thread and for this thread only; nobody else knows
            // the symbol.
            f(unsafe { &*place })
        }
    };
}

/// The caches of the one heap of a program that is C's `malloc`, on targets without known
/// initial-exec support: in a shared library, the C library may have to allocate such
/// thread-locals.
#[cfg(all(
    feature = "std",
    not(all(target_os = "linux", target_arch = "x86_64", target_pointer_width = "64"))
))]
#[doc(hidden)]
#[macro_export]
macro_rules! __cache_of_malloc {
    ($heap:ident) => {
        /// This thread's cache.
        #[inline]
        fn with<R>(f: impl ::core::ops::FnOnce(&$crate::__private::ThreadCache<$heap>) -> R) -> R {
            $crate::__private::std::thread_local! {
                static CACHE: $crate::__private::ThreadCache<$heap> =
                    const { $crate::__private::ThreadCache::new() };
            }
            CACHE.with(f)
        }
    };
}

/// The error of such a heap where that needs std.
#[cfg(all(
    not(feature = "std"),
    not(all(target_os = "linux", target_arch = "x86_64", target_pointer_width = "64"))
))]
#[doc(hidden)]
#[macro_export]
macro_rules! __cache_of_malloc {
    ($heap:ident) => {
        ::core::compile_error! {
            "on this target, a heap with `cache` and `export` needs std, and `brkalloc` is without its feature `std`\n       \
             help: turn the feature on, or write `cache = \"none\"`"
        }
        fn with<R>(_: impl ::core::ops::FnOnce(&$crate::__private::ThreadCache<$heap>) -> R) -> R {
            ::core::unreachable!()
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
                // SAFETY: the loader calls the functions there as it unloads the library, and the C
                // library as the process ends.
                #[used]
                #[unsafe(link_section = ".fini_array")]
                static FORGET: extern "C" fn() = forget;
            };
        };
    };
}
