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

#[test]
fn threads_with_caches_that_exhaust_the_heaps_limit_are_refused_and_give_all_back() {
    assert!(
        run(env!("CARGO_BIN_EXE_c_thread_fail_cached"), &["limit"]).contains("refused and whole")
    );
}

#[test]
fn threads_with_caches_that_exhaust_the_systems_memory_are_refused_and_give_all_back() {
    assert!(
        run(env!("CARGO_BIN_EXE_c_thread_fail_cached"), &["system"]).contains("refused and whole")
    );
}

#[test]
fn no_child_of_a_handler_or_beside_threads_with_caches_hangs() {
    assert_eq!(run(env!("CARGO_BIN_EXE_c_forks_cached"), &[]), "301 forks\n");
}

#[test]
fn a_heap_with_caches_opens_while_the_library_that_it_asks_allocates_and_serves_to_the_end() {
    let expected = "2 look-ups, 2 served meanwhile, 0 before\n1\nserved to the end\n";
    assert_eq!(run(env!("CARGO_BIN_EXE_c_early_cached"), &[]), expected);
}

#[test]
fn threads_that_end_give_back_what_they_keep_and_may_allocate_meanwhile() {
    assert_eq!(run(env!("CARGO_BIN_EXE_c_ends"), &["few"]), "1 keys, 240 destructors, true kept\n");
}

#[test]
fn threads_whose_end_no_key_tells_keep_nothing() {
    assert_eq!(
        run(env!("CARGO_BIN_EXE_c_ends"), &["many"]),
        "40 keys, 240 destructors, false kept\n"
    );
    let all = run(env!("CARGO_BIN_EXE_c_ends"), &["all"]);
    assert!(all.ends_with(" keys, 160 destructors, false kept\n"), "{all}");
}

#[test]
fn malloc_trim_gives_back_what_is_free_and_says_whether_anything_was() {
    let expected =
        "0 of nothing\n1 and 1 of blocks of 65536 bytes\n1 and 1 of blocks of 1000 bytes\n";
    assert_eq!(run(env!("CARGO_BIN_EXE_c_trim"), &[]), expected);
}

#[test]
fn malloc_trim_gives_back_what_the_cache_keeps() {
    let said = run(env!("CARGO_BIN_EXE_c_trim_cached"), &[]);
    let expected = "1 and 1 of blocks of 65536 bytes\n1 and 1 of blocks of 1000 bytes\n";
    assert!(said.ends_with(expected), "{said}");
}
