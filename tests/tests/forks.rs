//! Programs that fork while their threads allocate: no child hangs, and none finds the heap broken.

#[path = "../support/child.rs"]
mod child;

use std::process::Command;

fn forks(program: &str, arguments: &[&str]) -> String {
    child::run(Command::new(program).args(arguments)).well(program)
}

#[test]
fn no_child_of_three_hundred_hangs_behind_the_os_lock() {
    assert_eq!(forks(env!("CARGO_BIN_EXE_forks_os"), &[]), "300 forks\n");
}

#[test]
fn no_child_of_three_hundred_hangs_beside_caches() {
    assert_eq!(forks(env!("CARGO_BIN_EXE_programs"), &["SMALL_CACHE", "300"]), "300 forks\n");
}

#[test]
fn no_child_hangs_beside_caches_with_every_check() {
    assert_eq!(forks(env!("CARGO_BIN_EXE_programs"), &["FULL", "100"]), "100 forks\n");
}

#[test]
fn no_child_hangs_behind_a_spin_lock() {
    assert_eq!(forks(env!("CARGO_BIN_EXE_programs"), &["BINS_SPIN", "100"]), "100 forks\n");
}

#[test]
fn no_child_hangs_behind_a_mutex_named_by_path() {
    assert_eq!(forks(env!("CARGO_BIN_EXE_programs"), &["BY_PATH_LATE", "50"]), "50 forks\n");
}
