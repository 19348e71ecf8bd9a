//! What is free and has pages goes back to the system.
//!
//! ```text
//!   a free chunk   | tag, links | ………… whole pages ………… | size |      at a sweep, if it is large
//!   the top        | tag |  kept  | … whole pages … | zeros …          at the free that makes it dirty, or at a sweep
//! ```
//!
//! The top keeps half of `trim` when its dirty bytes exceed that: what is taken next comes from
//! there. Elsewhere a free counts if it makes a large chunk, with all that was not in a large one
//! before: blocks freed in random order become large when the last between them goes. Whenever `trim`
//! bytes became large, the heap looks at the clock. A tenth of a second after the last sweep, the next
//! one gives back the pages of all large free chunks. So a program that frees and takes large blocks
//! in turn faults each of them in anew at most ten times a second. (Without the clock, the server of
//! the benches took twice its time.) When much is freed at once, nobody may come again for long: then
//! a sweep comes for each *quota* of idle bytes, which is a quarter of the arena, 32 MiB, or what pays
//! for the walk, whichever is the most. What is taken of large chunks is not idle, and raises the quota
//! to 128 MiB at most: a program that fills the same memory again and again waits for the clock.
//!
//! A program that has taken again, twice in succession, what had just gone back is likely to do so once more. Then the
//! top waits for a sweep, too, and sweeps come once a second. The top that waits is bounded by 128 times `trim` and by
//! 128 MiB; a `trim` above that makes it wait no more.

use super::RawHeap;
use super::pattern::bytes_below;
use crate::arena::chunk::{Chunk, LINKS};
use crate::arena::index::Neighbors;
use crate::arena::params::Params;
use crate::arena::tag::{GRANULE, WORD};
use crate::sys::clock::Ticks;
use crate::sys::source::Source;

/// The least granules of a large chunk: 64 KiB. Smaller ones have few whole pages, and are soon taken.
pub(super) const LARGE: u32 = 4096;

/// Granules of a kibibyte.
#[expect(clippy::cast_possible_truncation, reason = "it is at most 128")]
const KIBIBYTE: u32 = (1024 / GRANULE) as u32;

/// The least quota: 32 MiB in granules.
const QUOTA: u32 = 2 << 20;

/// What the quota is raised to where memory is taken again: 128 MiB. (With 32 MiB for all, a program
/// that reads a document of 70 MB into blocks, drops it and reads the next took half as long again.)
const RAISED: u32 = 8 << 20;

/// The granules to be freed for each chunk that a sweep walks over: the walk takes about 10 ns for
/// one, and giving back 128 bytes by pages and faulting them in again as much.
const PRICE: u32 = 8;

/// The most dirty granules of a top that waits for a sweep, as a multiple of `trim`, below [`RAISED`].
const WAITING: u32 = 128;

impl<C: Params, S: Source> RawHeap<C, S> {
    /// Whether pages go back by themselves.
    pub(super) const TRIMS: bool = S::RETURNS && C::TRIM != usize::MAX;

    /// Notes that a free chunk of `merged` granules was made of a freed one and its neighbors.
    #[inline]
    pub(super) fn note_idle(&mut self, merged: u32, neighbors: &Neighbors) {
        if Self::TRIMS && LARGE <= merged {
            let joined = merged - neighbors.granules_from(LARGE);
            self.quota = self.quota.saturating_sub(joined);
            self.again.note_idle();
            self.count_unseen(joined);
        }
    }

    /// Counts so many granules, in kibibytes rounded up, and looks at the clock if it is time.
    #[inline]
    fn count_unseen(&mut self, granules: u32) {
        let kibibytes = u16::try_from(granules.div_ceil(KIBIBYTE)).unwrap_or(u16::MAX);
        self.unseen = self.unseen.saturating_sub(kibibytes);
        if self.unseen == 0 {
            self.look();
        }
    }

    /// Notes that `taken` granules of a free chunk of `granules` are in use.
    #[inline]
    pub(super) fn note_taken(&mut self, granules: u32, taken: u32) {
        if Self::TRIMS && LARGE <= granules && self.quota < RAISED {
            self.quota = self.quota.saturating_add(taken).min(RAISED);
        }
    }

    /// The granules that become large before the heap looks at the clock.
    #[expect(clippy::cast_possible_truncation, reason = "it is compared before")]
    const LOOK: u32 = {
        let granules = C::TRIM / GRANULE;
        if granules == 0 {
            1
        } else if granules < u32::MAX as usize {
            granules as u32
        } else {
            u32::MAX
        }
    };

    /// Sweeps, if the quota is used up or the pause is over. Where the program takes again what goes back, a second
    /// pause follows, a longer one.
    #[cold]
    #[inline(never)]
    fn look(&mut self) {
        self.unseen = u16::try_from(Self::LOOK / KIBIBYTE).unwrap_or(u16::MAX).max(1);
        let begun = Ticks::now();
        if self.quota != 0 || !self.again.has_idle() {
            if !begun.has_reached(self.due) {
                return;
            }
            if !self.again.is_twice() && self.has_retaken() {
                self.again.count();
            } else {
                self.again.halve();
            }
            if self.again.is_twice() {
                self.due = begun.put_off(self.due, true);
                return;
            }
        }
        self.sweep();
        self.due = Ticks::now().after_pause(begun);
    }

    /// Whether about as much was taken of large chunks since the last sweep as became idle: otherwise the quota would be
    /// lower. A quota that was higher then, or has to be now, misleads; that costs a second, or some pages.
    fn has_retaken(&self) -> bool {
        self.again.has_idle() && self.least_quota() - Self::LOOK / 2 <= self.quota
    }

    fn sweep(&mut self) {
        if self.again.has_idle() {
            let (_, walked) = self.give_back(LARGE);
            let least = self.least_quota().max(walked.saturating_mul(PRICE));
            self.quota = self.quota.max(least);
            self.again.forget_idle();
        }
        if self.top < self.dirty && Self::LOOK < self.top.until(self.dirty) {
            self.discard_beyond();
        }
    }

    /// The quota after a sweep, at least.
    fn least_quota(&self) -> u32 {
        QUOTA.max(Self::LOOK).max(self.window().end().offset() / 4)
    }

    /// Trims the top, which has `dirty` dirty granules, more than `trim`, of which `joined` joined it just now. If the
    /// program takes again what goes back, the top waits for a sweep.
    #[cold]
    #[inline(never)]
    pub(super) fn trim_top(&mut self, dirty: u32, joined: u32) {
        let is_little = dirty <= Self::LOOK.max(Self::LOOK.saturating_mul(WAITING).min(RAISED));
        if !(self.again.is_twice() && is_little) {
            let now = Ticks::now();
            if now.has_reached(self.due) {
                return self.look();
            }
            if !self.again.is_twice() && !self.again.is_marked(self.dirty_place()) {
                self.again.count();
                self.due = now.put_off(self.due, self.again.is_twice());
            }
            if !(self.again.is_twice() && is_little) {
                return self.discard_beyond();
            }
        }
        self.count_unseen(joined);
    }

    /// Gives back the dirty top beyond half of `trim`.
    fn discard_beyond(&mut self) {
        // SAFETY: the caller has seen that more than that lies below the dirty mark.
        let kept = unsafe { self.top.plus(Self::LOOK / 2) };
        self.discard_top(kept);
        self.again.set_mark(self.dirty_place());
    }

    /// Returns the place of the dirty mark in halves of `trim`: so much of the top at least goes back, or is taken again.
    fn dirty_place(&self) -> u32 {
        self.dirty.offset().div_ceil((Self::LOOK / 2).max(1))
    }

    /// Returns the whole pages of each free chunk of `least` granules or more to the system. Returns
    /// how many bytes went back, and how many chunks there are.
    fn give_back(&mut self, least: u32) -> (usize, u32) {
        let (mut given, mut walked) = (0, 0);
        let page = S::page_size();
        let mut place = Chunk::FIRST;
        while place < self.top {
            let above = self.step(place);
            walked += 1;
            // Between the links at its low end and the size at its high end.
            let lower = (bytes_below(place) + LINKS).next_multiple_of(page);
            let upper = (bytes_below(above) - GRANULE) / page * page;
            let is_large = least <= place.until(above) && lower < upper;
            if is_large && !self.window().tag(place).is_used() {
                // These bytes are verified now: a page of zeros tells nothing of what was there.
                self.verify_free(place, place.until(above));
                // SAFETY: a free chunk's bytes between its links and its last word belong to
                // nobody.
                if unsafe { S::discard(self.window().origin_pointer(), lower, upper) } {
                    given += upper - lower;
                }
            }
            place = above;
        }
        (given, walked)
    }

    /// Returns every whole free page to the system. Returns how many bytes went back.
    pub(crate) fn trim(&mut self) -> usize {
        if !S::RETURNS || !self.is_open() {
            return 0;
        }
        self.settle();
        let given = if self.top < self.dirty { self.discard_top(self.top) } else { 0 };
        given + self.give_back(0).0
    }

    /// Returns the whole pages of the dirty top from `from` on to the system. Returns how many
    /// bytes went back.
    #[cold]
    pub(super) fn discard_top(&mut self, from: Chunk) -> usize {
        let (page, end_tag) = (S::page_size(), bytes_below(self.window().end()) - WORD);
        let dirty = bytes_below(self.dirty).min(end_tag);
        let Some(lower) = bytes_below(from).checked_next_multiple_of(page) else { return 0 };
        // The page of the end tag stays; its dirty bytes are cleared by hand.
        let upper = dirty.next_multiple_of(page).min(end_tag / page * page);
        let place = |bytes: usize| self.window().place(u32::try_from(bytes / GRANULE).ok()?);
        let first = place(upper);
        let (Some(first), true) = (first, lower < upper) else { return 0 };
        // These bytes are verified now, because nobody takes them before they go back.
        self.verify_top(self.top.until(self.dirty.min(self.window().end())));
        // SAFETY: the pages lie between the top's tag and the end tag, where nobody needs a byte.
        if !unsafe { S::discard(self.window().origin_pointer(), lower, upper) } {
            self.fill_mark();
            self.renew_top();
            return 0;
        }
        if upper < dirty {
            // SAFETY: these bytes lie between the top's tag and the end tag too.
            unsafe { self.window().clear(first, dirty - upper) };
        }
        if S::ZEROED {
            self.dirty = place(lower).unwrap_or(self.dirty);
        }
        self.renew_top();
        upper - lower
    }
}
