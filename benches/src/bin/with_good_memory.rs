//! The row of `good_memory_allocator`, over a gibibyte of its own.

use brkalloc_benches::single_arena;
use good_memory_allocator::SpinLockedAllocator;
use std::process::ExitCode;

#[global_allocator]
static HEAP: SpinLockedAllocator = SpinLockedAllocator::empty();

brkalloc_benches::before_main!(claim);

fn claim() {
    let base = single_arena::map();
    // SAFETY: the mapping is new, used by nobody else, and stays.
    unsafe { HEAP.init(base.as_ptr().expose_provenance(), single_arena::BYTES) };
}

fn main() -> ExitCode {
    brkalloc_benches::row::run(&HEAP)
}
