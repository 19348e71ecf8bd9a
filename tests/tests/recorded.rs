//! Heaps that record their requests: what the program did is in the file, however the program ended.
#![cfg(target_os = "linux")]

use brkalloc_oracle::trace::{Event, Trace};
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "../support/child.rs"]
mod child;

/// Runs the program in a folder of its own; the folder, and how it ended.
fn run(name: &str, arguments: &[&str]) -> (PathBuf, child::Ended) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("recorded_{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the target directory can be written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_recorded"));
    let ended = child::run(command.args(arguments).current_dir(&folder));
    (folder, ended)
}

/// The recordings in a folder, the shortest first.
fn recordings(folder: &Path) -> Vec<Trace> {
    let entries = fs::read_dir(folder).expect("it is a folder");
    let read = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.expect("it can be read").path();
        let name = path.file_name().expect("it has a name").to_string_lossy();
        assert!(name.starts_with("recorded.") && path.extension().is_some_and(|it| it == "raw"));
        let (trace, cut) =
            Trace::read(&fs::read(&path).expect("it is there")).expect("it is sound");
        assert_eq!(cut, None);
        trace
    };
    let mut all: Vec<Trace> = entries.map(read).collect();
    all.sort_by_key(|trace| trace.events.len());
    all
}

/// How many blocks of `churn` are born and how many of them end.
fn churned(trace: &Trace) -> (usize, usize) {
    let (mut born, mut ended, mut blocks) = (0, 0, Vec::new());
    for event in &trace.events {
        match *event {
            Event::Allocate { size, .. } => {
                blocks.push((3001..3008).contains(&size));
                born += usize::from(blocks[blocks.len() - 1]);
            }
            Event::Free { birth } => ended += usize::from(blocks[birth]),
            Event::Reallocate { .. } => blocks.push(false),
        }
    }
    (born, ended)
}

#[test]
fn every_request_is_recorded_with_its_layout() {
    let (folder, ended) = run("layouts", &["layouts"]);
    ended.well("recorded");
    let [trace] = &recordings(&folder)[..] else { panic!("one process") };
    let odd = Event::Allocate { size: 7777, align: 64 };
    let first = trace.events.iter().position(|event| *event == odd).expect("it was recorded");
    let is_birth = |event: &&Event| !matches!(event, Event::Free { .. });
    let birth = trace.events[..first].iter().filter(is_birth).count();
    let expected = [
        odd,
        Event::Allocate { size: 1234, align: 2 },
        Event::Reallocate { birth, size: 88_888 },
        Event::Free { birth: birth + 1 },
        Event::Free { birth: birth + 2 },
    ];
    assert_eq!(trace.events[first..first + 5], expected);
    assert!(trace.zeroed.contains(&(birth + 1)));
}

#[test]
fn threads_of_a_heap_with_caches_are_told_apart() {
    let (folder, ended) = run("threads", &["threads"]);
    ended.well("recorded");
    let [trace] = &recordings(&folder)[..] else { panic!("one process") };
    assert_eq!(churned(trace), (20_000, 20_000));
    let threads: HashSet<u32> = trace.runs.iter().map(|run| run.thread).collect();
    assert_eq!(threads, (0..5).collect());
}

#[test]
fn a_fork_has_a_recording_of_its_own() {
    let (folder, ended) = run("fork", &["500", "fork"]);
    ended.well("recorded");
    let [parent, child] = &recordings(&folder)[..] else { panic!("two processes") };
    assert_eq!((churned(parent).0, churned(child).0), (1500, 3000));
}

#[test]
fn a_process_that_is_killed_has_lost_nothing() {
    let (folder, ended) = run("kill", &["50000", "kill"]);
    assert_eq!(ended.signal, Some(libc::SIGKILL));
    let [trace] = &recordings(&folder)[..] else { panic!("one process") };
    assert_eq!(churned(trace), (50_000, 50_000));
}

#[test]
fn a_recording_that_cannot_grow_ends_and_the_program_does_not() {
    let (folder, ended) = run("limit", &["100", "limit", "50000"]);
    let said = ended.errors;
    assert_eq!(ended.code, Some(0), "{said}");
    assert!(said.contains("recording stops, the program goes on"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    let [trace] = &recordings(&folder)[..] else { panic!("one process") };
    assert!(100 < churned(trace).0);
}

#[test]
fn a_second_run_leaves_the_first_recording_alone() {
    let (folder, ended) = run("twice", &["10"]);
    ended.well("recorded");
    let mut command = Command::new(env!("CARGO_BIN_EXE_recorded"));
    child::run(command.arg("20").current_dir(&folder)).well("recorded");
    let [first, second] = &recordings(&folder)[..] else { panic!("two processes") };
    assert_eq!((churned(first).0, churned(second).0), (10, 20));
}
