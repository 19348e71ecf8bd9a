//! How much of a fixed heap is live when it refuses, on each allocator that can have one.
//!
//! ```text
//!  cargo run --release --manifest-path benches/Cargo.toml --bin efficiency [-- OPTIONS]
//!
//!  the library's `efficiency`   the requests, until one is refused
//!  this file                    the heaps, all over the same 128 MiB, one after the other
//! ```
//!
//! Ours are [`Heap`]s, over bytes like those of their peers. A heap of this list has no memory but
//! these bytes; allocators that take theirs from the system do not stand here.

use brkalloc::__private::Config;
use brkalloc::{BrkHeap, Heap, brk_heap};
use brkalloc_benches::choice::{Choice, among, ended};
use brkalloc_benches::efficiency::{BYTES, fill};
use brkalloc_benches::meter::float;
use core::alloc::{GlobalAlloc, Layout};
use core::cell::RefCell;
use core::mem::MaybeUninit;
use core::ptr::{NonNull, null_mut};
use core::sync::atomic::{AtomicPtr, Ordering};
use good_memory_allocator::SpinLockedAllocator;
use std::process::ExitCode;
use talc::TalcLock;
use talc::source::Manual;

const USAGE: &str = "\
usage: efficiency [--row NAME]... [--rounds N]

  --row       only those whose names begin so
  --rounds    how often each heap is filled, with a seed of its own each time; 20";

#[brk_heap(policy = "segregated_fit")]
static SEGREGATED_FIT: BrkHeap;

#[brk_heap(policy = "first_fit", order = "address")]
static FIRST_FIT: BrkHeap;

#[brk_heap(policy = "next_fit", order = "address")]
static NEXT_FIT: BrkHeap;

#[brk_heap(policy = "best_fit", order = "address")]
static BEST_FIT: BrkHeap;

#[brk_heap(policy = "worst_fit", order = "address")]
static WORST_FIT: BrkHeap;

/// The bytes that a heap is made over.
type Memory = [MaybeUninit<u8>];

/// A heap's name, and how many bytes are live when it refuses, by its memory and the seed.
type Row = (&'static str, fn(&mut Memory, u64) -> usize);

const ROWS: &[Row] = &[
    ("segregated_fit", ours::<SEGREGATED_FIT>),
    ("first_fit by address", ours::<FIRST_FIT>),
    ("next_fit by address", ours::<NEXT_FIT>),
    ("best_fit by address", ours::<BEST_FIT>),
    ("worst_fit by address", ours::<WORST_FIT>),
    ("talc", talc),
    ("dlmalloc", dlmalloc),
    ("rlsf", rlsf),
    ("good_memory_allocator", good_memory),
    ("buddy_system_allocator", buddy_system),
    ("linked_list_allocator", linked_list),
];

fn main() -> ExitCode {
    ended(compare())
}

fn compare() -> Result<(), String> {
    let choice = Choice::read(lexopt::Parser::from_env(), (20, 1));
    let Some(choice) = choice.map_err(|mistake| format!("{mistake}\n{USAGE}"))? else {
        println!("{USAGE}");
        return Ok(());
    };
    let memory = lent();
    println!("| heap | live when it refuses, % | least | most |\n|---|--:|--:|--:|");
    for (name, fill) in among(&choice.names, ROWS, |(name, _)| name)? {
        let seeds = 1..=u64::from(choice.rounds);
        let shares = seeds.map(|seed| percent(fill(memory, seed)));
        println!("{}", line(name, &shares.collect::<Vec<_>>()));
    }
    println!("\n(of {} MiB; {} rounds)", BYTES >> 20, choice.rounds);
    Ok(())
}

/// The line of a heap: the mean, the least and the most.
fn line(name: &str, shares: &[f64]) -> String {
    let mean = shares.iter().sum::<f64>() / float(shares.len() as u64);
    let least = shares.iter().copied().fold(f64::INFINITY, f64::min);
    let most = shares.iter().copied().fold(0.0, f64::max);
    format!("| {name} | {mean:.2} | {least:.2} | {most:.2} |")
}

fn percent(live: usize) -> f64 {
    100.0 * float(live as u64) / float(BYTES as u64)
}

/// The memory of all heaps, aligned to its size, which suits a buddy system.
fn lent() -> &'static mut Memory {
    let layout = Layout::from_size_align(BYTES, BYTES).expect("a power of two is an alignment");
    // SAFETY: the size is not 0.
    let base = NonNull::new(unsafe { std::alloc::alloc(layout) }).expect("the system grants it");
    // SAFETY: the block has so many bytes, it is not freed, and nobody else has it.
    unsafe { core::slice::from_raw_parts_mut(base.as_ptr().cast(), BYTES) }
}

/// A heap over lent bytes as the trait of its peers.
struct Ours<'a, C: Config>(Heap<'a, C>);

// SAFETY: the heap keeps the contract; its functions are the same with other types.
unsafe impl<C: Config> GlobalAlloc for Ours<'_, C> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        address(self.0.allocate(layout))
    }

    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        // SAFETY: no block is null.
        let block = unsafe { NonNull::new_unchecked(block) };
        // SAFETY: as our caller promises.
        unsafe { self.0.deallocate(block) };
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: no block is null.
        let block = unsafe { NonNull::new_unchecked(block) };
        // SAFETY: as our caller promises.
        address(unsafe { self.0.reallocate(block, layout, size) })
    }
}

fn address(block: Option<NonNull<u8>>) -> *mut u8 {
    block.map_or(null_mut(), NonNull::as_ptr)
}

fn ours<C: Config>(memory: &mut Memory, seed: u64) -> usize {
    fill(&Ours(Heap::<C>::over(memory)), seed)
}

fn talc(memory: &mut Memory, seed: u64) -> usize {
    let heap: TalcLock<spinning_top::RawSpinlock, Manual> = TalcLock::new(Manual);
    // SAFETY: the memory is borrowed for longer than the heap lives.
    let claimed = unsafe { heap.lock().claim(memory.as_mut_ptr().cast(), memory.len()) };
    claimed.expect("talc takes it");
    fill(&heap, seed)
}

/// What dlmalloc asks for memory: it gets the whole at once, and nothing any more.
struct Once(AtomicPtr<u8>);

// SAFETY: what is handed out is lent for longer than the heap lives, and handed out once; nothing
// is taken back.
unsafe impl dlmalloc::Allocator for Once {
    fn alloc(&self, _: usize) -> (*mut u8, usize, u32) {
        (self.0.swap(null_mut(), Ordering::Relaxed), BYTES, 1)
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        null_mut()
    }

    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }

    fn free(&self, _: *mut u8, _: usize) -> bool {
        false
    }

    fn can_release_part(&self, _: u32) -> bool {
        false
    }

    fn allocates_zeros(&self) -> bool {
        false
    }

    fn page_size(&self) -> usize {
        4096
    }
}

struct Dlmalloc(RefCell<dlmalloc::Dlmalloc<Once>>);

// SAFETY: the heap keeps the contract; its functions are the same with other types.
unsafe impl GlobalAlloc for Dlmalloc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as our caller promises.
        unsafe { self.0.borrow_mut().malloc(layout.size(), layout.align()) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as our caller promises.
        unsafe { self.0.borrow_mut().free(block, layout.size(), layout.align()) };
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as our caller promises.
        unsafe { self.0.borrow_mut().realloc(block, layout.size(), layout.align(), size) }
    }
}

fn dlmalloc(memory: &mut Memory, seed: u64) -> usize {
    let once = Once(AtomicPtr::new(memory.as_mut_ptr().cast()));
    fill(&Dlmalloc(RefCell::new(dlmalloc::Dlmalloc::new_with_allocator(once))), seed)
}

/// With as many classes as a word has bits, as rlsf's own global allocator has them.
type Tlsf<'a> =
    rlsf::Tlsf<'a, usize, usize, { usize::BITS as usize - 5 }, { usize::BITS as usize }>;

struct Rlsf<'a>(RefCell<Tlsf<'a>>);

// SAFETY: the heap keeps the contract; its functions are the same with other types.
unsafe impl GlobalAlloc for Rlsf<'_> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        address(self.0.borrow_mut().allocate(layout))
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: no block is null.
        let block = unsafe { NonNull::new_unchecked(block) };
        // SAFETY: as our caller promises.
        unsafe { self.0.borrow_mut().deallocate(block, layout.align()) };
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: no block is null.
        let block = unsafe { NonNull::new_unchecked(block) };
        let layout = Layout::from_size_align(size, layout.align()).expect("our caller promises it");
        // SAFETY: as our caller promises.
        address(unsafe { self.0.borrow_mut().reallocate(block, layout) })
    }
}

fn rlsf(memory: &mut Memory, seed: u64) -> usize {
    let mut heap = Tlsf::new();
    heap.insert_free_block(memory);
    fill(&Rlsf(RefCell::new(heap)), seed)
}

fn good_memory(memory: &mut Memory, seed: u64) -> usize {
    let heap: SpinLockedAllocator = SpinLockedAllocator::empty();
    let base = memory.as_mut_ptr().expose_provenance();
    // SAFETY: the memory is borrowed for longer than the heap lives.
    unsafe { heap.init(base, memory.len()) };
    fill(&heap, seed)
}

fn buddy_system(memory: &mut Memory, seed: u64) -> usize {
    let heap = buddy_system_allocator::LockedHeap::<32>::empty();
    let base = memory.as_mut_ptr().expose_provenance();
    // SAFETY: the memory is borrowed for longer than the heap lives.
    unsafe { heap.lock().init(base, memory.len()) };
    fill(&heap, seed)
}

fn linked_list(memory: &mut Memory, seed: u64) -> usize {
    let heap = linked_list_allocator::LockedHeap::empty();
    // SAFETY: the memory is borrowed for longer than the heap lives.
    unsafe { heap.lock().init(memory.as_mut_ptr().cast(), memory.len()) };
    fill(&heap, seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_mean_and_what_it_lies_between() {
        assert_eq!(line("talc", &[95.0, 94.5, 96.1]), "| talc | 95.20 | 94.50 | 96.10 |");
        assert!((percent(BYTES / 4) - 25.0).abs() < 1e-9);
    }

    #[test]
    fn every_heap_is_used_for_the_most_part_and_refuses_in_the_end() {
        let memory = lent();
        for (name, fill) in ROWS {
            let share = percent(fill(memory, 1));
            assert!((40.0..100.0).contains(&share), "{name}: {share}");
        }
    }
}
