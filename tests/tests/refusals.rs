//! A program that uses only `GlobalAlloc` and `try_reserve`, while the system refuses: by a count of calls, and in earnest.

#[path = "../support/child.rs"]
mod child;

use std::process::Command;

/// How many heaps of the program tell what they were refused.
fn run(what: &str) -> usize {
    let mut command = Command::new(env!("CARGO_BIN_EXE_refusals"));
    child::run(command.arg(what)).well(what).lines().count()
}

#[test]
fn a_careful_program_survives_every_call_that_is_refused() {
    assert_eq!(run("calls"), 5);
}

#[test]
fn a_careful_program_survives_a_limit_of_its_address_space() {
    assert_eq!(run("space"), 5);
}

#[test]
fn a_careful_program_survives_a_limit_of_its_data() {
    assert_eq!(run("data"), 5);
}
