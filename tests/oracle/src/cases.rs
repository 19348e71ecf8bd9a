//! A case is a seed: it settles an arena and a run of operations that fill and drain it again and
//! again.
//!
//! Nothing in a case knows what a heap answers. An operation names an allocation by a *slot*, which
//! counts among those alive at that moment; [`Live`] is the table that heap and model share for it.
//! Most requests are small and aligned to 16 or less; some repeat the case's few favorite sizes, so
//! that chunks of equal size compete; some are of size 0, some larger than any arena, some aligned
//! to far more than a page.
//!
//! The generator is `SplitMix64` (Steele, Lea & Flood 2014). It is no fuzzer: it neither shrinks
//! nor learns.

use crate::choices::{Coalesce, Order, Policy};
use crate::model::Setup;

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Allocate, and if that is granted, [`Live::push`] it.
    Allocate {
        /// Bytes; may be 0. With `align` or any live alignment they make a sound layout.
        size: usize,
        /// A power of two.
        align: usize,
    },
    /// Free what [`Live::take`] gives; nothing if nothing lives.
    Free {
        /// Any number.
        slot: usize,
    },
    /// Resize what [`Live::get_mut`] gives; nothing if nothing lives.
    Reallocate {
        /// Any number.
        slot: usize,
        /// Bytes; may be 0.
        size: usize,
    },
}

/// An arena and what happens in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The base's distance from the multiple of [`Case::BASE_ALIGNMENT`] below it.
    pub shift: usize,
    /// Bytes committed before the first search; whole pages where the arena grows.
    pub arena: usize,
    /// The least number of bytes by which the arena grows; `None` for a fixed arena.
    pub grow: Option<usize>,
    /// The most bytes that the arena may reach, in whole pages; `Some` exactly where it grows.
    pub limit: Option<usize>,
    /// What happens.
    pub operations: Vec<Operation>,
}

impl Case {
    /// With a base of `shift` above a multiple of this, a case is the same in every process: no
    /// granted request has a larger alignment.
    pub const BASE_ALIGNMENT: usize = 1 << 17;
    /// No arena reaches more bytes than this.
    pub const MOST_ARENA: usize = 512 << 10;

    /// The case of this seed, with `count` operations.
    #[must_use]
    pub fn new(seed: u64, count: usize) -> Self {
        let mut random = Random(seed);
        let case =
            if random.one_in(2) { Self::fixed(&mut random) } else { Self::growing(&mut random) };
        let operations = Generator::new(&mut random, case.arena).run(count);
        Self { operations, ..case }
    }

    /// The setup of a model for this case, whose arena begins at the address `base`.
    #[must_use]
    pub fn setup(&self, policy: Policy, order: Order, coalesce: Coalesce, base: u64) -> Setup {
        let &Self { arena, grow, limit, .. } = self;
        Setup { policy, order, coalesce, base, arena, grow, limit }
    }

    fn fixed(random: &mut Random) -> Self {
        let shift = match random.below(3) {
            0 => 0,
            1 => random.below(256) * 16,
            _ => random.below(4096),
        };
        let most = if random.one_in(8) { 256 } else { 64 << 10 };
        let arena = random.log_uniform(most);
        Self { shift, arena, grow: None, limit: None, operations: Vec::new() }
    }

    fn growing(random: &mut Random) -> Self {
        const PAGE: usize = 4096;
        let arena = (1 + random.below(16)) * PAGE;
        let grow = match random.below(4) {
            0 => 0,
            1 => PAGE,
            2 => 64 << 10,
            _ => random.below(32 << 10),
        };
        let limit = arena + random.below(33) * PAGE;
        Self { shift: 0, arena, grow: Some(grow), limit: Some(limit), operations: Vec::new() }
    }
}

const _: () = assert!((16 + 32) * 4096 <= Case::MOST_ARENA);

/// What lives, in an order that depends on the operations alone.
#[derive(Clone, Debug)]
pub struct Live<T>(Vec<T>);

impl<T> Live<T> {
    /// Nothing lives yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// One more lives.
    pub fn push(&mut self, allocation: T) {
        self.0.push(allocation);
    }

    /// Takes out what `slot` names; `None` if nothing lives.
    pub fn take(&mut self, slot: usize) -> Option<T> {
        let index = slot.checked_rem(self.0.len())?;
        Some(self.0.swap_remove(index))
    }

    /// What `slot` names; `None` if nothing lives.
    pub fn get_mut(&mut self, slot: usize) -> Option<&mut T> {
        let index = slot.checked_rem(self.0.len())?;
        self.0.get_mut(index)
    }

    /// All that lives.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }
}

impl<T> Default for Live<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// A reproducible source of numbers: `SplitMix64`.
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `bound` - 1.
    ///
    /// # Panics
    ///
    /// If `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let below = self.next_u64() % bound as u64;
        usize::try_from(below).expect("less than a usize")
    }

    /// True in one of `count` cases.
    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    /// A number from 0 to `bound` - 1 of which each binary length up to that of `bound` is as
    /// likely.
    pub fn log_uniform(&mut self, bound: usize) -> usize {
        let length = self.below(bound.ilog2() as usize + 1);
        self.below((2 << length).min(bound))
    }
}

/// Makes the operations of one case.
struct Generator<'a> {
    random: &'a mut Random,
    arena: usize,
    /// Bound of ordinary sizes.
    most: usize,
    favorites: [usize; 4],
    /// Of 16 operations that are no reallocation, how many allocate.
    filling: usize,
}

impl<'a> Generator<'a> {
    fn new(random: &'a mut Random, arena: usize) -> Self {
        let most = 64 << random.below(8);
        let favorites = core::array::from_fn(|_| random.log_uniform(most));
        Self { random, arena, most, favorites, filling: 12 }
    }

    fn run(&mut self, count: usize) -> Vec<Operation> {
        let mut operations = Vec::with_capacity(count);
        while operations.len() < count {
            self.filling = [3, 8, 9, 12, 14][self.random.below(5)];
            let phase = 16 + self.random.below(240);
            let phase = phase.min(count - operations.len());
            operations.extend((0..phase).map(|_| self.operation()));
        }
        operations
    }

    fn operation(&mut self) -> Operation {
        if self.random.one_in(5) {
            let slot = self.slot();
            return Operation::Reallocate { slot, size: self.size() };
        }
        if self.random.below(16) < self.filling {
            let size = self.size();
            Operation::Allocate { size, align: self.align() }
        } else {
            Operation::Free { slot: self.slot() }
        }
    }

    /// One of two slots is the newest or near it, so that runs of neighbors come free.
    fn slot(&mut self) -> usize {
        let bound = if self.random.one_in(2) { 8 } else { 1 << 20 };
        self.random.below(bound)
    }

    fn size(&mut self) -> usize {
        // With every alignment below that of the last row of `align`, these round up within
        // `isize`.
        #[cfg(target_pointer_width = "64")]
        const HUGE: [usize; 4] = [1 << 35, 1 << 36, 1 << 40, (1 << 63) - (1 << 30)];
        #[cfg(not(target_pointer_width = "64"))]
        const HUGE: [usize; 4] = [1 << 27, 1 << 28, 1 << 29, 1 << 30];
        match self.random.below(128) {
            0 | 1 => 0,
            2 => HUGE[self.random.below(HUGE.len())],
            3 => self.arena * 2 + self.random.below(Case::MOST_ARENA),
            4..8 => self.random.below(self.arena / 2 + 1),
            8..56 => self.favorites[self.random.below(self.favorites.len())],
            _ => self.random.log_uniform(self.most),
        }
    }

    fn align(&mut self) -> usize {
        match self.random.below(256) {
            0 => 1 << (29 + self.random.below(2)),
            1..8 => 1 << (13 + self.random.below(5)),
            8..56 => 32 << self.random.below(8),
            56..128 => 1 << self.random.below(4),
            _ => 16,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choices::combinations;
    use crate::model::{Chunk, MOST_ALIGNMENT, Model, State, WORD};

    #[derive(Clone, Copy, Debug)]
    struct Allocation {
        offset: u64,
        size: usize,
        align: usize,
    }

    /// What a run met.
    #[derive(Clone, Copy, Debug, Default)]
    struct Met {
        refused: usize,
        granted: usize,
        moved: usize,
        resized_in_place: usize,
        grown: usize,
    }

    fn assert_sound(model: &Model, base: u64, live: &Live<Allocation>) {
        assert_eq!(model.check(), Ok(()));
        let used: std::collections::BTreeMap<u64, u64> = model
            .chunks()
            .filter(|chunk| chunk.state == State::Used)
            .map(|Chunk { offset, size, .. }| (offset + WORD, size - WORD))
            .collect();
        assert_eq!(used.len(), live.iter().count());
        for allocation in live.iter() {
            assert!(allocation.size as u64 <= used[&allocation.offset], "{allocation:?}");
            assert_eq!((base + allocation.offset) % allocation.align as u64, 0, "{allocation:?}");
        }
        assert!(used.iter().all(|(offset, size)| offset + size <= model.high_water()));
    }

    fn run(case: &Case, setup: Setup, met: &mut Met) {
        let mut model = Model::new(setup);
        let mut live = Live::new();
        for &operation in &case.operations {
            let committed = model.committed();
            match operation {
                Operation::Allocate { size, align } => match model.allocate(size, align) {
                    Some(offset) => {
                        live.push(Allocation { offset, size, align });
                        met.granted += 1;
                    }
                    None => met.refused += 1,
                },
                Operation::Free { slot } => {
                    if let Some(Allocation { offset, .. }) = live.take(slot) {
                        model.free(offset);
                    }
                }
                Operation::Reallocate { slot, size } => {
                    let Some(allocation) = live.get_mut(slot) else { continue };
                    let before = allocation.offset;
                    if let Some(offset) = model.reallocate(before, allocation.align, size) {
                        *allocation = Allocation { offset, size, align: allocation.align };
                        met.resized_in_place += usize::from(offset == before);
                        met.moved += usize::from(offset != before);
                    } else {
                        met.refused += 1;
                    }
                }
            }
            met.grown += usize::from(committed < model.committed());
            assert_sound(&model, setup.base, &live);
        }
    }

    #[test]
    fn every_combination_stays_sound_in_random_cases() {
        let mut met = Met::default();
        for seed in 0..24 {
            let case = Case::new(seed, 300);
            for (policy, order, coalesce) in combinations() {
                let base = (Case::BASE_ALIGNMENT + case.shift) as u64;
                run(&case, case.setup(policy, order, coalesce, base), &mut met);
            }
        }
        let counts = [met.refused, met.granted, met.moved, met.resized_in_place, met.grown];
        assert!(counts.into_iter().all(|count| 100 < count), "{met:?}");
    }

    #[test]
    fn a_seed_is_a_case() {
        assert_eq!(Case::new(7, 100), Case::new(7, 100));
        assert_ne!(Case::new(7, 100), Case::new(8, 100));
        assert_eq!(Case::new(9, 77).operations.len(), 77);
    }

    #[test]
    fn every_size_and_alignment_make_a_layout() {
        let most_granted = usize::try_from(MOST_ALIGNMENT).expect("it fits");
        for seed in 0..200 {
            for operation in Case::new(seed, 200).operations {
                let (size, align) = match operation {
                    Operation::Allocate { size, align } => (size, align),
                    Operation::Reallocate { size, .. } => (size, most_granted),
                    Operation::Free { .. } => continue,
                };
                assert!(core::alloc::Layout::from_size_align(size, align).is_ok(), "{operation:?}");
            }
        }
    }
}
