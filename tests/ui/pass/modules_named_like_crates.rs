//! Nothing that stands beside the heap is mistaken for what the expansion names.

mod core {}
mod std {}
mod alloc {}
mod brkalloc {}

#[allow(non_camel_case_types, dead_code)]
mod types {
    pub struct usize;
    pub struct str;
    pub struct u64;
    pub struct Config;
    pub struct Static;
    pub struct Self_;
}
#[allow(unused_imports)]
use types::*;

#[allow(unused_macros)]
macro_rules! compile_error {
    ($($any:tt)*) => { const _: u8 = "no macro of this name is called"; };
}

use ::brkalloc::{BrkHeap, brk_heap};

#[brk_heap(source = "static", arena = "4KiB")]
static HEAP: BrkHeap;

#[brk_heap(limit = "1MiB", trim = "64KiB", policy = "segregated_fit")]
static ARENA: BrkHeap;

#[brk_heap(lock = ::spin::mutex::SpinMutex<()>)]
static LOCK: BrkHeap;

fn main() {
    assert!(HEAP.check().is_ok() && ARENA.check().is_ok() && LOCK.check().is_ok());
}
