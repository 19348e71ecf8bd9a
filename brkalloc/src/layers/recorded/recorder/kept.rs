//! What a request leaves as it was, although the recorder calls the system amid it.

use core::ffi::c_int;
use core::ptr::null_mut;

unsafe extern "C" {
    fn pthread_setcancelstate(state: c_int, before: *mut c_int) -> c_int;
}

/// `PTHREAD_CANCEL_DISABLE`, of glibc and musl.
const DISABLED: c_int = 1;

/// `errno` and whether this thread may be canceled, which are set back when this is dropped: an
/// allocation leaves no trace in the one, and is no point of cancellation.
pub(super) struct Kept {
    errno: c_int,
    cancellation: c_int,
}

impl Kept {
    pub(super) fn new() -> Self {
        let mut kept = Self { errno: errno(), cancellation: 0 };
        // SAFETY: the place has room for the answer.
        unsafe { pthread_setcancelstate(DISABLED, &raw mut kept.cancellation) };
        kept
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // SAFETY: it is a state that this call has returned, and nobody wants another.
        unsafe { pthread_setcancelstate(self.cancellation, null_mut()) };
        // SAFETY: the system's own place for this thread.
        let place = unsafe { libc::__errno_location() };
        // SAFETY: the place is this thread's as long as it exists.
        unsafe { place.write(self.errno) };
    }
}

pub(super) fn errno() -> c_int {
    // SAFETY: the system's own place for this thread.
    let place = unsafe { libc::__errno_location() };
    // SAFETY: the place is this thread's as long as it exists.
    unsafe { place.read() }
}

/// Calls the system again as long as a signal has interrupted the call.
pub(super) fn retried<T: Copy + PartialEq + From<i8>>(call: impl Fn() -> T) -> T {
    loop {
        let answer = call();
        if answer != T::from(-1) || errno() != libc::EINTR {
            return answer;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kept, errno, pthread_setcancelstate, retried};
    use core::cell::Cell;
    use core::ffi::c_int;
    use core::ptr::null_mut;

    fn set_errno(errno: c_int) {
        // SAFETY: the system's own place for this thread.
        let place = unsafe { libc::__errno_location() };
        // SAFETY: the place is this thread's as long as it exists.
        unsafe { place.write(errno) };
    }

    /// Whether this thread may be canceled, which it may from here on.
    fn cancellation() -> c_int {
        let mut before = -1;
        // SAFETY: the place has room for the answer; 0 is the other state.
        unsafe { pthread_setcancelstate(0, &raw mut before) };
        before
    }

    #[test]
    fn a_call_of_the_recorder_is_no_point_of_cancellation_and_keeps_errno() {
        set_errno(libc::EXDEV);
        let kept = Kept::new();
        set_errno(libc::ENOENT);
        assert_eq!(cancellation(), 1);
        drop(kept);
        assert_eq!((cancellation(), errno()), (0, libc::EXDEV));
        // SAFETY: the state is one, and nobody asks for the other.
        unsafe { pthread_setcancelstate(0, null_mut()) };
    }

    #[test]
    fn what_a_signal_interrupts_is_tried_again_and_nothing_else_is() {
        let calls = Cell::new(0);
        let answers = |errors: &'static [c_int]| {
            calls.set(0);
            retried(|| {
                let error = errors.get(calls.get()).copied();
                calls.set(calls.get() + 1);
                error.map_or(7, |error| {
                    set_errno(error);
                    -1
                })
            })
        };
        assert_eq!((answers(&[libc::EINTR, libc::EINTR]), calls.get()), (7, 3));
        assert_eq!((answers(&[libc::EINTR, libc::ENOSPC]), calls.get()), (-1, 2));
    }
}
