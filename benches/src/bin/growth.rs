//! How the time of a search and an insertion grows with the number of free chunks.
//!
//! `cargo run --release --manifest-path benches/Cargo.toml --bin growth`
//!
//! A heap is filled with chunks of 32 B to 4 KiB, uniform in the logarithm, each above a small one
//! that stays; then the former are freed, so that n free chunks stand apart. One operation
//! allocates 32 B to 4 KiB, alignment 16, and frees the oldest of 64 such blocks. A first pass
//! counts the chunks that each of its searches looks at, a second one, of the same operations, is
//! timed without counting. The heaps lie in lent bytes, where a tree is one of links; those of the
//! rows that say *table* lie in mappings, where it is a table.

use brkalloc::__private::{Address, BestFit, Config, FirstFit, List, NextFit, Tree, WorstFit};
use brkalloc::__private::{
    Basic, Bins, Counted, Counters, Immediate, Index, Lifo, Mmap, Slice, Source, SpinLock,
};
use brkalloc::__private::{Uncached, Uncounted, Unmapped, Unquarantined};
use brkalloc::{BrkHeap, Heap};
use brkalloc_benches::{Random, cpu_time, machine};
use core::alloc::Layout;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

/// Operations of a pass over a tree; a list has fewer the longer it is.
const OPERATIONS: usize = 1_000_000;

/// Bytes of a heap.
const MEMORY: usize = 1_500_000_000;

/// A configuration of this index, counted or not.
struct Setup<I, K>(PhantomData<(I, K)>);

impl<I: Index, K: Counters> Config for Setup<I, K> {
    type Source = Slice;
    type Index = I;
    type Coalesce = Immediate;
    type Lock = SpinLock;
    type Cache = Uncached;
    type Large = Unmapped;
    type Quarantine = Unquarantined;
    type Counters = K;
    const NAME: &'static str = "growth";
    const ARENA: usize = 0;
    const GROW: usize = 0;
    const LIMIT: usize = 0;
    const TRIM: usize = usize::MAX;
    type Harden = Basic;
    #[expect(clippy::declare_interior_mutable_const, reason = "where each heap's lock comes from")]
    const LOCK: Self::Lock = SpinLock::new();

    fn heap() -> &'static BrkHeap<Self> {
        unreachable!("the heaps of this bench are made over slices")
    }
}

struct Block {
    pointer: NonNull<u8>,
}

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, 16).expect("small sizes are sound")
}

/// Leaves `count` free chunks in the heap, none beside another.
fn prepare<C: Config, S: Source>(heap: &Heap<'_, C, S>, count: usize, random: &mut Random) {
    let sizes = random.log_uniform(32, 4096);
    let take = |size: usize| heap.allocate(layout(size)).expect("the slice is large enough");
    let blocks: Vec<NonNull<u8>> = (0..count)
        .map(|index| {
            let block = take(sizes.pick(index as u64) - 8);
            take(16);
            block
        })
        .collect();
    for block in blocks {
        // SAFETY: the heap has just handed it out.
        unsafe { heap.deallocate(block) };
    }
}

/// Runs the operations; `each` sees the heap after each search.
fn operate<C: Config, S: Source>(
    heap: &Heap<'_, C, S>,
    operations: usize,
    random: &mut Random,
    mut each: impl FnMut(&Heap<'_, C, S>),
) {
    let sizes = random.log_uniform(32, 4096);
    let mut ring: [Option<Block>; 64] = [const { None }; 64];
    for operation in 0..operations {
        let pointer = heap.allocate(layout(sizes.pick(random.next_u64()))).expect("there is room");
        each(heap);
        if let Some(oldest) = ring[operation % 64].replace(Block { pointer }) {
            // SAFETY: the heap handed it out 64 operations ago.
            unsafe { heap.deallocate(oldest.pointer) };
        }
    }
}

fn measure<I: Index>(name: &str, count: usize, operations: usize, memory: &mut [MaybeUninit<u8>]) {
    let (median, worst) = count_visits(&Heap::<Setup<I, Counted>>::over(memory), count, operations);
    let nanoseconds = time(&Heap::<Setup<I, Uncounted>>::over(memory), count, operations);
    println!("| {name} | {count} | {nanoseconds:.0} | {median} | {worst} |");
}

/// The same in mappings of their own.
fn measure_mapped<I: Index>(name: &str, count: usize) {
    let heap = mapped::<Setup<I, Counted>>();
    let (median, worst) = count_visits(&heap, count, OPERATIONS);
    give_back(&heap);
    let heap = mapped::<Setup<I, Uncounted>>();
    let nanoseconds = time(&heap, count, OPERATIONS);
    give_back(&heap);
    println!("| {name} | {count} | {nanoseconds:.0} | {median} | {worst} |");
}

fn mapped<C: Config>() -> Heap<'static, C, Mmap> {
    Heap::__of_source(MEMORY, MEMORY).expect("there is address space")
}

/// Gives the pages of a heap that is not used any more back to the system.
fn give_back<C: Config>(heap: &Heap<'_, C, Mmap>) {
    let mut first = None;
    heap.for_each_chunk(|chunk| first = first.or(Some(chunk.address)));
    let base = first.expect("there is a chunk") & !4095;
    let base = core::ptr::with_exposed_provenance_mut(base);
    // SAFETY: the mapping is the heap's, which does nothing from now on.
    let failed = unsafe { libc::madvise(base, MEMORY, libc::MADV_DONTNEED) };
    assert_eq!(failed, 0, "the pages are mapped");
}

/// Chunks that a search looks at: in the median, and at the most.
fn count_visits<C: Config, S: Source>(
    heap: &Heap<'_, C, S>,
    count: usize,
    operations: usize,
) -> (u64, u64) {
    let mut random = Random::new(7);
    prepare(heap, count, &mut random);
    let mut visits = Vec::with_capacity(operations);
    let mut before = heap.__operations().map_or(0, |figures| figures.visited);
    operate(heap, operations, &mut random, |heap| {
        let visited = heap.__operations().map_or(0, |figures| figures.visited);
        visits.push(visited - before);
        before = visited;
    });
    heap.check().expect("the heap is whole");
    visits.sort_unstable();
    (visits[visits.len() / 2], visits[visits.len() - 1])
}

/// Nanoseconds an operation.
#[expect(clippy::cast_precision_loss, reason = "a figure to read")]
fn time<C: Config, S: Source>(heap: &Heap<'_, C, S>, count: usize, operations: usize) -> f64 {
    let mut random = Random::new(7);
    prepare(heap, count, &mut random);
    let start = cpu_time();
    operate(heap, operations, &mut random, |_| ());
    let nanoseconds = (cpu_time() - start) as f64 / operations as f64;
    heap.check().expect("the heap is whole");
    nanoseconds
}

fn main() {
    println!("{}\n", machine());
    println!(
        "| search | free chunks | ns per search and insertion | visited, median | visited, worst |"
    );
    println!("|---|--:|--:|--:|--:|");
    let mut memory = vec![MaybeUninit::<u8>::uninit(); MEMORY];
    for exponent in 3..=6 {
        let count = 10_usize.pow(exponent);
        measure::<Tree<FirstFit>>("first fit, tree", count, OPERATIONS, &mut memory);
        measure::<Tree<NextFit>>("next fit, tree", count, OPERATIONS, &mut memory);
        measure_mapped::<Tree<FirstFit>>("first fit, table", count);
        measure_mapped::<Tree<NextFit>>("next fit, table", count);
        measure_mapped::<Tree<WorstFit>>("worst fit, table", count);
        measure::<Tree<BestFit>>("best fit, tree", count, OPERATIONS, &mut memory);
        measure::<Tree<WorstFit>>("worst fit, tree", count, OPERATIONS, &mut memory);
        measure::<Bins<Lifo, 464>>("segregated fit, bins", count, OPERATIONS, &mut memory);
        if count <= 10_000 {
            let fewer = OPERATIONS * 10 / count;
            measure::<List<FirstFit, Address>>("first fit, list", count, fewer, &mut memory);
            measure::<List<NextFit, Address>>("next fit, list", count, fewer, &mut memory);
            measure::<List<BestFit, Address>>("best fit, list", count, fewer, &mut memory);
            measure::<List<WorstFit, Address>>("worst fit, list", count, fewer, &mut memory);
        }
    }
}
