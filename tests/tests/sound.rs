//! What safe code can do to a heap: nothing that corrupts it.
//!
//! Configurations written by hand, heaps copied and mixed, arenas shared, closures that panic: each attempt ends in null, in an error, or in
//! a process that aborts with one line. What does not even compile is in `ui/unsound`. This crate has no `unsafe`: if one of these
//! attempts made two blocks overlap, safe code would have done it.
#![forbid(unsafe_code)]

#[path = "../support/child.rs"]
mod child;
#[path = "../support/last_words.rs"]
mod last_words;

use allocator_api2::vec::Vec as VecIn;
use brkalloc::__private::{
    Address, Basic, BestFit, Bins, Brk, Config, DefaultLock, Deferred, FirstFit, Immediate, Index,
    Lent, Lifo, List, Mmap, Slice, Source, SpinLock, Static, StaticArena, Storage, Tree, Uncached,
    Unchecked, Uncounted, Unmapped, Unquarantined,
};
use brkalloc::{BrkHeap, Heap, brk_heap};
use core::alloc::Layout;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::panic::AssertUnwindSafe;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::panic::catch_unwind;
use std::process::Command;
use std::thread;

/// The parts of a configuration that a case does not care about.
macro_rules! rest {
    ($source:ty, $index:ty) => {
        rest!($source, $index, 4096, 4096, 1 << 20, usize::MAX);
    };
    ($source:ty, $index:ty, $arena:expr, $grow:expr, $limit:expr, $trim:expr) => {
        type Source = $source;
        type Index = $index;
        type Coalesce = Immediate;
        type Lock = SpinLock;
        type Cache = Uncached;
        type Large = Unmapped;
        type Quarantine = Unquarantined;
        type Counters = Uncounted;
        const NAME: &'static str = "a heap by hand";
        const ARENA: usize = $arena;
        const GROW: usize = $grow;
        const LIMIT: usize = $limit;
        const TRIM: usize = $trim;
        type Harden = Basic;
        const LOCK: SpinLock = SpinLock::new();
    };
}

/// Lives on `heap`: makes vectors, looks at them, drops them; how many there could be.
fn live_on<C: Config>(heap: &BrkHeap<C>) -> usize {
    let mut all = Vec::new();
    for number in 0..200_u64 {
        let mut numbers = VecIn::new_in(heap);
        let length = usize::try_from(number * 3 + 1).expect("it is small");
        if numbers.try_reserve_exact(length).is_err() {
            break;
        }
        numbers.extend((0..=number * 3).map(|step| number ^ step));
        all.push(numbers);
    }
    for (number, numbers) in (0..).zip(&all) {
        assert!(numbers.iter().copied().eq((0..=number * 3).map(|step| number ^ step)));
    }
    assert_eq!(heap.check(), Ok(()));
    let served = all.len();
    // Every second one first, so that there is something to merge.
    for numbers in all.iter_mut().step_by(2) {
        numbers.clear();
        numbers.shrink_to_fit();
    }
    assert_eq!(heap.check(), Ok(()));
    drop(all);
    assert_eq!(heap.check(), Ok(()));
    assert_eq!(heap.stats().in_use, 0);
    served
}

/// That nothing is ever served.
fn serves_nothing<C: Config>(heap: &BrkHeap<C>) {
    assert_eq!(live_on(heap), 0);
    assert_eq!(heap.stats().origin, None);
    assert_eq!(heap.stats().committed, 0);
    assert_eq!(heap.trim(), 0);
    heap.for_each_chunk(|chunk| panic!("there is none: {chunk:?}"));
}

#[brk_heap(source = "mmap", policy = "first_fit")]
static MADE: BrkHeap;

#[test]
fn a_copy_of_a_heap_serves_nothing() {
    let copy = BrkHeap::<MADE>::__new();
    serves_nothing(&copy);
    assert_eq!(live_on(&MADE), 200);
    serves_nothing(&copy);
    let leaked: &'static BrkHeap<MADE> = Box::leak(Box::new(copy));
    serves_nothing(leaked);
}

#[test]
fn a_heap_that_no_attribute_declares_serves_nothing() {
    static NOWHERE: BrkHeap = BrkHeap::__new();
    serves_nothing(&NOWHERE);
}

#[test]
fn a_heap_of_bytes_that_nobody_lends_serves_nothing() {
    struct Nobody;
    impl Config for Nobody {
        rest!(Slice, Tree<FirstFit>);
        fn heap() -> &'static BrkHeap<Self> {
            static HEAP: BrkHeap<Nobody> = BrkHeap::__new();
            &HEAP
        }
    }
    serves_nothing(Nobody::heap());
}

#[test]
fn a_configuration_that_names_another_heap_each_time_serves_from_none() {
    struct Fickle;
    impl Config for Fickle {
        rest!(Mmap, Tree<FirstFit>);
        fn heap() -> &'static BrkHeap<Self> {
            Box::leak(Box::new(BrkHeap::__new()))
        }
    }
    serves_nothing(Fickle::heap());
}

#[test]
fn a_configuration_that_names_two_heaps_in_turn_serves_from_two_windows() {
    struct Turning;
    static TURN: AtomicUsize = AtomicUsize::new(0);
    static HEAPS: [BrkHeap<Turning>; 2] = [const { BrkHeap::__new() }; 2];
    impl Config for Turning {
        rest!(Mmap, Bins<Lifo, 464>);
        fn heap() -> &'static BrkHeap<Self> {
            &HEAPS[TURN.fetch_add(1, Ordering::Relaxed) % 2]
        }
    }
    let mut numbers = HEAPS.each_ref().map(VecIn::<u8, _>::new_in);
    for _ in 0..10 {
        for vector in &mut numbers {
            // Null until the configuration names this one.
            let _ = vector.try_reserve(1000);
        }
    }
    let [first, second] = &mut numbers;
    assert!(1000 <= first.capacity() && 1000 <= second.capacity());
    first.resize(1000, 1);
    second.resize(1000, 2);
    assert!(first.iter().all(|byte| *byte == 1) && second.iter().all(|byte| *byte == 2));
    drop(numbers);
    for heap in &HEAPS {
        assert_eq!(live_on(heap), 200);
    }
}

#[test]
fn two_configurations_share_an_arena_and_one_gets_it() {
    static ARENA: StaticArena<65_536> = StaticArena::new();
    struct Shared;
    impl Storage<true> for Shared {
        fn storage() -> Lent<true> {
            ARENA.lend()
        }
    }
    /// Another storage, the same arena.
    struct Other;
    impl Storage<true> for Other {
        fn storage() -> Lent<true> {
            let lent = ARENA.lend();
            [lent, lent][1]
        }
    }
    struct First;
    impl Config for First {
        rest!(Static<Shared, true>, Tree<FirstFit>);
        fn heap() -> &'static BrkHeap<Self> {
            static HEAP: BrkHeap<First> = BrkHeap::__new();
            &HEAP
        }
    }
    struct Second<S>(PhantomData<S>);
    impl<S: Storage<true>> Config for Second<S> {
        rest!(Static<S, true>, List<BestFit, Address>);
        fn heap() -> &'static BrkHeap<Self> {
            Box::leak(Box::new(BrkHeap::__new()))
        }
    }
    let served = live_on(First::heap());
    assert!(50 < served && served < 100, "it has 64 KiB: {served}");
    assert!(Heap::<Second<Shared>, Static<Shared, true>>::__of_source(64, 64).is_none());
    assert!(Heap::<Second<Other>, Static<Other, true>>::__of_source(64, 64).is_none());
    serves_nothing(Second::<Shared>::heap());
    serves_nothing(Second::<Other>::heap());
    assert!(Static::<Shared, true>::open(0, 0).is_none());
    assert_eq!(live_on(First::heap()), served, "it keeps them");
}

#[test]
fn two_heaps_over_the_break_get_two_windows() {
    struct Behind<const NUMBER: usize>;
    static FIRST: BrkHeap<Behind<1>> = BrkHeap::__new();
    static SECOND: BrkHeap<Behind<2>> = BrkHeap::__new();
    macro_rules! behind {
        ($number:literal, $heap:ident) => {
            impl Config for Behind<$number> {
                rest!(Brk, Tree<FirstFit>);
                fn heap() -> &'static BrkHeap<Self> {
                    &$heap
                }
            }
        };
    }
    behind!(1, FIRST);
    behind!(2, SECOND);
    assert_eq!((live_on(&FIRST), live_on(&SECOND)), (200, 200));
    let mut windows = [(usize::MAX, 0); 2];
    let widen = |window: &mut (usize, usize), chunk: brkalloc::ChunkInfo| {
        *window = (window.0.min(chunk.address), window.1.max(chunk.address + chunk.size));
    };
    FIRST.for_each_chunk(|chunk| widen(&mut windows[0], chunk));
    SECOND.for_each_chunk(|chunk| widen(&mut windows[1], chunk));
    let [first, second] = windows;
    assert!(first.1 <= second.0 || second.1 <= first.0, "{windows:x?}");
}

/// A configuration of any sizes, the index included.
struct Odd<I, const ARENA: usize, const GROW: usize, const LIMIT: usize, const TRIM: usize>(
    PhantomData<I>,
);

impl<I, const ARENA: usize, const GROW: usize, const LIMIT: usize, const TRIM: usize> Config
    for Odd<I, ARENA, GROW, LIMIT, TRIM>
where
    I: Index,
{
    rest!(Mmap, I, ARENA, GROW, LIMIT, TRIM);
    fn heap() -> &'static BrkHeap<Self> {
        Box::leak(Box::new(BrkHeap::__new()))
    }
}

/// Lives over a window of the configuration's own sizes, without a static.
fn live_over_window<C: Config>() {
    let Some(heap) = Heap::<C, Mmap>::__of_source(C::ARENA, C::LIMIT) else { return };
    let mut all = Vec::new();
    for number in 0..100_usize {
        let mut numbers = VecIn::new_in(&heap);
        if numbers.try_reserve(number * 50).is_ok() {
            numbers.resize(number * 50, number);
        }
        all.push(numbers);
        if number % 3 == 0 {
            all.swap_remove(number / 3 % all.len());
        }
        assert_eq!(heap.check(), Ok(()), "{}", BrkHeap::<C>::__new().config());
    }
    for numbers in &all {
        assert!(numbers.iter().all(|number| number * 50 == numbers.len()));
    }
    drop(all);
    heap.__trim();
    assert_eq!(heap.check(), Ok(()));
    assert_eq!(heap.stats().in_use, 0);
}

macro_rules! odd_sizes {
    ($($index:ty: $arena:expr, $grow:expr, $limit:expr, $trim:expr;)+) => {$(
        live_over_window::<Odd<$index, { $arena }, { $grow }, { $limit }, { $trim }>>();
    )+};
}

const MOST: usize = isize::MAX as usize;

/// What links of four bytes reach, or the half of what an address does.
const REACH: usize = if usize::BITS == 64 { 1 << 36 } else { 1 << 31 };

/// Beyond that.
const FAR: usize = if usize::BITS == 64 { 1 << 40 } else { 3 << 30 };

#[test]
fn no_sizes_of_a_configuration_are_too_odd() {
    odd_sizes! {
        Tree<FirstFit>: 0, 0, 0, 0;
        Bins<Lifo, 464>: 1, 1, 1, 1;
        Tree<BestFit>: 15, 1, 17, 0;
        Bins<Address, 40>: 16, 16, 32, 16;
        Tree<FirstFit>: 24, 8, 48, 8;
        Bins<Lifo, 464>: 31, 7, 4097, 1;
        Tree<BestFit>: 4096, 0, 4096, 0;
        Bins<Address, 40>: 4096, 1, 1 << 20, 0;
        Tree<FirstFit>: 4097, 4097, 12_345, 4096;
        Bins<Lifo, 464>: 100_000, 1, 1000, usize::MAX;
        Tree<BestFit>: usize::MAX, usize::MAX, usize::MAX, usize::MAX;
        Bins<Address, 40>: MOST, MOST, MOST, MOST;
        Tree<FirstFit>: 4096, usize::MAX, usize::MAX, 0;
        Bins<Lifo, 464>: 4096, usize::MAX, 1 << 20, 1;
        Tree<BestFit>: 0, usize::MAX, MOST + 1, 0;
        Bins<Address, 40>: 0, MOST + 1, REACH, 4096;
        Tree<FirstFit>: 1 << 20, 4096, REACH + 4096, 4096;
        Bins<Lifo, 464>: 4096, REACH - 1, REACH, FAR;
    }
}

#[test]
fn no_number_of_bins_is_too_odd() {
    macro_rules! bins {
        ($($count:literal)+) => {$(
            live_over_window::<Odd<Bins<Lifo, $count>, 4096, 4096, REACH, 65_536>>();
        )+};
    }
    bins!(0 1 2 3 15 16 17 31 32 33 200 463 464 465 480);
}

#[test]
fn a_closure_that_panics_leaves_its_heap_unlocked() {
    #[brk_heap(source = "mmap", policy = "first_fit")]
    static HEAP: BrkHeap;
    assert_eq!(live_on(&HEAP), 200);
    let outcome = catch_unwind(|| HEAP.for_each_chunk(|chunk| panic!("at {chunk:?}")));
    assert!(outcome.is_err());
    assert_eq!(live_on(&HEAP), 200);

    let mut bytes = [MaybeUninit::uninit(); 4096];
    let heap = Heap::<MADE>::over(&mut bytes);
    let visit = || heap.for_each_chunk(|chunk| panic!("at {chunk:?}"));
    assert!(catch_unwind(AssertUnwindSafe(visit)).is_err());
    assert_eq!(VecIn::<u8, _>::with_capacity_in(3, &heap).capacity(), 3);
    assert_eq!(heap.check(), Ok(()));
}

#[test]
fn a_heap_may_go_to_another_thread_with_all_that_is_in_it() {
    let mut bytes = vec![MaybeUninit::uninit(); 4096];
    let heap = Heap::<MADE>::over(&mut bytes);
    let first = heap.allocate(Layout::new::<u64>()).map(NonNull::addr);
    thread::scope(|scope| {
        scope.spawn(move || {
            let second = heap.allocate(Layout::new::<u64>()).map(NonNull::addr);
            assert_ne!(first, second);
            assert_eq!(heap.check(), Ok(()));
        });
    });
}

#[test]
fn two_heaps_of_one_configuration_do_not_meet() {
    let (mut left, mut right) = ([MaybeUninit::uninit(); 2048], [MaybeUninit::uninit(); 2048]);
    let (left, right) = (Heap::<MADE>::over(&mut left), Heap::<MADE>::over(&mut right));
    let mut first = VecIn::new_in(&left);
    let mut second = VecIn::new_in(&right);
    first.resize(100, 1_u8);
    second.resize(100, 2_u8);
    core::mem::swap(&mut first, &mut second);
    first.resize(300, 2);
    second.resize(300, 1);
    assert!(first.iter().all(|byte| *byte == 2) && second.iter().all(|byte| *byte == 1));
    drop((first, second));
    for heap in [left, right] {
        assert_eq!(heap.check(), Ok(()));
        assert_eq!(heap.stats().in_use, 0);
    }
}

/// A case of the program `audacity`, and its last words.
const ABORTED: [(&str, &str); 4] = [
    (
        "a configuration whose heap() panics",
        "brkalloc: a heap by hand: panicked within an allocator\n",
    ),
    ("a storage that panics", "brkalloc: `Storage::storage`: panicked within an allocator\n"),
    (
        "a closure that allocates from its own heap over bytes",
        "brkalloc: a heap with lock = \"none\": entered again while in use\n",
    ),
    (
        "a closure that looks at its own heap over bytes",
        "brkalloc: a heap with lock = \"none\": entered again while in use\n",
    ),
];

#[test]
fn what_cannot_be_served_nor_refused_ends_the_process_with_a_line() {
    for (case, words) in ABORTED {
        let ended = child::run(Command::new(env!("CARGO_BIN_EXE_audacity")).arg(case));
        assert_eq!(last_words::last_words(ended, case), words, "{case}");
    }
}

#[test]
fn caches_give_a_heap_back_only_what_is_its_own() {
    for case in [
        "a chunk of another heap of its configuration",
        "kept chunks of another heap of its configuration",
        "objects of another heap of its configuration",
        "a chunk of another heap of its configuration that grows",
    ] {
        let ended = child::run(Command::new(env!("CARGO_BIN_EXE_audacity")).arg(case));
        let words = last_words::last_words(ended, case);
        let expected =
            "brkalloc: a heap by hand: invalid free: pointer from outside this heap at 0x";
        assert!(words.starts_with(expected), "{case}: {words}");
    }
}

#[test]
fn a_cache_of_no_bytes_keeps_to_its_objects() {
    let case = "a cache of no bytes on a heap that checks all";
    let ended = child::run(Command::new(env!("CARGO_BIN_EXE_audacity")).arg(case));
    assert_eq!(ended.well(case), "nothing happened\n");
}

#[test]
fn a_block_shrinks_while_another_heap_is_current_and_what_is_behind_it_stays() {
    let case = "a heap that is not current and clears what it frees";
    let ended = child::run(Command::new(env!("CARGO_BIN_EXE_audacity")).arg(case));
    assert_eq!(ended.well(case), "nothing happened\n");
}

#[test]
fn a_request_asks_one_heap_where_a_block_lies_and_how_large_it_is() {
    let case = "a heap that is another one at each answer and clears what it frees";
    let ended = child::run(Command::new(env!("CARGO_BIN_EXE_audacity")).arg(case));
    assert_eq!(ended.well(case), "nothing happened\n");
}

#[test]
fn who_waits_for_itself_waits() {
    for case in [
        "a closure that allocates from its own heap",
        "a closure that allocates from its own heap behind a spin lock",
    ] {
        let ended = child::run(Command::new(env!("CARGO_BIN_EXE_audacity")).arg(case));
        assert_eq!(ended.well(case), "it waits\n", "{case}");
    }
}

#[test]
fn a_configuration_whose_heap_is_sought_on_that_heap_does_not_corrupt() {
    let case = "a configuration whose heap() allocates from that heap";
    let ended = child::run(Command::new(env!("CARGO_BIN_EXE_audacity")).arg(case));
    // The stack runs out, which std notices.
    assert_eq!(ended.signal, Some(libc::SIGABRT), "{}{}", ended.output, ended.errors);
}

/// A configuration may name the lock of the default, whichever it is here.
#[test]
fn the_default_lock_locks() {
    struct Locked;
    static HEAP: BrkHeap<Locked> = BrkHeap::__new();
    impl Config for Locked {
        type Source = Mmap;
        type Index = Tree<FirstFit>;
        type Coalesce = Deferred;
        type Lock = DefaultLock;
        type Cache = Uncached;
        type Large = Unmapped;
        type Quarantine = Unquarantined;
        type Counters = Uncounted;
        const NAME: &'static str = "a heap by hand";
        const ARENA: usize = 4096;
        const GROW: usize = 4096;
        const LIMIT: usize = 1 << 24;
        const TRIM: usize = 4096;
        type Harden = Unchecked;
        const LOCK: DefaultLock = DefaultLock::new();
        fn heap() -> &'static BrkHeap<Self> {
            &HEAP
        }
    }
    thread::scope(|scope| {
        for seed in 0..4_usize {
            scope.spawn(move || {
                for round in 0..3000 {
                    let mut numbers = VecIn::new_in(&HEAP);
                    numbers.extend((0..round % 100).map(|n| n ^ seed));
                    assert!(numbers.iter().copied().eq((0..round % 100).map(|n| n ^ seed)));
                }
            });
        }
    });
    assert_eq!(HEAP.check(), Ok(()));
    assert_eq!(HEAP.stats().in_use, 0);
}
