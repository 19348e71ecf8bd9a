//! As many mappings as a process may have: what the system does not take back gives up its pages and is found again, and
//! the arena serves what gets no mapping.
//!
//! The limit is the process's, so this file has one test.
#![cfg(target_os = "linux")]

use brkalloc::__private::Config;
use brkalloc::{BrkHeap, brk_heap};
use brkalloc_harness::resident;
use core::alloc::{GlobalAlloc, Layout};

#[brk_heap(source = "mmap", large = "8KiB", policy = "first_fit")]
static HEAP: BrkHeap;

const LAYOUT: Layout = match Layout::from_size_align(8192, 16) {
    Ok(layout) => layout,
    Err(_) => panic!("it is a layout"),
};

fn mappings() -> usize {
    std::fs::read_to_string("/proc/self/maps").expect("Linux has it").lines().count()
}

fn limit() -> usize {
    let limit = std::fs::read_to_string("/proc/sys/vm/max_map_count").expect("Linux has it");
    limit.trim().parse().expect("it is a number")
}

fn allocate<C: Config>(heap: &BrkHeap<C>) -> *mut u8 {
    // SAFETY: the layout has a size.
    let block = unsafe { heap.alloc(LAYOUT) };
    assert!(!block.is_null(), "{}: null with {} mappings", heap.config(), mappings());
    // SAFETY: the heap handed these bytes out just now.
    unsafe { block.write_bytes(0x5A, LAYOUT.size()) };
    block
}

fn free<C: Config>(heap: &BrkHeap<C>, block: *mut u8) {
    let last = block.wrapping_add(LAYOUT.size() - 1);
    // SAFETY: the heap handed these bytes out, all of them written, and nobody has freed them.
    let bytes = [block, last].map(|byte| unsafe { byte.read() });
    assert_eq!(bytes, [0x5A; 2], "a block keeps its bytes");
    // SAFETY: the same.
    unsafe { heap.dealloc(block, LAYOUT) };
}

/// Blocks of which every other one goes, until unmapping one more would make too many mappings.
fn at_the_limit<C: Config>(heap: &BrkHeap<C>, blocks: usize) {
    let small = Layout::new::<u64>();
    // SAFETY: the layout has a size. The arena is there before there are too many mappings.
    let first = unsafe { heap.alloc(small) };
    let (name, before) = (heap.config(), resident());
    let mut all: Vec<*mut u8> = (0..blocks).map(|_| allocate(heap)).collect();
    let full = resident() - before;
    let mut odd: Vec<*mut u8> = Vec::with_capacity(blocks / 2);
    for (number, block) in all.drain(..).enumerate() {
        if number % 2 == 0 { free(heap, block) } else { odd.push(block) }
    }
    let half = resident() - before;
    assert!(limit() - 100 < mappings(), "{name}: at the limit: {} mappings", mappings());
    assert!(half < full / 2 + full / 30, "{name}: half is freed: {half} of {full} bytes");
    // What is asked for now gets what the system did not take back; when that is used up, the arena.
    let more: Vec<*mut u8> = (0..blocks / 4).map(|_| allocate(heap)).collect();
    let again = resident() - before;
    assert!(again < full * 3 / 4 + full / 30, "{name}: a quarter again: {again} of {full} bytes");
    for block in more.into_iter().chain(odd) {
        free(heap, block);
    }
    assert_eq!((heap.check(), heap.stats().mapped), (Ok(()), Some(0)), "{name}");
    heap.trim();
    let (end, left) = (resident().saturating_sub(before), mappings());
    assert!(end < full / 30, "{name}: all is freed: {end} of {full} bytes");
    assert!(left < 1000, "{name}: all is freed: {left} mappings");
    free(heap, allocate(heap));
    // SAFETY: the heap handed it out.
    unsafe { heap.dealloc(first, small) };
}

#[test]
fn large_blocks_at_the_limit_of_mappings_are_served_and_given_back() {
    let blocks = 2 * limit() + 10_000;
    if 400_000 < blocks {
        return eprintln!("skipped: {} mappings are too many for a test", limit());
    }
    at_the_limit(&HEAP, blocks);
}
