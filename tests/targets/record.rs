// A heap that records its requests.
//
// on wasm32-unknown-unknown: `record` needs Linux, where a process shares a file with its memory; leave the option out on this target
// on thumbv7m-none-eabi: `record` needs Linux, where a process shares a file with its memory; leave the option out on this target
// on thumbv7em-none-eabihf: `record` needs Linux, where a process shares a file with its memory; leave the option out on this target
// on riscv32imac-unknown-none-elf: `record` needs Linux, where a process shares a file with its memory; leave the option out on this target
// on x86_64-pc-windows-gnu: `record` needs Linux, where a process shares a file with its memory; leave the option out on this target
// on thumbv6m-none-eabi: `record` needs Linux, where a process shares a file with its memory; leave the option out on this target
// on riscv32imc-unknown-none-elf: `record` needs Linux, where a process shares a file with its memory; leave the option out on this target
#![no_std]

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(source = "static", arena = "16KiB", unsafe(lock = "none"), record = "app")]
static HEAP: BrkHeap;
