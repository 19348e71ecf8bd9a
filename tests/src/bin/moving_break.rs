//! A program that moves the break itself, before and beside a heap that would have it: `moving_break CASE`.
//!
//! ```text
//!   shrunk     raised by 1 MiB, lowered by half of it; then the heap opens where the break is now
//!   refusing   something is mapped right behind the break
//!   walled     something is mapped where the heap's room would be: it has risen by then
//!   racing     another thread moves the break up and down while the heap opens, grows and trims
//!   refused    the break is to rise behind an open heap: the room there refuses
//! ```
//!
//! The cases of a program break that races, refuses and shrinks are those of jemalloc's `extent_dss` (Jason Evans, 2006 on).

use brkalloc::{BrkHeap, Origin, brk_heap};
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

const PAGE: usize = 4096;
const MIB: usize = 1 << 20;

#[brk_heap(arena = "64KiB", grow = "64KiB", limit = "64MiB", trim = "128KiB", policy = "first_fit")]
static HEAP: BrkHeap;

/// Moves the break, and tells where it was; `None` if the system refuses.
///
/// # Safety
///
/// No other thread moves it at the same time, and nobody needs what lies above a lower one.
unsafe fn sbrk(increment: isize) -> Option<NonNull<u8>> {
    // SAFETY: the caller guarantees it.
    let before = unsafe { libc::sbrk(increment) }.cast::<u8>();
    NonNull::new(before).filter(|before| before.addr().get() != usize::MAX)
}

fn the_break() -> usize {
    // SAFETY: it stays where it is.
    unsafe { sbrk(0) }.expect("there is a break").addr().get()
}

/// Bytes of the program's own, each of them the mark.
struct Own(NonNull<u8>, usize, u8);

impl Own {
    /// # Safety
    ///
    /// The bytes are writable, and nobody else's.
    unsafe fn new(place: NonNull<u8>, size: usize, mark: u8) -> Self {
        // SAFETY: the caller guarantees it.
        unsafe { place.write_bytes(mark, size) };
        Self(place, size, mark)
    }

    fn verify(&self) {
        // SAFETY: they were written when this was made, and are there to the end.
        let bytes = unsafe { core::slice::from_raw_parts(self.0.as_ptr(), self.1) };
        assert!(bytes.iter().all(|byte| *byte == self.2), "the bytes are as they were written");
    }
}

/// Has the heap grow to some megabytes and shrink again, every block with its own bytes.
fn use_heap() {
    let layout = |size| Layout::from_size_align(size, 16).expect("a size that there is");
    let mut blocks = Vec::new();
    for (mark, size) in (0..200_u8).zip((0..200).map(|step| 100 + step * 331 % 50_000)) {
        // SAFETY: the size is not 0.
        let block = NonNull::new(unsafe { HEAP.alloc(layout(size)) }).expect("there is room");
        // SAFETY: the block is this function's.
        blocks.push(unsafe { Own::new(block, size, mark) });
    }
    assert_eq!(HEAP.check(), Ok(()));
    for Own(place, size, _) in blocks.into_iter().inspect(Own::verify) {
        // SAFETY: it was handed out for this layout, and is freed once.
        unsafe { HEAP.dealloc(place.as_ptr(), layout(size)) };
    }
    HEAP.trim();
    assert_eq!(HEAP.check(), Ok(()));
    assert_eq!(HEAP.stats().in_use, 0);
}

fn origin() -> Origin {
    HEAP.stats().origin.expect("the heap is open")
}

fn shrunk() {
    // SAFETY: the process has one thread, here and below.
    let low = unsafe { sbrk(MIB.cast_signed()) }.expect("the break rises");
    // SAFETY: the program has raised it by more.
    unsafe { sbrk(-(MIB / 2 + 100).cast_signed()) }.expect("and is lowered");
    // SAFETY: the program got these bytes, and has not given them back.
    let own = unsafe { Own::new(low, MIB / 2 - 100, 0xA5) };
    let before = the_break();
    assert_eq!(before, low.addr().get() + MIB / 2 - 100);
    use_heap();
    own.verify();
    assert_eq!(origin(), Origin::Break);
    assert_eq!(the_break(), before.next_multiple_of(PAGE) + (64 << 10), "it has moved once");
}

/// With something mapped so many bytes behind the break.
fn refusing(distance: usize) {
    let before = the_break();
    let behind = ptr::without_provenance_mut(before.next_multiple_of(PAGE) + distance);
    let (protection, flags) = (libc::PROT_READ, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: it takes what is free, or is refused.
    let wall =
        unsafe { libc::mmap(behind, PAGE, protection, flags | libc::MAP_FIXED_NOREPLACE, -1, 0) };
    assert_eq!(wall, behind, "nothing was there");
    use_heap();
    assert_eq!(origin(), Origin::Mapping);
    assert_eq!(the_break(), before);
}

fn racing() {
    static ROUNDS: AtomicUsize = AtomicUsize::new(0);
    const ENOUGH: usize = 20_000;
    // Nothing of this thread moves the break meanwhile: C's `malloc` is asked for little, which it has.
    let mover = thread::spawn(|| {
        while ROUNDS.load(Ordering::Relaxed) < ENOUGH {
            // SAFETY: only this thread moves the break.
            let place = unsafe { sbrk(PAGE.cast_signed()) }.expect("the break rises");
            // SAFETY: the thread got this page just now.
            unsafe { Own::new(place, PAGE, 0x5A) }.verify();
            // SAFETY: likewise, and it needs it no more.
            unsafe { sbrk(-PAGE.cast_signed()) }.expect("and is lowered");
            ROUNDS.fetch_add(1, Ordering::Relaxed);
        }
    });
    while ROUNDS.load(Ordering::Relaxed) == 0 {
        thread::yield_now();
    }
    let mut times = 0;
    while ROUNDS.load(Ordering::Relaxed) < ENOUGH || times == 0 {
        use_heap();
        times += 1;
    }
    mover.join().expect("no byte is wrong");
    assert_eq!(origin(), Origin::Mapping, "the process had two threads");
}

fn refused() {
    use_heap();
    assert_eq!(origin(), Origin::Break);
    let before = the_break();
    for size in [1, PAGE, MIB] {
        // SAFETY: the process has one thread, and nothing is below a break that does not move.
        assert_eq!(unsafe { sbrk(size.cast_signed()) }, None, "{size} bytes");
        assert_eq!(std::io::Error::last_os_error().raw_os_error(), Some(libc::ENOMEM));
    }
    assert_eq!(the_break(), before);
    use_heap();
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("shrunk") => shrunk(),
        Some("refusing") => refusing(0),
        Some("walled") => refusing((64 << 10) + 16 * PAGE),
        Some("racing") => racing(),
        Some("refused") => refused(),
        case => panic!("{case:?} is no case"),
    }
}
