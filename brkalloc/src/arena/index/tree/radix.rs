//! A radix priority search tree: a heap by one measure and a binary trie by another, in the chunks'
//! own links.
//!
//! ```text
//!   a free chunk   | tag | left, its size | right, its size | … | size |
//!
//!   level 0                  (9)             every chunk ranks above those below it;
//!   bit 0 / 1               /   \
//!   level 1              (7)     (4)         left: the key's bit of that level is 0,
//!                       /   \     …          right: it is 1
//!   level 2           (3)   (7)
//! ```
//!
//! After McCreight, *Priority Search Trees* (SIAM J. Comput. 14, 1985). A [`Shape`] says what ranks
//! above what, and which bit of a chunk's key decides at each level. A chunk that enters pushes
//! down what it ranks above; where one leaves, the higher of its children moves up. Nothing is
//! rotated or rebalanced.
//!
//! *Bound.* Two chunks differ in at least one bit of their keys, and a node at level k shares k
//! bits with all below it, so a tree over keys of b bits has at most b + 1 levels. Every operation
//! here follows one path. Because a node carries its children's sizes, a path touches one chunk a
//! level; and as a side is a bit, not a branch, a walk down is a chain of loads.
//!
//! The searches are the trees' own affair.

use crate::arena::check::{Census, Corruption};
use crate::arena::chunk::{Chunk, Link, Node, SizedLink, Window};
use crate::arena::params::Params;

/// What a tree sorts by.
pub(super) trait Shape: Copy {
    /// Whether `upper` stands above `lower` wherever both could.
    fn ranks_above(upper: (Chunk, u32), lower: (Chunk, u32)) -> bool;

    /// The side (0 or 1) on which a chunk stands below a node of `level`.
    fn side(self, entry: (Chunk, u32), level: u32) -> usize;
}

/// Where an entry is kept: in the tree's owner, or on a side of a chunk; and on which level.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    owner: Link,
    side: usize,
    pub(super) level: u32,
}

impl Slot {
    /// The place of the root.
    pub(crate) const ROOT: Self = Self { owner: None, side: 0, level: 0 };

    /// The place on a side of `owner`, which is kept here.
    #[inline]
    pub(super) const fn below(self, owner: Chunk, side: usize) -> Self {
        Self { owner: Some(owner), side, level: self.level + 1 }
    }
}

/// More levels than any tree has: 32 bits of a size and 32 of an address, and the root.
const TOO_DEEP: u32 = 66;

/// Checks that `chunk`, to which a link led, stands on a level that a tree can have: a link that
/// leads back up leads down for ever.
#[inline]
pub(super) fn check_level<C: Params>(window: Window<C>, chunk: Chunk, level: u32) {
    if Window::<C>::CHECKED && TOO_DEEP <= level {
        window.broken("a tree link that leads back up,", chunk);
    }
}

/// A tree of one shape, over the root that its owner keeps.
pub(super) struct Radix<'a, S, C> {
    pub(super) root: &'a mut SizedLink,
    pub(super) shape: S,
    pub(super) window: Window<C>,
}

/// The child of `chunk` on `side`.
#[inline]
pub(super) fn child<C: Params>(window: Window<C>, chunk: Chunk, side: usize) -> SizedLink {
    let entry = window.child(chunk, side);
    window.check_link(entry.chunk, chunk);
    entry
}

/// Both children of `chunk`.
#[inline]
pub(super) fn children<C: Params>(window: Window<C>, chunk: Chunk) -> Node {
    let node = window.node(chunk);
    window.check_link(node[0].chunk, chunk);
    window.check_link(node[1].chunk, chunk);
    node
}

impl<S: Shape, C: Params> Radix<'_, S, C> {
    #[inline]
    fn at(&self, place: Slot) -> SizedLink {
        match place.owner {
            Some(owner) => child(self.window, owner, place.side),
            None => *self.root,
        }
    }

    #[inline]
    fn set(&mut self, place: Slot, entry: SizedLink) {
        match place.owner {
            Some(owner) => {
                if Window::<C>::CHECKED && self.window.tag(owner).is_used() {
                    self.window.broken("a tree link to memory that is in use,", owner);
                }
                self.window.set_child(owner, place.side, entry);
            }
            None => *self.root = entry,
        }
    }

    /// Whether `chunk` of `granules` ranks above `entry`, as it does above nothing.
    #[inline]
    fn outranks(chunk: Chunk, granules: u32, entry: SizedLink) -> bool {
        entry.chunk.is_none_or(|lower| S::ranks_above((chunk, granules), (lower, entry.granules)))
    }

    /// Lets a chunk enter.
    #[inline]
    pub(super) fn insert(&mut self, chunk: Chunk, granules: u32) {
        self.insert_from(Slot::ROOT, (chunk, granules));
    }

    /// Lets a chunk enter at or below `place`.
    fn insert_from(&mut self, place: Slot, (chunk, granules): (Chunk, u32)) {
        let Slot { mut owner, mut side, mut level } = place;
        // Down to the first that it outranks.
        let mut resident = self.at(place);
        while let Some(other) = resident.chunk {
            if S::ranks_above((chunk, granules), (other, resident.granules)) {
                break;
            }
            check_level(self.window, other, level);
            (owner, side) = (Some(other), self.shape.side((chunk, granules), level));
            level += 1;
            resident = child(self.window, other, side);
        }
        self.set(Slot { owner, side, level }, SizedLink::of(chunk, granules));
        // It takes that one's children, and that one takes the place of its own child, and so on
        // down: each outranks all that were below it.
        let mut newcomer = chunk;
        while let Some(displaced) = resident.chunk {
            self.check_entry(displaced, resident.granules, level);
            let side = self.shape.side((displaced, resident.granules), level);
            let node = children(self.window, displaced);
            self.window.set_child(newcomer, side, resident);
            self.window.set_child(newcomer, 1 - side, node[1 - side]);
            level += 1;
            newcomer = displaced;
            resident = node[side];
        }
        self.window.set_node(newcomer, [SizedLink::NONE; 2]);
    }

    /// Lets a chunk leave.
    #[inline]
    pub(super) fn remove(&mut self, chunk: Chunk, granules: u32) {
        let place = self.find(chunk, granules);
        self.pull(place, chunk);
    }

    /// Where `chunk` is kept.
    #[inline]
    pub(super) fn find(&self, chunk: Chunk, granules: u32) -> Slot {
        self.find_from(Slot::ROOT, chunk, granules)
    }

    /// Where `chunk` is kept, at or below `place`.
    #[inline]
    fn find_from(&self, place: Slot, chunk: Chunk, granules: u32) -> Slot {
        let Slot { mut owner, mut side, mut level } = place;
        let mut resident = self.at(place).chunk;
        while resident != Some(chunk) {
            let Some(other) = resident else {
                self.window.broken("a free chunk that is not in its tree", chunk)
            };
            check_level(self.window, other, level);
            (owner, side) = (Some(other), self.shape.side((chunk, granules), level));
            level += 1;
            resident = child(self.window, other, side).chunk;
        }
        Slot { owner, side, level }
    }

    /// Fills the place of `chunk`, which leaves, from below.
    #[inline]
    pub(super) fn pull(&mut self, place: Slot, chunk: Chunk) {
        self.fill(place, children(self.window, chunk));
    }

    /// Fills an empty place with what stands below it: the higher of both, whose place is filled likewise.
    fn fill(&mut self, mut place: Slot, mut below: Node) {
        while let Some((next, node)) = self.raise(place, below) {
            (place, below) = (next, node);
        }
        self.set(place, SizedLink::NONE);
    }

    /// Fills an empty place with the higher of both that stand below it; the place that this leaves
    /// empty, and what stands below that.
    #[inline]
    fn raise(&mut self, place: Slot, [left, right]: Node) -> Option<(Slot, Node)> {
        let side = usize::from(!Self::rises(left, right));
        let (riser, other) = if side == 0 { (left, right) } else { (right, left) };
        let chunk = riser.chunk?;
        self.check_entry(chunk, riser.granules, place.level);
        self.set(place, riser);
        let below = children(self.window, chunk);
        // What comes to its other side is up to the caller.
        self.window.set_child(chunk, 1 - side, other);
        Some((place.below(chunk, side), below))
    }

    /// Checks that the chunk of an entry of `level`, whose links are about to change, is free and has
    /// the size that the entry says.
    #[inline]
    fn check_entry(&self, chunk: Chunk, granules: u32, level: u32) {
        if Window::<C>::CHECKED {
            let tag = self.window.tag(chunk);
            if tag.is_used() || tag.granules() != granules {
                self.window.broken("a tree link to what is no free chunk of that size,", chunk);
            }
            check_level(self.window, chunk, level);
        }
    }

    /// Whether the left one of two siblings goes up before the right one.
    #[inline]
    fn rises(left: SizedLink, right: SizedLink) -> bool {
        match (left.chunk, right.chunk) {
            (Some(left_chunk), Some(right_chunk)) => {
                S::ranks_above((left_chunk, left.granules), (right_chunk, right.granules))
            }
            (left, _) => left.is_some(),
        }
    }

    /// Lets `heir` enter for the chunk at `place`, which leaves: there, or below. Its key leads to
    /// that place, and all above it rank above the heir.
    pub(super) fn replace(&mut self, mut place: Slot, chunk: Chunk, heir: (Chunk, u32)) {
        let mut below = children(self.window, chunk);
        while !below.iter().all(|&entry| Self::outranks(heir.0, heir.1, entry)) {
            let level = place.level;
            let Some((next, node)) = self.raise(place, below) else { break };
            let side = self.shape.side(heir, level);
            if next.side != side {
                // The heir does not belong where there is room now.
                self.fill(next, node);
                return self.insert_from(Slot { side, ..next }, heir);
            }
            (place, below) = (next, node);
        }
        self.set(place, SizedLink::of(heir.0, heir.1));
        self.window.set_node(heir.0, below);
    }

    /// Lets `heir`, which ranks above `old`, enter for it: where it stood, or as far up as the heir
    /// outranks others.
    pub(super) fn promote(&mut self, old: (Chunk, u32), heir: (Chunk, u32)) {
        // Down, as long as the heir would take the same way and is outranked.
        let Slot { mut owner, mut side, mut level } = Slot::ROOT;
        let mut resident = *self.root;
        while let Some(other) = resident.chunk {
            let own_side = self.shape.side(heir, level);
            if other == old.0
                || S::ranks_above(heir, (other, resident.granules))
                || self.shape.side(old, level) != own_side
            {
                break;
            }
            check_level(self.window, other, level);
            (owner, side) = (Some(other), own_side);
            level += 1;
            resident = child(self.window, other, side);
        }
        let place = Slot { owner, side, level };
        if resident.chunk == Some(old.0) {
            self.set(place, SizedLink::of(heir.0, heir.1));
            if heir.0 != old.0 {
                self.window.set_node(heir.0, self.window.node(old.0));
            }
        } else {
            // What is pulled up stands below `place`, which so stays as it is.
            let below = self.find_from(place, old.0, old.1);
            self.pull(below, old.0);
            self.insert_from(place, heir);
        }
    }

    /// Walks the tree below `entry`, whose keys all have the bits that `shares` looks for.
    ///
    /// Recursive, and so at most as deep as the tree.
    pub(super) fn check(
        &self,
        entry: SizedLink,
        level: u32,
        census: &mut Census,
        shares: &dyn Fn((Chunk, u32)) -> bool,
    ) -> Result<(), Corruption> {
        let Some(chunk) = entry.chunk else {
            if entry.granules == 0 {
                return Ok(());
            }
            return Err(Corruption::of_window("a tree has a size without a chunk", self.window));
        };
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
        for (side, below) in self.window.node(chunk).into_iter().enumerate() {
            if !Self::outranks(chunk, entry.granules, below) {
                return broken("a chunk stands above one that outranks it");
            }
            self.check(below, level + 1, census, &|lower| {
                self.shape.side(lower, level) == side && shares(lower)
            })?;
        }
        Ok(())
    }
}
