// The lock that the attribute chooses if it is told nothing: one that spins, where there is no system.
//
// on thumbv6m-none-eabi: this target has no compare-and-swap, so no lock that spins; write `lock = "critical_section"`, with the feature `critical-section`, name a mutex of yours by its path, or write `unsafe(lock = "none")` if one thread uses the heap, and no interrupt
// on riscv32imc-unknown-none-elf: this target has no compare-and-swap, so no lock that spins; write `lock = "critical_section"`, with the feature `critical-section`, name a mutex of yours by its path, or write `unsafe(lock = "none")` if one thread uses the heap, and no interrupt
#![no_std]

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(source = "static", arena = "16KiB")]
static HEAP: BrkHeap;
