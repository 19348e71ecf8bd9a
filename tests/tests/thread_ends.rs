//! Ends of threads, sleepers and forks: each case on each heap, in a process of its own.
#![cfg(target_os = "linux")]

#[path = "../support/child.rs"]
mod child;

use std::process::Command;

macro_rules! cases {
    ($($(#[$when:meta])? $sentence:ident: $case:literal;)+) => {$(
        $(#[$when])?
        #[test]
        fn $sentence() {
            for program in [
                env!("CARGO_BIN_EXE_thread_ends_plain"),
                env!("CARGO_BIN_EXE_thread_ends_full"),
                env!("CARGO_BIN_EXE_thread_ends_malloc"),
            ] {
                print!("{}", child::run(Command::new(program).arg($case)).well(program));
            }
        }
    )+};
}

cases! {
    a_thread_that_first_uses_a_heap_in_a_keys_destructor_leaves_nothing: "key";
    a_thread_that_uses_a_heap_again_in_a_keys_destructor_leaves_nothing: "used";
    a_thread_that_first_uses_a_heap_in_a_destructor_of_std_leaves_nothing: "std";
    a_thread_that_exits_leaves_nothing: "exit";
    threads_that_sleep_keep_no_more_than_all_may_and_stats_knows: "idle";
    a_child_gives_back_what_threads_kept_that_it_does_not_have: "forks";
    a_fork_finds_the_lists_of_busy_threads_whole: "busy";
    #[cfg(not(target_arch = "s390x"))]
    a_fork_behind_one_that_nobody_saw_keeps_what_threads_have: "unseen";
}
