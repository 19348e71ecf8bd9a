//! A system that refuses one call: the heap says null, loses nothing, and goes on when the system grants again.
//!
//! The tests' system is real memory and a break of its own, and counts what it is asked. Each story runs once without a
//! refusal, to learn how many calls it makes; then once for every call, refusing that one; then once for every call,
//! refusing it and the ones after it for a while.

use brkalloc::__private::{
    Address, Basic, BestFit, Bins, Brk, Cached, Coalesce, Config, Deferred, Fifo, FirstFit,
    Immediate, Index, Large, Libc, Lifo, List, Mapped, Mmap, Never, NextFit, PerThread, Region,
    Source, SpinLock, System, ThreadCache, Tree, Uncached, Uncounted, Unmapped, Unquarantined,
    WorstFit,
};
use brkalloc::{BrkHeap, Origin};
use core::alloc::{GlobalAlloc, Layout};
use core::marker::PhantomData;
use core::ptr::NonNull;

#[path = "../support/machine.rs"]
mod machine;
#[path = "../support/story.rs"]
mod story;

use machine::{Faulty, Machine, PAGE, machine};
use story::{Story, refuse_every_call};

/// A source that refuses by itself what its system would grant: growth in whole, not call by call.
struct Stingy;

// SAFETY: what it grants, `Mmap` grants.
unsafe impl Source for Stingy {
    const ZEROED: bool = true;
    const GROWS: bool = true;
    const OPTION: &'static str = "stingy";

    fn open(arena: usize, limit: usize) -> Option<Region> {
        if machine(Machine::refuses) { None } else { Mmap::<Calm>::open(arena, limit) }
    }

    fn page_size() -> usize {
        PAGE
    }

    unsafe fn commit(base: NonNull<u8>, from: usize, to: usize) -> bool {
        // SAFETY: the caller guarantees the window.
        !machine(Machine::refuses) && unsafe { Mmap::<Calm>::commit(base, from, to) }
    }

    unsafe fn discard(base: NonNull<u8>, from: usize, to: usize) -> bool {
        // SAFETY: the caller guarantees the window.
        !machine(Machine::refuses) && unsafe { Mmap::<Calm>::discard(base, from, to) }
    }
}

/// The system beneath [`Stingy`]: it refuses nothing, and the machine forgets nothing.
struct Calm;

// SAFETY: what is given is real memory of the process, given once.
unsafe impl System for Calm {
    fn page_size() -> usize {
        PAGE
    }
    fn single_threaded() -> bool {
        false
    }
    fn claim_break() -> bool {
        false
    }
    unsafe fn sbrk(_: isize) -> Option<NonNull<u8>> {
        None
    }
    fn reserve(size: usize) -> Option<NonNull<u8>> {
        machine(|machine| machine.reserve(size))
    }
    fn reserve_at(_: NonNull<u8>, _: usize) -> Option<NonNull<u8>> {
        None
    }
    unsafe fn protect(address: NonNull<u8>, size: usize) -> bool {
        // SAFETY: the caller guarantees the pages.
        unsafe { Libc::protect(address, size) }
    }
    unsafe fn discard(address: NonNull<u8>, size: usize) -> bool {
        // SAFETY: the caller guarantees the pages.
        unsafe { Libc::discard(address, size) }
    }
    unsafe fn release(_: NonNull<u8>, _: usize) {
        unreachable!("it was granted, so it is lent");
    }
}

macro_rules! asks_often {
    ($(#[$line:meta])* $name:ident: $cache:ty) => {
        $(#[$line])*
        struct $name<S, I, K, L = Unmapped>(PhantomData<(S, I, K, L)>);

        impl<S: Source + 'static, I: Index, K: Coalesce, L: Large> Config for $name<S, I, K, L> {
            type Source = S;
            type Index = I;
            type Coalesce = K;
            type Lock = SpinLock;
            type Cache = $cache;
            type Large = L;
            type Quarantine = Unquarantined;
            type Counters = Uncounted;
            const NAME: &'static str = "a heap over a faulty system";
            const ARENA: usize = 3 * PAGE + 100;
            const GROW: usize = PAGE + 1;
            const LIMIT: usize = 1 << 30;
            const TRIM: usize = 4 * PAGE;
            type Harden = Basic;
            const LOCK: SpinLock = SpinLock::new();

            fn heap() -> &'static BrkHeap<Self> {
                story::heap()
            }
        }
    };
}

asks_often! {
    /// A configuration that asks its system often.
    Busy: Uncached
}

asks_often! {
    /// The same, with a cache.
    Keeping: Cached<{ 32 << 10 }>
}

impl<S: Source + 'static, I: Index, K: Coalesce, L: Large> PerThread for Keeping<S, I, K, L> {
    fn with<R>(f: impl FnOnce(&ThreadCache<Self>) -> R) -> R {
        f(story::cache())
    }

    /// At the end of a story all is given back.
    fn watch_end() -> bool {
        true
    }
}

const STEPS: usize = 500;

macro_rules! refuse_every_call {
    ($($config:ident<$source:ty: $($type:ty),+>;)+) => {$(
        refuse_every_call::<$config<$source, $($type),+>>(STEPS);
    )+};
}

#[test]
fn a_heap_in_a_mapping_survives_every_refusal() {
    refuse_every_call! {
        Busy<Mmap<Faulty>: Tree<FirstFit>, Immediate>;
        Busy<Mmap<Faulty>: Bins<Fifo, 464>, Immediate>;
        Busy<Mmap<Faulty>: List<NextFit, Fifo>, Deferred>;
    }
}

#[test]
fn a_heap_behind_the_break_survives_every_refusal() {
    refuse_every_call! {
        Busy<Brk<Faulty>: Tree<NextFit>, Immediate>;
        Busy<Brk<Faulty>: Tree<BestFit>, Deferred>;
        Busy<Brk<Faulty>: List<WorstFit, Address>, Never>;
    }
}

#[test]
fn a_heap_whose_source_refuses_by_itself_survives_every_refusal() {
    refuse_every_call! {
        Busy<Stingy: Tree<WorstFit>, Immediate>;
        Busy<Stingy: Tree<FirstFit>, Never>;
        Busy<Stingy: Bins<Address, 464>, Deferred>;
    }
}

#[test]
fn a_heap_with_mappings_beside_it_survives_every_refusal() {
    refuse_every_call! {
        Busy<Mmap<Faulty>: Tree<FirstFit>, Immediate, Mapped<8000>>;
        Busy<Brk<Faulty>: Bins<Lifo, 464>, Deferred, Mapped<8000>>;
    }
}

#[test]
fn a_heap_with_a_cache_survives_every_refusal() {
    refuse_every_call! {
        Keeping<Mmap<Faulty>: Tree<FirstFit>, Immediate>;
        Keeping<Brk<Faulty>: Bins<Lifo, 464>, Immediate>;
        Keeping<Brk<Faulty>: List<NextFit, Fifo>, Deferred>;
        Keeping<Stingy: Tree<BestFit>, Immediate>;
    }
}

#[test]
fn a_heap_with_a_cache_and_mappings_survives_every_refusal() {
    refuse_every_call! {
        Keeping<Brk<Faulty>: Tree<FirstFit>, Immediate, Mapped<8000>>;
        Keeping<Mmap<Faulty>: Bins<Lifo, 464>, Immediate, Mapped<8000>>;
    }
}

type Plain = Busy<Brk<Faulty>, Tree<FirstFit>, Immediate>;

#[test]
fn a_heap_without_memory_answers_null_until_there_is_some() {
    let layout = Layout::new::<[u64; 4]>();
    let heap = Story::<Plain>::new(1, 1..60).heap;
    let mut nulls = 0;
    // SAFETY: the layout has a size.
    while unsafe { heap.alloc(layout) }.is_null() {
        assert_eq!(heap.check(), Ok(()));
        assert_eq!(heap.stats().origin, None);
        assert_eq!(heap.trim(), 0);
        nulls += 1;
    }
    assert!(1 < nulls);
    // The claim on the break was spent on the first attempt.
    assert_eq!(heap.stats().origin, Some(Origin::Mapping));
    assert_eq!(heap.check(), Ok(()));
}

#[test]
fn a_heap_gets_the_break_when_nothing_is_refused() {
    let heap = Story::<Plain>::new(1, 0..0).run(STEPS).heap;
    assert_eq!(heap.stats().origin, Some(Origin::Break));
}

#[test]
fn a_break_that_is_refused_makes_it_a_mapping() {
    // The calls are: sbrk(0), sbrk(arena), reserve_at; then those of growth.
    let origins = [Origin::Mapping, Origin::Mapping, Origin::Mapping, Origin::Break];
    for (which, origin) in (1..).zip(origins) {
        let heap = Story::<Plain>::new(1, which..which + 1).run(STEPS).heap;
        assert_eq!(heap.stats().origin, Some(origin), "call {which}");
    }
}

#[test]
fn a_window_with_somebody_behind_it_serves_all_that_is_before() {
    const FREE: usize = 64 << 20;
    const SIZE: usize = 1 << 20;
    let heap = Story::<Plain>::new(1, 0..0).heap;
    let layout = Layout::from_size_align(SIZE, 8).expect("it is small");
    let mut served = 0;
    // SAFETY: the layout has a size.
    while !unsafe { heap.alloc(layout) }.is_null() {
        served += SIZE;
        machine(|machine| machine.free = FREE);
    }
    assert_eq!(heap.stats().origin, Some(Origin::Break));
    assert!(FREE - 2 * SIZE < served && served < FREE, "{served} bytes");
    assert!(FREE - SIZE < heap.stats().reserved, "{:?}", heap.stats());
    assert_eq!(heap.check(), Ok(()));
    // SAFETY: the layout has a size.
    assert!(!unsafe { heap.alloc(Layout::new::<[u64; 100]>()) }.is_null(), "what fits is served");
}

#[test]
fn a_heap_that_grows_asks_the_system_seldom() {
    let heap = Story::<Plain>::new(1, 0..0).heap;
    let before = machine(|machine| machine.calls);
    let layout = Layout::from_size_align(PAGE, 8).expect("it is sound");
    for _ in 0..10_000 {
        // SAFETY: the layout has a size.
        assert!(!unsafe { heap.alloc(layout) }.is_null());
    }
    let calls = machine(|machine| machine.calls) - before;
    assert!(calls < 200, "{calls} calls, and 5000 steps of `grow`");
    assert_eq!(heap.check(), Ok(()));
}

#[test]
fn a_vector_that_cannot_grow_keeps_its_elements() {
    let story = Story::<Plain>::new(1, 0..0);
    let mut numbers = allocator_api2::vec::Vec::new_in(story.heap);
    numbers.extend_from_slice(&[7_u64; 1000]);
    machine(|machine| machine.refuse = machine.calls + 1..usize::MAX);
    while numbers.len() < numbers.capacity() {
        numbers.push(7);
    }
    assert!(numbers.try_reserve(1_000_000).is_err());
    assert!(numbers.iter().all(|number| *number == 7));
    assert_eq!(story.heap.check(), Ok(()));
    machine(|machine| machine.refuse = 0..0);
    assert!(numbers.try_reserve(1_000_000).is_ok());
    assert!(numbers.iter().all(|number| *number == 7));
    assert_eq!(story.heap.check(), Ok(()));
}
