//! Tells the linker how far the memory may grow, so that the module sees a refusal.

fn main() {
    println!("cargo:rustc-link-arg-cdylib=--max-memory={}", 2 << 20);
    println!("cargo:rerun-if-changed=build.rs");
}
