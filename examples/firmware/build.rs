//! Tells the linker what memory there is: that of the machine which qemu emulates for the target.

use std::env;
use std::fs;
use std::path::PathBuf;

fn main() {
    let target = env::var("TARGET").expect("cargo says it");
    let machine = match target.split('-').next() {
        Some("thumbv6m") => "microbit",
        Some("thumbv7m") => "lm3s6965evb",
        _ => "virt",
    };
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says it"));
    fs::copy(format!("memory/{machine}.x"), out.join("memory.x")).expect("both are there");
    println!("cargo:rustc-link-search={}", out.display());
    println!("cargo:rerun-if-changed=memory");
}
