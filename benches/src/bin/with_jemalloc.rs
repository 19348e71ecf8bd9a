//! The row of jemalloc.

use std::process::ExitCode;
use tikv_jemallocator::Jemalloc;

#[global_allocator]
static HEAP: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    brkalloc_benches::row::run(&HEAP)
}
