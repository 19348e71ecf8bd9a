//! Whether a program takes again what has gone back to the system.
//!
//! ```text
//!   | mark: 13 bits | idle: 1 | times: 2 |     the mark: where the dirty mark was when pages of the top went back last
//! ```

/// How often in succession the program has taken again what had just gone back, up to twice; where the dirty mark was;
/// and whether a free chunk between used ones has become large since the last sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Retaken(u16);

/// Bits of the number of times.
const TIMES: u16 = 3;

const IDLE: u16 = 4;

/// Where the mark's bits begin.
const MARK: u32 = 3;

/// The greatest mark, which is none: others are less. It is a prime, and the mark moves by powers of two most often.
const NONE: u16 = (1 << 13) - 1;

impl Retaken {
    /// Never; there was no mark.
    pub(super) const NEW: Self = Self(NONE << MARK);

    /// Whether it was twice or more often: then it is likely to be so again.
    pub(super) fn is_twice(self) -> bool {
        2 <= self.0 & TIMES
    }

    /// Counts once more.
    pub(super) fn count(&mut self) {
        if !self.is_twice() {
            self.0 += 1;
        }
    }

    /// Forgets what is counted, but for once of twice.
    pub(super) fn halve(&mut self) {
        self.0 = (self.0 & !TIMES) | ((self.0 & TIMES) / 2);
    }

    /// Notes that a chunk has become large.
    #[inline]
    pub(super) fn note_idle(&mut self) {
        self.0 |= IDLE;
    }

    /// Whether one has.
    pub(super) fn has_idle(self) -> bool {
        self.0 & IDLE != 0
    }

    /// Forgets it.
    pub(super) fn forget_idle(&mut self) {
        self.0 &= !IDLE;
    }

    /// Whether the dirty mark is where it was, or may be: there was none, or it moved by a multiple of 8191.
    pub(super) fn is_marked(self, place: u32) -> bool {
        let mark = self.0 >> MARK;
        mark == NONE || mark == short(place)
    }

    /// Notes where the dirty mark is.
    pub(super) fn set_mark(&mut self, place: u32) {
        self.0 = (self.0 & (TIMES | IDLE)) | (short(place) << MARK);
    }
}

#[expect(clippy::cast_possible_truncation, reason = "it is below 2^13")]
fn short(place: u32) -> u16 {
    (place % u32::from(NONE)) as u16
}

#[cfg(test)]
mod tests {
    use super::Retaken;

    #[test]
    fn a_mark_that_moved_by_a_power_of_two_is_seen() {
        for from in (0..70).chain([8180, 8190, 8191, 1 << 30]) {
            let mut again = Retaken::NEW;
            assert!(again.is_marked(from), "nothing went back before");
            again.count();
            again.set_mark(from);
            assert!(again.is_marked(from));
            for moved in (0..31).map(|power| 1_u32 << power) {
                assert!(!again.is_marked(from + moved), "{from} {moved}");
            }
        }
    }

    #[test]
    fn it_counts_to_two_and_the_mark_stays() {
        let mut again = Retaken::NEW;
        again.set_mark(u32::MAX);
        again.note_idle();
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
        assert!(again.is_marked(u32::MAX) && !again.is_marked(0));
        assert!(again.has_idle());
        again.forget_idle();
        again.set_mark(0);
        assert!(!again.has_idle() && again.is_marked(0) && !again.is_marked(u32::MAX));
    }
}
