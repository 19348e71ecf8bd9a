//! The program in memory that its linker keeps, behind a critical section.

use brkalloc::{BrkHeap, brk_heap};
use brkalloc_harness::program;
use critical_section as _;

#[global_allocator]
#[brk_heap(
    // SAFETY: nothing else uses what lies between the symbols.
    unsafe(source = "linker"),
    policy = "segregated_fit",
    limit = "64MiB",
    lock = "critical_section"
)]
static HEAP: BrkHeap;

core::arch::global_asm!(
    ".pushsection .bss.heap, \"aw\", %nobits",
    ".globl __heap_start",
    "__heap_start: .skip 67108864",
    ".globl __heap_end",
    "__heap_end:",
    ".popsection",
);

fn main() {
    program::run(&HEAP);
}
