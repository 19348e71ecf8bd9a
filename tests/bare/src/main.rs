//! Random requests to heaps of a microcontroller, where granules have another size than elsewhere and the code is
//! small: after each request no block overlaps another, each keeps its bytes and its alignment, and `check` finds
//! nothing. Heaps of one policy and order return the same addresses, whatever their index.
#![no_std]
#![no_main]

use brkalloc::{BrkHeap, Config, Heap, brk_heap};
use core::alloc::Layout;
use core::mem::MaybeUninit;
use core::panic::PanicInfo;
use core::ptr::NonNull;
use cortex_m_rt::entry;
use cortex_m_semihosting::debug::{self, EXIT_FAILURE, EXIT_SUCCESS};
use cortex_m_semihosting::hprintln;

/// The bytes of each heap.
const ARENA: usize = 6 << 10;
/// Requests of a sequence.
const REQUESTS: usize = 300;
/// Blocks at a time, at most.
const BLOCKS: usize = 80;

#[repr(align(64))]
struct Memory([MaybeUninit<u8>; ARENA]);

static mut MEMORY: Memory = Memory([MaybeUninit::uninit(); ARENA]);

macro_rules! heaps {
    ($run:ident: $($name:ident ($($options:tt)+),)+) => {
        $(
            #[brk_heap(source = "static", $($options)+)]
            static $name: BrkHeap;
        )+

        /// Runs all heaps of one policy and order, each over the same sequences.
        fn $run(memory: &mut [MaybeUninit<u8>]) {
            let expected = [$((stringify!($($options)+), requests::<$name>(memory))),+];
            for (options, places) in expected {
                assert_eq!(places, expected[0].1, "{options} places as {}", expected[0].0);
            }
        }
    };
}

heaps! { first_fit:
    FIRST (arena = "256B", policy = "first_fit"),
    FIRST_LIST (arena = "256B", policy = "first_fit", index = "list"),
    FIRST_UNCHECKED (arena = "256B", policy = "first_fit", harden = "none"),
    FIRST_LIST_UNCHECKED (arena = "256B", policy = "first_fit", index = "list", harden = "none"),
    FIRST_CLEARED (arena = "256B", policy = "first_fit", zero = "free"),
}
heaps! { first_fit_checked:
    FIRST_FULL (arena = "256B", policy = "first_fit", harden = "full"),
    FIRST_LIST_FULL (arena = "256B", policy = "first_fit", index = "list", harden = "full"),
}
heaps! { next_fit:
    NEXT (arena = "256B", policy = "next_fit"),
    NEXT_LIST (arena = "256B", policy = "next_fit", index = "list"),
}
heaps! { best_fit:
    BEST (arena = "256B", policy = "best_fit"),
    BEST_LIST (arena = "256B", policy = "best_fit", index = "list"),
    BEST_UNCHECKED (arena = "256B", policy = "best_fit", harden = "none"),
}
heaps! { worst_fit:
    WORST (arena = "256B", policy = "worst_fit"),
    WORST_LIST (arena = "256B", policy = "worst_fit", index = "list"),
}
heaps! { last_in: LIFO (arena = "256B", order = "lifo"), LIFO_UNCHECKED (arena = "256B", order = "lifo", harden = "none"), }
heaps! { first_in: FIFO (arena = "256B", order = "fifo"), FIFO_UNCHECKED (arena = "256B", order = "fifo", harden = "none"), }
heaps! { segregated_fit:
    BINS (arena = "6KiB", policy = "segregated_fit"),
    BINS_UNCHECKED (arena = "6KiB", policy = "segregated_fit", harden = "none"),
}
heaps! { segregated_fit_checked:
    BINS_FULL (arena = "6KiB", policy = "segregated_fit", harden = "full"),
}
heaps! { merging_late:
    LATE (arena = "256B", policy = "first_fit", coalesce = "deferred"),
    LATE_LIST (arena = "256B", policy = "first_fit", coalesce = "deferred", index = "list"),
}
heaps! { merging_never:
    NEVER (arena = "256B", policy = "first_fit", coalesce = "never"),
    NEVER_LIST (arena = "256B", policy = "first_fit", coalesce = "never", index = "list"),
}

#[entry]
fn main() -> ! {
    // SAFETY: nothing else uses the array, and this runs once.
    let memory = unsafe { &mut *(&raw mut MEMORY) };
    let runs = [
        first_fit,
        first_fit_checked,
        next_fit,
        best_fit,
        worst_fit,
        last_in,
        first_in,
        segregated_fit,
        segregated_fit_checked,
        merging_late,
        merging_never,
    ];
    for run in runs {
        run(&mut memory.0);
    }
    hprintln!("{} policies place as they should", runs.len());
    debug::exit(EXIT_SUCCESS);
    loop {}
}

/// A block, and the byte that fills it.
#[derive(Clone, Copy)]
struct Block {
    first: NonNull<u8>,
    layout: Layout,
    mark: u8,
}

impl Block {
    fn bytes(&self, size: usize) -> &[u8] {
        // SAFETY: the block has been filled, and is in use.
        unsafe { core::slice::from_raw_parts(self.first.as_ptr(), size) }
    }

    /// Compares all of its bytes.
    fn verify(&self) {
        assert!(self.bytes(self.layout.size()).iter().all(|byte| *byte == self.mark));
    }

    fn fill(&self) {
        assert_eq!(self.first.addr().get() % self.layout.align(), 0, "{:?}", self.layout);
        // SAFETY: the block has so many bytes.
        unsafe { self.first.write_bytes(self.mark, self.layout.size()) };
    }
}

/// Xorshift (Marsaglia 2003).
struct Random(u32);

impl Random {
    fn below(&mut self, bound: u32) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        ((self.0 >> 8) % bound) as usize
    }

    fn size(&mut self) -> usize {
        let bound = 8 << self.below(7);
        self.below(bound) + 1
    }

    fn layout(&mut self) -> Layout {
        // Every fourth block has an alignment above a granule.
        let exponent = if self.below(4) == 0 { self.below(8) } else { self.below(4) };
        Layout::from_size_align(self.size(), 1 << exponent).expect("both are small")
    }
}

/// Makes sequences of requests of a heap over the memory. Returns a sum over the places of all blocks.
fn requests<C: Config>(memory: &mut [MaybeUninit<u8>]) -> u32 {
    let base = memory.as_ptr().addr();
    let mut places = 0_u32;
    for seed in 1..=12 {
        let heap = Heap::<C>::over(memory);
        let mut random = Random(seed * 0x9e37_79b9);
        let mut blocks: [Option<Block>; BLOCKS] = [None; BLOCKS];
        for request in 0..REQUESTS {
            let slot = &mut blocks[random.below(BLOCKS as u32)];
            let mark = request as u8;
            match (*slot, random.below(3)) {
                (None, kind) => {
                    let layout = random.layout();
                    let first = if kind == 0 {
                        heap.allocate_zeroed(layout)
                    } else {
                        heap.allocate(layout)
                    };
                    *slot = first.map(|first| Block { first, layout, mark });
                    if let Some(block) = slot {
                        if kind == 0 {
                            assert!(block.bytes(layout.size()).iter().all(|byte| *byte == 0));
                        }
                        block.fill();
                    }
                }
                (Some(block), 0) => {
                    block.verify();
                    let size = random.size();
                    // SAFETY: the block is in use.
                    let moved = unsafe { heap.reallocate(block.first, block.layout, size) };
                    if let Some(first) = moved {
                        let align = block.layout.align();
                        let layout = Layout::from_size_align(size, align).expect("it is small");
                        let kept = Block { first, layout, mark: block.mark };
                        let common = size.min(block.layout.size());
                        assert!(kept.bytes(common).iter().all(|byte| *byte == block.mark));
                        let block = Block { mark, ..kept };
                        block.fill();
                        *slot = Some(block);
                    }
                }
                (Some(block), _) => {
                    block.verify();
                    // SAFETY: the block is in use, and forgotten.
                    unsafe { heap.deallocate(block.first) };
                    *slot = None;
                }
            }
            let place = slot.map_or(0, |block| block.first.addr().get() - base);
            places = places.wrapping_mul(31).wrapping_add(place as u32);
            assert_eq!(heap.check(), Ok(()), "request {request} of {seed}");
        }
        for block in blocks.into_iter().flatten() {
            block.verify();
            // SAFETY: the block is in use, and forgotten.
            unsafe { heap.deallocate(block.first) };
        }
        assert_eq!(heap.check(), Ok(()));
        assert_eq!(heap.stats().in_use, 0);
    }
    places
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    hprintln!("{}", info);
    debug::exit(EXIT_FAILURE);
    loop {}
}
