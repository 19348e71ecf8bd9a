//! A program whose every allocation comes from a heap with the default attribute, and two heaps beside it.
//!
//! `cargo xtask windows` runs it under wine: as it is, and with the name of a misuse, which ends it.

use brkalloc::{BrkHeap, Config, brk_heap};
use std::alloc::{GlobalAlloc, Layout};
use std::collections::BTreeMap;
use std::thread;

#[global_allocator]
#[brk_heap]
static HEAP: BrkHeap;

#[brk_heap(source = "mmap", policy = "first_fit", large = "1MiB", trim = "256KiB")]
static LARGE: BrkHeap;

#[brk_heap(preset = "hardened")]
static HARDENED: BrkHeap;

/// Strings, maps and vectors that grow and shrink, on the global heap. Returns what they come to.
fn work(seed: usize) -> usize {
    let mut map = BTreeMap::new();
    let mut random = seed * 2 + 1;
    for turn in 0..20_000 {
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let key = (random >> 33) % 1000;
        let text = format!("{turn} of {seed}").repeat(1 + key % 50);
        if map.insert(key, text).is_some() && key % 3 == 0 {
            map.remove(&key);
        }
    }
    map.values().map(String::len).sum()
}

/// Blocks of many sizes on a heap beside the global one, each as it was written.
fn exercise<C: Config>(heap: &BrkHeap<C>) {
    for _ in 0..3 {
        let sizes = (0..400).map(|number| (number * number * 37) % 200_000 + 1).chain([5 << 20]);
        let blocks: Vec<(*mut u8, Layout)> = sizes
            .map(|size| {
                let layout = Layout::from_size_align(size, 16).expect("a layout");
                // SAFETY: the layout has bytes.
                let block = unsafe { heap.alloc_zeroed(layout) };
                assert!(!block.is_null(), "{size} bytes");
                // SAFETY: the block has the layout's bytes.
                let bytes = unsafe { std::slice::from_raw_parts_mut(block, size) };
                assert!(bytes.iter().all(|byte| *byte == 0), "{size} bytes are zero");
                bytes.fill(size.to_le_bytes()[0]);
                (block, layout)
            })
            .collect();
        assert_eq!(heap.check(), Ok(()));
        for (block, layout) in blocks {
            let size = layout.size() * 2;
            // SAFETY: the heap handed it out with this layout.
            let block = unsafe { heap.realloc(block, layout, size) };
            assert!(!block.is_null(), "{size} bytes");
            // SAFETY: the first half is as it was, and initialized.
            let bytes = unsafe { std::slice::from_raw_parts(block, layout.size()) };
            assert!(bytes.iter().all(|byte| *byte == layout.size().to_le_bytes()[0]));
            let layout = Layout::from_size_align(size, 16).expect("a layout");
            // SAFETY: it was resized to this layout.
            unsafe { heap.dealloc(block, layout) };
        }
        assert_eq!(heap.check(), Ok(()));
        heap.trim();
    }
    println!("{}: {} bytes in use", heap.config().name, heap.stats().in_use);
}

fn main() {
    if std::env::args().nth(1).as_deref() == Some("double-free") {
        let layout = Layout::new::<[u64; 8]>();
        // SAFETY: the layout has bytes.
        let block = unsafe { LARGE.alloc(layout) };
        for _ in 0..2 {
            // SAFETY: none, the second time: the heap is to find it.
            unsafe { LARGE.dealloc(block, layout) };
        }
        unreachable!("the heap ends the process");
    }
    // More threads than a thousand, one after another: what each cached goes back as it ends.
    let alone = work(1);
    for _ in 0..100 {
        let threads: Vec<_> = (0..4).map(|_| thread::spawn(|| drop(vec![1_u8; 40_000]))).collect();
        threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
    }
    let threads: Vec<_> = (1..5).map(|seed| thread::spawn(move || work(seed))).collect();
    let all: Vec<usize> =
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect();
    assert_eq!(all[0], alone, "threads do not disturb each other");
    assert_eq!(HEAP.check(), Ok(()));
    assert!(HEAP.stats().committed < 64 << 20, "{:?}", HEAP.stats());
    exercise(&LARGE);
    exercise(&HARDENED);
    println!("{}", LARGE.config());
    println!("four threads: as one thread would");
}
