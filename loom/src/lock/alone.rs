//! In place of glibc's variable, which the thread that starts a second one changes before it does.

use loom::sync::atomic::{AtomicBool, Ordering};

loom::lazy_static! {
    static ref ALONE: AtomicBool = AtomicBool::new(true);
}

pub(crate) fn alone() -> bool {
    ALONE.load(Ordering::Relaxed)
}

/// As the C library does, in the one thread there is.
pub(super) fn set_alone(alone: bool) {
    ALONE.store(alone, Ordering::Relaxed);
}
