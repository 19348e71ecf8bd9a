//! A sequence: free chunks in a doubly linked list of which only the head is kept.
//!
//! ```text
//!   head ──► | fwd ──────► | fwd ──────► | fwd: none |
//!            | bck: last   | ◄────── bck | ◄──── bck |
//!              │                           ▲
//!              └───────────────────────────┘
//! ```
//!
//! The first chunk's `bck` names the last, so that both ends are one step away and a sequence takes
//! four bytes. `fwd` is link 0 of a chunk and `bck` is link 1. A sequence knows no sizes and no
//! policy.

use crate::check::{Census, Corruption};
use crate::chunk::{Chunk, Link, Window};
use crate::config::Config;

const FWD: usize = 0;
const BCK: usize = 1;

/// Free chunks, one after the other.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub(super) struct Sequence {
    head: Link,
}

impl Sequence {
    pub(super) const EMPTY: Self = Self { head: None };

    /// The first chunk.
    #[inline]
    pub(super) const fn first(self) -> Link {
        self.head
    }

    /// The last chunk.
    #[inline]
    pub(super) fn last<C: Config>(self, window: Window<C>) -> Link {
        self.head.map(|head| back(window, head))
    }

    /// The chunk behind `chunk`.
    #[inline]
    pub(super) fn follower<C: Config>(window: Window<C>, chunk: Chunk) -> Link {
        let follower = window.link(chunk, FWD);
        window.check_link(follower, chunk);
        follower
    }

    /// Lets `chunk` enter before all others.
    #[inline]
    pub(super) fn push_front<C: Config>(&mut self, window: Window<C>, chunk: Chunk) {
        let last = match self.head {
            Some(head) => {
                let last = back(window, head);
                window.set_link(head, BCK, Some(chunk));
                last
            }
            None => chunk,
        };
        window.set_link(chunk, FWD, self.head);
        window.set_link(chunk, BCK, Some(last));
        self.head = Some(chunk);
    }

    /// Lets `chunk` enter behind all others.
    #[inline]
    pub(super) fn push_back<C: Config>(&mut self, window: Window<C>, chunk: Chunk) {
        match self.last(window) {
            Some(last) => self.insert_behind(window, last, chunk),
            None => self.push_front(window, chunk),
        }
    }

    /// Lets `chunk` enter behind `place`.
    pub(super) fn insert_behind<C: Config>(
        &mut self,
        window: Window<C>,
        place: Chunk,
        chunk: Chunk,
    ) {
        let follower = Self::follower(window, place);
        window.set_link(place, FWD, Some(chunk));
        window.set_link(chunk, FWD, follower);
        window.set_link(chunk, BCK, Some(place));
        self.set_back(window, follower, chunk);
    }

    /// Lets `chunk` enter below the first chunk that lies above it.
    pub(super) fn insert_sorted<C: Config>(&mut self, window: Window<C>, chunk: Chunk) {
        let mut place = match self.head {
            Some(head) if head < chunk => head,
            _ => return self.push_front(window, chunk),
        };
        let last = back(window, place);
        if last < chunk {
            return self.insert_behind(window, last, chunk);
        }
        while let Some(follower) = Self::follower(window, place) {
            if chunk < follower {
                break;
            }
            place = follower;
        }
        self.insert_behind(window, place, chunk);
    }

    /// Lets `chunk` leave, and returns the one that followed it.
    #[inline]
    pub(super) fn remove<C: Config>(&mut self, window: Window<C>, chunk: Chunk) -> Link {
        let follower = Self::follower(window, chunk);
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

    /// Lets `heir` stand where `chunk` stood.
    #[inline]
    pub(super) fn replace<C: Config>(&mut self, window: Window<C>, chunk: Chunk, heir: Chunk) {
        let follower = Self::follower(window, chunk);
        let before = self.checked_back(window, chunk);
        window.set_link(heir, FWD, follower);
        if self.head == Some(chunk) {
            self.head = Some(heir);
            let last = if follower.is_some() { before } else { heir };
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

    /// Notes that `before` now stands just before `follower`, or at the end.
    #[inline]
    fn set_back<C: Config>(self, window: Window<C>, follower: Link, before: Chunk) {
        if let Some(holder) = follower.or(self.head) {
            window.set_link(holder, BCK, Some(before));
        }
    }

    /// The chunk before `chunk`, or the last if it is the first, after a look at whether both
    /// neighbors agree.
    #[inline]
    fn checked_back<C: Config>(self, window: Window<C>, chunk: Chunk) -> Chunk {
        let before = back(window, chunk);
        if Window::<C>::CHECKED {
            let agrees = self.head == Some(chunk) || window.link(before, FWD) == Some(chunk);
            let holder = window.link(chunk, FWD).or(self.head);
            let followed = holder.is_some_and(|holder| window.link(holder, BCK) == Some(chunk));
            // The first chunk, if it is the last too, is its own `bck`.
            if !agrees || !followed {
                window.broken("a free chunk whose neighbors in the list disagree", chunk);
            }
        }
        before
    }

    /// Walks the sequence; `visit` sees each chunk with the one before it.
    pub(super) fn check<C: Config>(
        self,
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
            if before.is_some() && window.link(chunk, BCK) != before {
                return broken("two neighbors of the list disagree");
            }
            census.count(window, chunk)?;
            visit(before, chunk)?;
            before = place;
            place = window.link(chunk, FWD);
        }
        match self.head {
            Some(head) if window.link(head, BCK) != before => {
                Err(Corruption::at("the first of a list does not know the last", window, head))
            }
            _ => Ok(()),
        }
    }
}

/// `bck` of a chunk in a sequence: never none.
#[inline]
fn back<C: Config>(window: Window<C>, chunk: Chunk) -> Chunk {
    let before = window.link(chunk, BCK);
    window.check_link(before, chunk);
    match before {
        Some(before) => before,
        None => window.broken("a free chunk without a link", chunk),
    }
}
