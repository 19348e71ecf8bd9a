//! Every policy as the global allocator of a whole program, in a process each.

#[path = "../support/child.rs"]
mod child;

use std::process::Command;

/// Runs an executable of this package, with these arguments; what it prints.
macro_rules! run {
    ($program:literal $(, $argument:expr)*) => {{
        let mut command = Command::new(env!(concat!("CARGO_BIN_EXE_", $program)));
        $(command.arg($argument);)*
        child::run(&mut command).well(concat!($program $(, " ", $argument)*))
    }};
}

macro_rules! programs {
    ($($sentence:ident: $program:literal $(, $argument:literal)*;)+) => {$(
        #[test]
        fn $sentence() {
            print!("{}", run!($program $(, $argument)*));
        }
    )+};
}

programs! {
    a_program_lives_on_the_default_heap: "global_default";
    a_program_lives_on_first_fit_along_a_list: "programs", "FIRST_FIT_LIST";
    a_program_lives_on_next_fit_through_a_tree: "programs", "NEXT_FIT_TREE";
    a_program_lives_on_next_fit_along_a_queue_that_merges_late: "programs", "NEXT_FIT_LATE";
    a_program_lives_on_best_fit_through_trees: "programs", "BEST_FIT_TREE";
    a_program_lives_on_best_fit_along_a_stack: "programs", "BEST_FIT_STACK";
    a_program_lives_on_worst_fit_behind_a_spin_lock: "programs", "WORST_FIT_SPIN";
    a_program_lives_on_worst_fit_that_never_merges: "programs", "WORST_FIT_APART";
    a_program_lives_on_segregated_fit: "programs", "BINS";
    a_program_lives_on_segregated_fit_by_address_that_merges_late: "programs", "BINS_LATE";
    a_program_lives_in_a_mapping_that_trims_often: "global_mmap_counted";
    a_program_lives_on_caches_and_mappings: "global_cache";
    a_program_lives_on_caches_and_mappings_with_every_check: "programs", "FULL";
    a_program_lives_on_chunks_that_are_checked_and_cleared: "programs", "FULL_CHUNKS";
    a_thousand_threads_leave_what_the_thousand_before_them_left: "thousand_threads";
    threads_that_hand_objects_on_hold_no_more_memory_than_before: "handing_on";
    a_program_lives_in_an_array: "global_static_arena";
    a_program_lives_within_a_limit_and_without_checks: "programs", "LIMITED";
    a_program_lives_behind_a_mutex_named_by_path: "programs", "BY_PATH";
    a_program_lives_on_a_policy_named_by_path: "programs", "OWN_POLICY";
}
