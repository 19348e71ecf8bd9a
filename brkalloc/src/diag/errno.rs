//! An allocator's system calls leave no trace in `errno`.
//!
//! C code reads `errno` after calls of its own, with allocations in between. So code beneath an
//! allocation that calls the system holds a [`Kept`] meanwhile. If this module does not know where
//! `errno` is, it reads 0 and restores nothing.

/// The old value of `errno`, which this restores when dropped.
#[must_use = "it restores `errno` when it is dropped"]
pub(crate) struct Kept(libc::c_int);

/// Saves `errno`, to be restored when the returned value is dropped.
#[inline]
pub(crate) fn keep() -> Kept {
    Kept(get())
}

impl Drop for Kept {
    #[inline]
    fn drop(&mut self) {
        set(self.0);
    }
}

/// Returns the calling thread's `errno`.
#[inline]
pub(crate) fn get() -> libc::c_int {
    let place = place();
    if place.is_null() {
        return 0;
    }
    // SAFETY: the C library keeps the calling thread's `errno` there as long as the thread runs.
    unsafe { *place }
}

/// Sets the calling thread's `errno`.
#[inline]
pub(crate) fn set(value: libc::c_int) {
    let place = place();
    if !place.is_null() {
        // SAFETY: as in `get`; nothing holds a reference to it.
        unsafe { *place = value };
    }
}

/// Returns where the calling thread's `errno` is: an address that no other thread has while this one
/// runs, and that the thread keeps in the child of a fork. It is 0 if this module does not know.
#[inline]
pub(crate) fn owner() -> usize {
    place().addr()
}

#[cfg(any(target_os = "linux", target_os = "dragonfly", target_os = "hurd"))]
#[inline]
fn place() -> *mut libc::c_int {
    // SAFETY: the call has no precondition.
    unsafe { libc::__errno_location() }
}

#[cfg(any(target_os = "android", target_os = "netbsd", target_os = "openbsd"))]
#[inline]
fn place() -> *mut libc::c_int {
    // SAFETY: the call has no precondition.
    unsafe { libc::__errno() }
}

#[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
#[inline]
fn place() -> *mut libc::c_int {
    // SAFETY: the call has no precondition.
    unsafe { libc::__error() }
}

#[cfg(not(any(
    target_os = "linux",
    target_os = "dragonfly",
    target_os = "hurd",
    target_os = "android",
    target_os = "netbsd",
    target_os = "openbsd",
    target_vendor = "apple",
    target_os = "freebsd",
)))]
#[inline]
fn place() -> *mut libc::c_int {
    core::ptr::null_mut()
}

#[cfg(test)]
mod tests {
    #[cfg(target_os = "linux")]
    use super::*;

    #[cfg(target_os = "linux")]
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
