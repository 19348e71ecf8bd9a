//! glibc's list of open streams is locked across `fork`, before the heaps are, if one of them is
//! C's `malloc`.
//!
//! ```text
//!   the thread that forks      another: fflush(NULL)      a third: getline
//!   has the heaps              has the list               has a stream
//!   waits for the list ──────► waits for the stream ────► waits for a heap, to allocate ──┐
//!   ▲                                                                                     │
//!   └─────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! `fork` itself locks the list after the handlers have run, and only then the locks of glibc's own
//! `malloc`. Handlers that lock a heap run too early for this order. So they lock the list first;
//! its lock is recursive. If glibc lacks these functions, or is no part of the process, the
//! handlers lock no list, and this circle can deadlock.
//!
//! This module does not lock the streams themselves, because `fork` does not wait for them. Nor
//! does it take the lock of the name service, for which `fork` waits, and under which glibc
//! allocates once, when it reads its configuration.

use crate::sys::lock::single_threaded;
use core::ffi::c_void;
use core::mem::transmute;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

/// A function of the C library without arguments; null for none.
type Symbol = AtomicPtr<c_void>;

static LOCK: Symbol = Symbol::new(null_mut());
static UNLOCK: Symbol = Symbol::new(null_mut());
static RESET: Symbol = Symbol::new(null_mut());

/// Whether the fork under way has locked the list. Only its own thread uses it.
static LOCKED: AtomicBool = AtomicBool::new(false);

/// Locks the list across every later `fork`. The caller must hold no lock, because the C library
/// may allocate. That allocation may open the same heap, which calls this again.
pub(crate) fn hold() {
    static BEGUN: AtomicBool = AtomicBool::new(false);
    if BEGUN.swap(true, Ordering::Relaxed) {
        return;
    }
    for (place, name) in [
        // Last the one that `prepare` tests.
        (&RESET, c"_IO_list_resetlock"),
        (&UNLOCK, c"_IO_list_unlock"),
        (&LOCK, c"_IO_list_lock"),
    ] {
        // SAFETY: the name is a C string; the call has no other precondition.
        let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
        if found.is_null() {
            return;
        }
        place.store(found, Ordering::Release);
    }
}

/// Runs before a fork, before any heap is locked. While the process has one thread, nobody else can
/// hold the list.
pub(super) fn prepare() {
    if !single_threaded::is_single_threaded() && call(&LOCK) {
        LOCKED.store(true, Ordering::Relaxed);
    }
}

/// Runs after a fork, in the thread that forked.
pub(super) fn parent() {
    if LOCKED.swap(false, Ordering::Relaxed) {
        call(&UNLOCK);
    }
}

/// Runs after a fork, in the child's copy of that thread. `fork` has reset the lock, or this does.
pub(super) fn child() {
    if LOCKED.swap(false, Ordering::Relaxed) {
        call(&RESET);
    }
}

/// Calls the function, if there is one. Returns whether there was.
fn call(place: &Symbol) -> bool {
    let found = place.load(Ordering::Acquire);
    if found.is_null() {
        return false;
    }
    // SAFETY: `hold` found a function there that takes and returns nothing.
    let function = unsafe { transmute::<*mut c_void, unsafe extern "C" fn()>(found) };
    // SAFETY: it has no precondition except its order: reset and unlock come after a lock.
    unsafe { function() };
    true
}
