//! The row of dlmalloc.

use dlmalloc::GlobalDlmalloc;
use std::process::ExitCode;

#[global_allocator]
static HEAP: GlobalDlmalloc = GlobalDlmalloc;

fn main() -> ExitCode {
    brkalloc_benches::row::run(&HEAP)
}
