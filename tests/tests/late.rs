//! Heaps whose memory nobody knows when they are compiled: bytes that the program hands over, and what the linker keeps.

use brkalloc::{BrkHeap, Config, Origin, brk_heap};
use core::alloc::{GlobalAlloc as _, Layout};
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

#[path = "../support/child.rs"]
mod child;

const BLOCK: Layout = Layout::new::<[u64; 8]>();

fn bytes(length: usize) -> &'static mut [MaybeUninit<u8>] {
    Box::leak(Box::new_uninit_slice(length))
}

/// Allocates until the heap refuses, and frees all. Returns the addresses.
fn fill<C: Config>(heap: &BrkHeap<C>) -> Vec<*mut u8> {
    let mut blocks = Vec::new();
    loop {
        // SAFETY: the layout has bytes.
        let block = unsafe { heap.alloc(BLOCK) };
        if block.is_null() {
            break;
        }
        // SAFETY: the block has as many bytes.
        unsafe { block.write_bytes(0xab, BLOCK.size()) };
        blocks.push(block);
    }
    assert_eq!(heap.check(), Ok(()));
    for block in &blocks {
        // SAFETY: the heap handed it out with this layout.
        unsafe { heap.dealloc(*block, BLOCK) };
    }
    assert_eq!((heap.check(), heap.stats().in_use), (Ok(()), 0));
    blocks
}

#[test]
fn a_heap_refuses_requests_until_it_is_given_memory_and_memory_from_then_on() {
    #[brk_heap(source = "slice")]
    static HEAP: BrkHeap;

    assert!(fill(&HEAP).is_empty(), "it has no memory yet");
    assert_eq!((HEAP.stats().origin, HEAP.stats().committed), (None, 0));
    for few in [0, 1, 16, 32, 40] {
        let refused = HEAP.init(bytes(few)).expect_err("no chunk fits");
        assert_eq!(refused.into_bytes().len(), few);
    }
    let refused = HEAP.init(bytes(16)).expect_err("no chunk fits");
    assert!(refused.to_string().starts_with("too few bytes"), "{refused}");
    assert_eq!(refused.into_bytes().len(), 16);

    let memory = bytes(64 << 10);
    let range = memory.as_ptr_range();
    HEAP.init(memory).expect("the bytes before were refused");
    let blocks = fill(&HEAP);
    assert!((64 << 10) / 80 <= blocks.len() && blocks.len() < (64 << 10) / 64, "{}", blocks.len());
    assert!(blocks.iter().all(|block| range.contains(&block.cast_const().cast())));
    assert_eq!(HEAP.stats().origin, Some(Origin::Slice));

    let more = bytes(64 << 10);
    let address = more.as_ptr();
    let refused = HEAP.init(more).expect_err("a second time");
    assert!(refused.to_string().contains("already"), "{refused}");
    assert_eq!(refused.into_bytes().as_ptr(), address, "nothing is lost");
    assert_eq!(fill(&HEAP).len(), blocks.len());
}

#[test]
fn bytes_at_any_address_are_used_within_their_bounds_and_the_limit() {
    #[brk_heap(source = "slice", policy = "segregated_fit", limit = "8KiB", harden = "full")]
    static LIMITED: BrkHeap;
    #[brk_heap(source = "slice", index = "list")]
    static ODD: BrkHeap;

    let memory = bytes(64 << 10);
    let start = memory.as_ptr().addr();
    LIMITED.init(memory).expect("it has none");
    assert!(fill(&LIMITED).iter().all(|block| block.addr() + 64 <= start + (8 << 10)));
    let (_, memory) = bytes((4 << 10) + 3).split_at_mut(3);
    let range = memory.as_ptr_range();
    let range = range.start.addr()..=range.end.addr() - 64;
    ODD.init(memory).expect("it has none");
    let blocks = fill(&ODD);
    assert!(40 < blocks.len() && blocks.iter().all(|block| range.contains(&block.addr())));
}

#[test]
fn one_of_many_threads_gives_a_heap_its_memory() {
    #[brk_heap(source = "slice")]
    static HEAP: BrkHeap;
    let given = std::thread::scope(|scope| {
        let threads = [(); 8].map(|()| scope.spawn(|| HEAP.init(bytes(4096)).is_ok()));
        threads.map(|thread| thread.join().expect("no panic"))
    });
    assert_eq!(given.iter().filter(|given| **given).count(), 1);
    assert!(!fill(&HEAP).is_empty());
}

#[test]
fn a_copy_of_a_heap_takes_no_memory() {
    #[brk_heap(source = "slice")]
    static HEAP: BrkHeap;
    let copy = BrkHeap::<HEAP>::__new();
    let refused = copy.init(bytes(4096)).expect_err("it is a copy");
    assert!(refused.to_string().contains("copy"), "{refused}");
    assert!(fill(&copy).is_empty() && fill(&HEAP).is_empty());
    HEAP.init(refused.into_bytes()).expect("nobody took them");
    assert!(!fill(&HEAP).is_empty());
}

#[test]
fn memory_that_was_used_before_is_handed_out_as_zeros_when_asked() {
    #[brk_heap(source = "slice")]
    static HEAP: BrkHeap;
    let memory = bytes(4096);
    memory.fill(MaybeUninit::new(0xff));
    HEAP.init(memory).expect("it has none");
    // SAFETY: the layout has bytes.
    let block = unsafe { HEAP.alloc_zeroed(BLOCK) };
    // SAFETY: the block is as large, and all of it is zero.
    assert_eq!(unsafe { core::slice::from_raw_parts(block, 64) }, [0; 64]);
}

/// What a linker script does on a small machine: 64 KiB, not aligned, between two symbols. They are no zeros.
#[cfg(target_os = "linux")]
mod linked {
    use super::*;

    core::arch::global_asm!(
        ".pushsection .data.heap, \"aw\"",
        ".p2align 4",
        ".skip 5, 0xff",
        ".globl __heap_start",
        "__heap_start: .skip 65536, 0xff",
        ".globl __heap_end",
        "__heap_end: .skip 3, 0xff",
        ".popsection",
    );

    unsafe extern "C" {
        static __heap_start: u8;
        static __heap_end: u8;
    }

    #[brk_heap(
        // SAFETY: nothing else uses what lies between the symbols.
        unsafe(source = "linker"),
        policy = "best_fit"
    )]
    static HEAP: BrkHeap;
    #[brk_heap(
        // SAFETY: as above; the two heaps do not share it.
        unsafe(source = "linker")
    )]
    static SECOND: BrkHeap;

    #[test]
    fn the_first_heap_gets_what_the_linker_keeps_and_no_other() {
        // SAFETY: the layout has bytes.
        let block = unsafe { HEAP.alloc_zeroed(BLOCK) };
        // SAFETY: the block is as large, and all of it is zero.
        let zeros = unsafe { core::slice::from_raw_parts(block, 64) };
        assert_eq!(zeros, [0; 64], "though the memory was not");
        // SAFETY: the heap handed it out with this layout.
        unsafe { HEAP.dealloc(block, BLOCK) };
        let blocks = fill(&HEAP);
        let range = (&raw const __heap_start).addr()..=(&raw const __heap_end).addr() - 64;
        assert!(blocks.iter().all(|block| range.contains(&block.addr())));
        // A word is a block's tag; a granule is before the first one, and a word behind the last.
        assert_eq!(blocks.len(), (65536 - 11 - 32) / 80);
        assert_eq!(
            (HEAP.stats().origin, HEAP.stats().committed),
            (Some(Origin::Linker), 65536 - 16)
        );
        assert!(fill(&SECOND).is_empty(), "the memory is the first heap's");
    }
}

#[test]
fn requests_of_threads_are_critical_sections() {
    #[brk_heap(source = "mmap", lock = "critical_section", policy = "first_fit")]
    static HEAP: BrkHeap;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..2000 {
                    // SAFETY: the layout has bytes.
                    let block = unsafe { HEAP.alloc(BLOCK) };
                    assert!(!block.is_null());
                    // SAFETY: the heap handed it out with this layout.
                    unsafe { HEAP.dealloc(block, BLOCK) };
                }
            });
        }
    });
    assert_eq!((HEAP.check(), HEAP.stats().in_use), (Ok(()), 0));
    // Whoever is in a section may enter another.
    let block = critical_section::with(|_| {
        // SAFETY: the layout has bytes.
        unsafe { HEAP.alloc(BLOCK) }
    });
    assert!(!block.is_null());
}

#[test]
fn critical_sections_of_several_heaps_end_behind_a_fork_as_they_nest() {
    #[brk_heap(source = "mmap", lock = "critical_section", policy = "first_fit")]
    static FIRST: BrkHeap;
    #[brk_heap(source = "mmap", lock = "critical_section", policy = "first_fit")]
    static SECOND: BrkHeap;
    static OVER: AtomicBool = AtomicBool::new(false);

    fn turn<C: Config>(heap: &BrkHeap<C>) {
        // SAFETY: the layout has bytes.
        let block = unsafe { heap.alloc(BLOCK) };
        assert!(!block.is_null());
        // SAFETY: the heap handed it out with this layout.
        unsafe { heap.dealloc(block, BLOCK) };
    }
    turn(&FIRST);
    turn(&SECOND);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !OVER.load(Relaxed) {
                    turn(&FIRST);
                    turn(&SECOND);
                }
            });
        }
        for _ in 0..100 {
            // SAFETY: the child uses two heaps, and ends.
            let child = unsafe { libc::fork() };
            if child == 0 {
                // SAFETY: the call has no precondition; a child that waits for ever is ended.
                unsafe { libc::alarm(10) };
                turn(&FIRST);
                turn(&SECOND);
                // SAFETY: nothing is left to clean up.
                unsafe { libc::_exit(0) };
            }
            let mut status = -1;
            // SAFETY: the child is this thread's own, and there is room for the answer.
            unsafe { libc::waitpid(child, &raw mut status, 0) };
            assert_eq!(status, 0, "the child found both heaps unlocked");
        }
        OVER.store(true, Relaxed);
    });
}

#[test]
fn a_program_lives_in_memory_that_its_linker_keeps() {
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_global_linker"));
    print!("{}", child::run(&mut program).well("global_linker"));
}
