//! rlsf.
#![no_std]

use brkalloc_wasm_bench as _;
use rlsf::GlobalTlsf;

#[global_allocator]
static HEAP: GlobalTlsf = GlobalTlsf::new();
