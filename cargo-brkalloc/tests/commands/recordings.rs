//! Programs are recorded and read back: threads, forks, programs that replace themselves, and ends of every kind.
//!
//! A trace that reads is balanced: every free names a block that lives.

use crate::tool::{
    CHURN, counts, files, folder, library, record, says, says_in_one_line, tool, trace,
};
use brkalloc_trace::{Event, raw};
use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What `churn` allocates beyond the C library's own few blocks.
const SLACK: usize = 20;

fn assert_about(count: usize, expected: usize, what: &str) {
    assert!((expected..expected + SLACK).contains(&count), "{what}: {count}, not {expected}");
}

#[test]
fn every_block_of_a_program_is_in_its_trace() {
    let folder = folder("every_block");
    record(&folder, &["1000"], 0);
    assert_eq!(files(&folder), ["app.brt"]);
    let [allocations, frees, reallocations] = counts(&trace(&folder.join("app.brt")));
    assert_about(allocations, 1000, "allocations");
    assert_about(frees, 1000, "frees");
    assert_eq!(reallocations, 200);
}

#[test]
fn every_function_of_c_is_recorded() {
    let folder = folder("every_function");
    record(&folder, &["every-function"], 0);
    let trace = trace(&folder.join("app.brt"));
    let allocated: Vec<(usize, usize)> = trace
        .events
        .iter()
        .filter_map(|event| match *event {
            Event::Allocate { size, align } => Some((size, align)),
            _ => None,
        })
        .collect();
    let expected = [
        (300, 16),
        (1000, 256),
        (640, 64),
        (5000, 4096),
        (10, 4096),
        (4096, 4096),
        (200, 16),
        (10, 16),
        (31, 16),
        (0, 16),
    ];
    let place = allocated.windows(expected.len()).position(|window| window == expected);
    assert!(place.is_some(), "{allocated:?}");
    assert_eq!(counts(&trace)[2], 1, "one grows, one fails, one frees");
    assert!(!trace.zeroed.is_empty());
}

#[test]
fn blocks_that_threads_hand_on_are_freed_once() {
    let folder = folder("threads");
    record(&folder, &["threads"], 0);
    let trace = trace(&folder.join("app.brt"));
    let [allocations, frees, _] = counts(&trace);
    assert_about(allocations, 4 * 500 * 64, "allocations");
    assert_about(frees, 4 * 500 * 64, "frees");
    let threads: HashSet<u32> = trace.runs.iter().map(|run| run.thread).collect();
    assert_eq!(threads, (0..5).collect());
    assert!(8 < trace.runs.len());
}

#[test]
fn two_hundred_short_threads_share_pieces() {
    let folder = folder("short_threads");
    record(&folder, &["short-threads"], 0);
    let trace = trace(&folder.join("app.brt"));
    let threads: HashSet<u32> = trace.runs.iter().map(|run| run.thread).collect();
    assert_eq!(threads.len(), 201);
}

#[test]
fn a_fork_has_a_trace_of_its_own_and_its_parent_loses_nothing() {
    let folder = folder("fork");
    record(&folder, &["100", "fork", "100"], 0);
    let names = files(&folder);
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names[0].starts_with("app.") && names[1] == "app.brt", "{names:?}");
    assert_about(counts(&trace(&folder.join("app.brt")))[0], 1201, "the parent's");
    assert_about(counts(&trace(&folder.join(&names[0])))[0], 3000, "the child's");
}

#[test]
fn a_program_that_takes_the_place_of_another_has_a_trace_of_its_own() {
    let folder = folder("exec");
    record(&folder, &["1000", "exec"], 0);
    let names = files(&folder);
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names[0].starts_with("app.") && names[1] == "app.brt", "{names:?}");
    assert_about(counts(&trace(&folder.join("app.brt")))[0], 5000, "the last");
    assert_about(counts(&trace(&folder.join(&names[0])))[0], 1000, "the first");
}

#[test]
fn a_process_that_outlives_the_program_keeps_its_raw_recording() {
    let folder = folder("outlives");
    // The program ends once the other has something to lose.
    let seen = "ls -a | grep -q \"[.]$![.].*raw\"";
    let script =
        format!("{} 1000 wait & echo $!; until {seen}; do sleep 0.02; done", CHURN.display());
    let mut command = tool(&folder, &["record", "-o", "app.brt", "sh", "-c", &script]);
    let output = command.output().expect("the tool runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("still runs"), "{said}");
    let process = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let killed = Command::new("kill").arg(&process).status().expect("it runs");
    assert!(killed.success());
    let is_its = |name: &&String| name.contains(&format!(".{process}.")) && name.contains(".raw");
    let names = files(&folder);
    let raws: Vec<&String> = names.iter().filter(is_its).collect();
    assert!(!raws.is_empty(), "{names:?}");
}

#[test]
fn a_program_that_is_killed_has_lost_nothing() {
    let folder = folder("killed");
    let said = record(&folder, &["100000", "kill"], 128 + 9);
    assert!(said.contains("killed by signal 9; its recording is kept"), "{said}");
    let [allocations, frees, reallocations] = counts(&trace(&folder.join("app.brt")));
    assert_about(allocations, 100_000, "allocations");
    assert_about(frees, 100_000, "frees");
    assert_eq!(reallocations, 20_000);
}

#[test]
fn a_program_that_leaves_by_exit_passes_its_code_on() {
    let folder = folder("exit");
    let said = record(&folder, &["1000", "exit"], 7);
    assert!(said.contains("ended with exit code 7; its recording is kept"), "{said}");
    assert_about(counts(&trace(&folder.join("app.brt")))[0], 1000, "allocations");
}

#[test]
fn a_program_that_ends_before_it_allocates_is_one_line() {
    let folder = folder("nothing");
    let words = ["(it ended with exit code 1): it allocated nothing", "record = \"PATH\""];
    says_in_one_line(&folder, &["record", "-o", "app.brt", "false"], 4, &words);
    assert!(files(&folder).is_empty());
}

#[test]
fn a_program_with_a_heap_of_ours_and_few_events_is_told_how_it_records_itself() {
    let folder = folder("ours");
    let advice = "write `record = \"PATH\"` in its attribute";
    let record = |program: &[&str]| {
        says(&folder, &[&["record", "-o", "app.brt", "--"], program].concat(), 0)
    };
    // The tool is on such a heap.
    let said = record(&[env!("CARGO_BIN_EXE_cargo-brkalloc"), "--help"]);
    assert!(said.contains(" events through malloc") && said.contains(advice), "{said}");
    // A program that has the words of such a heap, and uses C's.
    let both = folder.join("both");
    let program = [&fs::read(&*CHURN).expect("it is there")[..], b"brkalloc: "].concat();
    fs::copy(&*CHURN, &both).and_then(|_| fs::write(&both, program)).expect("it can be written");
    let both = both.to_str().expect("it is text");
    assert!(record(&[both, "100"]).contains(advice));
    for program in [&["ls"][..], &[CHURN.to_str().expect("it is text"), "100"], &[both, "2000"]] {
        let said = record(program);
        assert!(!said.contains(advice), "{said}");
    }
}

#[test]
fn a_program_may_close_every_file_and_work_elsewhere() {
    let folder = folder("close");
    record(&folder, &["100", "close", "chdir", "20000", "fork"], 0);
    assert_about(counts(&trace(&folder.join("app.brt")))[0], 21_101, "allocations");
    assert_eq!(files(&folder).len(), 2);
}

/// What the program leaves behind where no tool waits for its end: the name, and the bytes.
fn left(folder: &Path, arguments: &[&str]) -> (String, Vec<u8>) {
    let mut program = Command::new(&*CHURN);
    program.args(arguments).current_dir(folder).env("LD_PRELOAD", library());
    assert!(program.env("BRKALLOC_RECORD", "left").status().expect("it runs").success());
    let names = files(folder);
    let raw = names.iter().find(|name| name.starts_with("left.")).expect("it was left behind");
    (raw.clone(), fs::read(folder.join(raw)).expect("it can be read"))
}

#[test]
fn a_raw_recording_that_was_left_behind_is_a_trace_for_every_command() {
    let folder = folder("raw");
    let (raw, _) = left(&folder, &["1000"]);
    assert!(raw.contains(".raw"), "{raw}");
    assert_about(counts(&trace(&folder.join(&raw)))[0], 1000, "allocations");
    let output = crate::tool::run(&folder, &["info", &raw]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("allocations"));
}

#[test]
fn no_address_is_in_use_twice_whichever_thread_gets_it() {
    let folder = folder("mapped");
    let (_, bytes) = left(&folder, &["mapped", "threads"]);
    let converted = raw::convert(&bytes).expect("it is sound");
    assert_about(counts(&converted.trace)[0], 4 * 5000 + 4 * 500 * 64, "allocations");
    assert_eq!((converted.older, converted.unended), (0, 0));
}

#[test]
fn a_thread_fills_the_piece_of_one_that_has_ended() {
    let folder = folder("pieces");
    let (_, bytes) = left(&folder, &["short-threads"]);
    assert!(bytes.len() <= 3 * raw::PIECE, "{} pieces", bytes.len() / raw::PIECE);
}
