//! `errno` is as it was: an allocator's detours through the system leave no trace in it.
//!
//! C code reads `errno` after calls of its own, with allocations in between. What calls the system
//! beneath an allocation holds a [`Kept`] meanwhile. Where this module does not know the place of
//! `errno`, it is read as 0 and not restored.

/// The value that `errno` had, which it has again once this is dropped.
#[must_use = "it restores `errno` when it is dropped"]
pub(crate) struct Kept(libc::c_int);

/// Remembers `errno` until the value returned is dropped.
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

/// The calling thread's `errno`.
#[inline]
pub(crate) fn get() -> libc::c_int {
    let place = place();
    if place.is_null() {
        return 0;
    }
    // SAFETY: the C library keeps the calling thread's `errno` there as long as the thread runs.
    unsafe { *place }
}

/// Gives the calling thread's `errno` this value.
#[inline]
pub(crate) fn set(value: libc::c_int) {
    let place = place();
    if !place.is_null() {
        // SAFETY: as in `get`; nothing holds a reference to it.
        unsafe { *place = value };
    }
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
            // SAFETY: closing what is not open only fails.
            let outcome = unsafe { libc::close(-1) };
            assert_eq!(outcome, -1);
            assert_eq!(get(), libc::EBADF);
        }
        assert_eq!(get(), 7);
    }
}
