//! talc, which extends its heap as the memory grows.
#![no_std]

use brkalloc_node_bench as _;
use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};

#[global_allocator]
static HEAP: WasmDynamicTalc = new_wasm_dynamic_allocator();
