//! The row of snmalloc.

use snmalloc_rs::SnMalloc;
use std::process::ExitCode;

#[global_allocator]
static HEAP: SnMalloc = SnMalloc::new();

fn main() -> ExitCode {
    brkalloc_benches::row::run(&HEAP)
}
