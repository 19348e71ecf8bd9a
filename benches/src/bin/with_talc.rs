//! The row of talc behind a spin lock, over a gibibyte of its own.

use brkalloc_benches::single_arena;
use std::process::ExitCode;
use talc::TalcLock;
use talc::source::Manual;

#[global_allocator]
static HEAP: TalcLock<spinning_top::RawSpinlock, Manual> = TalcLock::new(Manual);

brkalloc_benches::before_main!(claim);

fn claim() {
    let base = single_arena::map();
    // SAFETY: the mapping is new, used by nobody else, and stays.
    let claimed = unsafe { HEAP.lock().claim(base.as_ptr(), single_arena::BYTES) };
    claimed.expect("talc takes a gibibyte");
}

fn main() -> ExitCode {
    brkalloc_benches::row::run(&HEAP)
}
