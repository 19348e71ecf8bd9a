//! A Rust program that defines `malloc`: what the C library allocates for itself and its callers lies in the heap, and
//! nobody but the heap has moved the program break.
//!
//! What each test looks at is the process's, so they take turns.

use brkalloc::{BrkHeap, ChunkState, Origin, brk_heap};
use brkalloc_harness::c;
use core::ffi::{c_int, c_void};
use core::hint::black_box;
use core::ptr::{null, null_mut};
use core::sync::atomic::{AtomicUsize, Ordering};
use std::ffi::CString;
use std::sync::Mutex;
use std::thread;

#[brk_heap(export = "malloc", policy = "first_fit")]
static HEAP: BrkHeap;

/// Whether the heap has a used chunk with this payload.
fn owns<T>(block: *const T) -> bool {
    let mut found = false;
    HEAP.for_each_chunk(|chunk| {
        let payload = chunk.address + size_of::<usize>();
        found |= chunk.state == ChunkState::Used && payload == block.addr();
    });
    found
}

/// Used chunks as large as `SORTED` numbers.
fn copies() -> usize {
    let mut copies = 0;
    HEAP.for_each_chunk(|chunk| {
        let is_as_large = (4 * SORTED..4 * SORTED + 64).contains(&chunk.size);
        copies += usize::from(chunk.state == ChunkState::Used && is_as_large);
    });
    copies
}

/// The end of what the heap took of the break, at its first allocation: 64 KiB from the arena's base.
fn end_of_arena() -> usize {
    let mut lowest = None;
    HEAP.for_each_chunk(|chunk| _ = lowest.get_or_insert(chunk.address));
    let first_tag = lowest.expect("the heap is open");
    first_tag + size_of::<usize>() - 16 + (64 << 10)
}

fn program_break() -> usize {
    // SAFETY: an increment of 0 moves nothing.
    unsafe { libc::sbrk(0) }.addr()
}

/// `work`, one at a time, after which the break must be where the heap left it, whoever allocated meanwhile.
fn beside_the_break(work: impl FnOnce()) {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock();
    assert_eq!(HEAP.stats().origin, Some(Origin::Break), "it opened before any thread");
    assert_eq!(program_break(), end_of_arena(), "before");
    work();
    assert_eq!(program_break(), end_of_arena(), "after");
    assert_eq!(HEAP.check(), Ok(()));
}

#[test]
fn strings_are_copied_into_the_heap() {
    beside_the_break(|| {
        for length in [0, 1, 100, 70_000] {
            let text = CString::new("x".repeat(length)).expect("it has no zero");
            // SAFETY: it is a C string.
            let copy = unsafe { libc::strdup(text.as_ptr()) };
            assert!(owns(copy), "{length} letters");
            // SAFETY: `strdup` returned it.
            unsafe { libc::free(copy.cast()) };
        }
    });
}

#[test]
fn open_files_and_their_buffers_lie_in_the_heap() {
    beside_the_break(|| {
        // SAFETY: both are C strings.
        let file = unsafe { libc::fopen(c"/proc/self/maps".as_ptr(), c"r".as_ptr()) };
        assert!(owns(file), "the C library's own record of it");
        let mut line = null_mut();
        let mut capacity = 0;
        let mut lines = 0;
        // SAFETY: the file is open, and both places are this function's.
        while 0 < unsafe { libc::getline(&raw mut line, &raw mut capacity, file) } {
            lines += 1;
        }
        assert!(10 < lines);
        assert!(owns(line), "the line's buffer, which `getline` allocates");
        // SAFETY: `getline` returned it.
        unsafe { libc::free(line.cast()) };
        // SAFETY: it is open, and not used again.
        unsafe { libc::fclose(file) };
    });
}

#[test]
fn a_line_that_grows_stays_in_the_heap() {
    beside_the_break(|| {
        let mut text = vec![b'y'; 300_000];
        text.push(b'\n');
        // SAFETY: the text stays while the file is open.
        let file = unsafe { libc::fmemopen(text.as_mut_ptr().cast(), text.len(), c"r".as_ptr()) };
        let mut line = null_mut();
        let mut capacity = 0;
        // SAFETY: the file is open, and both places are this function's.
        let length = unsafe { libc::getline(&raw mut line, &raw mut capacity, file) };
        assert_eq!(usize::try_from(length), Ok(text.len()));
        assert!(owns(line));
        // SAFETY: it has these bytes, which `getline` wrote.
        assert_eq!(unsafe { c::bytes(line.cast(), text.len()) }, text);
        // SAFETY: `getline` returned it.
        unsafe { libc::free(line.cast()) };
        // SAFETY: it is open, and not used again.
        unsafe { libc::fclose(file) };
    });
}

#[test]
fn addresses_of_hosts_lie_in_the_heap() {
    beside_the_break(|| {
        for host in [c"127.0.0.1", c"::1"] {
            // SAFETY: all zeros is a value of it.
            let mut hints: libc::addrinfo = unsafe { core::mem::zeroed() };
            hints.ai_flags = libc::AI_NUMERICHOST;
            let mut found = null_mut();
            // SAFETY: the host is a C string, and `found` has room for the answer.
            let outcome = unsafe {
                libc::getaddrinfo(host.as_ptr(), null(), &raw const hints, &raw mut found)
            };
            assert_eq!(outcome, 0, "{host:?}");
            assert!(owns(found), "{host:?}");
            // SAFETY: `getaddrinfo` returned it.
            unsafe { libc::freeaddrinfo(found) };
        }
    });
}

const SORTED: usize = 5003;

/// The most copies of the numbers that were seen amid the comparison of two.
static MOST: AtomicUsize = AtomicUsize::new(0);

extern "C" fn compare(one: *const c_void, other: *const c_void) -> c_int {
    MOST.fetch_max(copies(), Ordering::Relaxed);
    // SAFETY: `qsort` passes elements, which are numbers.
    let one = unsafe { one.cast::<u32>().read() };
    // SAFETY: likewise.
    let other = unsafe { other.cast::<u32>().read() };
    one.cmp(&other) as c_int
}

#[test]
fn a_sort_takes_its_scratch_space_from_the_heap() {
    beside_the_break(|| {
        let numbers = (0..5003_u32).map(|number| number.wrapping_mul(2_654_435_761));
        let mut numbers: Vec<u32> = numbers.collect();
        assert_eq!(copies(), 1, "the numbers themselves");
        let first = black_box(&mut numbers).as_mut_ptr();
        // SAFETY: these are the elements, which `compare` compares.
        unsafe { libc::qsort(first.cast(), SORTED, 4, Some(compare)) };
        assert!(numbers.is_sorted());
        let most = MOST.load(Ordering::Relaxed);
        assert_eq!(most, 2, "it sorts by merging, through a copy");
    });
}

#[test]
fn threads_and_what_the_library_keeps_for_them_move_no_break() {
    beside_the_break(|| {
        let threads: Vec<_> = (0..8_usize)
            .map(|seed| {
                thread::spawn(move || {
                    for step in 0..2000 {
                        let blocks = [c::malloc(step * (seed + 1) % 9000), c::calloc(step + 1, 3)];
                        assert!(blocks.iter().all(|block| owns_fast(*block)));
                        // SAFETY: both were allocated just now.
                        blocks.into_iter().for_each(|block| unsafe { c::free(block) });
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().expect("the thread ends well");
        }
        // SAFETY: the call moves the break or fails.
        let refused = unsafe { libc::sbrk(4096) };
        assert_eq!(refused.addr(), usize::MAX, "the room behind the arena is a fence");
    });
}

/// Whether the block lies in the window, without a look at its chunk.
fn owns_fast(block: *mut u8) -> bool {
    let base = end_of_arena() - (64 << 10);
    (base..base + HEAP.stats().arena).contains(&block.addr())
}
