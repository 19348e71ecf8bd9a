//! The time, as far as it costs next to nothing.

/// Returns milliseconds since some moment, coarse, and modulo 2^32.
#[cfg(unix)]
pub(crate) fn milliseconds() -> u32 {
    /// Of the last tick of the system, which its page in this process says without a call.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CLOCK: libc::clockid_t = libc::CLOCK_MONOTONIC_COARSE;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const CLOCK: libc::clockid_t = libc::CLOCK_MONOTONIC;
    let _kept = crate::diag::errno::keep();
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the place has room for the answer.
    let _ = unsafe { libc::clock_gettime(CLOCK, &raw mut time) };
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let within = u64::try_from(time.tv_nsec / 1_000_000).unwrap_or(0);
    u32::try_from(seconds.wrapping_mul(1000).wrapping_add(within) % (1 << 32)).unwrap_or(0)
}

/// Where nothing goes back to a system, nobody asks.
#[cfg(not(unix))]
pub(crate) fn milliseconds() -> u32 {
    0
}
