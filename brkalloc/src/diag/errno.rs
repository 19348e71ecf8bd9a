//! An allocator's system calls leave no trace in `errno`.
//!
//! C code reads `errno` after calls of its own, with allocations in between. So code beneath an
//! allocation that calls the system holds a [`Kept`] meanwhile. On Windows, that is the thread's last error.

use errno::{Errno, errno, set_errno};

/// The old value of `errno`, which this restores when dropped.
#[must_use = "it restores `errno` when it is dropped"]
pub(crate) struct Kept(Errno);

/// Saves `errno`, to be restored when the returned value is dropped.
#[inline]
pub(crate) fn keep() -> Kept {
    Kept(errno())
}

impl Drop for Kept {
    #[inline]
    fn drop(&mut self) {
        set_errno(self.0);
    }
}

/// Returns the calling thread's `errno`.
#[cfg(unix)]
#[inline]
pub(crate) fn get() -> libc::c_int {
    errno().0
}

/// Sets the calling thread's `errno`.
#[cfg(unix)]
#[inline]
pub(crate) fn set(value: libc::c_int) {
    set_errno(Errno(value));
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_failing_call_leaves_no_trace() {
        set(7);
        {
            let _kept = keep();
            // SAFETY: closing a descriptor that is not open only fails.
            let outcome = unsafe { libc::close(-1) };
            assert_eq!(outcome, -1);
            assert_eq!(get(), libc::EBADF);
        }
        assert_eq!(get(), 7);
    }
}
