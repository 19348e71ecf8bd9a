//! What `harden = "basic"`, the default, finds: each misuse ends the process by an abort, with one line that names the heap, the fault and the address.
//!
//! What it does not find, by design, because no operation touches it, is not in this table: a second free of memory that
//! was handed out again meanwhile, a pointer into a block whose bytes look like a tag, and links that were overwritten with what could
//! be links. The last test shows what of this `check()` finds.

#[path = "../support/child.rs"]
mod child;
#[path = "../support/last_words.rs"]
mod last_words;

use brkalloc_harness::{GRANULE, WORD, configurations};
use core::alloc::Layout;
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use std::process::Command;

const FOREIGN: &str = "invalid free: pointer from outside this heap at ";
const FREE: &str = "invalid free: memory is not in use (double free?) at ";
const NO_CHUNK: &str = "invalid free: no chunk header here, or it was overwritten, at ";
const DISAGREES: &str = "corrupt free chunk: header and footer differ at ";
const LINK: &str = "corrupt free chunk: a link leads out of the arena at ";
const NEIGHBORS: &str = "corrupt free list: neighbors disagree about a chunk at ";

/// A case of `misuse`, the heap that finds it, and what it says.
const FOUND: [(&str, &str, &str); 47] = [
    ("free of a local variable", "TREE", FOREIGN),
    ("free of a static", "TREE", FOREIGN),
    ("free of another heap's block", "TREE", FOREIGN),
    ("free of a block of malloc's", "TREE", FOREIGN),
    ("free before the first allocation", "SMALL", FOREIGN),
    ("free of the byte behind a block's first", "TREE", FOREIGN),
    ("free of the middle of a granule", "TREE", FOREIGN),
    ("free of what lies below the first block", "TREE", FOREIGN),
    ("free of what lies behind the arena", "SMALL", FOREIGN),
    ("realloc of a local variable", "TREE", FOREIGN),
    ("free of the inside of a block of zeros", "TREE", FREE),
    ("free of the inside of a block of ones", "TREE", NO_CHUNK),
    ("free of the inside of a block of tags of free chunks", "TREE", FREE),
    ("free of the inside of the top", "TREE", FREE),
    ("free, twice", "TREE", FREE),
    ("free, twice, with others in between", "LIST", FREE),
    ("free, twice, of what merged with the chunk below", "TREE", FREE),
    ("free, twice, of what merged with the chunk above", "BINS", FREE),
    ("free, twice, of the lower of two that merged", "BINS", FREE),
    ("free, twice, of what joined the top", "TREE", FREE),
    ("free, twice, of what joined the top from further below", "TREE", FREE),
    ("free, twice, before neighbors merge", "LATE", FREE),
    ("realloc of what is free", "TREE", FREE),
    ("free of what a realloc has moved", "TREE", FREE),
    ("the size of what is free", "TREE", FREE),
    ("free of a block whose tag was overwritten with zeros", "TREE", FREE),
    ("free of a block whose tag was overwritten with letters", "TREE", NO_CHUNK),
    ("free of a block that overwrote the next tag", "TREE", NO_CHUNK),
    ("realloc of a block that overwrote the next tag", "TREE", NO_CHUNK),
    ("free beside a free chunk whose size was overwritten", "TREE", DISAGREES),
    ("free beside a free chunk whose size was overwritten by another", "TREE", DISAGREES),
    ("allocation of a free chunk whose tag was overwritten", "TREE", DISAGREES),
    ("allocation of a free chunk whose tag was overwritten, from a list", "LIST", DISAGREES),
    ("allocation of a free chunk whose tag was overwritten, from a bin", "BINS", DISAGREES),
    ("allocation of the block freed last, whose tag was overwritten", "TREE", DISAGREES),
    ("allocation of the block freed last, whose tag says more", "BINS", DISAGREES),
    ("free below the block freed last, whose tag says more", "BINS", DISAGREES),
    ("allocation of a free chunk whose tag lost a flag, from a bin", "BINS", DISAGREES),
    ("allocation of a free chunk whose tag says more, from a bin", "BINS", DISAGREES),
    ("links overwritten in a tree by address", "LINKS", LINK),
    ("links overwritten in trees by size", "SIZES", LINK),
    ("links overwritten in a list", "LIST", NEIGHBORS),
    ("a link of the first of a stack that leads into a block", "STACK", NEIGHBORS),
    ("links overwritten in a bin", "BINS", NEIGHBORS),
    ("links overwritten in a stack that merges late", "LATE", NEIGHBORS),
    ("links that lead into a block, in a list", "LIST", NEIGHBORS),
    ("links that lead into a block, in a bin", "BINS", NEIGHBORS),
];

#[test]
fn what_is_no_misuse_ends_well() {
    let ended = child::run(Command::new(env!("CARGO_BIN_EXE_misuse")).arg("nothing wrong"));
    assert!(ended.well("nothing wrong").ends_with("nothing happened\n"));
}

#[test]
fn each_misuse_aborts_with_one_line_that_names_heap_fault_and_address() {
    let mut wrong = Vec::new();
    for (case, heap, fault) in FOUND {
        let ended = child::run(Command::new(env!("CARGO_BIN_EXE_misuse")).arg(case));
        let address = ended.output.trim_end().to_owned();
        let words = last_words::last_words(ended, case);
        if words != format!("brkalloc: {heap}: {fault}{address}\n") {
            wrong.push(format!("{case} ({address}): {words}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

/// Where the tag above a block of seven granules is, counted from its payload.
const TAG: usize = 7 * GRANULE - WORD;

/// Bytes that are overwritten where a heap keeps its own: at a distance from the tenth block's payload, while it is used or free.
const OVERWRITTEN: [(bool, usize, &[u8]); 7] = [
    // The next tag: with zeros, letters, and the tag of the end.
    (false, TAG, &[0; WORD]),
    (false, TAG, &[b'A'; WORD]),
    (false, TAG, &3_usize.to_ne_bytes()),
    // The links of a free chunk: no links, which takes what follows out of the index, and wild ones.
    (true, 0, &[0; 8]),
    (true, 0, &[0xFF; 8]),
    (true, 0, &(5_u64 << 32 | 5).to_ne_bytes()),
    // The size at a free chunk's end.
    (true, TAG - WORD, &[0; WORD]),
];

#[test]
fn whatever_is_overwritten_is_found_by_check() {
    for configured in configurations::all() {
        for (is_free, distance, bytes) in OVERWRITTEN {
            let mut arena = vec![MaybeUninit::uninit(); 8000];
            let heap = configured.over(&mut arena);
            let layout = Layout::new::<[u64; 13]>();
            let blocks = [(); 20].map(|()| heap.allocate(layout).expect("there is room"));
            for (number, block) in blocks.into_iter().enumerate() {
                if number % 2 == usize::from(!is_free) {
                    // SAFETY: the heap handed the block out, and it is freed once.
                    unsafe { heap.deallocate(block) };
                }
            }
            assert_eq!(heap.check(), Ok(()));
            // SAFETY: the place lies in the arena, between the tenth block and the eleventh.
            let target = unsafe { blocks[10].add(distance) };
            // SAFETY: likewise; that the heap needs the bytes is what is wrong.
            unsafe { target.copy_from(NonNull::from(bytes).cast(), bytes.len()) };
            let found = heap.check();
            assert!(found.is_err(), "{}: {bytes:?} at {distance}", configured.name());
        }
    }
}

// A tag of 32 bits has no room for a checksum.
#[test]
#[cfg(target_pointer_width = "64")]
fn every_flipped_bit_of_tags_links_and_free_memory_is_found_by_check() {
    /// Bytes of the tenth block and its tag; what the heap has of one in use, its guard aside, is the tag.
    const BLOCK: usize = 104;

    for configured in configurations::all_full() {
        for is_free in [true, false] {
            let mut arena = vec![MaybeUninit::uninit(); 8000];
            let heap = configured.over(&mut arena);
            let layout = Layout::new::<[u64; 11]>();
            let blocks = [(); 20].map(|()| heap.allocate(layout).expect("there is room"));
            for (number, block) in blocks.into_iter().enumerate() {
                if number % 2 == usize::from(!is_free) {
                    // SAFETY: the heap handed the block out, and it is freed once.
                    unsafe { heap.deallocate(block) };
                }
            }
            // SAFETY: the tag is a word below the block, in the arena.
            let tag = unsafe { blocks[10].sub(8) };
            for bit in 0..if is_free { 8 * BLOCK } else { 64 } {
                // SAFETY: the byte is the block's or its tag's, in the arena.
                let byte = unsafe { tag.add(bit / 8) };
                let flip = || {
                    // SAFETY: likewise; free memory of such a heap is initialized.
                    let byte_there = unsafe { byte.read() };
                    // SAFETY: likewise; that the heap needs the byte is what is wrong.
                    unsafe { byte.write(byte_there ^ 1 << (bit % 8)) };
                };
                flip();
                let name = configured.name();
                assert!(heap.check().is_err(), "{name}: bit {bit}, free: {is_free}");
                flip();
            }
            assert_eq!(heap.check(), Ok(()));
        }
    }
}
