//! The same where each thread has a cache: `free` gets no `Layout`, and the address alone says whether a block is an object
//! of a slab, a chunk or a mapping.

use brkalloc::{BrkHeap, ChunkState, brk_heap};
use brkalloc_harness::c::{self, EVERY, KEPT, TOO_MANY};
use brkalloc_harness::pattern;
use core::ops::Range;
use core::ptr::{NonNull, null_mut};
use std::sync::mpsc::channel;
use std::thread;

#[brk_heap(
    policy = "best_fit",
    cache = "256KiB",
    large = "2MiB",
    export = "malloc",
    stats = "counters"
)]
static HEAP: BrkHeap;

/// What the heap has in use around an address, as one walk finds it: a chunk or a slab, not a mapping.
///
/// The address need not be of a block that is in use, as nothing of it is read.
fn taken(block: *mut u8) -> Option<usize> {
    let mut size = None;
    HEAP.for_each_chunk(|chunk| {
        let is_within = (chunk.address..chunk.address + chunk.size).contains(&block.addr());
        if chunk.state == ChunkState::Used && is_within {
            size = Some(chunk.size);
        }
    });
    size
}

/// The bytes that a block which is in use takes with a tag, if it lies in a chunk, a slab, or a mapping.
fn chunk(block: *mut u8) -> Option<usize> {
    let mut arena: Option<Range<usize>> = None;
    HEAP.for_each_chunk(|chunk| {
        let start = arena.as_ref().map_or(chunk.address, |arena| arena.start);
        arena = Some(start..chunk.address + chunk.size);
    });
    let is_mapped = arena.is_none_or(|arena| !arena.contains(&block.addr()));
    let block = NonNull::new(block)?;
    // SAFETY: it is in use.
    let usable = unsafe { HEAP.usable_size(block) };
    (is_mapped || taken(block.as_ptr()).is_some()).then_some(usable + size_of::<usize>())
}

include!("../support/c_semantics.rs");

#[test]
fn an_object_that_is_freed_by_its_address_is_the_next_of_its_class() {
    for size in 1..=1024 {
        let (one, other) = (c::malloc(size), c::malloc(size));
        assert_ne!(one, other);
        free(one);
        free(other);
        // Of the size's class, whatever the size that was asked for.
        let again = c::malloc(size.next_multiple_of(16));
        assert_eq!(again, other, "{size} bytes");
        // SAFETY: it is in use.
        assert_eq!(unsafe { c::usable_size(again) }, size.next_multiple_of(16));
        free(again);
    }
    assert_eq!(HEAP.check(), Ok(()));
}

#[test]
fn blocks_are_freed_by_other_threads_by_their_address() {
    let (sender, receiver) = channel::<(usize, usize)>();
    let freeing = thread::spawn(move || {
        for (address, size) in receiver {
            let block = core::ptr::with_exposed_provenance_mut::<u8>(address);
            // SAFETY: it has that many bytes, which the other thread wrote.
            let bytes = unsafe { c::bytes(block, size) };
            assert!(pattern::is_all(bytes, size.to_le_bytes()[0]), "{size} bytes");
            free(block);
        }
    });
    for step in 0..40_000_usize {
        let size = [step % 1025, step % 33_000, step * 7919 % 200_000][step % 3] + 1;
        let (name, ask) = EVERY[step % EVERY.len()];
        let block = ask(size);
        assert!(!block.is_null(), "{name}({size})");
        // SAFETY: it has that many bytes.
        unsafe { block.write_bytes(size.to_le_bytes()[0], size) };
        sender.send((block.expose_provenance(), size)).expect("the other thread listens");
    }
    drop(sender);
    freeing.join().expect("no byte is wrong");
    assert_eq!(HEAP.check(), Ok(()));
}

#[test]
fn blocks_of_a_mapping_are_told_from_chunks_and_objects() {
    for (from, to) in
        [(100, 3 << 20), (3 << 20, 100), (5000, 3 << 20), (3 << 20, 6 << 20), (3 << 20, 5000)]
    {
        let block = c::malloc(from);
        let kept = from.min(to);
        // SAFETY: it has that many bytes.
        unsafe { block.write_bytes(0x5A, kept) };
        // SAFETY: it is in use.
        let moved = unsafe { c::realloc(block, to) };
        // SAFETY: it has these bytes, which were copied.
        let bytes = unsafe { c::bytes(moved, kept) };
        assert!(bytes.iter().all(|byte| *byte == 0x5A), "{from} to {to}");
        // SAFETY: it is in use.
        assert!(to <= unsafe { c::usable_size(moved) });
        let mapped = HEAP.stats().mapped.unwrap_or(0);
        assert!(to < 2 << 20 || to <= mapped, "{to} bytes are a mapping of {mapped}");
        free(moved);
    }
}
