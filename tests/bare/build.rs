//! Tells the linker what memory there is: that of the machine which qemu emulates.

use std::env;

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo says it");
    println!("cargo:rustc-link-search={root}/../../benches/flash");
    println!("cargo:rerun-if-changed=../../benches/flash/memory.x");
}
