//! The row of rpmalloc.

use rpmalloc::RpMalloc;
use std::process::ExitCode;

#[global_allocator]
static HEAP: RpMalloc = RpMalloc;

fn main() -> ExitCode {
    brkalloc_benches::row::run(&HEAP)
}
