//! Whether a program takes again what has gone back to the system.
//!
//! ```text
//!   | mark: 6 bits | times: 2 |     the dirty mark when pages of the top went back last, in mebibytes, modulo 61
//! ```

/// How often in succession the program has taken again what had just gone back, up to twice; and where the dirty mark
/// was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Retaken(u8);

/// Bits of the number of times.
const TIMES: u8 = 3;

impl Retaken {
    /// Never.
    pub(super) const NEW: Self = Self(0);

    /// Whether it was twice or more often: then it will be so again.
    pub(super) fn is_twice(self) -> bool {
        2 <= self.0 & TIMES
    }

    /// Counts once more.
    pub(super) fn count(&mut self) {
        if !self.is_twice() {
            self.0 += 1;
        }
    }

    /// Forgets what is counted, but for once.
    pub(super) fn halve(&mut self) {
        self.0 = (self.0 & !TIMES) | ((self.0 & TIMES) / 2);
    }

    /// Whether the dirty mark is where it was.
    pub(super) fn is_marked(self, place: u32) -> bool {
        self.0 & !TIMES == mark(place)
    }

    /// Notes where the dirty mark is.
    pub(super) fn set_mark(&mut self, place: u32) {
        self.0 = (self.0 & TIMES) | mark(place);
    }
}

/// Returns a place modulo 61: it often moves by a power of two, and never by so much without being seen.
fn mark(place: u32) -> u8 {
    (place % 61) as u8 * (TIMES + 1)
}

#[cfg(test)]
mod tests {
    use super::Retaken;

    #[test]
    fn a_mark_that_moved_by_a_power_of_two_is_seen() {
        for from in 0..70 {
            let mut again = Retaken::NEW;
            again.count();
            again.set_mark(from);
            assert!(again.is_marked(from));
            for moved in (0..31).map(|power| 1 << power) {
                assert!(!again.is_marked(from + moved), "{from} {moved}");
            }
        }
    }

    #[test]
    fn it_counts_to_two_and_the_mark_stays() {
        let mut again = Retaken::NEW;
        again.set_mark(u32::MAX);
        for is_twice in [false, true, true] {
            again.count();
            assert_eq!(again.is_twice(), is_twice);
        }
        again.halve();
        again.count();
        assert!(again.is_twice(), "one time is left");
        again.halve();
        again.halve();
        again.count();
        assert!(!again.is_twice(), "no time was left");
        assert!(again.is_marked(u32::MAX));
    }
}
