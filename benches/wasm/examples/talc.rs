//! talc, as its page for WebAssembly says.
#![no_std]

use brkalloc_wasm_bench as _;
use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};

#[global_allocator]
static HEAP: WasmDynamicTalc = new_wasm_dynamic_allocator();
