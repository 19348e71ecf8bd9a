//! Ctrl-C asks long work to end with what there is; a second one ends the process.

use core::sync::atomic::{AtomicBool, Ordering};

static WANTED: AtomicBool = AtomicBool::new(false);

/// Makes Ctrl-C a wish.
pub fn listen() {
    let handler: extern "C" fn(libc::c_int) = note;
    // SAFETY: the handler only stores to an atomic and resets itself, both of which a handler may.
    unsafe { libc::signal(libc::SIGINT, handler as *const () as libc::sighandler_t) };
}

/// Leaves Ctrl-C to the process that started this one, which is short.
pub fn ignore() {
    // SAFETY: a signal may be ignored.
    unsafe { libc::signal(libc::SIGINT, libc::SIG_IGN) };
}

/// Whether the user has asked for the end.
#[must_use]
pub fn is_wanted() -> bool {
    WANTED.load(Ordering::Relaxed)
}

extern "C" fn note(_: libc::c_int) {
    WANTED.store(true, Ordering::Relaxed);
    // SAFETY: a handler may reset itself.
    unsafe { libc::signal(libc::SIGINT, libc::SIG_DFL) };
}
