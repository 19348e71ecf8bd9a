//! A system that refuses one call: the heap says null, loses nothing, and goes on when the system grants again.
//!
//! The tests' system is real memory and a break of its own, and counts what it is asked. Each story runs once without a
//! refusal, to learn how many calls it makes; then once for every call, refusing that one; then once for every call,
//! refusing it and the ones after it for a while.

use brkalloc::__private::{
    Address, BestFit, Bins, Brk, Coalesce, Config, Deferred, Fifo, FirstFit, Harden, Immediate,
    Index, Libc, List, Mmap, Never, NextFit, Region, Source, SpinLock, System, Tree, Uncached,
    Uncounted, Unmapped, WorstFit,
};
use brkalloc::{BrkHeap, Origin};
use core::alloc::{GlobalAlloc, Layout};
use core::any::Any;
use core::cell::{Cell, RefCell};
use core::marker::PhantomData;
use core::ops::Range;
use core::ptr::NonNull;

#[path = "../support/pattern.rs"]
mod pattern;
#[path = "../support/random.rs"]
mod random;

use pattern::Block;
use random::Random;

const PAGE: usize = 4096;

/// Address space in which the break of the tests' system moves.
const GROUND: usize = 2 << 30;

/// The system of one test thread.
#[derive(Debug)]
struct Machine {
    calls: usize,
    refused: usize,
    /// The calls that are refused, counted from 1.
    refuse: Range<usize>,
    claimed: bool,
    ground: usize,
    brk: usize,
    /// The bytes reserved behind the break; 0 for none.
    room: usize,
    /// The most bytes that a reservation gets.
    largest: usize,
    mappings: Vec<(usize, usize)>,
}

impl Machine {
    const NONE: Self = Self {
        calls: 0,
        refused: 0,
        refuse: 0..0,
        claimed: false,
        ground: 0,
        brk: 0,
        room: 0,
        largest: usize::MAX,
        mappings: Vec::new(),
    };

    /// Counts a call; whether it is to be refused.
    fn refuses(&mut self) -> bool {
        self.calls += 1;
        let refuses = self.refuse.contains(&self.calls);
        self.refused += usize::from(refuses);
        refuses
    }

    fn reserve(&mut self, size: usize) -> Option<NonNull<u8>> {
        if self.largest < size {
            return None;
        }
        let mapping = Libc::reserve(size)?;
        self.mappings.push((mapping.as_ptr().expose_provenance(), size));
        Some(mapping)
    }
}

thread_local! {
    static MACHINE: RefCell<Machine> = const { RefCell::new(Machine::NONE) };
    /// The heap that the thread's configurations mean.
    static HEAP: Cell<Option<&'static dyn Any>> = const { Cell::new(None) };
}

fn machine<R>(f: impl FnOnce(&mut Machine) -> R) -> R {
    MACHINE.with_borrow_mut(f)
}

/// A machine as new, that refuses these calls. What the old one gave is gone: its heap is not used any more.
fn restart(refuse: Range<usize>) {
    machine(|machine| {
        for (address, size) in machine.mappings.drain(..) {
            // SAFETY: `reserve` recorded it, and its heap's story is over.
            unsafe { Libc::release(pointer(address), size) };
        }
        *machine = Machine::NONE;
        machine.ground = machine.reserve(GROUND).expect("there is address space").addr().get();
        machine.brk = machine.ground;
        machine.refuse = refuse;
    });
}

fn pointer(address: usize) -> NonNull<u8> {
    NonNull::new(core::ptr::with_exposed_provenance_mut(address)).expect("nothing is at 0")
}

struct Faulty;

// SAFETY: what is given is real memory of the process, and each machine gives it once; a test's machine has one thread.
unsafe impl System for Faulty {
    fn page_size() -> usize {
        PAGE
    }

    fn single_threaded() -> bool {
        true
    }

    fn claim_break() -> bool {
        machine(|machine| !core::mem::replace(&mut machine.claimed, true))
    }

    unsafe fn sbrk(increment: isize) -> Option<NonNull<u8>> {
        machine(|machine| {
            let after = machine.brk.checked_add_signed(increment)?;
            let beyond = machine.ground + GROUND < after || machine.room != 0;
            if machine.refuses() || (0 < increment && beyond) {
                return None;
            }
            let (before, size) = (machine.brk, increment.unsigned_abs());
            if 0 < increment {
                assert_eq!(size % PAGE, 0, "the break is at a page border already");
                // SAFETY: these pages of the ground are nobody's.
                assert!(unsafe { Libc::protect(pointer(before), size) });
            }
            machine.brk = after;
            Some(pointer(before))
        })
    }

    fn reserve(size: usize) -> Option<NonNull<u8>> {
        machine(|machine| if machine.refuses() { None } else { machine.reserve(size) })
    }

    fn reserve_at(address: NonNull<u8>, size: usize) -> Option<NonNull<u8>> {
        machine(|machine| {
            assert_eq!(address.addr().get(), machine.brk, "room is asked for behind the break");
            let is_beyond = machine.ground + GROUND < machine.brk + size;
            if machine.refuses() || machine.largest < size || is_beyond {
                return None;
            }
            machine.room = size;
            Some(pointer(machine.brk))
        })
    }

    unsafe fn protect(address: NonNull<u8>, size: usize) -> bool {
        // SAFETY: the caller vouches for the pages.
        !machine(Machine::refuses) && unsafe { Libc::protect(address, size) }
    }

    unsafe fn discard(address: NonNull<u8>, size: usize) -> bool {
        // SAFETY: the caller vouches for the pages.
        !machine(Machine::refuses) && unsafe { Libc::discard(address, size) }
    }

    unsafe fn release(address: NonNull<u8>, size: usize) {
        machine(|machine| {
            let address = address.addr().get();
            if (address, size) == (machine.brk, machine.room) {
                machine.room = 0;
                return;
            }
            let known = machine.mappings.iter().position(|&given| given == (address, size));
            machine.mappings.remove(known.expect("only what was given is released, and whole"));
            // SAFETY: it is what `reserve` gave, and the caller vouches that nobody uses it.
            unsafe { Libc::release(pointer(address), size) };
        });
    }
}

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
        // SAFETY: the caller vouches for the window.
        !machine(Machine::refuses) && unsafe { Mmap::<Calm>::commit(base, from, to) }
    }

    unsafe fn discard(base: NonNull<u8>, from: usize, to: usize) -> bool {
        // SAFETY: the caller vouches for the window.
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
        // SAFETY: the caller vouches for the pages.
        unsafe { Libc::protect(address, size) }
    }
    unsafe fn discard(address: NonNull<u8>, size: usize) -> bool {
        // SAFETY: the caller vouches for the pages.
        unsafe { Libc::discard(address, size) }
    }
    unsafe fn release(_: NonNull<u8>, _: usize) {
        unreachable!("it was granted, so it is lent");
    }
}

/// A configuration that asks its system often.
struct Busy<S, I, K>(PhantomData<(S, I, K)>);

impl<S: Source + 'static, I: Index, K: Coalesce> Config for Busy<S, I, K> {
    type Source = S;
    type Index = I;
    type Coalesce = K;
    type Lock = SpinLock;
    type Cache = Uncached;
    type Large = Unmapped;
    type Counters = Uncounted;
    const NAME: &'static str = "a heap over a faulty system";
    const ARENA: usize = 3 * PAGE + 100;
    const GROW: usize = PAGE + 1;
    const LIMIT: usize = 1 << 30;
    const TRIM: usize = 4 * PAGE;
    const HARDEN: Harden = Harden::Basic;
    const LOCK: SpinLock = SpinLock::new();

    fn heap() -> &'static BrkHeap<Self> {
        let heap = HEAP.get().expect("the story's heap is known");
        heap.downcast_ref().expect("the story's heap has this configuration")
    }
}

/// One story: operations from a seed on a heap, each of which may meet a refusal.
struct Story<C: Config> {
    heap: &'static BrkHeap<C>,
    random: Random,
    blocks: Vec<Block>,
    /// Whether nothing else is refused right behind a refused call.
    grants_at_once: bool,
    refusals: usize,
}

impl<C: Config> Story<C> {
    fn new(seed: u64, refuse: Range<usize>) -> Self {
        let grants_at_once = refuse.len() <= 1;
        restart(refuse);
        let heap: &'static BrkHeap<C> = Box::leak(Box::new(BrkHeap::__new()));
        HEAP.set(Some(heap));
        Self { heap, random: Random(seed), blocks: Vec::new(), grants_at_once, refusals: 0 }
    }

    fn run(mut self, steps: usize) -> Self {
        for _ in 0..steps {
            match self.random.below(16) {
                0..7 => self.allocate(false),
                7 | 8 => self.allocate(true),
                9..12 => self.reallocate(),
                12..15 => self.free(),
                _ => self.drain(),
            }
        }
        self.end()
    }

    fn layout(&mut self) -> Layout {
        let most = if self.random.below(8) == 0 { 100_000 } else { 3000 };
        let size = self.random.size(most);
        let align = 1 << if self.random.below(8) == 0 { self.random.below(14) } else { 3 };
        Layout::from_size_align(size, align).expect("both are small")
    }

    /// Does `attempt` until it is granted; while it is not, all must be as it was.
    fn insist(&mut self, mut attempt: impl FnMut(&BrkHeap<C>) -> *mut u8) -> NonNull<u8> {
        loop {
            let refused = machine(|machine| machine.refused);
            if let Some(place) = NonNull::new(attempt(self.heap)) {
                return place;
            }
            assert!(refused < machine(|machine| machine.refused), "null, and nothing was refused");
            self.refusals += 1;
            assert!(!self.grants_at_once || self.refusals == 1, "a lone refusal is felt once");
            self.is_whole();
        }
    }

    fn allocate(&mut self, zeroed: bool) {
        let layout = self.layout();
        let place = self.insist(|heap| {
            if zeroed {
                // SAFETY: the layout has a size.
                unsafe { heap.alloc_zeroed(layout) }
            } else {
                // SAFETY: the layout has a size.
                unsafe { heap.alloc(layout) }
            }
        });
        if zeroed {
            // SAFETY: the heap handed these bytes out just now, all of them written.
            let bytes = unsafe { core::slice::from_raw_parts(place.as_ptr(), layout.size()) };
            assert!(bytes.iter().all(|byte| *byte == 0), "alloc_zeroed is zero");
        }
        let seed = self.seed();
        // SAFETY: the heap handed the bytes out just now.
        self.blocks.push(unsafe { Block::fill(place, layout, seed) });
    }

    fn reallocate(&mut self) {
        if self.blocks.is_empty() {
            return;
        }
        let which = self.random.below(self.blocks.len());
        let mut block = self.blocks.swap_remove(which);
        let (old, place) = (block.layout, block.place);
        let size = self.layout().size();
        let moved = self.insist(|heap| {
            block.verify();
            // SAFETY: the heap handed the block out for `old`, and while this answers null it is in use.
            unsafe { heap.realloc(place.as_ptr(), old, size) }
        });
        // SAFETY: the heap handed the bytes out just now.
        self.blocks.push(unsafe { block.moved(moved, size) });
    }

    fn free(&mut self) {
        if self.blocks.is_empty() {
            return;
        }
        let which = self.random.below(self.blocks.len());
        self.release(which);
    }

    fn release(&mut self, which: usize) {
        let mut block = self.blocks.swap_remove(which);
        block.verify();
        // SAFETY: the heap handed the block out, and it is not used any more.
        unsafe { self.heap.dealloc(block.place.as_ptr(), block.layout) };
    }

    /// Frees most of what there is, so that the top is trimmed, and asks for a trim as well.
    fn drain(&mut self) {
        while 3 < self.blocks.len() {
            self.release(self.blocks.len() - 1);
        }
        self.heap.trim();
        self.is_whole();
    }

    fn seed(&mut self) -> u8 {
        self.random.number().to_le_bytes()[0]
    }

    /// Nothing is lost: every block is what it was, and the heap is sound.
    fn is_whole(&mut self) {
        assert_eq!(self.heap.check(), Ok(()));
        self.blocks.iter_mut().for_each(Block::verify);
    }

    /// All is freed, and all of it can be had again.
    fn end(mut self) -> Self {
        self.is_whole();
        while !self.blocks.is_empty() {
            self.free();
        }
        self.heap.trim();
        assert_eq!(self.heap.check(), Ok(()));
        let stats = self.heap.stats();
        assert_eq!(stats.in_use, 0);
        assert_eq!(stats.free, (stats.committed - 16) / 16 * 16, "every byte is in a free chunk");
        if C::Coalesce::MERGES {
            let layout = Layout::from_size_align(stats.free - 8, 8).expect("it is small");
            let place = self.insist(|heap| {
                // SAFETY: the layout has a size.
                unsafe { heap.alloc(layout) }
            });
            // SAFETY: the heap handed it out just now.
            unsafe { self.heap.dealloc(place.as_ptr(), layout) };
            assert_eq!(self.heap.stats().committed, stats.committed, "that took no growth");
        }
        self
    }
}

/// Tells the story with every call of the system refused in turn; how many refusals were felt.
fn refuse_every_call<C: Config>(steps: usize) -> usize {
    let calls = {
        Story::<C>::new(1, 0..0).run(steps);
        machine(|machine| machine.calls)
    };
    assert!(20 < calls, "the story asks the system often enough: {calls}");
    let mut felt = 0;
    for which in 1..=calls {
        felt += Story::<C>::new(1, which..which + 1).run(steps).refusals;
        felt += Story::<C>::new(1, which..which + 7).run(steps).refusals;
    }
    assert!(calls / 4 < felt, "refusals are felt: {felt} of {calls} calls");
    felt
}

const STEPS: usize = 500;

macro_rules! refuse_every_call {
    ($($source:ty: $index:ty, $coalesce:ty;)+) => {$(
        refuse_every_call::<Busy<$source, $index, $coalesce>>(STEPS);
    )+};
}

#[test]
fn a_heap_in_a_mapping_survives_every_refusal() {
    refuse_every_call! {
        Mmap<Faulty>: Tree<FirstFit>, Immediate;
        Mmap<Faulty>: Bins<Fifo, 464>, Immediate;
        Mmap<Faulty>: List<NextFit, Fifo>, Deferred;
    }
}

#[test]
fn a_heap_behind_the_break_survives_every_refusal() {
    refuse_every_call! {
        Brk<Faulty>: Tree<NextFit>, Immediate;
        Brk<Faulty>: Tree<BestFit>, Deferred;
        Brk<Faulty>: List<WorstFit, Address>, Never;
    }
}

#[test]
fn a_heap_whose_source_refuses_by_itself_survives_every_refusal() {
    refuse_every_call! {
        Stingy: Tree<WorstFit>, Immediate;
        Stingy: Tree<FirstFit>, Never;
        Stingy: Bins<Address, 464>, Deferred;
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
fn a_window_that_is_granted_in_part_is_a_smaller_limit() {
    let story = Story::<Plain>::new(1, 0..0);
    machine(|machine| machine.largest = Plain::LIMIT / 3);
    let heap = story.run(STEPS).heap;
    let stats = heap.stats();
    assert_eq!(stats.origin, Some(Origin::Break));
    assert!(Plain::LIMIT / 8 < stats.arena && stats.arena < Plain::LIMIT / 2, "{}", stats.arena);
    let layout = Layout::from_size_align(Plain::LIMIT / 2, 8).expect("it is below the limit");
    // SAFETY: the layout has a size.
    assert!(unsafe { heap.alloc(layout) }.is_null());
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
