//! The allocator beneath, as the loader finds it behind this library.
//!
//! Whoever asks first looks all functions up. Looking up may allocate: such a request comes back
//! here, finds that the look-up has begun, and is served from the [`bootstrap`] array.

use crate::bootstrap;
use crate::refused;
use core::cell::UnsafeCell;
use core::ffi::{CStr, c_int, c_void};
use core::mem::transmute_copy;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicU8, Ordering};

type Ask = unsafe extern "C" fn(usize) -> *mut c_void;
type AskTwo = unsafe extern "C" fn(usize, usize) -> *mut c_void;

/// The functions of an allocator.
pub(crate) struct Next {
    pub(crate) malloc: Ask,
    pub(crate) calloc: AskTwo,
    pub(crate) realloc: unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void,
    pub(crate) free: unsafe extern "C" fn(*mut c_void),
    pub(crate) memalign: AskTwo,
    pub(crate) aligned_alloc: AskTwo,
    pub(crate) posix_memalign: unsafe extern "C" fn(*mut *mut c_void, usize, usize) -> c_int,
    pub(crate) valloc: Ask,
    pub(crate) pvalloc: Ask,
    pub(crate) malloc_usable_size: unsafe extern "C" fn(*mut c_void) -> usize,
}

/// What serves while the look-up is under way.
static BEFORE: Next = Next {
    malloc: before::one,
    calloc: before::two,
    realloc: before::resize,
    free: before::nothing,
    memalign: before::aligned,
    aligned_alloc: before::aligned,
    posix_memalign: before::place,
    valloc: before::none,
    pvalloc: before::none,
    malloc_usable_size: before::size,
};

struct Found(UnsafeCell<Option<Next>>);

// SAFETY: written once, by who has turned `STATE`, before it becomes `READY`.
unsafe impl Sync for Found {}

static FOUND: Found = Found(UnsafeCell::new(None));
static STATE: AtomicU8 = AtomicU8::new(0);
const LOOKING: u8 = 1;
const READY: u8 = 2;

/// The allocator beneath.
#[inline]
pub(crate) fn next() -> &'static Next {
    if STATE.load(Ordering::Acquire) == READY {
        // SAFETY: nobody writes it once it is ready.
        let found = unsafe { &*FOUND.0.get() };
        return found.as_ref().unwrap_or(&BEFORE);
    }
    if look() { next() } else { &BEFORE }
}

/// Looks the functions up, unless somebody does; whether they are known.
#[cold]
fn look() -> bool {
    if STATE.compare_exchange(0, LOOKING, Ordering::Acquire, Ordering::Relaxed).is_err() {
        return STATE.load(Ordering::Acquire) == READY;
    }
    let next = Next {
        malloc: find(c"malloc", BEFORE.malloc),
        calloc: find(c"calloc", BEFORE.calloc),
        realloc: find(c"realloc", BEFORE.realloc),
        free: find(c"free", BEFORE.free),
        memalign: find(c"memalign", BEFORE.memalign),
        aligned_alloc: find(c"aligned_alloc", BEFORE.aligned_alloc),
        posix_memalign: find(c"posix_memalign", BEFORE.posix_memalign),
        valloc: find(c"valloc", BEFORE.valloc),
        pvalloc: find(c"pvalloc", BEFORE.pvalloc),
        malloc_usable_size: find(c"malloc_usable_size", BEFORE.malloc_usable_size),
    };
    // SAFETY: who has turned the state alone writes it, and nobody reads it yet.
    unsafe { FOUND.0.get().write(Some(next)) };
    STATE.store(READY, Ordering::Release);
    true
}

/// The function of that name behind this library; `instead` if there is none.
fn find<F: Copy>(name: &CStr, instead: F) -> F {
    const { assert!(size_of::<F>() == size_of::<*mut c_void>()) };
    // SAFETY: the name ends with a zero.
    let found = unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr()) };
    if found.is_null() {
        return instead;
    }
    // SAFETY: C declares the function of this name with this type, which is a pointer.
    unsafe { transmute_copy(&found) }
}

/// Answers while nobody knows the allocator beneath.
mod before {
    use super::{bootstrap, c_int, c_void, null_mut, refused};

    pub(super) extern "C" fn one(size: usize) -> *mut c_void {
        bootstrap::take(size)
    }

    pub(super) extern "C" fn two(count: usize, size: usize) -> *mut c_void {
        count.checked_mul(size).map_or_else(null_mut, bootstrap::take)
    }

    pub(super) extern "C" fn aligned(alignment: usize, size: usize) -> *mut c_void {
        if alignment <= 16 { bootstrap::take(size) } else { refused() }
    }

    pub(super) extern "C" fn resize(_: *mut c_void, _: usize) -> *mut c_void {
        refused()
    }

    pub(super) extern "C" fn none(_: usize) -> *mut c_void {
        refused()
    }

    pub(super) extern "C" fn place(_: *mut *mut c_void, _: usize, _: usize) -> c_int {
        libc::ENOMEM
    }

    pub(super) extern "C" fn nothing(_: *mut c_void) {}

    pub(super) extern "C" fn size(_: *mut c_void) -> usize {
        0
    }
}
