// Memory in a mapping, with a lock that the target has.
//
// on wasm32-unknown-unknown: `source = "mmap"` needs a Unix or Windows; on this target leave it out: `"brk"` grows the memory
// on thumbv7m-none-eabi: `source = "mmap"` needs a Unix or Windows; on this target write `source = "static", arena = "64KiB"`
// on thumbv7em-none-eabihf: `source = "mmap"` needs a Unix or Windows; on this target write `source = "static", arena = "64KiB"`
// on riscv32imac-unknown-none-elf: `source = "mmap"` needs a Unix or Windows; on this target write `source = "static", arena = "64KiB"`
// on thumbv6m-none-eabi: `source = "mmap"` needs a Unix or Windows; on this target write `source = "static", arena = "64KiB"`
// on riscv32imc-unknown-none-elf: `source = "mmap"` needs a Unix or Windows; on this target write `source = "static", arena = "64KiB"`
#![no_std]

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(source = "mmap", unsafe(lock = "none"))]
static HEAP: BrkHeap;
