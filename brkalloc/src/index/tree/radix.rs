//! A radix priority search tree: a heap by one measure and a binary trie by another, in the chunks' own links.
//!
//! ```text
//!   a free chunk   | tag | left | right | left's size | right's size | … | size |
//!
//!   level 0                  (9)             every chunk ranks above those below it;
//!   bit 0 / 1               /   \
//!   level 1              (7)     (4)         left: the key's bit of that level is 0,
//!                       /   \     …          right: it is 1
//!   level 2           (3)   (7)
//! ```
//!
//! After McCreight, *Priority Search Trees* (SIAM J. Comput. 14, 1985). A [`Shape`] says what ranks above what, and
//! which bit of a chunk's key decides at each level. A chunk that enters pushes down what it ranks above; where one leaves,
//! the higher of its children moves up. Nothing is rotated or rebalanced.
//!
//! *Bound.* Two chunks differ in at least one bit of their keys, so a node at level k shares k bits with all below it, and a tree over
//! keys of b bits has at most b + 1 levels. Every operation here follows one path. Because a node carries its
//! children's sizes, a path touches one chunk a level.
//!
//! The searches are the trees' own affair.

use crate::check::{Census, Corruption};
use crate::chunk::{Chunk, Link, Window};
use crate::config::Config;

/// A chunk in a tree, with its size, or no chunk and 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) chunk: Link,
    pub(super) granules: u32,
}

impl Entry {
    pub(super) const NONE: Self = Self { chunk: None, granules: 0 };

    #[inline]
    pub(super) const fn of(chunk: Chunk, granules: u32) -> Self {
        Self { chunk: Some(chunk), granules }
    }
}

/// What a tree sorts by.
pub(super) trait Shape: Copy {
    /// Whether `upper` stands above `lower` wherever both could.
    fn ranks_above(upper: (Chunk, u32), lower: (Chunk, u32)) -> bool;

    /// The side (0 or 1) on which a chunk stands below a node of `level`.
    fn side(self, entry: (Chunk, u32), level: u32) -> usize;
}

/// Where an entry is kept: in the tree's owner, or on a side of a chunk.
#[derive(Clone, Copy)]
struct Place {
    owner: Link,
    side: usize,
}

/// A tree of one shape, over the root that its owner keeps.
pub(super) struct Radix<'a, S, C> {
    pub(super) root: &'a mut Entry,
    pub(super) shape: S,
    pub(super) window: Window<C>,
}

/// The child of `chunk` on `side`.
#[inline]
pub(super) fn child<C: Config>(window: Window<C>, chunk: Chunk, side: usize) -> Entry {
    let link = window.link(chunk, side);
    window.check_link(link, chunk);
    Entry { chunk: link, granules: window.child_size(chunk, side) }
}

impl<S: Shape, C: Config> Radix<'_, S, C> {
    const ROOT: Place = Place { owner: None, side: 0 };

    #[inline]
    fn at(&self, place: Place) -> Entry {
        match place.owner {
            Some(owner) => child(self.window, owner, place.side),
            None => *self.root,
        }
    }

    #[inline]
    fn set(&mut self, place: Place, entry: Entry) {
        match place.owner {
            Some(owner) => self.window.set_child(owner, place.side, entry.chunk, entry.granules),
            None => *self.root = entry,
        }
    }

    #[inline]
    fn children(&self, chunk: Chunk) -> [Entry; 2] {
        [child(self.window, chunk, 0), child(self.window, chunk, 1)]
    }

    #[inline]
    fn set_children(&self, chunk: Chunk, [left, right]: [Entry; 2]) {
        self.window.set_child(chunk, 0, left.chunk, left.granules);
        self.window.set_child(chunk, 1, right.chunk, right.granules);
    }

    /// Whether `chunk` of `granules` ranks above `entry`, as it does above nothing.
    #[inline]
    fn outranks(chunk: Chunk, granules: u32, entry: Entry) -> bool {
        entry.chunk.is_none_or(|lower| S::ranks_above((chunk, granules), (lower, entry.granules)))
    }

    /// Lets a chunk enter.
    #[inline]
    pub(super) fn insert(&mut self, chunk: Chunk, granules: u32) {
        self.insert_from(Self::ROOT, 0, chunk, granules);
    }

    /// Lets a chunk enter at or below `place`, whose node has `level`.
    fn insert_from(
        &mut self,
        mut place: Place,
        mut level: u32,
        mut chunk: Chunk,
        mut granules: u32,
    ) {
        loop {
            let resident = self.at(place);
            let Some(mut owner) = resident.chunk else {
                self.set(place, Entry::of(chunk, granules));
                self.set_children(chunk, [Entry::NONE; 2]);
                return;
            };
            if S::ranks_above((chunk, granules), (owner, resident.granules)) {
                // It takes the resident's place and children; the resident goes on down.
                self.set(place, Entry::of(chunk, granules));
                self.set_children(chunk, self.children(owner));
                core::mem::swap(&mut chunk, &mut owner);
                granules = resident.granules;
            }
            place = Place { owner: Some(owner), side: self.shape.side((chunk, granules), level) };
            level += 1;
        }
    }

    /// Lets a chunk leave.
    #[inline]
    pub(super) fn remove(&mut self, chunk: Chunk, granules: u32) {
        let (place, _) = self.find(chunk, granules);
        self.pull(place, chunk);
    }

    /// Where `chunk` is kept, and its level.
    #[inline]
    fn find(&self, chunk: Chunk, granules: u32) -> (Place, u32) {
        let (mut place, mut level) = (Self::ROOT, 0);
        loop {
            match self.at(place).chunk {
                Some(resident) if resident == chunk => return (place, level),
                Some(resident) => {
                    let side = self.shape.side((chunk, granules), level);
                    place = Place { owner: Some(resident), side };
                    level += 1;
                }
                None => self.window.broken("a free chunk that is not in its tree", chunk),
            }
        }
    }

    /// Fills the place of `chunk`, which leaves, from below.
    fn pull(&mut self, mut place: Place, chunk: Chunk) {
        let mut children = self.children(chunk);
        loop {
            let [left, right] = children;
            let side = match (left.chunk, right.chunk) {
                (None, None) => break,
                (Some(_), None) => 0,
                (None, Some(_)) => 1,
                (Some(chunk), Some(_)) => usize::from(!Self::outranks(chunk, left.granules, right)),
            };
            let heir = children[side];
            let Some(riser) = heir.chunk else { break };
            let below = self.children(riser);
            self.set(place, heir);
            self.set_children(riser, children);
            place = Place { owner: Some(riser), side };
            children = below;
        }
        self.set(place, Entry::NONE);
    }

    /// Lets `heir` enter for `chunk`, which leaves: where it stood, if the heir belongs there.
    pub(super) fn replace(&mut self, (chunk, granules): (Chunk, u32), heir: (Chunk, u32)) {
        let (mut place, mut level, mut shared) = (Self::ROOT, 0, true);
        while self.at(place).chunk != Some(chunk) {
            let Some(resident) = self.at(place).chunk else {
                self.window.broken("a free chunk that is not in its tree", chunk)
            };
            let side = self.shape.side((chunk, granules), level);
            shared &= side == self.shape.side(heir, level)
                && Self::outranks(resident, self.at(place).granules, Entry::of(heir.0, heir.1));
            place = Place { owner: Some(resident), side };
            level += 1;
        }
        let children = self.children(chunk);
        if shared && children.iter().all(|&child| Self::outranks(heir.0, heir.1, child)) {
            self.set(place, Entry::of(heir.0, heir.1));
            self.set_children(heir.0, children);
            return;
        }
        self.pull(place, chunk);
        if shared {
            self.insert_from(place, level, heir.0, heir.1);
        } else {
            self.insert(heir.0, heir.1);
        }
    }

    /// Walks the tree below `entry`, whose keys all have the bits that `shares` looks for.
    ///
    /// Recursive, and so at most as deep as the tree.
    pub(super) fn check(
        &self,
        entry: Entry,
        level: u32,
        census: &mut Census,
        shares: &dyn Fn((Chunk, u32)) -> bool,
    ) -> Result<(), Corruption> {
        let Some(chunk) = entry.chunk else { return Ok(()) };
        let broken = |what| Err(Corruption::at(what, self.window, chunk));
        if self.window.end() <= chunk {
            return broken("a link leads out of the arena");
        }
        let tag = self.window.tag(chunk);
        if tag.is_used() {
            return broken("a chunk of the index is in use");
        }
        if tag.granules() != entry.granules {
            return broken("a tree has another size of a chunk than its tag");
        }
        if !shares((chunk, entry.granules)) {
            return broken("a chunk is on the wrong side of its tree");
        }
        census.count(self.window, chunk)?;
        for side in 0..2 {
            let link = self.window.link(chunk, side);
            let below = Entry { chunk: link, granules: self.window.child_size(chunk, side) };
            if link.is_some() && !Self::outranks(chunk, entry.granules, below) {
                return broken("a chunk stands above one that outranks it");
            }
            self.check(below, level + 1, census, &|lower| {
                self.shape.side(lower, level) == side && shares(lower)
            })?;
        }
        Ok(())
    }
}
