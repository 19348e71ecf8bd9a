// A cache that somebody wrote.
//
// on wasm32-unknown-unknown: `cache` needs a Unix or Windows, for the ends of threads; leave the option out on this target
// on thumbv7m-none-eabi: `source = "brk"`, the default, needs a Unix or Windows; on this target write `source = "static", arena = "64KiB"`
// on thumbv7em-none-eabihf: `source = "brk"`, the default, needs a Unix or Windows; on this target write `source = "static", arena = "64KiB"`
// on riscv32imac-unknown-none-elf: `source = "brk"`, the default, needs a Unix or Windows; on this target write `source = "static", arena = "64KiB"`
// on thumbv6m-none-eabi: this target has neither a system that gives memory nor compare-and-swap for a lock; write `source = "static", arena = "64KiB", unsafe(lock = "none")`
// on riscv32imc-unknown-none-elf: this target has neither a system that gives memory nor compare-and-swap for a lock; write `source = "static", arena = "64KiB", unsafe(lock = "none")`
#![no_std]

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(cache = "64KiB")]
static HEAP: BrkHeap;
