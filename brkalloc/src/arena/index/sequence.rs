//! A sequence: free chunks in a doubly linked list that stores only its head.
//!
//! ```text
//!   head ──► | fwd ──────► | fwd ──────► | fwd: none |
//!            | bck: last   | ◄────── bck | ◄──── bck |
//!              │                           ▲
//!              └───────────────────────────┘
//! ```
//!
//! The first chunk's `bck` names the last, so both ends are one step away and a sequence takes four
//! bytes. If chunks enter only at the front, nobody asks for the last, and the first chunk's `bck`
//! names itself: so an insertion reads no other chunk's memory. `fwd` is link 0 of a chunk and
//! `bck` is link 1. A sequence knows no sizes and no policy.

use crate::arena::SMALL;
use crate::arena::check::{Census, Corruption};
use crate::arena::chunk::{Chunk, Link, Window};
use crate::arena::order::{Insertion, Order};
use crate::arena::params::Params;
use crate::diag::report;
use core::marker::PhantomData;

const FWD: usize = 0;
const BCK: usize = 1;

/// Free chunks in the order `O`.
#[derive(Debug)]
#[repr(transparent)]
pub(super) struct Sequence<O> {
    head: Link,
    order: PhantomData<O>,
}

impl<O: Order> Sequence<O> {
    pub(super) const EMPTY: Self = Self { head: None, order: PhantomData };

    /// Whether the first chunk names the last.
    const ENDS: bool = !matches!(O::INSERTION, Insertion::Front);

    /// Returns the first chunk.
    #[inline]
    pub(super) const fn first(&self) -> Link {
        self.head
    }

    /// Inserts a newly freed chunk.
    #[inline]
    pub(super) fn insert<C: Params>(&mut self, window: Window<C>, chunk: Chunk) {
        match O::INSERTION {
            Insertion::Sorted => self.insert_sorted(window, chunk),
            Insertion::Front => self.push_front(window, chunk),
            Insertion::Back => self.push_back(window, chunk),
        }
    }

    /// Inserts a chunk that lies above all others, before [`finish`](Sequence::finish) puts the
    /// sequence into address order.
    #[inline]
    pub(super) fn append<C: Params>(&mut self, window: Window<C>, chunk: Chunk) {
        if Self::ENDS {
            self.push_back(window, chunk);
        } else {
            self.push_front(window, chunk);
        }
    }

    /// Reverses the chunks that were appended at the front.
    pub(super) fn finish<C: Params>(&mut self, window: Window<C>) {
        if !Self::ENDS {
            let mut rest = self.head.take();
            while let Some(chunk) = rest {
                rest = follower(window, chunk);
                self.push_front(window, chunk);
            }
        }
    }

    /// Inserts `chunk` before all others.
    #[inline]
    fn push_front<C: Params>(&mut self, window: Window<C>, chunk: Chunk) {
        let mut last = chunk;
        if let Some(head) = self.head {
            if Self::ENDS {
                last = back(window, head);
            }
            window.set_link(head, BCK, Some(chunk));
        }
        window.set_link(chunk, FWD, self.head);
        window.set_link(chunk, BCK, Some(last));
        self.head = Some(chunk);
    }

    /// Inserts `chunk` behind all others, where the first names the last.
    #[inline]
    fn push_back<C: Params>(&mut self, window: Window<C>, chunk: Chunk) {
        match self.head {
            Some(head) => self.insert_behind(window, back(window, head), chunk),
            None => self.push_front(window, chunk),
        }
    }

    /// Inserts `chunk` behind `place`.
    pub(super) fn insert_behind<C: Params>(
        &mut self,
        window: Window<C>,
        place: Chunk,
        chunk: Chunk,
    ) {
        let follower = follower(window, place);
        let holder = if Self::ENDS { follower.or(self.head) } else { follower };
        if Window::<C>::CHECKED
            && holder.is_some_and(|holder| window.link(holder, BCK) != Some(place))
        {
            disagree(window, place);
        }
        window.set_link(place, FWD, Some(chunk));
        window.set_link(chunk, FWD, follower);
        window.set_link(chunk, BCK, Some(place));
        self.set_back(window, follower, chunk);
    }

    /// Inserts `chunk` below the first chunk that lies above it.
    fn insert_sorted<C: Params>(&mut self, window: Window<C>, chunk: Chunk) {
        let mut place = match self.head {
            Some(head) if head < chunk => head,
            _ => return self.push_front(window, chunk),
        };
        let last = back(window, place);
        if last < chunk {
            return self.insert_behind(window, last, chunk);
        }
        while let Some(follower) = self.next(window, place) {
            if chunk < follower {
                break;
            }
            place = follower;
        }
        self.insert_behind(window, place, chunk);
    }

    /// Returns the chunk behind `place`, for a walk. A checked heap verifies that the chunk names
    /// `place` and is not the first.
    #[inline]
    pub(super) fn next<C: Params>(&self, window: Window<C>, place: Chunk) -> Link {
        let follower = follower(window, place)?;
        if Window::<C>::CHECKED
            && (window.link(follower, BCK) != Some(place) || self.head == Some(follower))
        {
            disagree(window, place);
        }
        Some(follower)
    }

    /// Whether `chunk`, which was just removed, stood behind all others.
    #[inline]
    pub(super) fn was_last<C: Params>(window: Window<C>, chunk: Chunk) -> bool {
        window.link(chunk, FWD).is_none()
    }

    /// Whether the links of `chunk` alone show that another chunk stands before it.
    #[inline]
    pub(super) fn is_inner<C: Params>(window: Window<C>, chunk: Chunk) -> bool {
        !Self::ENDS && window.link(chunk, BCK) != Some(chunk)
    }

    /// Removes `chunk`, which [is inner](Sequence::is_inner), and returns its follower.
    #[inline]
    pub(super) fn remove_inner<C: Params>(window: Window<C>, chunk: Chunk) -> Link {
        let (follower, before) = (follower(window, chunk), back(window, chunk));
        if Window::<C>::CHECKED && window.link(before, FWD) != Some(chunk) {
            disagree(window, chunk);
        }
        window.set_link(before, FWD, follower);
        if let Some(follower) = follower {
            Self::check_back(window, follower, chunk);
            window.set_link(follower, BCK, Some(before));
        }
        follower
    }

    /// Removes `chunk`, which is the first according to head and chunk, and returns its follower.
    #[inline]
    fn remove_first<C: Params>(&mut self, window: Window<C>, chunk: Chunk) -> Link {
        let named = [self.head, window.link(chunk, BCK)];
        if Window::<C>::CHECKED && named != [Some(chunk); 2] {
            disagree(window, chunk);
        }
        let follower = follower(window, chunk);
        if let Some(follower) = follower {
            Self::check_back(window, follower, chunk);
            window.set_link(follower, BCK, Some(follower));
        }
        self.head = follower;
        follower
    }

    /// Removes `chunk`, which is the first according to the head, and returns the new first chunk.
    #[inline(always)]
    pub(super) fn remove_head<C: Params>(&mut self, window: Window<C>, chunk: Chunk) -> Link {
        if cfg!(target_arch = "wasm32") {
            self.remove(window, chunk);
            return self.head;
        }
        if !Self::ENDS {
            return self.remove_first(window, chunk);
        }
        let (follower, last) = (follower(window, chunk), back(window, chunk));
        if let Some(follower) = follower {
            Self::check_back(window, follower, chunk);
            window.set_link(follower, BCK, Some(last));
        } else if Window::<C>::CHECKED && last != chunk {
            disagree(window, chunk);
        }
        self.head = follower;
        follower
    }

    /// Checks that `follower` names `chunk` as the chunk before it.
    #[inline]
    fn check_back<C: Params>(window: Window<C>, follower: Chunk, chunk: Chunk) {
        if Window::<C>::CHECKED && window.link(follower, BCK) != Some(chunk) {
            disagree(window, chunk);
        }
    }

    /// Removes `chunk`, and returns its follower.
    #[cfg_attr(any(brkalloc_small, not(any(unix, windows))), inline(never))]
    #[cfg_attr(not(any(brkalloc_small, not(any(unix, windows)))), inline)]
    pub(super) fn remove<C: Params>(&mut self, window: Window<C>, chunk: Chunk) -> Link {
        if SMALL && !Self::ENDS {
            let (follower, before) = (follower(window, chunk), self.checked_back(window, chunk));
            let is_first = before == chunk;
            if is_first {
                self.head = follower;
            } else {
                window.set_link(before, FWD, follower);
            }
            if let Some(follower) = follower {
                window.set_link(follower, BCK, Some(if is_first { follower } else { before }));
            }
            return follower;
        }
        if !Self::ENDS {
            return if Self::is_inner(window, chunk) {
                Self::remove_inner(window, chunk)
            } else {
                self.remove_first(window, chunk)
            };
        }
        let follower = follower(window, chunk);
        let before = self.checked_back(window, chunk);
        if self.head == Some(chunk) {
            self.head = follower;
            if let Some(follower) = follower {
                window.set_link(follower, BCK, Some(before));
            }
        } else {
            window.set_link(before, FWD, follower);
            self.set_back(window, follower, before);
        }
        follower
    }

    /// Replaces `chunk` by `heir`.
    #[cfg_attr(any(brkalloc_small, not(any(unix, windows))), inline(never))]
    #[cfg_attr(not(any(brkalloc_small, not(any(unix, windows)))), inline)]
    pub(super) fn replace<C: Params>(&mut self, window: Window<C>, chunk: Chunk, heir: Chunk) {
        let follower = follower(window, chunk);
        let before = self.checked_back(window, chunk);
        window.set_link(heir, FWD, follower);
        if SMALL && !Self::ENDS {
            let mut last = heir;
            if before == chunk {
                self.head = Some(heir);
            } else {
                last = before;
                window.set_link(before, FWD, Some(heir));
            }
            window.set_link(heir, BCK, Some(last));
            if let Some(follower) = follower {
                window.set_link(follower, BCK, Some(heir));
            }
            return;
        }
        if self.head == Some(chunk) {
            self.head = Some(heir);
            // The first chunk named the last, unless it was the last itself.
            let last = if follower.is_some() && Self::ENDS { before } else { heir };
            window.set_link(heir, BCK, Some(last));
            if let Some(follower) = follower {
                window.set_link(follower, BCK, Some(heir));
            }
        } else {
            window.set_link(heir, BCK, Some(before));
            window.set_link(before, FWD, Some(heir));
            self.set_back(window, follower, heir);
        }
    }

    /// Links back to `before` from `follower`, or from the head if there is no follower.
    #[inline]
    fn set_back<C: Params>(&self, window: Window<C>, follower: Link, before: Chunk) {
        let holder = if Self::ENDS { follower.or(self.head) } else { follower };
        if let Some(holder) = holder {
            window.set_link(holder, BCK, Some(before));
        }
    }

    /// Returns the chunk before `chunk`; for the first, the last or itself. A checked heap verifies
    /// that both neighbors agree.
    #[inline]
    fn checked_back<C: Params>(&self, window: Window<C>, chunk: Chunk) -> Chunk {
        let before = back(window, chunk);
        if Window::<C>::CHECKED {
            let follower = window.link(chunk, FWD);
            let holder = if Self::ENDS { follower.or(self.head) } else { follower };
            let led = match self.head {
                // The first names the last, or itself.
                Some(head) if head == chunk => Self::ENDS || before == chunk,
                _ => window.link(before, FWD) == Some(chunk),
            };
            let is_known = holder.is_none_or(|next| window.link(next, BCK) == Some(chunk));
            if !led || !is_known {
                disagree(window, chunk);
            }
        }
        before
    }

    /// Walks the sequence and calls `visit` with each chunk and the one before it.
    pub(super) fn check<C: Params>(
        &self,
        window: Window<C>,
        census: &mut Census,
        mut visit: impl FnMut(Link, Chunk) -> Result<(), Corruption>,
    ) -> Result<(), Corruption> {
        let (mut before, mut place) = (None, self.head);
        while let Some(chunk) = place {
            let broken = |what| Err(Corruption::at(what, window, chunk));
            if window.end() <= chunk {
                return broken("a link leads out of the arena");
            }
            if window.tag(chunk).is_used() {
                return broken("a chunk of the index is in use");
            }
            let own = if before.is_none() && !Self::ENDS { place } else { before };
            if own.is_some() && window.link(chunk, BCK) != own {
                return broken("two neighbors of the list disagree");
            }
            census.count(window, chunk)?;
            visit(before, chunk)?;
            before = place;
            place = window.link(chunk, FWD);
        }
        match self.head {
            Some(head) if Self::ENDS && window.link(head, BCK) != before => {
                Err(Corruption::at("the first of a list does not know the last", window, head))
            }
            _ => Ok(()),
        }
    }
}

/// Ends the program: the neighbors of `chunk` in the list disagree about it.
#[inline(always)]
fn disagree<C: Params>(window: Window<C>, chunk: Chunk) -> ! {
    disagreed::<C>(window.payload(chunk))
}

#[cold]
#[inline(never)]
fn disagreed<C: Params>(payload: *mut u8) -> ! {
    let what = "corrupt free list: neighbors disagree about a chunk";
    report::fatal_at::<C>(what, payload)
}

/// Returns the chunk behind `chunk`.
#[inline]
pub(super) fn follower<C: Params>(window: Window<C>, chunk: Chunk) -> Link {
    let follower = window.link(chunk, FWD);
    window.check_link(follower, chunk);
    follower
}

/// Returns `bck` of a chunk in a sequence, which is never none.
#[inline]
fn back<C: Params>(window: Window<C>, chunk: Chunk) -> Chunk {
    let before = window.link(chunk, BCK);
    window.check_link(before, chunk);
    match before {
        Some(before) => before,
        None if Window::<C>::CHECKED => {
            window.broken("corrupt free chunk: no link to its neighbor", chunk)
        }
        // SAFETY: every chunk of a sequence names the one before it, the last, or itself; a heap
        // without checks relies on nobody having written there.
        None => unsafe { core::hint::unreachable_unchecked() },
    }
}
