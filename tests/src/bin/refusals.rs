//! A careful program, run once for each call that the system may refuse, on heaps that take turns as its global allocator.
//!
//! `refusals calls` refuses the Nth call, for every N up to the count of a run, then the Nth and six more; `refusals space` and
//! `refusals data` let the process have little address space (`RLIMIT_AS`) or little to write to (`RLIMIT_DATA`), and give it more
//! when it has been refused. Each run is a process of its own, forked by one that allocates from the C library. After each the
//! heap is sound and empty, nothing is mapped, and the process is no larger than after an undisturbed run.

use brkalloc_harness::careful::Work;
use brkalloc_harness::refused_heaps::HEAPS;
use brkalloc_harness::refusing::{CALLS, COUNT, FIRST};
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::alloc::System;

const PAGE: usize = 4096;

/// What `setrlimit` takes for the name of a limit.
#[cfg(target_env = "gnu")]
type Name = libc::__rlimit_resource_t;
#[cfg(not(target_env = "gnu"))]
type Name = libc::c_int;

/// The heap whose turn it is, counted from 1; with 0, it is the C library's.
static TURN: AtomicUsize = AtomicUsize::new(0);

struct InTurn;

#[global_allocator]
static GLOBAL: InTurn = InTurn;

impl InTurn {
    fn heap() -> &'static dyn GlobalAlloc {
        match TURN.load(Relaxed).checked_sub(1) {
            None => &System,
            Some(which) => HEAPS[which],
        }
    }
}

// SAFETY: each of them is an allocator, and what one has handed out is freed while it is its turn.
unsafe impl GlobalAlloc for InTurn {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller guarantees the layout.
        unsafe { Self::heap().alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: likewise.
        unsafe { Self::heap().alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller guarantees the block.
        unsafe { Self::heap().dealloc(block, layout) };
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: likewise.
        unsafe { Self::heap().realloc(block, layout, size) }
    }
}

/// What the system is short of.
#[derive(Clone, Copy, Debug)]
enum Short {
    /// The calls from the first on, so many of them.
    Calls(usize, usize),
    /// Of what is limited there are so many bytes more.
    Bytes(Resource, usize),
}

/// What a process may have: its limit, and the line of `/proc/self/status` that says how much it has.
#[derive(Clone, Copy, Debug)]
struct Resource(Name, &'static str);

const SPACE: Resource = Resource(libc::RLIMIT_AS, "VmSize:");
const DATA: Resource = Resource(libc::RLIMIT_DATA, "VmData:");

impl Resource {
    /// How many bytes of it the process has. Nothing is allocated for it.
    fn used(self) -> usize {
        let mut text = [0; 4096];
        // SAFETY: it is a C string.
        let file = unsafe { libc::open(c"/proc/self/status".as_ptr(), libc::O_RDONLY) };
        // SAFETY: the text has room for as many bytes.
        let length = unsafe { libc::read(file, text.as_mut_ptr().cast(), text.len()) };
        // SAFETY: it was opened here.
        unsafe { libc::close(file) };
        let text = &text[..usize::try_from(length).expect("there is a /proc")];
        let text = core::str::from_utf8(text).expect("it is text");
        let line = text.lines().find_map(|line| line.strip_prefix(self.1)).expect("it is told");
        let kilobytes: usize = line.trim_end_matches(" kB").trim().parse().expect("a number");
        kilobytes * 1024
    }

    /// Lets the process have so many bytes more than it has.
    fn allow(self, more: Option<usize>) {
        let most = more.map_or(libc::RLIM_INFINITY, |more| (self.used() + more) as libc::rlim_t);
        let limit = libc::rlimit { rlim_cur: most, rlim_max: libc::RLIM_INFINITY };
        // SAFETY: the limit is this function's.
        assert_eq!(0, unsafe { libc::setrlimit(self.0, &raw const limit) });
    }
}

/// What a run has to tell.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    calls: usize,
    refusals: usize,
    /// Bytes by which the process is larger, without those of the window.
    larger: usize,
}

/// The careful program on a heap, in a process that the system is short with.
fn run(which: usize, short: Short) -> Told {
    let heap = HEAPS[which];
    let before = SPACE.used();
    let mut refusals = 0;
    CALLS.store(0, Relaxed);
    if let Short::Calls(first, count) = short {
        FIRST.store(first, Relaxed);
        COUNT.store(count, Relaxed);
    }
    let scarce = match short {
        Short::Bytes(resource, bytes) => Some((resource, bytes)),
        Short::Calls(..) => None,
    };
    let allow = |more: Option<usize>| {
        if let Some((resource, bytes)) = scarce {
            resource.allow(more.map(|more| more + bytes));
        }
    };
    if scarce.is_some() {
        // What a window takes when it opens, it has.
        heap.open();
    }
    allow(Some(0));
    TURN.store(which + 1, Relaxed);
    let mut refused = || {
        refusals += 1;
        heap.verify();
        // Ever more, until it suffices.
        allow(Some(refusals * refusals * PAGE));
    };
    Work { refused: &mut refused }.run();
    TURN.store(0, Relaxed);
    let calls = CALLS.load(Relaxed);
    FIRST.store(usize::MAX, Relaxed);
    COUNT.store(0, Relaxed);
    allow(None);
    let stats = heap.stats_when_trimmed();
    assert_eq!((stats.in_use, stats.mapped.unwrap_or(0)), (0, 0), "{stats:?}");
    // It works as ever.
    TURN.store(which + 1, Relaxed);
    Work { refused: &mut || panic!("nothing is short any more") }.run();
    TURN.store(0, Relaxed);
    let stats = heap.stats_when_trimmed();
    assert_eq!((stats.in_use, stats.mapped.unwrap_or(0)), (0, 0), "{stats:?}");
    Told { calls, refusals, larger: SPACE.used() - before - stats.reserved }
}

/// A run in a process of its own, which tells over shared memory.
fn forked(which: usize, short: Short) -> Told {
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
    // SAFETY: it replaces no mapping.
    let place = unsafe { libc::mmap(null_mut(), PAGE, access, flags, -1, 0) };
    let place = place.cast::<Told>();
    // SAFETY: the child runs on what it has, and leaves.
    let process = unsafe { libc::fork() };
    if process == 0 {
        let told = run(which, short);
        // SAFETY: the mapping has room for it.
        unsafe { place.write(told) };
        // SAFETY: nothing is left to clean up in the child.
        unsafe { libc::_exit(0) };
    }
    let mut status = -1;
    // SAFETY: the child is this process's own, and `status` has room for the answer.
    assert_eq!(process, unsafe { libc::waitpid(process, &raw mut status, 0) });
    assert_eq!(status, 0, "{} with {short:?}", HEAPS[which].name());
    // SAFETY: the child has written it, and is gone.
    let told = unsafe { place.read() };
    // SAFETY: it was mapped here, and is not used again.
    unsafe { libc::munmap(place.cast(), PAGE) };
    told
}

fn main() {
    let mode = std::env::args().nth(1);
    for (which, heap) in HEAPS.iter().enumerate() {
        let undisturbed = forked(which, Short::Calls(usize::MAX, 0));
        assert_eq!(undisturbed.refusals, 0);
        let shortages: Vec<Short> = match mode.as_deref() {
            Some("calls") => (1..=undisturbed.calls)
                .flat_map(|call| [Short::Calls(call, 1), Short::Calls(call, 7)])
                .collect(),
            Some("space") => SCARCE.map(|bytes| Short::Bytes(SPACE, bytes)).to_vec(),
            Some("data") => SCARCE.map(|bytes| Short::Bytes(DATA, bytes)).to_vec(),
            _ => panic!("the argument is `calls`, `space` or `data`"),
        };
        let mut refusals = 0;
        for short in &shortages {
            let told = forked(which, *short);
            refusals += told.refusals;
            assert!(
                told.larger <= undisturbed.larger + 6 * PAGE,
                "{} with {short:?} leaks: {told:?}, and not {undisturbed:?}",
                heap.name()
            );
        }
        assert!(shortages.len() / 20 < refusals, "{refusals} refusals of {}", heap.name());
        println!("{}: {} runs, {refusals} refusals", heap.name(), shortages.len());
    }
}

/// Bytes that a process may have at first.
const SCARCE: [usize; 6] = [0, PAGE, 10 * PAGE, 256 << 10, 1 << 20, 3 << 20];
