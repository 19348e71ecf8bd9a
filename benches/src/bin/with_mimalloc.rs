//! The row of mimalloc.

use mimalloc::MiMalloc;
use std::process::ExitCode;

#[global_allocator]
static HEAP: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    brkalloc_benches::row::run(&HEAP)
}
