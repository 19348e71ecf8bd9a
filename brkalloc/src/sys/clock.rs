//! The time, as far as it costs next to nothing.

/// Returns milliseconds since some moment, coarse, and from 0 on again every twelve days.
#[cfg(unix)]
pub(crate) fn milliseconds() -> u32 {
    /// Of the last tick of the system, which its page in this process says without a call.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CLOCK: libc::clockid_t = libc::CLOCK_MONOTONIC_COARSE;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const CLOCK: libc::clockid_t = libc::CLOCK_MONOTONIC;
    /// Seconds.
    const TURN: libc::time_t = 1 << 20;
    let _kept = crate::diag::errno::keep();
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the place has room for the answer.
    let _ = unsafe { libc::clock_gettime(CLOCK, &raw mut time) };
    // A number of 32 bits whatever the types of both are.
    let seconds = u32::try_from(time.tv_sec.rem_euclid(TURN)).unwrap_or(0);
    seconds * 1000 + u32::try_from(time.tv_nsec / 1_000_000).unwrap_or(0)
}

/// Where nothing goes back to a system, nobody asks.
#[cfg(not(unix))]
pub(crate) fn milliseconds() -> u32 {
    0
}
