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
//! After McCreight, *Priority Search Trees* (SIAM J. Comput. 14, 1985). A [`Shape`] defines the
//! ranking, and which bit of a chunk's key decides at each level. A chunk that enters pushes down
//! the chunks that it outranks; where a chunk leaves, the higher of its children moves up. Nothing
//! is rotated or rebalanced.
//!
//! *Bound.* Two chunks differ in at least one bit of their keys, and a node at level k shares k
//! bits with all below it, so a tree over keys of b bits has at most b + 1 levels. Every operation
//! here follows one path. A node holds its children's sizes, so a path touches one chunk per level.
//! A side is a bit, not a branch, so a walk down is a chain of loads.
//!
//! The trees have their own searches.

use crate::arena::check::{Census, Corruption};
use crate::arena::chunk::{Chunk, Link, Node, SizedLink, Window};
use crate::arena::params::Params;

/// The order of a tree.
pub(super) trait Shape: Copy {
    /// Whether `upper` stands above `lower` wherever both could.
    fn ranks_above(upper: (Chunk, u32), lower: (Chunk, u32)) -> bool;

    /// The side (0 or 1) on which a chunk stands below a node of `level`.
    fn side(self, entry: (Chunk, u32), level: u32) -> usize;
}

/// The slot of an entry: in the tree's owner, or on a side of a chunk; and its level.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    owner: Link,
    side: usize,
    pub(super) level: u32,
}

impl Slot {
    /// The slot of the root.
    pub(crate) const ROOT: Self = Self { owner: None, side: 0, level: 0 };

    /// Returns the slot on a side of `owner`, which this slot holds.
    #[inline]
    pub(super) const fn below(self, owner: Chunk, side: usize) -> Self {
        Self { owner: Some(owner), side, level: self.level + 1 }
    }
}

/// More levels than any tree has: 32 bits of a size and 32 of an address, and the root.
const TOO_DEEP: u32 = 66;

/// Checks that `chunk`, the target of a link, is on a level that a tree can have: a cycle of links
/// would lead down for ever.
#[inline]
pub(super) fn check_level<C: Params>(window: Window<C>, chunk: Chunk, level: u32) {
    if Window::<C>::CHECKED && TOO_DEEP <= level {
        window.broken("corrupt free tree: a link leads back up", chunk);
    }
}

/// A tree of one shape, over the root that its owner keeps.
pub(super) struct Radix<'a, S, C> {
    pub(super) root: &'a mut SizedLink,
    pub(super) shape: S,
    pub(super) window: Window<C>,
}

/// Returns the child of `chunk` on `side`.
#[inline]
pub(super) fn child<C: Params>(window: Window<C>, chunk: Chunk, side: usize) -> SizedLink {
    let entry = window.child(chunk, side);
    window.check_link(entry.chunk, chunk);
    entry
}

/// Returns both children of `chunk`.
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
                    self.window.broken("corrupt free tree: a link to memory in use", owner);
                }
                self.window.set_child(owner, place.side, entry);
            }
            None => *self.root = entry,
        }
    }

    /// Whether `chunk` of `granules` outranks `entry`; every chunk outranks an empty one.
    #[inline]
    fn outranks(chunk: Chunk, granules: u32, entry: SizedLink) -> bool {
        entry.chunk.is_none_or(|lower| S::ranks_above((chunk, granules), (lower, entry.granules)))
    }

    /// Inserts a chunk.
    #[inline]
    pub(super) fn insert(&mut self, chunk: Chunk, granules: u32) {
        self.insert_from(Slot::ROOT, (chunk, granules));
    }

    /// Inserts a chunk at or below `place`.
    fn insert_from(&mut self, place: Slot, (chunk, granules): (Chunk, u32)) {
        let Slot { mut owner, mut side, mut level } = place;
        // Down to the first chunk that it outranks.
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
        // The newcomer takes that chunk's children; that chunk takes the place of its own child,
        // and so on down: each outranks all that were below it.
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

    /// Removes a chunk.
    #[inline]
    pub(super) fn remove(&mut self, chunk: Chunk, granules: u32) {
        let place = self.find(chunk, granules);
        self.pull(place, chunk);
    }

    /// Returns the slot of `chunk`.
    #[inline]
    pub(super) fn find(&self, chunk: Chunk, granules: u32) -> Slot {
        self.find_from(Slot::ROOT, chunk, granules)
    }

    /// Returns the slot of `chunk`, at or below `place`.
    #[inline]
    fn find_from(&self, place: Slot, chunk: Chunk, granules: u32) -> Slot {
        let Slot { mut owner, mut side, mut level } = place;
        let mut resident = self.at(place).chunk;
        while resident != Some(chunk) {
            let Some(other) = resident else {
                self.window.broken("corrupt free tree: a free chunk is missing", chunk)
            };
            check_level(self.window, other, level);
            (owner, side) = (Some(other), self.shape.side((chunk, granules), level));
            level += 1;
            resident = child(self.window, other, side).chunk;
        }
        Slot { owner, side, level }
    }

    /// Removes `chunk` from its slot, and fills the slot from below.
    #[inline]
    pub(super) fn pull(&mut self, place: Slot, chunk: Chunk) {
        self.fill(place, children(self.window, chunk));
    }

    /// Fills an empty slot with the higher of its two children, and that one's slot likewise.
    fn fill(&mut self, mut place: Slot, mut below: Node) {
        while let Some((next, node)) = self.raise(place, below) {
            (place, below) = (next, node);
        }
        self.set(place, SizedLink::NONE);
    }

    /// Fills an empty slot with the higher of its two children. Returns the slot that this empties,
    /// and that one's children.
    #[inline]
    fn raise(&mut self, place: Slot, [left, right]: Node) -> Option<(Slot, Node)> {
        let side = usize::from(!Self::rises(left, right));
        let (riser, other) = if side == 0 { (left, right) } else { (right, left) };
        let chunk = riser.chunk?;
        self.check_entry(chunk, riser.granules, place.level);
        self.set(place, riser);
        let below = children(self.window, chunk);
        // The caller sets its other side.
        self.window.set_child(chunk, 1 - side, other);
        Some((place.below(chunk, side), below))
    }

    /// Checks a chunk whose links are about to change: it must be free, and have the size that its
    /// entry of `level` holds.
    #[inline]
    fn check_entry(&self, chunk: Chunk, granules: u32, level: u32) {
        if Window::<C>::CHECKED {
            let tag = self.window.tag(chunk);
            if tag.is_used() || tag.granules() != granules {
                self.window
                    .broken("corrupt free tree: a link to no free chunk of that size", chunk);
            }
            check_level(self.window, chunk, level);
        }
    }

    /// Whether the left of two siblings moves up before the right.
    #[inline]
    fn rises(left: SizedLink, right: SizedLink) -> bool {
        match (left.chunk, right.chunk) {
            (Some(left_chunk), Some(right_chunk)) => {
                S::ranks_above((left_chunk, left.granules), (right_chunk, right.granules))
            }
            (left, _) => left.is_some(),
        }
    }

    /// Replaces the chunk at `place` by `heir`, there or below. The heir's key leads to that slot,
    /// and all above outrank it.
    pub(super) fn replace(&mut self, mut place: Slot, chunk: Chunk, heir: (Chunk, u32)) {
        let mut below = children(self.window, chunk);
        while !below.iter().all(|&entry| Self::outranks(heir.0, heir.1, entry)) {
            let level = place.level;
            let Some((next, node)) = self.raise(place, below) else { break };
            let side = self.shape.side(heir, level);
            if next.side != side {
                // The heir does not belong into the empty slot.
                self.fill(next, node);
                return self.insert_from(Slot { side, ..next }, heir);
            }
            (place, below) = (next, node);
        }
        self.set(place, SizedLink::of(heir.0, heir.1));
        self.window.set_node(heir.0, below);
    }

    /// Replaces `old` by `heir`, which outranks it: in its slot, or as far up as the heir outranks
    /// others.
    pub(super) fn promote(&mut self, old: (Chunk, u32), heir: (Chunk, u32)) {
        // Down, as long as the heir takes the same way and is outranked.
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
            // The chunk that moves up stands below `place`, so that slot stays.
            let below = self.find_from(place, old.0, old.1);
            self.pull(below, old.0);
            self.insert_from(place, heir);
        }
    }

    /// Walks the tree below `entry`, whose keys all have the bits that `shares` checks.
    ///
    /// Recursive, at most as deep as the tree.
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
