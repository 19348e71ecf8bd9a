//! A process at the border to its system: with little address space, with its memory locked, and as monitors see it.
//!
//! Its heaps are those of the attribute without options, one that names a placement, and one whose table moves. Each mode
//! prints one line.

use brkalloc::{BrkHeap, brk_heap};
use core::alloc::{GlobalAlloc, Layout};
use std::fs;
use std::process::ExitCode;

#[global_allocator]
#[brk_heap]
static HEAP: BrkHeap;

#[brk_heap(policy = "segregated_fit")]
static BINS: BrkHeap;

#[brk_heap(policy = "first_fit")]
static TREE: BrkHeap;

#[brk_heap(policy = "first_fit", harden = "full")]
static HARD: BrkHeap;

const MIB: usize = 1 << 20;
const BLOCK: usize = 64 << 10;

/// A figure of `/proc/self/status`, in bytes.
fn status(name: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("there is a /proc");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("it is there");
    let kib: usize = line.trim_matches([':', ' ', '\t', 'k', 'B']).parse().expect("a number");
    kib << 10
}

/// Takes and writes blocks until there are no more, and returns how many bytes.
fn exhaust(heap: &impl GlobalAlloc, most: usize) -> usize {
    let layout = Layout::from_size_align(BLOCK, 16).expect("it is sound");
    let mut served = 0;
    while served < most {
        // SAFETY: the layout has a size.
        let block = unsafe { heap.alloc(layout) };
        if block.is_null() {
            break;
        }
        // SAFETY: the block has a byte.
        unsafe { block.write(1) };
        served += BLOCK;
    }
    served
}

fn limit(which: libc::__rlimit_resource_t, bytes: usize) {
    let limit = libc::rlimit { rlim_cur: bytes as libc::rlim_t, rlim_max: bytes as libc::rlim_t };
    // SAFETY: the limit is this function's.
    assert_eq!(0, unsafe { libc::setrlimit(which, &raw const limit) }, "a limit can be lowered");
}

/// All threads start, and nearly all that is left is served.
fn space(heap: &impl GlobalAlloc) {
    const STACK: usize = 2 * MIB;
    const THREADS: usize = 20;
    let allowed = 300 * MIB;
    // C's own malloc would reserve 64 MiB for each thread.
    #[cfg(target_env = "gnu")]
    // SAFETY: it changes how many heaps C's malloc has, before there are threads.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
    let before = status("VmSize");
    limit(libc::RLIMIT_AS, before + allowed);
    let (_stay, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Arc::new(std::sync::Mutex::new(wait));
    let started = (0..THREADS)
        .filter(|_| {
            let wait = wait.clone();
            let sleep = move || drop(wait.lock().map(|wait| wait.recv()));
            std::thread::Builder::new().stack_size(STACK).spawn(sleep).is_ok()
        })
        .count();
    assert_eq!(started, THREADS);
    let left = before + allowed - status("VmSize");
    let served = exhaust(heap, usize::MAX);
    assert!(
        200 * MIB < left && left / 100 * 97 <= served,
        "{} of {} KiB",
        served >> 10,
        left >> 10
    );
    println!("ok");
}

/// A process that locks its memory locks what is in use.
fn locked() {
    drop(vec![1_u8; 100_000]);
    // SAFETY: it has no precondition.
    if 0 != unsafe { libc::mlockall(libc::MCL_CURRENT | libc::MCL_FUTURE) } {
        println!("skipped: {}", std::io::Error::last_os_error());
        return;
    }
    let locked = status("VmLck");
    assert!(locked < 24 * MIB, "{} KiB", locked >> 10);
    let mut words = vec![1_u8; 3 * MIB];
    words.extend([2; 1000]);
    assert!(words.len() < 4 * MIB);
    // Pages that are locked are not given back, and a heap does not believe that they are zero.
    drop(words);
    HEAP.trim();
    assert!(vec![0_u8; 3 * MIB].iter().all(|byte| *byte == 0));
    let more = status("VmLck") - locked;
    assert!(more < 16 * MIB, "{} KiB more", more >> 10);
    println!("ok");
}

/// Somebody writes to a page of a free chunk before the page goes back. The heap does not forget that.
fn written() {
    let layouts = [64, MIB, 64].map(|size| Layout::from_size_align(size, 16).expect("it is sound"));
    // SAFETY: the layouts have sizes.
    let blocks = layouts.map(|layout| unsafe { HARD.alloc(layout) });
    // SAFETY: the heap handed it out, and nobody needs it.
    unsafe { HARD.dealloc(blocks[1], layouts[1]) };
    // SAFETY: the place lies where the block was.
    let byte = unsafe { blocks[1].add(MIB / 2) };
    // SAFETY: none but that the page is mapped; the byte is the heap's.
    unsafe { byte.write(1) };
    HARD.trim();
    println!("nobody noticed");
}

/// A block with a page that the program has locked is freed: the system takes the pages before that one and then
/// refuses. A heap that compares freed memory with its pattern does not take those zeros for somebody's.
fn locked_in_part() {
    // With its tag and what stands behind it, two pages: the next block begins at a page, and so does the top that it
    // joins.
    let pages = Layout::from_size_align(2 * 4096 - 16, 4096).expect("it is sound");
    // SAFETY: the layout has a size.
    assert!(!unsafe { HARD.alloc(pages) }.is_null());
    let layout = Layout::from_size_align(8 * MIB, 4096).expect("it is sound");
    // SAFETY: the layout has a size.
    let block = unsafe { HARD.alloc(layout) };
    assert!(!block.is_null());
    // SAFETY: the block has that many bytes.
    unsafe { block.write_bytes(0xA5, 8 * MIB) };
    // SAFETY: the block has that many bytes.
    let page = unsafe { block.add(5 * MIB) };
    // SAFETY: the page lies in the block.
    if 0 != unsafe { libc::mlock(page.cast(), 4096) } {
        println!("skipped: {}", std::io::Error::last_os_error());
        return;
    }
    // SAFETY: the heap handed it out, and nobody needs it.
    unsafe { HARD.dealloc(block, layout) };
    assert_eq!(HARD.check(), Ok(()));
    // From the first page of the top on.
    HARD.trim();
    assert_eq!(HARD.check(), Ok(()));
    // SAFETY: the layout has a size.
    let block = unsafe { HARD.alloc_zeroed(layout) };
    assert!(!block.is_null());
    // SAFETY: the heap says that so many bytes are there, and zero.
    let bytes = unsafe { core::slice::from_raw_parts(block, 8 * MIB) };
    assert!(bytes.iter().all(|byte| *byte == 0));
    assert_eq!(HARD.check(), Ok(()));
    println!("ok");
}

/// Of a process with three heaps no more is to be seen than what is there.
fn seen() {
    let before = status("VmSize");
    exhaust(&BINS, BLOCK);
    exhaust(&TREE, BLOCK);
    let committed = |heaps: [usize; 3]| heaps.iter().sum::<usize>();
    let all =
        || committed([HEAP.stats().committed, BINS.stats().committed, TREE.stats().committed]);
    let reserved = status("VmSize") - before;
    assert!(reserved < 2 * all() + 8 * MIB, "{} KiB", reserved >> 10);
    exhaust(&BINS, 100 * MIB);
    exhaust(&TREE, 100 * MIB);
    let reserved = status("VmSize") - before;
    assert!(200 * MIB < all() && reserved < 2 * all(), "{} KiB", reserved >> 10);
    assert_eq!((BINS.check(), TREE.check(), HEAP.check()), (Ok(()), Ok(()), Ok(())));
    println!("ok");
}

/// Others' mappings do not come in the way of a window.
fn between() {
    exhaust(&TREE, BLOCK);
    exhaust(&BINS, BLOCK);
    let others = (0..2000).map(|_| {
        let (access, flags) = (libc::PROT_NONE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        // SAFETY: it replaces no mapping.
        unsafe { libc::mmap(core::ptr::null_mut(), 64 * MIB, access, flags, -1, 0) }
    });
    assert!(others.filter(|other| *other != libc::MAP_FAILED).count() == 2000);
    for heap in [&TREE as &dyn GlobalAlloc, &BINS] {
        let layout = Layout::from_size_align(4 << 30, 16).expect("it is sound");
        // SAFETY: the layout has a size.
        assert!(!unsafe { heap.alloc(layout) }.is_null(), "four GiB are there");
    }
    println!("ok");
}

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("space") => space(&HEAP),
        Some("space of bins") => space(&BINS),
        Some("space of a tree") => space(&TREE),
        Some("locked") => locked(),
        Some("locked in part") => locked_in_part(),
        Some("written") => written(),
        Some("seen") => seen(),
        Some("between") => between(),
        _ => return ExitCode::from(2),
    }
    ExitCode::SUCCESS
}
