//! The time: a moment that costs next to nothing, and, for heaps that count, one in nanoseconds.

/// A moment, in ticks of 16 milliseconds, and from 0 on again every 17 minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticks(u16);

/// The shortest pause, a tenth of a second, and the longest, eight seconds.
const SHORTEST: u16 = 7;
const LONGEST: u16 = 512;

/// A second.
const SECOND: u16 = 63;

/// Ticks of a pause for each that the work before it took.
const TIMES: u16 = 10;

impl Ticks {
    /// Some moment.
    pub(crate) const START: Self = Self(0);

    /// The moment of the system's last tick.
    pub(crate) fn now() -> Self {
        Self(now())
    }

    /// Whether a pause up to `due` is over. (One that has been over for 17 minutes less eight
    /// seconds seems to last for those.)
    pub(crate) fn has_reached(self, due: Self) -> bool {
        !(1..=LONGEST).contains(&due.0.wrapping_sub(self.0))
    }

    /// Puts a moment that is to come off: to a tenth of a second from now at least, or to a whole one.
    pub(crate) fn put_off(self, due: Self, is_long: bool) -> Self {
        let least = if is_long { SECOND } else { SHORTEST };
        if self.has_reached(due) || due.0.wrapping_sub(self.0) < least {
            return Self(self.0.wrapping_add(least));
        }
        due
    }

    /// The end of a pause that begins now, behind work that has begun then: the shortest, or ten times as
    /// long as the work.
    pub(crate) fn after_pause(self, begun: Self) -> Self {
        // Work that takes no time may pass from one tick to the next.
        let taken = self.0.wrapping_sub(begun.0).saturating_sub(1);
        Self(self.0.wrapping_add(taken.saturating_mul(TIMES).clamp(SHORTEST, LONGEST)))
    }
}

/// Whether [`nanoseconds`] are those of a clock.
pub(crate) const IS_FINE: bool = cfg!(unix);

/// Nanoseconds since some moment, by a clock that never goes back; 0 where there is none that is fine enough.
#[cfg(unix)]
#[inline]
pub(crate) fn nanoseconds() -> u64 {
    let time = read(libc::CLOCK_MONOTONIC);
    let (seconds, within) = (u64::try_from(time.tv_sec), u64::try_from(time.tv_nsec));
    seconds.unwrap_or(0).wrapping_mul(1_000_000_000).wrapping_add(within.unwrap_or(0))
}

/// Nanoseconds since some moment, by a clock that never goes back; 0 where there is none that is fine enough.
#[cfg(not(unix))]
#[inline]
pub(crate) fn nanoseconds() -> u64 {
    0
}

/// Reads a clock of the system.
#[cfg(unix)]
#[inline]
fn read(clock: libc::clockid_t) -> libc::timespec {
    let _kept = crate::diag::errno::keep();
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the place has room for the answer.
    let _ = unsafe { libc::clock_gettime(clock, &raw mut time) };
    time
}

#[cfg(unix)]
fn now() -> u16 {
    /// Of the last tick of the system, which its page in this process says without a call.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CLOCK: libc::clockid_t = libc::CLOCK_MONOTONIC_COARSE;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const CLOCK: libc::clockid_t = libc::CLOCK_MONOTONIC;
    let time = read(CLOCK);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let within = u64::try_from(time.tv_nsec / 1_000_000).unwrap_or(0);
    let milliseconds = seconds.wrapping_mul(1000).wrapping_add(within);
    u16::try_from((milliseconds >> 4) % (1 << 16)).unwrap_or(0)
}

#[cfg(windows)]
fn now() -> u16 {
    // SAFETY: the call has no precondition.
    let milliseconds = unsafe { windows_sys::Win32::System::SystemInformation::GetTickCount64() };
    u16::try_from((milliseconds >> 4) % (1 << 16)).unwrap_or(0)
}

/// Where nothing goes back to a system, nobody asks.
#[cfg(not(any(unix, windows)))]
fn now() -> u16 {
    0
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, Ticks};

    #[test]
    fn a_pause_lasts_ten_times_as_long_as_the_work_within_limits() {
        for start in [0, 1, 1000, u16::MAX - 1, u16::MAX] {
            for (taken, pause) in
                [(0, 7), (1, 7), (2, 10), (6, 50), (52, 510), (53, 512), (9000, 512)]
            {
                let ended = Ticks(start.wrapping_add(taken));
                let due = ended.after_pause(Ticks(start));
                for passed in 0..1000 {
                    let now = Ticks(ended.0.wrapping_add(passed));
                    assert_eq!(pause <= passed, now.has_reached(due), "{start} {taken} {passed}");
                }
            }
        }
    }

    #[test]
    fn what_is_put_off_comes_no_sooner() {
        for now in [0, 5, u16::MAX - 3, u16::MAX] {
            for (is_long, least) in [(false, 7), (true, 63)] {
                for (left, expected) in [(0, least), (1, least), (63, 63), (64, 64), (512, 512)] {
                    let due = Ticks(now).put_off(Ticks(now.wrapping_add(left)), is_long);
                    assert_eq!(due.0.wrapping_sub(now), expected.max(least), "{now} {left}");
                }
            }
            let long_ago = Ticks(now.wrapping_sub(600));
            assert_eq!(Ticks(now).put_off(long_ago, true).0.wrapping_sub(now), 63);
        }
    }

    #[test]
    fn a_pause_that_is_long_over_is_over() {
        for passed in 1..u16::MAX - LONGEST {
            assert!(Ticks(passed).has_reached(Ticks::START), "{passed}");
        }
    }
}
