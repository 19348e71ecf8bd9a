//! Policies of the user's own that do what they must not: `own_policies CASE`. The heap must end the process before
//! this program can.
#![forbid(unsafe_code)]

use allocator_api2::vec::Vec as VecIn;
use brkalloc::{BrkHeap, Candidate, Config, Heap, Placement, Request, brk_heap};
use core::cell::Cell;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicU8, Ordering};
use std::thread;

/// What the policy does at its next search, by its number in [`CASES`]; 0 for nothing wrong.
static DEED: AtomicU8 = AtomicU8::new(0);

/// First fit, that does a deed first.
struct Wrong;

impl Placement for Wrong {
    fn choose<'s>(
        _: Request,
        mut fits: impl Iterator<Item = Candidate<'s>>,
    ) -> Option<Candidate<'s>> {
        let deed = DEED.swap(0, Ordering::Relaxed);
        if let Some((_, deed)) = CASES.get(usize::from(deed)) {
            deed();
        }
        fits.next()
    }
}

#[brk_heap(source = "mmap", policy = Wrong)]
static OS: BrkHeap;

#[brk_heap(source = "mmap", policy = Wrong, order = "lifo", lock = "spin")]
static SPIN: BrkHeap;

#[brk_heap(source = "mmap", policy = Wrong, lock = spin::mutex::SpinMutex<()>)]
static BY_PATH: BrkHeap;

#[brk_heap(source = "mmap", policy = Wrong, cache = "64KiB")]
static CACHED: BrkHeap;

#[brk_heap(source = "mmap", policy = Wrong, harden = "full", quarantine = "16KiB")]
static FULL: BrkHeap;

thread_local! {
    /// The heap of this thread, as far as it has one.
    static LENT: Cell<Option<&'static Heap<'static, OS>>> = const { Cell::new(None) };
}

type Case = (&'static str, fn());

const CASES: &[Case] = &[
    ("nothing wrong", || ()),
    ("panics", || std::panic::resume_unwind(Box::new(()))),
    ("allocates from its heap", || reserve(&OS, 40_000)),
    ("allocates from its heap behind a spin lock", || reserve(&SPIN, 40_000)),
    ("allocates from its heap behind a mutex by its path", || reserve(&BY_PATH, 40_000)),
    ("allocates more from its heap than the cache has", || reserve(&CACHED, 40_000)),
    ("allocates from its heap that checks all", || reserve(&FULL, 40_000)),
    ("walks over its heap", || {
        let _ = OS.check();
    }),
    ("looks at its heap", || {
        let _ = OS.stats();
    }),
    ("gives back what its heap has", || {
        OS.trim();
    }),
    ("allocates from its heap over bytes", || {
        let _ = LENT.get().map(|heap| heap.allocate(core::alloc::Layout::new::<u64>()));
    }),
    ("walks over its heap over bytes", || {
        let _ = LENT.get().map(Heap::check);
    }),
    ("allocates what the cache has", || reserve(&CACHED, 40)),
    ("allocates from another heap", || reserve(&SPIN, 40_000)),
    ("has another thread allocate elsewhere", || {
        thread::spawn(|| reserve(&SPIN, 40_000)).join().expect("it ends well");
    }),
];

fn reserve<C: Config>(heap: &BrkHeap<C>, bytes: usize) {
    let _ = VecIn::<u8, _>::new_in(heap).try_reserve_exact(bytes);
}

/// Frees blocks among others, so that the list has something to choose from, and asks for one.
fn ask<C: Config>(heap: &BrkHeap<C>) {
    let vector = |_| {
        let mut vector = VecIn::<u8, _>::new_in(heap);
        vector.try_reserve_exact(50_000).expect("there is memory");
        vector.resize(50_000, 1);
        vector
    };
    let mut all: Vec<_> = (0..6).map(vector).collect();
    all.remove(3);
    all.remove(1);
    let deed = std::env::args().nth(1).expect("the argument is a case");
    let deed = CASES.iter().position(|(name, _)| *name == deed).expect("it is a known case");
    DEED.store(u8::try_from(deed).expect("they are few"), Ordering::Relaxed);
    all.push(vector(0));
    assert_eq!(DEED.load(Ordering::Relaxed), 0, "the policy was asked");
    assert!(all.iter().all(|vector| vector.iter().all(|byte| *byte == 1)));
    drop(all);
    assert_eq!(heap.check(), Ok(()));
}

fn over_bytes() {
    let bytes = Vec::leak(vec![MaybeUninit::uninit(); 1 << 20]);
    let heap: &'static _ = Box::leak(Box::new(Heap::<OS>::over(bytes)));
    LENT.set(Some(heap));
    let vector = |bytes| VecIn::<u8, _>::with_capacity_in(bytes, heap);
    let [first, last] = [50_000, 50_000].map(vector);
    drop(first);
    let deed = std::env::args().nth(1).expect("the argument is a case");
    let deed = CASES.iter().position(|(name, _)| *name == deed).expect("it is a known case");
    DEED.store(u8::try_from(deed).expect("they are few"), Ordering::Relaxed);
    drop((vector(40_000), last));
}

fn main() {
    let case = std::env::args().nth(1).expect("the argument is a case");
    // What a cache keeps lies beside what it does not.
    reserve(&CACHED, 40);
    match case.as_str() {
        "allocates from its heap behind a spin lock" => ask(&SPIN),
        "allocates from its heap behind a mutex by its path" => ask(&BY_PATH),
        "allocates what the cache has" | "allocates more from its heap than the cache has" => {
            ask(&CACHED);
        }
        "allocates from its heap that checks all" => ask(&FULL),
        case if case.ends_with("over bytes") => over_bytes(),
        _ => ask(&OS),
    }
    println!("nothing happened");
}
