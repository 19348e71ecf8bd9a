//! In place of glibc's variable, which the thread that starts a second one changes before it does.

use loom::sync::atomic::{AtomicBool, Ordering};

loom::lazy_static! {
    static ref SINGLE_THREADED: AtomicBool = AtomicBool::new(true);
}

pub(crate) fn is_single_threaded() -> bool {
    SINGLE_THREADED.load(Ordering::Relaxed)
}

/// As the C library does, in the one thread there is.
pub(super) fn set_single_threaded(value: bool) {
    SINGLE_THREADED.store(value, Ordering::Relaxed);
}
