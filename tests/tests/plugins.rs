//! A library with a heap of its own is loaded and unloaded, beside threads that it has served.

#[path = "../support/child.rs"]
mod child;

use std::path::{Path, PathBuf};
use std::process::Command;

/// The library, which lies beside the programs that cargo has built for this test.
fn library() -> PathBuf {
    let programs = Path::new(env!("CARGO_BIN_EXE_plugins")).parent().expect("it lies in a folder");
    let library = programs.join("examples").join("libplugin.so");
    assert!(
        library.exists(),
        "cargo builds it with all tests; `--test` alone needs `cargo build --example plugin` before"
    );
    library
}

fn run(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plugins"));
    child::run(command.arg(library()).args(arguments)).well("plugins")
}

#[test]
fn a_library_may_go_while_a_thread_that_it_has_served_has_still_to_end() {
    assert_eq!(run(&[]), "unloaded 20 times of 20\n");
}

#[test]
fn a_library_stays_as_long_as_its_threads_caches_have_to_be_given_back() {
    assert_eq!(run(&["main"]), "unloaded 0 times of 20\n");
}
