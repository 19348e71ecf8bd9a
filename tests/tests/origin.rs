//! Who owns the program break: a heap with `source = "brk"`, where the C library is glibc; musl's `malloc`, where it is
//! musl. Linked dynamically or statically, it is the same.
#![cfg(target_os = "linux")]

#[path = "../support/child.rs"]
mod child;

use std::process::Command;

#[test]
fn a_heap_gets_the_break_of_glibc_and_leaves_that_of_musl_alone() {
    let program = env!("CARGO_BIN_EXE_origin");
    let origin = child::run(&mut Command::new(program)).well(program);
    if cfg!(target_env = "musl") {
        assert_eq!(origin, "Mapping\n");
    } else if cfg!(target_arch = "x86_64") {
        assert_eq!(origin, "Break\n");
    } else {
        // An emulator has a thread of its own in the process; the program knows.
        assert!(["Break\n", "Mapping\n"].contains(&&*origin), "{origin}");
    }
}
