//! glibc's list of open streams is locked over a fork before the heaps are, if one of them is C's
//! `malloc`.
//!
//! ```text
//!   the thread that forks      another: fflush(NULL)      a third: getline
//!   has the heaps              has the list               has a stream
//!   waits for the list ──────► waits for the stream ────► waits for a heap, to allocate ──┐
//!   ▲                                                                                     │
//!   └─────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! `fork` locks the list itself, after the handlers have run, and only then the locks of glibc's own
//! `malloc`. Handlers that lock a heap come too early; so they lock the list first, which lets its
//! owner lock it again. Where glibc does not have these functions, or is no part of the process,
//! nothing is locked, and such a circle may close.
//!
//! This module does not lock the streams themselves, for which `fork` does not wait, nor what else
//! `fork` waits for: the lock of the name service, under which glibc allocates when it reads its
//! configuration, once.

use crate::sys::lock::single_threaded;
use core::ffi::c_void;
use core::mem::transmute;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

/// A function of the C library's that takes nothing; null for none.
type Symbol = AtomicPtr<c_void>;

static LOCK: Symbol = Symbol::new(null_mut());
static UNLOCK: Symbol = Symbol::new(null_mut());
static RESET: Symbol = Symbol::new(null_mut());

/// Whether the fork that is under way has locked the list; known to its own thread.
static LOCKED: AtomicBool = AtomicBool::new(false);

/// Has the list locked over every fork from now on. Called with no lock held, because the C library
/// may allocate; what it allocates then may be the beginning of the same heap, which gets here
/// again.
pub(crate) fn hold() {
    static BEGUN: AtomicBool = AtomicBool::new(false);
    if BEGUN.swap(true, Ordering::Relaxed) {
        return;
    }
    for (place, name) in [
        // Last what `prepare` goes by.
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

/// Before a fork, before any heap is locked. While the process has one thread, nobody else can have
/// the list.
pub(super) fn prepare() {
    if !single_threaded::is_single_threaded() && call(&LOCK) {
        LOCKED.store(true, Ordering::Relaxed);
    }
}

/// After a fork, in the thread that forked.
pub(super) fn parent() {
    if LOCKED.swap(false, Ordering::Relaxed) {
        call(&UNLOCK);
    }
}

/// After a fork, in the child's copy of that thread: `fork` has made the lock anew, or this does.
pub(super) fn child() {
    if LOCKED.swap(false, Ordering::Relaxed) {
        call(&RESET);
    }
}

/// Calls the function, if there is one.
fn call(place: &Symbol) -> bool {
    let found = place.load(Ordering::Acquire);
    if found.is_null() {
        return false;
    }
    // SAFETY: `hold` found a function there that takes and returns nothing.
    let function = unsafe { transmute::<*mut c_void, unsafe extern "C" fn()>(found) };
    // SAFETY: it has no precondition but its order: reset and unlock come after a lock.
    unsafe { function() };
    true
}
