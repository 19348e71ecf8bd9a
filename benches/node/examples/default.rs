//! All defaults, which here are segregated fit behind a spin lock.
#![no_std]

use brkalloc::{BrkHeap, brk_heap};
use brkalloc_node_bench as _;

#[global_allocator]
#[brk_heap]
static HEAP: BrkHeap;
