//! The row of glibc, through Rust's own `System`.

use std::alloc::System;
use std::process::ExitCode;

#[global_allocator]
static HEAP: System = System;

fn main() -> ExitCode {
    brkalloc_benches::row::run(&HEAP)
}
