//! Does one wrong thing to a heap: `misuse CASE`. The heap must end the process before this program can.
//!
//! First goes to standard output the address that the heap's last words must name.

use brkalloc::{BrkHeap, brk_heap};
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;
use std::io::Write;

#[brk_heap(source = "mmap", policy = "first_fit", index = "tree")]
static TREE: BrkHeap;

/// A tree whose links are the chunks' own, for want of room beside its window.
#[brk_heap(source = "static", arena = "64KiB", policy = "first_fit", index = "tree")]
static LINKS: BrkHeap;

#[brk_heap(source = "mmap", policy = "best_fit", index = "tree")]
static SIZES: BrkHeap;

#[brk_heap(source = "mmap", policy = "first_fit", index = "list")]
static LIST: BrkHeap;

#[brk_heap(source = "mmap", policy = "segregated_fit", order = "lifo")]
static BINS: BrkHeap;

#[brk_heap(source = "mmap", index = "list", order = "lifo")]
static STACK: BrkHeap;

#[brk_heap(source = "static", arena = "4KiB")]
static SMALL: BrkHeap;

#[brk_heap(source = "mmap", coalesce = "deferred", order = "lifo")]
static LATE: BrkHeap;

/// Of a block that with its tag, of 8 bytes or of 4, takes seven granules.
const SIZE: usize = 104;
/// Bytes of a tag, and of the size that a free chunk repeats.
const WORD: usize = size_of::<usize>();
/// Where the tag above a block is, counted from its payload.
const TAG: usize = 7 * 16 - WORD;
/// Where the last word of a chunk is.
const LAST: usize = TAG - WORD;
const LAYOUT: Layout = match Layout::from_size_align(SIZE, 8) {
    Ok(layout) => layout,
    Err(_) => panic!("both are small"),
};

fn main() {
    let case = std::env::args().nth(1).expect("the argument is a case");
    let (_, wrong) = CASES.iter().find(|(name, _)| *name == case).expect("it is a known case");
    wrong();
    println!("nothing happened");
}

/// What nobody's tag is.
const LETTERS: [u8; WORD] = [b'A'; WORD];

type Case = (&'static str, fn());

const CASES: &[Case] = &[
    ("nothing wrong", || three(&TREE).into_iter().for_each(|block| free(&TREE, told(block)))),
    ("free of a local variable", || {
        let local = [0_u128; 8];
        free(&TREE, told(NonNull::from(&local).cast()));
    }),
    ("free of a static", || {
        static THERE: [u64; 64] = [3; 64];
        free(&TREE, told(NonNull::from(&THERE).cast()));
    }),
    ("free of another heap's block", || free(&TREE, told(allocate(&LIST)))),
    ("free of a block of malloc's", || {
        // SAFETY: the call has no precondition.
        let block = unsafe { libc::malloc(SIZE) };
        free(&TREE, told(NonNull::new(block.cast()).expect("there is memory")));
    }),
    ("free before the first allocation", || {
        free(&SMALL, told(NonNull::from(&SMALL).cast()));
    }),
    ("free of the byte behind a block's first", || free(&TREE, told(at(allocate(&TREE), 1)))),
    ("free of the middle of a granule", || free(&TREE, told(at(allocate(&TREE), 8)))),
    ("free of what lies below the first block", || {
        // The first payload is 16 bytes above the arena.
        free(&TREE, told(at(allocate(&TREE), -16)));
    }),
    ("free of what lies behind the arena", || {
        let block = allocate(&SMALL);
        free(&SMALL, told(at(block, 4096)));
    }),
    ("realloc of a local variable", || {
        let local = [0_u128; 8];
        reallocate(&TREE, told(NonNull::from(&local).cast()));
    }),
    ("free of the inside of a block of zeros", || {
        let block = allocate(&TREE);
        write(block, 0, &[0; SIZE]);
        free(&TREE, told(at(block, 32)));
    }),
    ("free of the inside of a block of ones", || {
        let block = allocate(&TREE);
        write(block, 0, &[0xFF; SIZE]);
        free(&TREE, told(at(block, 32)));
    }),
    ("free of the inside of a block of tags of free chunks", || {
        let block = allocate(&TREE);
        // Of two granules, above one in use.
        (0..SIZE).step_by(WORD).for_each(|word| write(block, word, &0x22_usize.to_ne_bytes()));
        free(&TREE, told(at(block, 32)));
    }),
    ("free of the inside of the top", || {
        let block = allocate(&TREE);
        free(&TREE, told(at(block, 4096)));
    }),
    ("free, twice", || {
        let [_, block, _] = three(&TREE);
        free(&TREE, block);
        free(&TREE, told(block));
    }),
    ("free, twice, with others in between", || {
        let blocks: Vec<_> = (0..100).map(|_| allocate(&LIST)).collect();
        free(&LIST, blocks[50]);
        (0..40).for_each(|which| free(&LIST, blocks[which]));
        (60..100).for_each(|which| free(&LIST, blocks[which]));
        free(&LIST, told(blocks[50]));
    }),
    ("free, twice, of what merged with the chunk below", || {
        let [lower, upper, _] = three(&TREE);
        free(&TREE, lower);
        free(&TREE, upper);
        free(&TREE, told(upper));
    }),
    ("free, twice, of what merged with the chunk above", || {
        let [lower, upper, _] = three(&BINS);
        free(&BINS, upper);
        free(&BINS, lower);
        free(&BINS, told(upper));
    }),
    ("free, twice, of the lower of two that merged", || {
        let [lower, upper, _] = three(&BINS);
        free(&BINS, lower);
        free(&BINS, upper);
        free(&BINS, told(lower));
    }),
    ("free, twice, of what joined the top", || {
        let [_, _, block] = three(&TREE);
        free(&TREE, block);
        free(&TREE, told(block));
    }),
    ("free, twice, of what joined the top from further below", || {
        let [lower, upper, last] = three(&TREE);
        free(&TREE, upper);
        free(&TREE, last);
        free(&TREE, lower);
        free(&TREE, told(upper));
    }),
    ("free, twice, before neighbors merge", || {
        let [_, block, _] = three(&LATE);
        free(&LATE, block);
        free(&LATE, told(block));
    }),
    ("realloc of what is free", || {
        let [_, block, _] = three(&TREE);
        free(&TREE, block);
        reallocate(&TREE, told(block));
    }),
    ("free of what a realloc has moved", || {
        let [_, block, _] = three(&TREE);
        reallocate(&TREE, block);
        free(&TREE, told(block));
    }),
    ("the size of what is free", || {
        let [_, block, _] = three(&TREE);
        free(&TREE, block);
        // SAFETY: none; the heap must end the process.
        let _ = unsafe { TREE.usable_size(told(block)) };
    }),
    ("free of a block whose tag was overwritten with zeros", || {
        let [lower, block, _] = three(&TREE);
        write(lower, TAG, &[0; WORD]);
        free(&TREE, told(block));
    }),
    ("free of a block whose tag was overwritten with letters", || {
        let [lower, block, _] = three(&TREE);
        write(lower, TAG, &LETTERS);
        free(&TREE, told(block));
    }),
    ("free of a block that overwrote the next tag", || {
        let [block, _, _] = three(&TREE);
        write(block, TAG, &LETTERS);
        free(&TREE, told(block));
    }),
    ("realloc of a block that overwrote the next tag", || {
        let [block, _, _] = three(&TREE);
        write(block, TAG, &LETTERS);
        reallocate(&TREE, told(block));
    }),
    ("free beside a free chunk whose size was overwritten", || {
        let [lower, block, _] = three(&TREE);
        free(&TREE, lower);
        // The chunk's last word; what is free is taken from it.
        write(lower, LAST, &[0; WORD]);
        told(block);
        free(&TREE, block);
    }),
    ("free beside a free chunk whose size was overwritten by another", || {
        let [lower, block, _] = three(&TREE);
        free(&TREE, lower);
        // Three granules, which end at the block as well.
        write(lower, LAST, &3_usize.to_ne_bytes());
        told(at(block, -48));
        free(&TREE, block);
    }),
    ("allocation of a free chunk whose tag was overwritten", || {
        let [lower, block, _] = three(&TREE);
        free(&TREE, told(block));
        write(lower, TAG, &LETTERS);
        let _ = allocate(&TREE);
    }),
    ("allocation of a free chunk whose tag was overwritten, from a list", || {
        let [lower, block, _] = three(&LIST);
        free(&LIST, told(block));
        write(lower, TAG, &LETTERS);
        let _ = allocate(&LIST);
    }),
    ("allocation of a free chunk whose tag was overwritten, from a bin", || {
        let [lower, block, _] = three(&BINS);
        free(&BINS, told(block));
        write(lower, TAG, &LETTERS);
        let _ = allocate(&BINS);
    }),
    ("allocation of the block freed last, whose tag was overwritten", || {
        let lower = freed_last(&TREE);
        write(lower, TAG, &LETTERS);
        let _ = allocate(&TREE);
    }),
    ("allocation of the block freed last, whose tag says more", || {
        let lower = freed_last(&BINS);
        write(lower, TAG, &0x92_usize.to_ne_bytes());
        // SAFETY: the layout has a size.
        let _ = unsafe { BINS.alloc(Layout::new::<[u64; 17]>()) };
        // Where no block waits, it is its bin that is asked.
        let _ = allocate(&BINS);
    }),
    ("free below the block freed last, whose tag says more", || {
        let lower = freed_last(&BINS);
        write(lower, TAG, &0x92_usize.to_ne_bytes());
        free(&BINS, lower);
    }),
    ("allocation of a free chunk whose tag lost a flag, from a bin", || {
        overwrite_tag(&BINS, 0x70);
    }),
    ("allocation of a free chunk whose tag says more, from a bin", || {
        overwrite_tag(&BINS, 0x82);
    }),
    ("links overwritten in a tree by address", || overwrite_links(&LINKS, [0xFF; 16], 20)),
    ("links overwritten in trees by size", || overwrite_links(&SIZES, [0xFF; 16], 20)),
    ("links overwritten in a list", || overwrite_links(&LIST, [0xFF; 16], 18)),
    ("a link of the first of a stack that leads into a block", || {
        let [_, block, _] = three(&STACK);
        free(&STACK, told(block));
        // As if the lowest block stood before it.
        write(block, 4, &1_u32.to_ne_bytes());
        let _ = allocate(&STACK);
    }),
    ("links overwritten in a bin", || overwrite_links(&BINS, [0xFF; 16], 22)),
    ("links overwritten in a stack that merges late", || overwrite_links(&LATE, [0xFF; 16], 22)),
    ("links that lead into a block, in a list", || overwrite_links(&LIST, INTO_A_BLOCK, 18)),
    ("links that lead into a block, in a bin", || overwrite_links(&BINS, INTO_A_BLOCK, 22)),
];

/// Writes `tag` where the tag of a free chunk of seven granules above a used one is, 0x72, and then allocates that chunk.
fn overwrite_tag(heap: &dyn GlobalAlloc, tag: usize) {
    let [lower, block, _] = three(heap);
    free(heap, told(block));
    write(lower, TAG, &tag.to_ne_bytes());
    let _ = allocate(heap);
}

/// Each link names the place three granules above the arena's base.
const INTO_A_BLOCK: [u8; 16] = {
    let [a, b, c, d] = 3_u32.to_ne_bytes();
    [a, b, c, d, a, b, c, d, a, b, c, d, a, b, c, d]
};

/// Overwrites the links of the twentieth of some blocks, of which every second is free, as a use after a free does, and then
/// uses the heap: it must name the block `named`, a neighbor of that one in its list.
fn overwrite_links(heap: &dyn GlobalAlloc, links: [u8; 16], named: usize) {
    let blocks: Vec<_> = (0..40).map(|_| allocate(heap)).collect();
    blocks.iter().step_by(2).for_each(|block| free(heap, *block));
    write(blocks[20], 0, &links);
    told(blocks[named]);
    for _ in 0..20 {
        allocate(heap);
    }
}

/// Three blocks, one above the other; those that follow stand above them, or nothing.
fn three(heap: &dyn GlobalAlloc) -> [NonNull<u8>; 3] {
    [(); 3].map(|()| allocate(heap))
}

/// Frees the block that was served last, which is the hole between two others. Returns the lower of these.
fn freed_last(heap: &dyn GlobalAlloc) -> NonNull<u8> {
    let [lower, hole, _] = three(heap);
    free(heap, hole);
    free(heap, told(allocate(heap)));
    lower
}

fn allocate(heap: &dyn GlobalAlloc) -> NonNull<u8> {
    // SAFETY: the layout has a size.
    NonNull::new(unsafe { heap.alloc(LAYOUT) }).expect("there is memory")
}

/// Frees, as if it were right.
fn free(heap: &dyn GlobalAlloc, block: NonNull<u8>) {
    // SAFETY: none where it is wrong; the heap must end the process.
    unsafe { heap.dealloc(block.as_ptr(), LAYOUT) };
}

/// Makes a block larger than what is free above it.
fn reallocate(heap: &dyn GlobalAlloc, block: NonNull<u8>) {
    // SAFETY: none where it is wrong; the heap must end the process.
    let _ = unsafe { heap.realloc(block.as_ptr(), LAYOUT, 10 * SIZE) };
}

/// The address `distance` bytes above `block`.
fn at(block: NonNull<u8>, distance: isize) -> NonNull<u8> {
    NonNull::new(block.as_ptr().wrapping_byte_offset(distance)).expect("it is not 0")
}

/// Writes `bytes` at `distance` above `block`, within the heap's window.
fn write(block: NonNull<u8>, distance: usize, bytes: &[u8]) {
    let target = block.as_ptr().wrapping_add(distance);
    // SAFETY: the window is readable and writable there; that the bytes are not the writer's is what is wrong.
    unsafe { target.copy_from(bytes.as_ptr(), bytes.len()) };
}

/// Says the address that the heap must name.
fn told(block: NonNull<u8>) -> NonNull<u8> {
    println!("{block:p}");
    std::io::stdout().flush().expect("there is an output");
    block
}
