//! Where a heap with `source = "brk"` lies that opens while the process has one thread, beside a C library that
//! allocates before and after.
//!
//! Whoever owns the break goes on with it: blocks of both are filled, and looked at when both have grown.

use brkalloc::{BrkHeap, Origin, brk_heap};
use core::alloc::{GlobalAlloc, Layout};
use std::alloc::System;

#[brk_heap(policy = "first_fit")]
static HEAP: BrkHeap;

/// Blocks of up to 4 KiB, 400 of each allocator; glibc's threshold for mappings is far above that.
const COUNT: usize = 400;

fn main() {
    let expected = if brkalloc_harness::gets_the_break() { Origin::Break } else { Origin::Mapping };
    let mut blocks = Vec::with_capacity(3 * COUNT);
    take(&System, &mut blocks);
    take(&HEAP, &mut blocks);
    assert_eq!(HEAP.stats().origin, Some(expected));
    take(&System, &mut blocks);
    take(&HEAP, &mut blocks);
    assert_eq!(HEAP.check(), Ok(()));
    for (number, (allocator, block, layout)) in blocks.into_iter().enumerate() {
        // SAFETY: the block has that many bytes, which `take` has written.
        let bytes = unsafe { core::slice::from_raw_parts(block, layout.size()) };
        assert!(bytes.iter().all(|byte| *byte == mark(number)), "block {number}");
        // SAFETY: the allocator handed the block out for this layout, once.
        unsafe { allocator.dealloc(block, layout) };
    }
    assert_eq!((HEAP.check(), HEAP.stats().in_use), (Ok(()), 0));
    println!("{:?}", HEAP.stats().origin.expect("it is open"));
}

type Taken = (&'static dyn GlobalAlloc, *mut u8, Layout);

/// Takes blocks of many sizes and fills each by its number.
fn take(allocator: &'static dyn GlobalAlloc, blocks: &mut Vec<Taken>) {
    for step in 0..COUNT {
        let layout = Layout::from_size_align(step * 997 % 4096 + 1, 16).expect("it is small");
        // SAFETY: the layout has a size.
        let block = unsafe { allocator.alloc(layout) };
        assert!(!block.is_null(), "there is memory");
        // SAFETY: the block has that many bytes.
        unsafe { block.write_bytes(mark(blocks.len()), layout.size()) };
        blocks.push((allocator, block, layout));
    }
}

fn mark(number: usize) -> u8 {
    number.to_le_bytes()[0]
}
