//! C's `malloc` and a heap behind the break, hammered side by side: no wrong byte, three runs of each.
//!
//! Programs of their own, because a heap gets the break only while its process has one thread. That they got it, and that nobody can
//! raise the break any more, they assert themselves.

#[path = "../support/child.rs"]
mod child;

use std::process::Command;

const PROGRAMS: [&str; 2] =
    [env!("CARGO_BIN_EXE_beside_glibc"), env!("CARGO_BIN_EXE_beside_glibc_global")];

/// Runs both programs three times by `script`, which knows the program as `$0`; what they say of refusals.
fn hammer(script: &str) -> Vec<String> {
    let runs = PROGRAMS.iter().flat_map(|program| (1..=3).map(move |run| (program, run)));
    let said = runs.map(|(program, run)| {
        let what = format!("run {run} of {program} by `{script}`");
        let output = child::run(Command::new("sh").args(["-c", script, program])).well(&what);
        let (blocks, refusals) = output.split_once('\n').expect("it writes two lines");
        assert_eq!(blocks, "360000 blocks", "{what}");
        refusals.to_owned()
    });
    said.collect()
}

#[test]
fn malloc_and_a_heap_share_a_process_without_a_wrong_byte() {
    assert_eq!(hammer("exec \"$0\""), ["0 refusals\n"; 6]);
}

#[test]
fn malloc_and_a_heap_share_two_gigabytes_of_address_space() {
    assert_eq!(hammer("ulimit -v 2000000 && exec \"$0\""), ["0 refusals\n"; 6]);
}

#[test]
fn malloc_and_a_heap_share_a_limited_data_segment() {
    assert_eq!(hammer("ulimit -d 100000 && exec \"$0\""), ["0 refusals\n"; 6]);
}
