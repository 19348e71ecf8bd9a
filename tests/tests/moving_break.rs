//! The break belongs to the program as well: it has moved, moves, or cannot move when a heap wants it.

#[path = "../support/child.rs"]
mod child;

use std::process::Command;

fn run(case: &str) {
    child::run(Command::new(env!("CARGO_BIN_EXE_moving_break")).arg(case)).well(case);
}

#[test]
fn a_heap_lies_behind_a_break_that_was_lowered() {
    run("shrunk");
}

#[test]
fn a_heap_that_finds_something_behind_the_break_leaves_it_alone() {
    run("refusing");
}

#[test]
fn a_heap_gives_the_break_back_that_has_too_little_room_behind_it() {
    run("walled");
}

#[test]
fn a_heap_leaves_a_break_alone_that_another_thread_may_move() {
    run("racing");
}

#[test]
fn nobody_raises_the_break_into_a_heap() {
    run("refused");
}
