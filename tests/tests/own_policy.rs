//! Policies of the user's own: they place as the built-in ones do whose rule they have, no answer of theirs breaks a
//! heap, and what a heap cannot serve meanwhile ends the process with a line.
#![forbid(unsafe_code)]

#[path = "../support/child.rs"]
mod child;
#[path = "../support/last_words.rs"]
mod last_words;

use allocator_api2::vec::Vec as VecIn;
use brkalloc::{BrkHeap, Candidate, Config, Heap, Placement, Request, brk_heap};
use brkalloc_harness::own::{self, Pair};
use brkalloc_harness::random::Random;
use brkalloc_harness::{WORD, is_short};
use brkalloc_oracle::replay;
use brkalloc_oracle::trace;
use core::alloc::Layout;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::process::Command;
use std::sync::Mutex;

/// Holds each policy of the user's own to the built-in one whose rule it has, on one trace.
fn hold(trace: &str, bytes: &[u8]) {
    let events = trace::read(bytes).expect("the recorded traces are sound");
    let events = match (replay::every_row(), is_short()) {
        (true, _) => &events[..],
        (_, true) => &events[..4000],
        _ => replay::beginning(&events),
    };
    let pairs = own::pairs();
    assert_eq!(pairs.len(), 3 * 3 * 3, "rules, orders and ways to coalesce");
    for Pair { name, own, built_in } in pairs {
        let (own, built_in) = (own(events), built_in(events));
        assert_eq!(own, built_in, "{trace} {name}");
        assert!(0 < own.operations.searches && 0 < own.operations.visited, "{trace} {name}");
    }
}

#[test]
fn an_own_policy_places_the_compiler_s_trace_as_the_built_in_one_and_visits_as_many_chunks() {
    hold("cc1", trace::CC1);
}

#[test]
fn an_own_policy_places_git_s_trace_as_the_built_in_one_and_visits_as_many_chunks() {
    hold("git-log", trace::GIT_LOG);
}

/// Chooses any chunk that fits, or none; and looks whether what it is told is so.
struct Whim;

static STEP: AtomicU64 = AtomicU64::new(0);
static CHOSEN: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];
static WRONG: AtomicBool = AtomicBool::new(false);

impl Placement for Whim {
    fn choose<'s>(
        request: Request,
        mut fits: impl Iterator<Item = Candidate<'s>>,
    ) -> Option<Candidate<'s>> {
        let mut random = Random(STEP.fetch_add(1, Ordering::Relaxed));
        let mut chosen = None;
        for _ in 0..random.below(6) {
            let Some(candidate) = fits.next() else { break };
            let payload = candidate.address() + WORD + candidate.padding();
            let fits = request.size() <= candidate.size() - candidate.padding();
            if !payload.is_multiple_of(request.align()) || !fits || request.size() < 32 {
                WRONG.store(true, Ordering::Relaxed);
            }
            chosen = Some(candidate);
        }
        // Behind the end there is nothing, however often one asks.
        if random.below(8) == 0 {
            let _ = fits.by_ref().count();
            if fits.next().is_some() || fits.next().is_some() {
                WRONG.store(true, Ordering::Relaxed);
            }
        }
        CHOSEN[usize::from(chosen.is_some())].fetch_add(1, Ordering::Relaxed);
        chosen
    }
}

/// Vectors of many sizes and alignments come and go; each stays whole, and so does the heap.
fn live<C: Config>(heap: &BrkHeap<C>, seed: u64) {
    #[derive(Clone, Copy, PartialEq, Debug)]
    #[repr(align(64))]
    struct Line([u8; 64]);
    let mut random = Random(seed);
    let (mut bytes, mut lines) = (Vec::new(), Vec::new());
    for step in 0..3000_u32 {
        let mark = step.to_le_bytes()[0];
        match random.below(5) {
            0 | 1 => {
                let mut vector = VecIn::new_in(heap);
                vector.resize(random.size(3000), mark);
                bytes.push(vector);
            }
            2 => {
                let mut vector = VecIn::new_in(heap);
                vector.resize(random.size(20), Line([mark; 64]));
                lines.push(vector);
            }
            3 if !lines.is_empty() => drop(lines.swap_remove(random.below(lines.len()))),
            _ if !bytes.is_empty() => {
                let mut vector: VecIn<u8, _> = bytes.swap_remove(random.below(bytes.len()));
                let first = vector[0];
                assert!(vector.iter().all(|byte| *byte == first));
                vector.resize(vector.len() + random.size(400), first);
                if random.below(3) != 0 {
                    bytes.push(vector);
                }
            }
            _ => {}
        }
        if step % 16 == 0 {
            assert_eq!(heap.check(), Ok(()));
        }
    }
    assert!(bytes.iter().all(|vector| vector.iter().all(|byte| *byte == vector[0])));
    assert!(lines.iter().all(|vector| vector.iter().all(|line| *line == vector[0])));
    drop((bytes, lines));
    assert_eq!(heap.check(), Ok(()));
    if heap.config().cache.is_none() && heap.config().quarantine.is_none() {
        assert_eq!(heap.stats().in_use, 0);
    }
}

#[test]
fn whatever_a_policy_answers_the_heap_stays_sound() {
    macro_rules! live {
        ($($name:ident $options:tt)+) => {$({
            #[brk_heap $options]
            static $name: BrkHeap;
            live(&$name, 7);
        })+};
    }
    live! {
        ADDRESS(source = "mmap", policy = Whim)
        LIFO(source = "mmap", policy = Whim, order = "lifo", lock = "spin", harden = "none")
        FIFO(source = "mmap", policy = Whim, order = "fifo", stats = "counters")
        LATE(source = "mmap", policy = Whim, coalesce = "deferred", limit = "16MiB")
        LATE_LIFO(source = "mmap", policy = Whim, coalesce = "deferred", order = "lifo")
        APART(source = "mmap", policy = Whim, coalesce = "never", order = "fifo")
        ARRAY(source = "static", arena = "64MiB", policy = Whim)
        FULL(source = "mmap", policy = Whim, harden = "full", quarantine = "16KiB")
        CACHE(source = "mmap", policy = Whim, cache = "64KiB", large = "1MiB")
        MUTEX(source = "mmap", policy = self::Whim, lock = spin::mutex::SpinMutex<()>, zero = "free")
    }
    assert!(!WRONG.load(Ordering::Relaxed), "a candidate told what is not so");
    let [none, some] = CHOSEN.each_ref().map(|count| count.load(Ordering::Relaxed));
    assert!(1000 < none && 1000 < some, "it chose {some} times, and {none} times not");
}

#[test]
fn without_an_answer_the_top_serves_though_chunks_fit() {
    struct Never;
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    impl Placement for Never {
        fn choose<'s>(
            _: Request,
            fits: impl Iterator<Item = Candidate<'s>>,
        ) -> Option<Candidate<'s>> {
            ASKED.fetch_add(fits.count(), Ordering::Relaxed);
            None
        }
    }
    #[brk_heap(policy = Never, stats = "counters")]
    static NEVER: BrkHeap;
    let mut bytes = [MaybeUninit::uninit(); 1024];
    let heap = Heap::<NEVER>::over(&mut bytes);
    let mut vectors = [0; 3].map(|_| VecIn::<u8, _>::with_capacity_in(104, &heap));
    vectors[1] = VecIn::new_in(&heap);
    let last = vectors[2].as_ptr().addr();
    let next = VecIn::<u8, _>::with_capacity_in(104, &heap);
    assert_eq!(next.as_ptr().addr(), last + 112, "from the top, not from the hole");
    assert_eq!(ASKED.load(Ordering::Relaxed), 1);
    let operations = heap.stats().operations.expect("it counts");
    assert_eq!((operations.searches, operations.visited), (4, 1));
    assert!(heap.allocate(Layout::new::<[u64; 80]>()).is_none(), "the top is not that large");
    assert_eq!(heap.check(), Ok(()));
}

/// What a rule is told is what a walk over the chunks tells.
#[test]
fn candidates_are_the_free_chunks_that_fit_in_the_order_of_the_list() {
    struct Tells;
    static TOLD: Mutex<Vec<(usize, usize)>> = Mutex::new(Vec::new());
    impl Placement for Tells {
        fn choose<'s>(
            request: Request,
            fits: impl Iterator<Item = Candidate<'s>>,
        ) -> Option<Candidate<'s>> {
            let mut told = TOLD.lock().expect("no test panics with it");
            *told = vec![(request.size(), request.align())];
            told.extend(fits.map(|candidate| (candidate.address(), candidate.size())));
            None
        }
    }
    #[brk_heap(policy = Tells, order = "fifo")]
    static TELLS: BrkHeap;
    let mut bytes = [MaybeUninit::uninit(); 8192];
    let heap = Heap::<TELLS>::over(&mut bytes);
    let mut vectors: Vec<_> =
        (0..9).map(|number| VecIn::<u8, _>::with_capacity_in(40 + 32 * number, &heap)).collect();
    for number in [7, 1, 3, 5] {
        vectors[number] = VecIn::new_in(&heap);
    }
    let mut free = Vec::new();
    heap.for_each_chunk(|chunk| free.push((chunk.address, chunk.size)));
    // The second is too small.
    let expected = [7, 3, 5].map(|number| free[number]);
    drop(VecIn::<u8, _>::with_capacity_in(100, &heap));
    let needs = (100 + WORD).next_multiple_of(16);
    let told = TOLD.lock().expect("no test panics with it").clone();
    assert_eq!((told[0], &told[1..]), ((needs, 16), &expected[..]));
}

/// The cases of the program `own_policies` that end it, and its last words.
#[test]
fn a_policy_that_panics_or_comes_again_ends_the_process_with_a_line() {
    const AGAIN: &str =
        "entered again while in use: a policy must neither use its own heap nor panic";
    let unlocked = "brkalloc: a heap with lock = \"none\": entered again while in use";
    for (case, words) in [
        ("panics", "brkalloc: OS: panicked within an allocator".to_owned()),
        ("allocates from its heap", format!("brkalloc: OS: {AGAIN}")),
        ("allocates from its heap behind a spin lock", format!("brkalloc: SPIN: {AGAIN}")),
        (
            "allocates from its heap behind a mutex by its path",
            format!("brkalloc: BY_PATH: {AGAIN}"),
        ),
        ("allocates more from its heap than the cache has", format!("brkalloc: CACHED: {AGAIN}")),
        (
            "allocates from its heap that checks all",
            format!("brkalloc: FULL: {AGAIN}; it is #[brk_heap("),
        ),
        ("walks over its heap", format!("brkalloc: OS: {AGAIN}")),
        ("looks at its heap", format!("brkalloc: OS: {AGAIN}")),
        ("gives back what its heap has", format!("brkalloc: OS: {AGAIN}")),
        ("allocates from its heap over bytes", unlocked.to_owned()),
        ("walks over its heap over bytes", unlocked.to_owned()),
    ] {
        let ended = child::run(Command::new(env!("CARGO_BIN_EXE_own_policies")).arg(case));
        let said = last_words::last_words(ended, case);
        let is_it =
            if case.ends_with("all") { said.starts_with(&words) } else { said == words + "\n" };
        assert!(is_it, "{case}: {said}");
    }
}

#[test]
fn what_does_not_come_again_is_served() {
    for case in [
        "nothing wrong",
        "allocates what the cache has",
        "allocates from another heap",
        "has another thread allocate elsewhere",
    ] {
        let ended = child::run(Command::new(env!("CARGO_BIN_EXE_own_policies")).arg(case));
        assert_eq!(ended.well(case), "nothing happened\n", "{case}");
    }
}

/// The message of a panic is made on the heap within which the policy runs.
#[test]
fn a_policy_that_panics_on_the_global_heap_ends_the_process() {
    let program = env!("CARGO_BIN_EXE_own_policy_global");
    let ended = child::run(&mut Command::new(program));
    assert_eq!(ended.signal, Some(libc::SIGABRT), "{}{}", ended.output, ended.errors);
    let last = ended.errors.lines().last().expect("it says something");
    assert!(last.starts_with("brkalloc: HEAP: "), "{}", ended.errors);
}

/// Code of others runs within a lock by its path, too.
#[test]
fn a_lock_that_allocates_when_a_thread_waits_ends_the_process_with_a_line() {
    let ended = child::run(&mut Command::new(env!("CARGO_BIN_EXE_lock_allocates")));
    assert_eq!(ended.signal, Some(libc::SIGABRT), "{}{}", ended.output, ended.errors);
    // Two threads may notice at the same time.
    let is_it = |line: &str| {
        line.starts_with("brkalloc: HEAP: entered again while in use: its lock, or a closure")
    };
    assert!(!ended.errors.is_empty() && ended.errors.lines().all(is_it), "{}", ended.errors);
}
