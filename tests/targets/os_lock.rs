// A lock that sleeps in the system.
//
// on wasm32-unknown-unknown: `lock = "os"` needs a Unix or Windows; on this target write `lock = "spin"`, or leave it out
// on thumbv7m-none-eabi: `lock = "os"` needs a Unix or Windows; on this target write `lock = "spin"`, or leave it out
// on thumbv7em-none-eabihf: `lock = "os"` needs a Unix or Windows; on this target write `lock = "spin"`, or leave it out
// on riscv32imac-unknown-none-elf: `lock = "os"` needs a Unix or Windows; on this target write `lock = "spin"`, or leave it out
// on thumbv6m-none-eabi: this target has no compare-and-swap, so no lock that spins; write `lock = "critical_section"`, with the feature `critical-section`, name a mutex of yours by its path, or write `unsafe(lock = "none")` if one thread uses the heap, and no interrupt
// on riscv32imc-unknown-none-elf: this target has no compare-and-swap, so no lock that spins; write `lock = "critical_section"`, with the feature `critical-section`, name a mutex of yours by its path, or write `unsafe(lock = "none")` if one thread uses the heap, and no interrupt
#![no_std]

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(source = "static", arena = "16KiB", lock = "os")]
static HEAP: BrkHeap;
