// A heap whose large requests have mappings of their own.
//
// on wasm32-unknown-unknown: `large` needs mappings of their own for large requests, and WebAssembly has one memory, which only grows; leave the option out on this target
// on thumbv7m-none-eabi: `source = "brk"`, the default, needs a Unix or Windows; on this target write `source = "static", arena = "64KiB"`
// on thumbv7em-none-eabihf: `source = "brk"`, the default, needs a Unix or Windows; on this target write `source = "static", arena = "64KiB"`
// on riscv32imac-unknown-none-elf: `source = "brk"`, the default, needs a Unix or Windows; on this target write `source = "static", arena = "64KiB"`
// on thumbv6m-none-eabi: this target has neither a system that gives memory nor compare-and-swap for a lock; write `source = "static", arena = "64KiB", unsafe(lock = "none")`
// on riscv32imc-unknown-none-elf: this target has neither a system that gives memory nor compare-and-swap for a lock; write `source = "static", arena = "64KiB", unsafe(lock = "none")`
#![no_std]

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(policy = "first_fit", large = "1MiB")]
static HEAP: BrkHeap;
