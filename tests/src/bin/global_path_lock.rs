//! The program behind a `lock_api` mutex that is named by path.

#[path = "../program.rs"]
mod program;

use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(lock = ::spin::mutex::SpinMutex<()>)]
static HEAP: BrkHeap;

fn main() {
    program::run(&HEAP);
}
