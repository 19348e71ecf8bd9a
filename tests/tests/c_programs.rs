//! Programs that define `malloc` and do to it what a test harness would not survive.

#[path = "../support/child.rs"]
mod child;

use std::process::Command;

fn run(program: &str, arguments: &[&str]) -> String {
    child::run(Command::new(program).args(arguments)).well(program)
}

#[test]
fn threads_that_exhaust_the_heaps_limit_are_refused_and_give_all_back() {
    assert!(run(env!("CARGO_BIN_EXE_c_thread_fail"), &["limit"]).contains("refused and whole"));
}

#[test]
fn threads_that_exhaust_the_systems_memory_are_refused_and_give_all_back() {
    assert!(run(env!("CARGO_BIN_EXE_c_thread_fail"), &["system"]).contains("refused and whole"));
}

#[test]
fn no_child_of_a_handler_or_beside_threads_hangs() {
    assert_eq!(run(env!("CARGO_BIN_EXE_c_forks"), &[]), "301 forks\n");
}

#[test]
fn a_heap_opens_while_the_library_that_it_asks_allocates_and_serves_to_the_end() {
    let expected = "2 look-ups, 2 served meanwhile, 0 before\n1\nserved to the end\n";
    assert_eq!(run(env!("CARGO_BIN_EXE_c_early"), &[]), expected);
}
