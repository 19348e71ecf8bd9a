//! The two calls of a futex to the kernel: to sleep while a word has a value, and to wake a
//! sleeper.
//!
//! The word stands here as well, so that a model can replace both word and kernel. This module
//! decides nothing.

use core::ptr;
pub(super) use core::sync::atomic::AtomicU32;

/// For how many pauses of the processor a thread waits before it sleeps: about as long as a sleep and a
/// wake take.
pub(super) const PATIENCE: u32 = 500;

/// The most pauses between two looks: the time of a dozen requests.
pub(super) const PAUSES: u32 = 32;

/// Sleeps while the word has this value. A signal, a wake meant for another or an earlier change of
/// the word also end the sleep; the caller looks again in any case.
pub(super) fn sleep_while(word: &AtomicU32, value: u32) {
    let operation = libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG;
    let forever = ptr::null::<libc::timespec>();
    // SAFETY: the word is a live `u32`, aligned; the kernel only reads it. There is no time-out.
    let _ = unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), operation, value, forever) };
}

/// Wakes one sleeper, if there is one.
///
/// Another thread may have taken the lock by now. This does not read the word.
#[cold]
pub(super) fn wake_one(word: &AtomicU32) {
    let operation = libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG;
    // SAFETY: the kernel uses the word's address as a name and does not access it.
    let _ = unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), operation, 1) };
}
