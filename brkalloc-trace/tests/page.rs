//! The page about the format: its reader in Python finds the events that the crate finds.

use brkalloc_trace::{Event, Trace};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn of_the_repository(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file)
}

/// The program of the page.
fn reader() -> String {
    let page =
        std::fs::read_to_string(of_the_repository("docs/trace-format.md")).expect("it is there");
    let (_, program) = page.split_once("```python\n").expect("it has a program");
    program.split_once("```").expect("which ends").0.to_owned()
}

fn line(thread: u32, event: Event) -> String {
    match event {
        Event::Allocate { size, align } => format!("{thread} allocate {size} {align}"),
        Event::Free { birth } => format!("{thread} free {birth}"),
        Event::Reallocate { birth, size } => format!("{thread} reallocate {birth} {size}"),
    }
}

#[test]
fn the_reader_of_the_page_has_forty_lines_and_finds_the_same_events() {
    let reader = reader();
    let lines = reader.lines().filter(|line| !line.is_empty()).count();
    assert!(lines <= 40, "{lines} lines");
    let python = Command::new("python3").arg("-V").stdout(Stdio::null()).status();
    if !python.is_ok_and(|status| status.success()) {
        eprintln!("there is no python3 here");
        return;
    }
    let file = of_the_repository("tests/traces/cc1.brt");
    let output = Command::new("python3").arg("-c").arg(reader).arg(&file).output().expect("it ran");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (trace, _) = Trace::read(&std::fs::read(&file).expect("it is there")).expect("it is sound");
    let said = String::from_utf8(output.stdout).expect("it is text");
    let own = trace.threads().zip(&trace.events).map(|(thread, event)| line(thread, *event));
    assert!(said.lines().eq(own), "the reader of the page reads something else");
}
