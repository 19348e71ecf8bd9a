//! Does one wrong thing to a heap of one kind: `misuse_levels HEAP CASE`, and says when the heap has not yet ended the process.
//!
//! To standard output go the addresses that the heap's last words may name, and then the stages, each before it begins: the
//! wrong call itself, the frees of the blocks that are left, the reuse of what is free, and the end.

use brkalloc::{BrkHeap, Config, brk_heap};
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;
use std::io::Write;

macro_rules! heaps {
    ($($name:ident $size:literal $snug:literal $options:tt,)+) => {
        $(
            #[brk_heap $options]
            static $name: BrkHeap;
        )+

        /// The heaps, the size of block that each is used for, and one that leaves no room but a record's.
        const HEAPS: &[(&str, &dyn AnyHeap, usize, usize)] =
            &[$((stringify!($name), &$name, $size, $snug)),+];
    };
}

heaps! {
    BASIC_CHUNKS 100 100 (source = "mmap", policy = "first_fit"),
    BASIC_CACHE 100 100 (source = "mmap", policy = "first_fit", cache = "64KiB"),
    BASIC_MAPPINGS 100_000 100_000 (source = "mmap", policy = "first_fit", large = "64KiB"),
    FULL_CHUNKS 100 96 (source = "mmap", policy = "first_fit", harden = "full"),
    FULL_CACHE 100 104 (source = "mmap", policy = "first_fit", cache = "64KiB", harden = "full"),
    FULL_MAPPINGS 100_000 100_000 (source = "mmap", policy = "first_fit", large = "64KiB", harden = "full"),
    WAIT_CHUNKS 100 96 (source = "mmap", policy = "first_fit", harden = "full", quarantine = "64KiB"),
    WAIT_CACHE 100 104 (source = "mmap", policy = "first_fit", cache = "64KiB", harden = "full", quarantine = "64KiB"),
}

/// Whose blocks are foreign to all others.
#[brk_heap(source = "mmap", policy = "first_fit")]
static OTHER: BrkHeap;

/// What is done to a heap of any configuration.
trait AnyHeap: GlobalAlloc + Sync {
    fn give_back(&self);
    fn size_of(&self, block: NonNull<u8>) -> usize;
}

impl<C: Config> AnyHeap for BrkHeap<C> {
    fn give_back(&self) {
        self.trim();
    }

    fn size_of(&self, block: NonNull<u8>) -> usize {
        // SAFETY: none where it is wrong; the heap must end the process.
        unsafe { self.usable_size(block) }
    }
}

/// The heap, and the blocks that are in use at the end of a case.
struct Ground {
    heap: &'static dyn AnyHeap,
    layout: Layout,
    snug: Layout,
    left: Vec<NonNull<u8>>,
}

impl Ground {
    /// Three blocks that nothing else has touched, from the lowest up, one beside the other where the heap
    /// does that.
    fn three(&mut self) -> [NonNull<u8>; 3] {
        let mut blocks = [(); 3].map(|()| self.allocate());
        blocks.sort();
        blocks
    }

    fn forty(&self) -> [NonNull<u8>; 40] {
        [(); 40].map(|()| self.allocate())
    }

    fn free_all(&self, blocks: &[NonNull<u8>]) {
        for block in blocks {
            self.free(*block);
        }
    }

    /// The middle one of three, freed; the others are left.
    fn freed(&mut self) -> NonNull<u8> {
        let [lower, block, upper] = self.three();
        self.left.extend([lower, upper]);
        self.free(block);
        block
    }

    fn allocate(&self) -> NonNull<u8> {
        // SAFETY: the layout has a size.
        NonNull::new(unsafe { self.heap.alloc(self.layout) }).expect("there is memory")
    }

    /// Frees, as if it were right.
    fn free(&self, block: NonNull<u8>) {
        self.free_as(block, self.layout);
    }

    fn free_as(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: none where it is wrong; the heap must end the process.
        unsafe { self.heap.dealloc(block.as_ptr(), layout) };
    }

    fn reallocate_as(&mut self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: none where it is wrong; the heap must end the process.
        let moved = unsafe { self.heap.realloc(block.as_ptr(), layout, 2 * self.layout.size()) };
        // What has another size is left for good.
        assert!(!moved.is_null(), "there is memory");
    }

    fn size(&self) -> usize {
        self.layout.size()
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().expect("the arguments are a heap and a case");
    let (name, case) = (argument(), argument());
    let (_, heap, size, snug) =
        *HEAPS.iter().find(|(heap, ..)| *heap == name).expect("it is a heap");
    let (_, wrong) = CASES.iter().find(|(known, _)| *known == case).expect("it is a known case");
    let mut ground =
        Ground { heap, layout: layout(size, 8), snug: layout(snug, 8), left: Vec::new() };
    stage("at once");
    wrong(&mut ground);
    stage("at a free");
    for block in core::mem::take(&mut ground.left) {
        ground.free(block);
    }
    stage("at reuse");
    let blocks = ground.forty();
    ground.free_all(&blocks);
    heap.give_back();
    stage("no");
}

type Case = (&'static str, fn(&mut Ground));

const CASES: &[Case] = &[
    ("nothing wrong", |ground| {
        let blocks = ground.three();
        for block in blocks {
            write(block, 0, &vec![b'A'; ground.size()]);
        }
        ground.reallocate_as(blocks[1], ground.layout);
        ground.left.extend([blocks[0], blocks[2]]);
    }),
    ("free, twice", |ground| {
        let block = ground.freed();
        ground.free(told(block));
    }),
    ("free, twice, with others in between", |ground| {
        let blocks = ground.forty();
        ground.free_all(&blocks);
        ground.free(told(blocks[20]));
    }),
    ("free, twice, of what was handed out again", |ground| {
        let blocks = ground.forty();
        ground.free_all(&blocks);
        ground.forty();
        ground.free(told(blocks[20]));
    }),
    ("realloc of what is free", |ground| {
        let block = told(ground.freed());
        ground.reallocate_as(block, ground.layout);
    }),
    ("the size of what is free", |ground| {
        let block = told(ground.freed());
        _ = ground.heap.size_of(block);
    }),
    ("free of the inside of a block", |ground| {
        let [block, ..] = ground.three();
        write(block, 0, &vec![b'A'; ground.size()]);
        ground.free(told(at(block, 32)));
    }),
    ("free of the middle of a granule", |ground| {
        let [block, ..] = ground.three();
        ground.free(told(at(block, 8)));
    }),
    ("free of another heap's block", |ground| {
        ground.three();
        // SAFETY: the layout has a size.
        let block = NonNull::new(unsafe { OTHER.alloc(ground.layout) }).expect("there is memory");
        ground.free(told(block));
    }),
    ("free of a local variable", |ground| {
        ground.three();
        let local = [[3_u128; 4]; 8];
        ground.free(told(NonNull::from(&local[4]).cast()));
    }),
    ("free of a static", |ground| {
        static THERE: [u128; 64] = [3; 64];
        ground.three();
        ground.free(told(NonNull::from(&THERE[32]).cast()));
    }),
    ("free of an address in the first page", |ground| {
        ground.three();
        ground.free(told(somewhere(0x40)));
    }),
    ("free of an address where nothing is", |ground| {
        ground.three();
        ground.free(told(somewhere(if usize::BITS == 64 { 1 << 46 } else { 1 << 16 })));
    }),
    ("free with a size that is one less", |ground| {
        let [block, ..] = ground.three();
        told(block);
        ground.free_as(block, layout(ground.size() - 1, 8));
    }),
    ("free with twice the size", |ground| {
        let [block, ..] = ground.three();
        told(block);
        ground.free_as(block, layout(2 * ground.size(), 8));
    }),
    ("free with another alignment", |ground| {
        let [block, ..] = ground.three();
        told(block);
        ground.free_as(block, layout(ground.size(), 4));
    }),
    ("realloc with a size that is one less", |ground| {
        let [block, ..] = ground.three();
        told(block);
        ground.reallocate_as(block, layout(ground.size() - 1, 8));
    }),
    ("a write of one byte past the end", |ground| past_the_end(ground, b"A")),
    ("a write of a zero past the end", |ground| {
        ground.layout = ground.snug;
        past_the_end(ground, &[0]);
    }),
    ("a write of eight bytes past the end", |ground| past_the_end(ground, EIGHT)),
    ("a write of eight bytes past the end, before a realloc", |ground| {
        let [block, ..] = ground.three();
        write(told(block), ground.size(), EIGHT);
        ground.reallocate_as(block, ground.layout);
    }),
    ("a write of eight bytes below a block", |ground| {
        let [lower, block, upper] = ground.three();
        told(lower);
        write(told(at(told(block), -8)), 0, b"AAAAAAAA");
        ground.left.extend([lower, block, upper]);
    }),
    ("a write into freed memory, at its beginning", |ground| {
        let block = ground.freed();
        write(told(block), 0, b"AAAAAAAA");
    }),
    ("a write into freed memory, further in", |ground| {
        let block = ground.freed();
        write(told(at(block, 43)), 0, b"A");
    }),
    ("a write into freed memory, at its end", |ground| {
        let block = ground.freed();
        let last = at(block, ground.layout.size().cast_signed() - 1);
        told(block);
        write(told(last), 0, b"A");
        // A record there is named as a whole.
        (-8..8).for_each(|distance| _ = told(at(last, distance)));
    }),
    ("a write into freed memory, handed out next", |ground| {
        let block = ground.freed();
        write(told(at(block, 43)), 0, b"A");
        stage("at reuse");
        let next = ground.allocate();
        ground.left.push(next);
    }),
    ("a write into freed memory, given back", |ground| {
        let block = ground.allocate();
        ground.free(block);
        write(told(at(block, 43)), 0, b"A");
        stage("at reuse");
        ground.heap.give_back();
    }),
    ("a read of freed memory", |ground| {
        let block = ground.freed();
        // SAFETY: none; the bytes are the heap's.
        let byte = unsafe { at(block, 43).read_volatile() };
        assert_ne!(byte, b'B');
    }),
    ("a write into the block above, beyond what is between", |ground| {
        let [lower, block, upper] = ground.three();
        let above = block.addr().get() - lower.addr().get();
        write(lower, above + 40, b"AAAAAAAA");
        ground.left.extend([lower, block, upper]);
    }),
    ("a write past the end of what stands there", |ground| {
        let [block, ..] = ground.three();
        let end = at(block, ground.size().cast_signed());
        // SAFETY: none; the byte is the heap's.
        let there = unsafe { end.read_volatile() };
        write(end, 0, &[there]);
        ground.left.push(block);
    }),
];

/// Eight bytes that overwrite the lower half of the next tag; where that half stands last, four more.
const EIGHT: &[u8] = if cfg!(target_endian = "big") { b"AAAAAAAAAAAA" } else { b"AAAAAAAA" };

/// Writes behind the lowest of three blocks.
fn past_the_end(ground: &mut Ground, bytes: &[u8]) {
    let [block, second, third] = ground.three();
    told(second);
    write(told(block), ground.size(), bytes);
    ground.left.extend([block, second, third]);
}

const fn layout(size: usize, align: usize) -> Layout {
    match Layout::from_size_align(size, align) {
        Ok(layout) => layout,
        Err(_) => panic!("the sizes here are small"),
    }
}

/// An address that is nobody's.
fn somewhere(address: usize) -> NonNull<u8> {
    NonNull::new(core::ptr::without_provenance_mut(address)).expect("it is not 0")
}

/// The address `distance` bytes above `block`.
fn at(block: NonNull<u8>, distance: isize) -> NonNull<u8> {
    NonNull::new(block.as_ptr().wrapping_byte_offset(distance)).expect("it is not 0")
}

/// Writes `bytes` at `distance` above `block`, where the heap has memory.
fn write(block: NonNull<u8>, distance: usize, bytes: &[u8]) {
    let target = block.as_ptr().wrapping_add(distance);
    // SAFETY: the memory is readable and writable there; that the bytes are not the writer's is what is wrong.
    unsafe { target.copy_from(bytes.as_ptr(), bytes.len()) };
}

/// Says an address that the heap may name.
fn told(block: NonNull<u8>) -> NonNull<u8> {
    println!("{block:p}");
    std::io::stdout().flush().expect("there is an output");
    block
}

/// Says what the heap has come to without ending the process.
fn stage(name: &str) {
    println!("{name}");
    std::io::stdout().flush().expect("there is an output");
}
