//! A library that a program loads and unloads, and whose allocations are those of its own heap.

use brkalloc::{BrkHeap, brk_heap};
use std::collections::BTreeMap;

#[global_allocator]
#[brk_heap(source = "mmap", cache = "64KiB", large = "256KiB")]
static HEAP: BrkHeap;

/// Counts words, and says how many bytes of the heap are in use afterwards; 0 if a word or the heap is
/// not as it was left.
#[unsafe(no_mangle)]
pub extern "C" fn plugin_work(rounds: usize) -> usize {
    let mut words = BTreeMap::new();
    for round in 0..rounds {
        *words.entry(format!("word {}", round * 7919 % 1000)).or_insert(0) += 1;
    }
    let large = vec![1_u8; 300 << 10];
    let is_counted = words.values().sum::<usize>() == rounds && large.iter().all(|byte| *byte == 1);
    drop((words, large));
    if is_counted && HEAP.check().is_ok() { HEAP.stats().in_use + 1 } else { 0 }
}

/// Gives back what the heap can do without.
#[unsafe(no_mangle)]
pub extern "C" fn plugin_trim() {
    HEAP.trim();
}
