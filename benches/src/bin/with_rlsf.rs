//! The row of rlsf.

use rlsf::GlobalTlsf;
use std::process::ExitCode;

#[global_allocator]
static HEAP: GlobalTlsf = GlobalTlsf::new();

fn main() -> ExitCode {
    brkalloc_benches::row::run(&HEAP)
}
