//! A heap takes from its system what it needs: processes with limits, and what monitors see of them.
#![cfg(target_os = "linux")]

#[path = "../support/child.rs"]
mod child;

use std::process::Command;

/// Runs the program in a mode, which says that it went well, or why it could not.
fn goes_well(mode: &str) {
    let said = child::run(Command::new(env!("CARGO_BIN_EXE_border")).arg(mode)).well(mode);
    println!("{mode}: {said}");
    assert!(said == "ok\n" || said.starts_with("skipped: "), "{said}");
}

#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "an emulator's own mappings count")]
fn a_limited_process_starts_its_threads_and_is_served_what_is_left() {
    for mode in ["space", "space of bins", "space of a tree"] {
        goes_well(mode);
    }
}

#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "an emulator locks nothing")]
fn a_process_that_locks_its_memory_locks_what_is_in_use() {
    goes_well("locked");
}

#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "an emulator locks nothing")]
fn pages_that_the_system_takes_before_it_refuses_one_are_nobodys_zeros() {
    goes_well("locked in part");
}

#[test]
#[cfg(target_pointer_width = "64")]
fn a_byte_that_was_written_before_pages_go_back_ends_the_program() {
    let ended = child::run(Command::new(env!("CARGO_BIN_EXE_border")).arg("written"));
    assert_eq!(ended.output, "", "it does not come to its end");
    assert!(ended.errors.contains("use after free: write into freed memory"), "{}", ended.errors);
}

#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "an emulator's own mappings count")]
fn no_more_is_reserved_than_what_is_used_and_half_of_it() {
    goes_well("seen");
}

#[test]
#[cfg(target_pointer_width = "64")]
fn mappings_of_others_do_not_come_in_the_way_of_a_window() {
    goes_well("between");
}
