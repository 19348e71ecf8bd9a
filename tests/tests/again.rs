//! The block that was served last and freed next: whatever comes then, the heap is as if it had not waited.

use brkalloc::{BrkHeap, brk_heap};
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;

#[brk_heap(policy = "first_fit")]
static FIRST: BrkHeap;
#[brk_heap(policy = "best_fit")]
static BEST: BrkHeap;
#[brk_heap(policy = "segregated_fit")]
static BINS: BrkHeap;
#[brk_heap(policy = "segregated_fit", order = "lifo")]
static NEWEST: BrkHeap;
#[brk_heap(index = "list", order = "lifo")]
static LIST: BrkHeap;

const SIZE: usize = 40;

/// A heap and its figures.
struct Tried {
    name: &'static str,
    heap: &'static dyn GlobalAlloc,
    /// Checks the heap, and returns the bytes that are free below the top, and in how many chunks.
    free: fn() -> (usize, usize),
}

macro_rules! tried {
    ($($heap:ident)+) => {
        [$(Tried {
            name: stringify!($heap),
            heap: &$heap,
            free: || {
                assert_eq!($heap.check(), Ok(()), stringify!($heap));
                let (mut free, mut count) = (0, 0);
                $heap.for_each_chunk(|chunk| {
                    if chunk.state == brkalloc::ChunkState::Free {
                        (free, count) = (free + chunk.size, count + 1);
                    }
                });
                (free, count)
            },
        }),+]
    };
}

impl Tried {
    fn serve(&self, size: usize, align: usize) -> NonNull<u8> {
        let layout = Layout::from_size_align(size, align).expect("it is small");
        // SAFETY: the size is not 0.
        let block = NonNull::new(unsafe { self.heap.alloc(layout) }).expect("there is room");
        assert!(block.addr().get().is_multiple_of(align), "{}", self.name);
        block
    }

    fn free(&self, block: NonNull<u8>, size: usize, align: usize) {
        let layout = Layout::from_size_align(size, align).expect("it is small");
        // SAFETY: each block is freed once, by its layout.
        unsafe { self.heap.dealloc(block.as_ptr(), layout) };
    }

    fn resize(&self, block: NonNull<u8>, size: usize) -> NonNull<u8> {
        let layout = Layout::from_size_align(SIZE, 8).expect("it is small");
        // SAFETY: the block is in use, and the size is not 0.
        let block = unsafe { self.heap.realloc(block.as_ptr(), layout, size) };
        NonNull::new(block).expect("there is room")
    }

    /// Returns four blocks of `SIZE` bytes one above the other. The second was served last, freed next, and
    /// fits just between its neighbors.
    fn waiting(&self) -> [NonNull<u8>; 4] {
        let blocks @ [_, hole, ..] = [(); 4].map(|()| self.serve(SIZE, 8));
        self.free(hole, SIZE, 8);
        assert_eq!(self.serve(SIZE, 8), hole, "{}", self.name);
        self.free(hole, SIZE, 8);
        blocks
    }
}

#[test]
fn whatever_comes_the_block_is_free_and_merges() {
    // A chunk of 48 bytes for each.
    let one = 48;
    for heap in tried!(FIRST BEST BINS NEWEST LIST) {
        let [below, hole, above, last] = heap.waiting();
        assert_eq!((heap.free)(), (one, 1), "{}", heap.name);
        assert_eq!(heap.serve(SIZE, 8), hole, "{}: asked for again", heap.name);
        heap.free(hole, SIZE, 8);
        assert_eq!(heap.serve(SIZE - 16, 8), hole, "{}: asked for less", heap.name);
        heap.free(hole, SIZE - 16, 8);

        // A free above, and one below: the three merge.
        heap.free(above, SIZE, 8);
        assert_eq!((heap.free)(), (2 * one, 1), "{}: above", heap.name);
        heap.free(below, SIZE, 8);
        assert_eq!((heap.free)(), (3 * one, 1), "{}: below", heap.name);
        heap.free(last, SIZE, 8);
        assert_eq!((heap.free)(), (0, 0), "{}: all joined the top", heap.name);

        let [below, hole, above, last] = heap.waiting();
        heap.free(below, SIZE, 8);
        assert_eq!((heap.free)(), (2 * one, 1), "{}: below first", heap.name);
        assert_eq!(heap.serve(2 * SIZE, 8), below, "{}: taken as one", heap.name);
        heap.free(below, 2 * SIZE, 8);
        heap.free(above, SIZE, 8);
        heap.free(last, SIZE, 8);
        assert_eq!((heap.free)(), (0, 0), "{}: {hole:?}", heap.name);

        // A block grows into the one that waits above it.
        let [below, _, above, last] = heap.waiting();
        assert_eq!(heap.resize(below, 2 * SIZE), below, "{}: grown in place", heap.name);
        assert_eq!((heap.free)(), (0, 0), "{}: grown", heap.name);
        heap.free(below, 2 * SIZE, 8);
        heap.free(above, SIZE, 8);
        heap.free(last, SIZE, 8);

        // Just as large, but aligned to more than its address.
        let blocks @ [_, hole, ..] = heap.waiting();
        let align = 2 << hole.addr().get().trailing_zeros();
        let other = heap.serve(SIZE, align);
        assert_ne!(other, hole, "{}", heap.name);
        heap.free(other, SIZE, align);
        for block in [blocks[0], blocks[2], blocks[3]] {
            heap.free(block, SIZE, 8);
        }
        assert_eq!((heap.free)(), (0, 0), "{}: aligned", heap.name);
    }
}

#[test]
fn the_same_size_alone_is_served_again() {
    #[brk_heap(policy = "segregated_fit")]
    static OLDEST_FIRST: BrkHeap;
    #[brk_heap(policy = "segregated_fit", order = "lifo")]
    static NEWEST_FIRST: BrkHeap;

    // Chunks of 34 and 35 granules share a class of segregated fit; a request for 35 looks at the next first.
    let sizes = |granules: usize| granules * 16 - 8;
    for heap in [&OLDEST_FIRST as &dyn GlobalAlloc, &NEWEST_FIRST] {
        let heap = Tried { name: "bins", heap, free: || (0, 0) };
        let [lower, wall, upper, end] =
            [sizes(35), 24, sizes(36), 24].map(|size| (heap.serve(size, 8), size));
        heap.free(upper.0, upper.1, 8);
        heap.free(lower.0, lower.1, 8);
        let smaller = heap.serve(sizes(34), 8);
        assert_eq!(smaller, lower.0);
        heap.free(smaller, sizes(34), 8);
        let larger = heap.serve(sizes(35), 8);
        assert_eq!(larger, upper.0, "of the next class, all of which fits");
        heap.free(larger, sizes(35), 8);
        heap.free(wall.0, wall.1, 8);
        heap.free(end.0, end.1, 8);
    }
}

#[test]
fn a_check_sees_what_is_overwritten_of_the_block_and_leaves_it_as_it_was() {
    #[brk_heap(policy = "first_fit")]
    static CHECKED: BrkHeap;

    let [heap] = tried!(CHECKED);
    let [_, hole, _, _] = heap.waiting();
    let tag = hole.cast::<usize>().as_ptr().wrapping_sub(1);
    // SAFETY: the word below a block is the heap's, which no other thread uses.
    let sound = unsafe { tag.read() };
    for broken in [0, usize::MAX, sound | 1, sound ^ 2, sound + 16, sound - 16, sound << 4] {
        // SAFETY: as above; that the heap needs the word is what is wrong.
        unsafe { tag.write(broken) };
        assert!(CHECKED.check().is_err(), "{broken:#x} for {sound:#x}");
    }
    // SAFETY: as above.
    unsafe { tag.write(sound) };
    assert_eq!(CHECKED.check(), Ok(()));
    // Its last word repeats the size.
    let last = tag.wrapping_add(48 / size_of::<usize>() - 1);
    // SAFETY: as above.
    let size = unsafe { last.replace(0) };
    assert!(CHECKED.check().is_err(), "the size at its end");
    // SAFETY: as above.
    unsafe { last.write(size) };
    assert_eq!(heap.serve(SIZE, 8), hole, "it still waits");
}
