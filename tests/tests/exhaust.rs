//! A heap that was filled and freed again, in whatever order, is one chunk: the top.

use brkalloc_harness::AnyHeap;
use brkalloc_harness::configurations;
use brkalloc_oracle::Coalesce;
use core::alloc::Layout;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

/// Sizes of chunks, tags included, that fill an arena; what is left over is never enough for one more.
const FILLINGS: [&[usize]; 4] = [
    &[32, 32, 32, 32, 32, 32],
    &[208, 208, 208, 208, 208, 208],
    &[32, 4096, 48, 1024, 64, 16_000],
    &[512, 32, 32, 65_536, 80, 80],
];

/// Bytes of an arena before its first chunk, and behind its last.
const FRAME: usize = 16;

const WORD: usize = size_of::<usize>();

/// Bytes that every arena here is cut from.
fn bytes() -> Vec<MaybeUninit<u8>> {
    vec![MaybeUninit::uninit(); 68_000]
}

/// The bytes from the first multiple of a granule on.
fn aligned(bytes: &mut [MaybeUninit<u8>]) -> &mut [MaybeUninit<u8>] {
    let shift = bytes.as_ptr().align_offset(16);
    &mut bytes[shift..]
}

/// Fills heaps that coalesce so, frees in every order, and looks whether what is left is as it must be.
fn exhaust(coalesce: Coalesce) {
    let mut bytes = bytes();
    let bytes = aligned(&mut bytes);
    for configured in configurations::all().iter().filter(|it| it.choice().2 == coalesce) {
        for filling in FILLINGS {
            for count in 1..=filling.len() {
                for (order, spare) in permutations(count).iter().zip([0, 16].into_iter().cycle()) {
                    let sizes = &filling[..count];
                    let length = FRAME + sizes.iter().sum::<usize>() + spare;
                    let heap = &*configured.over(&mut bytes[..length]);
                    let what = format!("{}: {sizes:?} freed in order {order:?}", configured.name());
                    let blocks = fill(heap, sizes);
                    free(heap, &blocks, order, &what);
                    match coalesce {
                        Coalesce::Immediate => is_one_chunk(heap, &what),
                        Coalesce::Deferred => {
                            serves_all_of_it(heap, length - FRAME, &what);
                            is_one_chunk(heap, &what);
                        }
                        Coalesce::Never => serves_the_same_again(heap, sizes, &what),
                    }
                }
            }
        }
    }
}

/// A block for each size; then nothing is left.
fn fill(heap: &dyn AnyHeap, sizes: &[usize]) -> Vec<NonNull<u8>> {
    let blocks: Vec<_> =
        sizes.iter().map(|size| heap.allocate(layout(*size)).expect("there is room")).collect();
    assert_eq!(heap.allocate(layout(1)), None, "the arena is full");
    assert_eq!(heap.check(), Ok(()));
    blocks
}

fn free(heap: &dyn AnyHeap, blocks: &[NonNull<u8>], order: &[usize], what: &str) {
    for &which in order {
        // SAFETY: the heap handed the block out, and the order names each once.
        unsafe { heap.deallocate(blocks[which]) };
        assert_eq!(heap.check(), Ok(()), "{what}");
    }
    assert_eq!(heap.stats().in_use, 0, "{what}");
}

fn is_one_chunk(heap: &dyn AnyHeap, what: &str) {
    let stats = heap.stats();
    assert_eq!((stats.chunks, stats.free_chunks), (1, 1), "{what}");
    assert_eq!((stats.in_use, stats.largest_free), (0, stats.free), "{what}");
    for chunk in heap.chunks() {
        assert_eq!(chunk.state, brkalloc::ChunkState::Top, "{what}");
    }
}

fn serves_all_of_it(heap: &dyn AnyHeap, room: usize, what: &str) {
    let all = heap.allocate(layout(room / 16 * 16));
    let all = all.unwrap_or_else(|| panic!("all is one: {what}"));
    assert_eq!(heap.check(), Ok(()), "{what}");
    // SAFETY: the heap has just handed it out.
    unsafe { heap.deallocate(all) };
    // What is freed below the top joins it in a pass, which a request that cannot be served asks for.
    assert_eq!(heap.allocate(layout(room + 16)), None, "{what}");
    assert_eq!(heap.check(), Ok(()), "{what}");
}

/// Chunks that stay apart serve the requests that they were made for, the largest first.
fn serves_the_same_again(heap: &dyn AnyHeap, sizes: &[usize], what: &str) {
    let mut sizes = sizes.to_vec();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    for &size in &sizes {
        assert!(heap.allocate(layout(size)).is_some(), "{what}");
        assert_eq!(heap.check(), Ok(()), "{what}");
    }
    assert_eq!(heap.allocate(layout(1)), None, "{what}");
}

/// The layout whose chunk has `size` bytes.
fn layout(size: usize) -> Layout {
    Layout::from_size_align(size.saturating_sub(WORD), 1).expect("sizes here are small")
}

/// All orders of the numbers below `count`.
fn permutations(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for shorter in permutations(count - 1) {
        for place in 0..count {
            let mut longer = shorter.clone();
            longer.insert(place, count - 1);
            all.push(longer);
        }
    }
    all
}

#[test]
fn freeing_in_any_order_leaves_one_chunk() {
    exhaust(Coalesce::Immediate);
}

#[test]
fn what_was_freed_in_any_order_merges_when_all_of_it_is_asked_for() {
    exhaust(Coalesce::Deferred);
}

#[test]
fn what_never_merges_serves_the_same_requests_again() {
    exhaust(Coalesce::Never);
}

/// The bytes end where their allocation does, so that a sanitizer sees a heap that goes beyond.
#[test]
fn a_heap_stays_within_its_bytes_however_few_they_are() {
    for configured in configurations::all() {
        for shift in 0..16 {
            for length in 0..100 {
                let mut bytes = vec![MaybeUninit::uninit(); shift + length];
                let heap = configured.over(&mut bytes[shift..]);
                let mut room = length;
                while let Some(block) = heap.allocate(layout(32)) {
                    room = room.checked_sub(32).expect("blocks fit the bytes");
                    // SAFETY: the heap has just handed out so many bytes.
                    unsafe { block.write_bytes(1, 32 - WORD) };
                    assert_eq!(heap.check(), Ok(()));
                }
                assert!(length < FRAME + 32 + 15 || room < length, "{length} bytes hold one");
                assert_eq!(heap.check(), Ok(()));
            }
        }
    }
}
