//! The law: every heap returns, request by request, the address that the slow model names, whatever
//! its index.
//!
//! A case is an arena of its own and some hundred operations with all alignments, sizes of nothing
//! and of too much, and reallocations; blocks keep their patterns, and the heap checks itself after
//! every operation. A failure names the seed, which makes the same case again.

use brkalloc::__private::{Config, Mmap};
use brkalloc::Heap;
use brkalloc_oracle::cases::{Case, Live, Operation};
use brkalloc_oracle::{Coalesce, Model, Order, Policy, Setup};
use brkalloc_tests::{AnyHeap, Placed, Visitor, for_each_configuration};
use core::alloc::Layout;
use core::mem::MaybeUninit;

/// Cases for each of the 57 configurations.
const CASES: u64 = 500;
/// Operations of a case.
const OPERATIONS: usize = 300;
/// By how much the arenas of these tests grow at least.
const GROW: usize = 8 << 10;

/// A block that both heaps know.
struct Block {
    offset: u64,
    layout: Layout,
    pattern: u8,
}

/// One heap beside its model.
struct Pair<'a> {
    heap: &'a dyn AnyHeap,
    model: Model,
    live: Live<Block>,
    births: u8,
}

impl Pair<'_> {
    fn apply(&mut self, operation: Operation) {
        match operation {
            Operation::Allocate { size, align } => {
                let layout = Layout::from_size_align(size, align).expect("cases are sound");
                let offset = self.heap.allocate(layout);
                assert_eq!(offset, self.model.allocate(size, align), "allocate {layout:?}");
                if let Some(offset) = offset {
                    self.births = self.births.wrapping_add(1);
                    let block = Block { offset, layout, pattern: self.births };
                    self.paint(&block);
                    self.live.push(block);
                }
            }
            Operation::Free { slot } => {
                if let Some(block) = self.live.take(slot) {
                    self.inspect(&block, block.layout.size());
                    self.heap.free(block.offset);
                    self.model.free(block.offset);
                }
            }
            Operation::Reallocate { slot, size } => {
                let Some(block) = self.live.take(slot) else { return };
                let Block { offset, layout, pattern } = block;
                let moved = self.heap.reallocate(offset, layout, size);
                let expected = self.model.reallocate(offset, layout.align(), size);
                assert_eq!(moved, expected, "reallocate {layout:?} to {size}");
                let block = match moved {
                    Some(offset) => {
                        let resized = Layout::from_size_align(size, layout.align());
                        let layout = resized.expect("cases are sound");
                        Block { offset, layout, pattern }
                    }
                    None => block,
                };
                self.inspect(&block, layout.size().min(block.layout.size()));
                self.paint(&block);
                self.live.push(block);
            }
        }
        self.heap.check();
    }

    /// The block's bytes; of a large one, those at both ends.
    fn bytes(&self, block: &Block, size: usize) -> impl Iterator<Item = *mut u8> {
        let start = self.heap.block(block.offset).as_ptr();
        let ends = (0..size.min(64)).chain(size.saturating_sub(64)..size);
        ends.map(move |index| start.wrapping_add(index))
    }

    fn paint(&self, block: &Block) {
        for byte in self.bytes(block, block.layout.size()) {
            // SAFETY: the byte is one of the block's, which is in use.
            unsafe { byte.write(block.pattern) };
        }
    }

    /// The first `size` bytes are still those that were painted.
    fn inspect(&self, block: &Block, size: usize) {
        let painted = block.layout.size().max(size);
        for index in (0..size.min(64)).filter(|&index| index < painted) {
            // SAFETY: the byte is one of the block's, which is in use.
            let byte = unsafe { self.heap.block(block.offset).as_ptr().wrapping_add(index).read() };
            assert_eq!(byte, block.pattern, "byte {index} of the block at {}", block.offset);
        }
    }
}

fn run(heap: &dyn AnyHeap, setup: Setup, operations: &[Operation]) -> u64 {
    let mut pair = Pair { heap, model: Model::new(setup), live: Live::new(), births: 0 };
    for &operation in operations {
        pair.apply(operation);
    }
    assert_eq!(heap.high_water(), pair.model.high_water(), "high-water marks");
    pair.model.high_water()
}

struct Law {
    coalesce: Coalesce,
    cases: u64,
}

impl Visitor for Law {
    fn visit<C: Config>(
        &mut self,
        (policy, order, coalesce): (Policy, Order, Coalesce),
        index: &'static str,
    ) {
        if coalesce != self.coalesce {
            return;
        }
        let mut memory = vec![MaybeUninit::uninit(); Case::BASE_ALIGNMENT + Case::MOST_ARENA];
        for seed in 0..CASES {
            // A panic below names the case.
            let named = Named(policy, order, coalesce, index, seed);
            let mut case = Case::new(seed, OPERATIONS);
            case.grow = case.grow.map(|_| GROW);
            let setup = |base: usize| case.setup(policy, order, coalesce, base as u64);
            if let (Some(_), Some(limit)) = (case.grow, case.limit) {
                let heap = Heap::<C, Mmap>::__of_source(case.arena, limit).expect("there is room");
                let mut base = 0;
                heap.for_each_chunk(|chunk| base = chunk.address - 8);
                run(&Placed::new(heap, base), setup(base), &case.operations);
            } else {
                let start = memory.as_ptr().addr().next_multiple_of(Case::BASE_ALIGNMENT);
                let start = start - memory.as_ptr().addr() + case.shift;
                let bytes = &mut memory[start..start + case.arena];
                let base = bytes.as_mut_ptr().expose_provenance();
                run(&Placed::new(Heap::<C>::over(bytes), base), setup(base), &case.operations);
            }
            self.cases += 1;
            core::mem::forget(named);
        }
    }
}

/// Prints what case it is of, if a panic drops it.
struct Named(Policy, Order, Coalesce, &'static str, u64);

impl Drop for Named {
    fn drop(&mut self) {
        let Self(policy, order, coalesce, index, seed) = self;
        eprintln!("the case: {policy:?} {order:?} {coalesce:?} {index}, seed {seed}");
    }
}

fn hold(coalesce: Coalesce) {
    let mut law = Law { coalesce, cases: 0 };
    for_each_configuration::<GROW>(&mut law);
    assert_eq!(law.cases, 19 * CASES, "15 policies and orders, of which 4 have two indexes");
}

#[test]
fn heaps_that_coalesce_at_once_place_as_the_model_does() {
    hold(Coalesce::Immediate);
}

#[test]
fn heaps_that_defer_coalescing_place_as_the_model_does() {
    hold(Coalesce::Deferred);
}

#[test]
fn heaps_that_never_coalesce_place_as_the_model_does() {
    hold(Coalesce::Never);
}
