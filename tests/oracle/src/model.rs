//! The model: every free chunk stands in a list, and every search walks it.
//!
//! ```text
//!  base                                                                committed
//!  | … | tag | payload … | tag | payload … |  …  | tag | top … | end tag | … |
//!      ^ one word below a multiple of 16                        ^ the last such word
//! ```
//!
//! Offsets count from the base; alignment is that of base plus offset. A chunk is named by the
//! offset of its tag, an allocation by the offset of its payload, one word above. Used and free
//! chunks are kept in a map by offset, which tells neighbors; free ones stand in a sequence besides
//! (segregated fit: one per class), which tells the order of the search. The top is where the map
//! ends.
//!
//! The model gives nothing back (no trim), has no contents, and is fast enough for the recorded
//! traces and no faster.

mod check;
// Addresses worked out by hand, for tags of 8 bytes.
#[cfg(all(test, target_pointer_width = "64"))]
mod tests;

use crate::choices::{Coalesce, Order, Policy};
use crate::sequence::{Free, Sequence};
use std::collections::BTreeMap;

/// Bytes of a word, and of a tag: 8, for which the reference addresses are, or 4.
pub const WORD: u64 = size_of::<usize>() as u64;
/// Every chunk is a whole number of these many bytes.
pub const GRANULE: u64 = 16;
/// Bytes of the smallest chunk.
pub const LEAST: u64 = 32;
/// The arena grows by whole pages of these many bytes.
pub const PAGE: u64 = 4096;
/// A request of more than this alignment is refused before any search.
pub const MOST_ALIGNMENT: u64 = 1 << 29;
/// A request that needs more bytes than this is refused before any search: a window has places for so many
/// granules, less the two that its ends take.
pub const MOST_NEED: u64 = (u32::MAX as u64 - 1) * GRANULE;
/// How many chunks of a request's own class segregated fit looks at; and of just its size before, for
/// an aligned request.
const LOOKED_AT: usize = 8;

/// What a model is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// Which chunk a request takes.
    pub policy: Policy,
    /// Where a freed chunk stands.
    pub order: Order,
    /// When free neighbors merge.
    pub coalesce: Coalesce,
    /// The arena's first address; any number.
    pub base: u64,
    /// Bytes committed before the first search; any number where the arena is fixed.
    pub arena: usize,
    /// The least number of bytes by which the arena grows; `None` for a fixed arena.
    pub grow: Option<usize>,
    /// The most bytes that the arena may reach.
    pub limit: Option<usize>,
}

impl Setup {
    /// The setup behind the reference vectors: base 0, `arena` and `grow` of 64 KiB, no limit.
    #[must_use]
    pub const fn reference(policy: Policy, order: Order, coalesce: Coalesce) -> Self {
        let (arena, grow) = (64 << 10, Some(64 << 10));
        Self { policy, order, coalesce, base: 0, arena, grow, limit: None }
    }
}

/// What a chunk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Allocated.
    Used,
    /// Free, in the sequence.
    Free,
    /// Free, at the end of the arena.
    Top,
}

/// A chunk as [`Model::chunks`] shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Offset of its tag from the base.
    pub offset: u64,
    /// Bytes, tag included.
    pub size: u64,
    /// What it is.
    pub state: State,
}

/// A heap without memory: it answers every request with an offset.
#[derive(Clone, Debug)]
pub struct Model {
    setup: Setup,
    committed: u64,
    /// All chunks but the top: offset to size and whether it is used.
    chunks: BTreeMap<u64, (u64, bool)>,
    /// Offset of the top.
    top: u64,
    /// Class to sequence. Only segregated fit has other classes than 0.
    sequences: BTreeMap<u64, Sequence>,
    /// Whether anything was freed since the last pass.
    freed: bool,
    high_water: u64,
}

impl Model {
    /// A model in which nothing is allocated yet.
    ///
    /// # Panics
    ///
    /// If the arena grows but does not begin with room for the first tag and the end tag.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        let first = (setup.base + WORD).next_multiple_of(GRANULE) - WORD - setup.base;
        let model = Self {
            setup,
            committed: setup.arena as u64,
            chunks: BTreeMap::new(),
            top: first,
            sequences: BTreeMap::new(),
            freed: false,
            high_water: 0,
        };
        assert!(setup.grow.is_none() || model.is_tagged(), "no room for the tags");
        model
    }

    /// Serves a request and returns the offset of its payload; `None` where it is refused.
    ///
    /// A refusal changes no chunk, but under `coalesce = "deferred"` a pass may have gone before
    /// it.
    ///
    /// # Panics
    ///
    /// If `align` is no power of two.
    pub fn allocate(&mut self, size: usize, align: usize) -> Option<u64> {
        let align = align as u64;
        assert!(align.is_power_of_two(), "{align} is no alignment");
        let need = Self::need(size)?;
        if MOST_ALIGNMENT < align || !self.is_tagged() {
            return None;
        }
        let tag = self
            .take_from_sequence(need, align)
            .or_else(|| self.take_from_top(need, align))
            .or_else(|| self.take_after_pass(need, align))
            .or_else(|| self.take_after_growth(need, align))?;
        Some(tag + WORD)
    }

    /// Takes the allocation at `offset` back.
    ///
    /// # Panics
    ///
    /// If none is there.
    pub fn free(&mut self, offset: u64) {
        let tag = offset - WORD;
        let size = self.used_size(tag);
        self.chunks.remove(&tag);
        self.release(Free { offset: tag, size });
    }

    /// Resizes the allocation at `offset`, whose alignment is `align`, and returns where it is now.
    /// Where that is `None`, it is where it was, at its old size.
    ///
    /// # Panics
    ///
    /// If no allocation is there.
    pub fn reallocate(&mut self, offset: u64, align: usize, size: usize) -> Option<u64> {
        let tag = offset - WORD;
        let need = Self::need(size)?;
        if self.try_resize_in_place(tag, need) {
            return Some(offset);
        }
        let target = self.allocate(size, align)?;
        self.free(offset);
        Some(target)
    }

    /// The largest end of a used chunk so far, as an offset; 0 before the first allocation.
    #[must_use]
    pub fn high_water(&self) -> u64 {
        self.high_water
    }

    /// Bytes of the arena, from its base.
    #[must_use]
    pub fn committed(&self) -> u64 {
        self.committed
    }

    /// Every chunk in address order, the top last. An arena too small for two tags has none.
    pub fn chunks(&self) -> impl Iterator<Item = Chunk> {
        let top = self.is_tagged().then(|| self.top_size());
        let top = top.map(|size| Chunk { offset: self.top, size, state: State::Top });
        let below = self.chunks.iter().map(|(&offset, &(size, used))| {
            let state = if used { State::Used } else { State::Free };
            Chunk { offset, size, state }
        });
        below.chain(top)
    }

    /// The sequence from first to last, as offsets of tags; segregated fit's classes in ascending
    /// order.
    pub fn sequence(&self) -> impl Iterator<Item = u64> {
        self.sequences.values().flat_map(|sequence| sequence.chunks().iter().map(|c| c.offset))
    }

    /// Where next fit's rover stands, as the offset of a tag; `None` is the end.
    #[must_use]
    pub fn rover(&self) -> Option<u64> {
        self.sequences.get(&0).and_then(Sequence::rover)
    }
}

/// The words of the page: need, padding, class.
impl Model {
    /// Bytes of the chunk that serves `size`; `None` beyond [`MOST_NEED`].
    #[must_use]
    pub fn need(size: usize) -> Option<u64> {
        let need = (size.max(1) as u64).checked_add(WORD)?.checked_next_multiple_of(GRANULE)?;
        (need <= MOST_NEED).then_some(need.max(LEAST))
    }

    /// The class of a size, after "TLSF" (Masmano et al. 2004): sixteen per power of two.
    #[must_use]
    pub fn class(size: u64) -> u64 {
        let granules = size / GRANULE;
        if granules < 16 {
            return granules;
        }
        let exponent = u64::from(granules.ilog2());
        16 * (exponent - 3) + (granules >> (exponent - 4)) - 16
    }

    /// The least size in a class.
    #[must_use]
    pub fn class_least(class: u64) -> u64 {
        if class < 16 {
            return class * GRANULE;
        }
        let (exponent, sixteenths) = (class / 16 + 3, class % 16 + 16);
        (sixteenths << (exponent - 4)) * GRANULE
    }

    /// The least padding that aligns the payload of a chunk at `tag` and is 0 or at least a chunk.
    fn padding(&self, tag: u64, align: u64) -> u64 {
        if align <= GRANULE {
            return 0;
        }
        let payload = self.setup.base + tag + WORD;
        let padding = payload.next_multiple_of(align) - payload;
        if 0 < padding && padding < LEAST { padding + align } else { padding }
    }

    fn fits(&self, chunk: Free, need: u64, align: u64) -> bool {
        need <= chunk.size && self.padding(chunk.offset, align) + need <= chunk.size
    }

    /// The sequence in which a free chunk of `size` stands.
    fn sequence_of(&mut self, size: u64) -> &mut Sequence {
        let class = match self.setup.policy {
            Policy::SegregatedFit => Self::class(size),
            _ => 0,
        };
        let order = self.setup.order;
        self.sequences.entry(class).or_insert_with(|| Sequence::new(order))
    }
}

/// Searching and taking.
impl Model {
    /// The chunk that the policy picks: class and position in its sequence.
    fn pick(&self, need: u64, align: u64) -> Option<(u64, usize)> {
        if self.setup.policy == Policy::SegregatedFit {
            return self.pick_by_class(need, align);
        }
        let sequence = self.sequences.get(&0)?;
        let chunks = sequence.chunks();
        let fits = |chunk: &Free| self.fits(*chunk, need, align);
        // A later chunk must be better than the best so far, so the first of equals is kept.
        let extreme = |is_better: fn(u64, u64) -> bool| {
            let keep = |best: Option<(usize, u64)>, (at, chunk): (usize, &Free)| match best {
                Some((_, size)) if !is_better(chunk.size, size) => best,
                _ if fits(chunk) => Some((at, chunk.size)),
                _ => best,
            };
            chunks.iter().enumerate().fold(None, keep).map(|(at, _)| at)
        };
        let position = match self.setup.policy {
            Policy::FirstFit => chunks.iter().position(fits),
            Policy::NextFit => {
                let start = sequence.rover().and_then(|rover| sequence.position(rover));
                let start = start.unwrap_or(0);
                let onward = chunks.range(start..).position(fits).map(|steps| start + steps);
                onward.or_else(|| chunks.range(..start).position(fits))
            }
            Policy::BestFit => extreme(|size, best| size < best),
            Policy::WorstFit => extreme(|size, best| best < size),
            Policy::SegregatedFit => unreachable!("picked by class"),
        };
        Some((0, position?))
    }

    fn pick_by_class(&self, need: u64, align: u64) -> Option<(u64, usize)> {
        let ample = if GRANULE < align { need + align + GRANULE } else { need };
        if GRANULE < align {
            let near = self.sequences.range(Self::class(need)..=Self::class(ample));
            let chunks = near.flat_map(|(class, sequence)| {
                sequence.chunks().iter().enumerate().map(|(at, chunk)| ((*class, at), chunk))
            });
            let mut front = chunks.take(LOOKED_AT);
            let near = front.find(|(_, chunk)| self.fits(**chunk, need, align));
            if let Some((place, _)) = near {
                return Some(place);
            }
        }
        let surely = self.sequences.iter().find(|(class, sequence)| {
            ample <= Self::class_least(**class) && !sequence.chunks().is_empty()
        });
        if let Some((&class, _)) = surely {
            return Some((class, 0));
        }
        let own = Self::class(ample);
        let mut front = self.sequences.get(&own)?.chunks().iter().take(LOOKED_AT);
        front.position(|chunk| self.fits(*chunk, need, align)).map(|position| (own, position))
    }

    fn take_from_sequence(&mut self, need: u64, align: u64) -> Option<u64> {
        let (class, position) = self.pick(need, align)?;
        let sequence = self.sequences.get_mut(&class).expect("the class was just searched");
        let chunk = sequence.chunks()[position];
        let padding = self.padding(chunk.offset, align);
        let tag = chunk.offset + padding;
        let above = chunk.size - padding - need;
        let used = if LEAST <= above { need } else { need + above };

        let lower = (0 < padding).then_some(Free { offset: chunk.offset, size: padding });
        let upper = (LEAST <= above).then_some(Free { offset: tag + used, size: above });
        let sequence = self.sequences.get_mut(&class).expect("the class was just searched");
        if self.setup.policy == Policy::SegregatedFit {
            sequence.take(position, None, None);
            for piece in [lower, upper].into_iter().flatten() {
                self.sequence_of(piece.size).enter(piece);
            }
        } else {
            sequence.take(position, lower, upper);
        }

        self.chunks.remove(&chunk.offset);
        for piece in [lower, upper].into_iter().flatten() {
            self.chunks.insert(piece.offset, (piece.size, false));
        }
        self.set_used(tag, used);
        Some(tag)
    }

    fn take_from_top(&mut self, need: u64, align: u64) -> Option<u64> {
        let padding = self.padding(self.top, align);
        if self.top_size() < padding + need {
            return None;
        }
        if 0 < padding {
            self.enter(Free { offset: self.top, size: padding });
        }
        let tag = self.top + padding;
        self.top = tag + need;
        self.set_used(tag, need);
        Some(tag)
    }

    fn take_after_pass(&mut self, need: u64, align: u64) -> Option<u64> {
        if self.setup.coalesce != Coalesce::Deferred || !self.freed {
            return None;
        }
        self.pass();
        self.take_from_sequence(need, align).or_else(|| self.take_from_top(need, align))
    }

    fn take_after_growth(&mut self, need: u64, align: u64) -> Option<u64> {
        let padding = self.padding(self.top, align);
        if !self.try_reach(padding + need) {
            return None;
        }
        self.take_from_top(need, align)
    }

    fn set_used(&mut self, tag: u64, size: u64) {
        self.chunks.insert(tag, (size, true));
        self.high_water = self.high_water.max(tag + size);
    }
}

/// Freeing and merging.
impl Model {
    /// A free chunk enters its sequence as newly freed, unmerged.
    fn enter(&mut self, chunk: Free) {
        self.chunks.insert(chunk.offset, (chunk.size, false));
        self.sequence_of(chunk.size).enter(chunk);
    }

    /// A free chunk leaves its sequence; `upper` takes its place.
    fn leave(&mut self, chunk: Free, upper: Option<Free>) {
        self.chunks.remove(&chunk.offset);
        let sequence = self.sequence_of(chunk.size);
        let position = sequence.position(chunk.offset).expect("a free chunk is in its sequence");
        sequence.replace(position, None, upper);
    }

    /// What was used until now, and is in no map any more, becomes free by the rule of freeing.
    fn release(&mut self, chunk: Free) {
        self.freed = true;
        if self.setup.coalesce != Coalesce::Immediate {
            return self.enter(chunk);
        }
        let mut merged = chunk;
        if let Some(upper) = self.free_at(chunk.offset + chunk.size) {
            self.leave(upper, None);
            merged.size += upper.size;
        }
        if let Some(lower) = self.free_below(chunk.offset) {
            self.leave(lower, None);
            merged = Free { offset: lower.offset, size: lower.size + merged.size };
        }
        if merged.offset + merged.size == self.top {
            self.top = merged.offset;
        } else {
            self.enter(merged);
        }
    }

    /// Merges all free neighbors, the top included, and lines the free chunks up by address.
    fn pass(&mut self) {
        let chunks = core::mem::take(&mut self.chunks);
        let mut merged: BTreeMap<u64, (u64, bool)> = BTreeMap::new();
        for (offset, (size, used)) in chunks {
            if let Some(mut lower) = merged.last_entry().filter(|lower| !used && !lower.get().1) {
                lower.get_mut().0 += size;
            } else {
                merged.insert(offset, (size, used));
            }
        }
        if let Some(last) = merged.last_entry().filter(|last| !last.get().1) {
            self.top = *last.key();
            last.remove();
        }
        self.sequences.clear();
        for (&offset, &(size, _)) in merged.iter().filter(|(_, (_, used))| !used) {
            self.sequence_of(size).append(Free { offset, size });
        }
        self.chunks = merged;
        self.freed = false;
    }

    /// The free chunk whose tag is at `offset`, if one is there.
    fn free_at(&self, offset: u64) -> Option<Free> {
        let &(size, used) = self.chunks.get(&offset)?;
        (!used).then_some(Free { offset, size })
    }

    /// The chunk just below the one at `offset`, if it is free.
    fn free_below(&self, offset: u64) -> Option<Free> {
        let (&below, _) = self.chunks.range(..offset).next_back()?;
        self.free_at(below)
    }

    fn used_size(&self, tag: u64) -> u64 {
        let chunk = self.chunks.get(&tag).filter(|(_, used)| *used);
        chunk.unwrap_or_else(|| panic!("no used chunk at {tag}")).0
    }
}

/// Resizing in place.
impl Model {
    fn try_resize_in_place(&mut self, tag: u64, need: u64) -> bool {
        let size = self.used_size(tag);
        if need <= size {
            self.shrink(tag, size, need);
            return true;
        }
        let lacking = need - size;
        if tag + size == self.top {
            return self.try_grow_into_top(tag, size, lacking);
        }
        match self.free_at(tag + size) {
            Some(above) if lacking <= above.size => {
                self.grow_into(above, tag, size, lacking);
                true
            }
            _ => false,
        }
    }

    fn shrink(&mut self, tag: u64, size: u64, need: u64) {
        let tail = size - need;
        if LEAST <= tail {
            self.set_used(tag, need);
            self.release(Free { offset: tag + need, size: tail });
        }
    }

    fn grow_into(&mut self, above: Free, tag: u64, size: u64, lacking: u64) {
        let remains = above.size - lacking;
        let upper = Free { offset: above.offset + lacking, size: remains };
        if remains < LEAST {
            self.leave(above, None);
            self.set_used(tag, size + above.size);
            return;
        }
        if self.setup.policy == Policy::SegregatedFit {
            self.leave(above, None);
            self.enter(upper);
        } else {
            self.leave(above, Some(upper));
            self.chunks.insert(upper.offset, (upper.size, false));
        }
        self.set_used(tag, size + lacking);
    }

    fn try_grow_into_top(&mut self, tag: u64, size: u64, lacking: u64) -> bool {
        if !self.try_reach(lacking) {
            return false;
        }
        self.top += lacking;
        self.set_used(tag, size + lacking);
        true
    }
}

/// The arena and its end.
impl Model {
    /// Whether the arena has room for the first tag and the end tag.
    fn is_tagged(&self) -> bool {
        self.end().is_some_and(|end| self.top <= end)
    }

    /// Offset of the end tag: of the last word below a multiple of 16. `None` where that is below
    /// the base.
    fn end(&self) -> Option<u64> {
        let limit = self.setup.base + self.committed;
        (limit / GRANULE * GRANULE).checked_sub(WORD + self.setup.base)
    }

    fn top_size(&self) -> u64 {
        self.end().expect("the arena has its tags") - self.top
    }

    /// Sees to it that the top has `size` bytes; `false`, with nothing changed, where the arena
    /// cannot grow so far.
    fn try_reach(&mut self, size: u64) -> bool {
        let Some(lacking) = size.checked_sub(self.top_size()).filter(|lacking| 0 < *lacking) else {
            return true;
        };
        let Some(grow) = self.setup.grow else {
            return false;
        };
        let step = lacking.max(grow as u64).next_multiple_of(PAGE);
        let limit = self.setup.limit.map_or(u64::MAX, |limit| limit as u64);
        let before = self.committed;
        self.committed = (before + step).min(limit.max(before));
        if self.top_size() < size {
            self.committed = before;
            return false;
        }
        true
    }
}
