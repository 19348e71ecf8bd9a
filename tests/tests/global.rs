//! Every policy as the global allocator of a whole program, in a process each.

#[path = "../support/child.rs"]
mod child;

use std::process::Command;

macro_rules! programs {
    ($($sentence:ident: $program:literal,)+) => {$(
        #[test]
        fn $sentence() {
            let program = env!(concat!("CARGO_BIN_EXE_", $program));
            let output = child::run(&mut Command::new(program)).well($program);
            print!("{output}");
        }
    )+};
}

programs! {
    a_program_lives_on_the_default_heap: "global_default",
    a_program_lives_on_first_fit_along_a_list: "global_first_fit_list",
    a_program_lives_on_next_fit_through_a_tree: "global_next_fit_tree",
    a_program_lives_on_next_fit_along_a_queue_that_merges_late: "global_next_fit_fifo_deferred",
    a_program_lives_on_best_fit_through_trees: "global_best_fit_tree",
    a_program_lives_on_best_fit_along_a_stack: "global_best_fit_lifo_list",
    a_program_lives_on_worst_fit_behind_a_spin_lock: "global_worst_fit_spin",
    a_program_lives_on_worst_fit_that_never_merges: "global_worst_fit_never",
    a_program_lives_on_segregated_fit: "global_segregated_fit",
    a_program_lives_on_segregated_fit_by_address_that_merges_late: "global_segregated_fit_address_deferred",
    a_program_lives_in_a_mapping_that_trims_often: "global_mmap_counted",
    a_program_lives_on_caches_and_mappings: "global_cache",
    a_program_lives_on_caches_and_mappings_with_every_check: "global_full",
    a_program_lives_on_chunks_that_are_checked_and_cleared: "global_full_chunks",
    a_thousand_threads_leave_what_the_thousand_before_them_left: "thousand_threads",
    threads_that_hand_objects_on_hold_no_more_memory_than_before: "handing_on",
    a_program_lives_in_an_array: "global_static_arena",
    a_program_lives_within_a_limit_and_without_checks: "global_limited",
    a_program_lives_behind_a_mutex_named_by_path: "global_path_lock",
}
