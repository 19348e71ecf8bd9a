//! Which thread this is, and whether another one still exists.
//!
//! On Linux and Android a thread's number is free again once the thread is gone, and the system says
//! so: no destructor and no order of destructors has to be relied on. Other systems cannot be asked.
//! There a thread is gone only if it was left behind by `fork`.

#[cfg(any(target_os = "linux", target_os = "android"))]
use crate::diag::errno;

/// The number of a thread. It is never 0, and never [`LEFT`].
pub(crate) type Thread = usize;

/// No thread: one that a `fork` left behind.
pub(crate) const LEFT: Thread = usize::MAX;

/// Returns the number of the calling thread.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn current() -> Thread {
    let _kept = errno::keep();
    // SAFETY: the call has no precondition.
    let number = unsafe { libc::syscall(libc::SYS_gettid) };
    usize::try_from(number).unwrap_or(0).max(1)
}

/// Returns the number of the calling thread.
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
pub(crate) fn current() -> Thread {
    // SAFETY: the call has no precondition.
    (unsafe { libc::pthread_self() } as usize).clamp(1, LEFT - 1)
}

/// Returns the number of the calling thread.
#[cfg(windows)]
pub(crate) fn current() -> Thread {
    // SAFETY: the call has no precondition.
    let number = unsafe { windows_sys::Win32::System::Threading::GetCurrentThreadId() };
    usize::try_from(number).unwrap_or(0).clamp(1, LEFT - 1)
}

/// The one thread that counts where there is no system.
#[cfg(not(any(unix, windows)))]
pub(crate) fn current() -> Thread {
    1
}

/// Whether the system says which threads there are.
pub(crate) const ARE_KNOWN: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// Whether a thread of this `process` is gone. If not, the number may be another thread's by now.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn is_gone(process: usize, thread: Thread) -> bool {
    if thread == LEFT {
        return true;
    }
    let numbers = (libc::pid_t::try_from(process), libc::pid_t::try_from(thread));
    let (Ok(process), Ok(number)) = numbers else { return false };
    let _kept = errno::keep();
    // SAFETY: signal 0 is never sent; the system only looks for the thread.
    let answer = unsafe { libc::syscall(libc::SYS_tgkill, process, number, 0) };
    if answer == 0 || errno::get() != libc::ESRCH {
        return false;
    }
    // What the thread did comes before what its end lets others do.
    core::sync::atomic::fence(core::sync::atomic::Ordering::Acquire);
    true
}

/// Whether a thread of this process is gone.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn is_gone(_: usize, thread: Thread) -> bool {
    thread == LEFT
}

/// Returns the number of the process.
#[cfg(unix)]
pub(crate) fn process() -> usize {
    // SAFETY: the call has no precondition.
    usize::try_from(unsafe { libc::getpid() }).unwrap_or(0)
}

/// The one process there is.
#[cfg(not(unix))]
pub(crate) fn process() -> usize {
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_gone_once_it_has_been_joined_and_not_before() {
        assert!(!is_gone(process(), current()));
        let other = std::thread::spawn(current).join().expect("it ends well");
        assert_ne!(other, current());
        // The system takes a moment longer than whoever joins.
        let is_gone_soon = (0..1000).any(|_| {
            std::thread::yield_now();
            is_gone(process(), other)
        });
        assert_eq!(is_gone_soon, ARE_KNOWN);
        assert!(is_gone(process(), LEFT));
    }
}
