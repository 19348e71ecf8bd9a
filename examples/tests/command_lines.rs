//! What every example makes of its command line, of a reader who leaves, and of 80 columns.
//!
//! Cargo builds the examples with all tests of this package; `--test` alone needs
//! `cargo build -p brkalloc-examples --examples` before.

use brkalloc_oracle::trace::{Event, Run, Trace};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

const COLUMNS: usize = 80;

/// Every example, by the names of its sources.
fn examples() -> Vec<String> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let entries = fs::read_dir(sources).expect("there are examples");
    let names = entries.map(|entry| entry.expect("it can be read").path());
    let mut names: Vec<String> =
        names.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    assert!(10 <= names.len(), "{names:?}");
    names
}

/// The program of an example, which lies beside the folder of this test.
fn program(name: &str) -> Command {
    let test = std::env::current_exe().expect("a test knows its file");
    let folder = test.parent().and_then(Path::parent).expect("it lies in a folder of the target's");
    let program = folder.join("examples").join(name);
    assert!(program.exists(), "{}: `cargo build --examples` makes it", program.display());
    let mut command = Command::new(program);
    // With backtraces, std prints lines of its own.
    command.stdin(Stdio::null()).env_remove("RUST_BACKTRACE");
    command
}

fn run(name: &str, arguments: &[&str]) -> Output {
    program(name).args(arguments).output().unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A file for this test named `name` that says `bytes`.
fn file(name: &str, bytes: &[u8]) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, bytes).expect("the target directory can be written");
    path.to_str().expect("it is text").to_owned()
}

/// A trace of 40 objects of 100 bytes, of which every other one ends.
static TRACE: LazyLock<String> = LazyLock::new(|| {
    let born = (0..40).map(|_| Event::Allocate { size: 100, align: 16 });
    let ended = (0..20).map(|pair| Event::Free { birth: 2 * pair });
    let events = born.chain(ended).collect();
    let trace = Trace { events, runs: vec![Run { first: 0, thread: 0 }], zeroed: Vec::new() };
    let bytes = trace.write(Vec::new()).expect("memory can be written");
    file(&format!("{}.brt", "a-long-name".repeat(9)), &bytes)
});

/// A text of long words and wide characters.
static TEXT: LazyLock<String> = LazyLock::new(|| {
    let line = format!("\t漢字漢字漢字\u{7}{} {}\n", "漢".repeat(40), "word".repeat(40));
    file(&format!("{}.txt", "a-long-name".repeat(9)), line.repeat(1000).as_bytes())
});

/// Arguments with which an example prints all that it can print, in little time.
fn arguments(name: &str) -> Vec<String> {
    match name {
        "compare" => vec!["--runs=1".to_owned(), TRACE.clone()],
        "two_heaps" => vec![format!("{0} * {0} * {0} / 7", "9".repeat(200)), "1 + 1".to_owned()],
        _ if name.ends_with("_fit") => vec![TEXT.clone()],
        _ => Vec::new(),
    }
}

/// Columns of a terminal: these ideographs take two.
fn width(line: &str) -> usize {
    line.chars().map(|c| if ('\u{4e00}'..'\u{a000}').contains(&c) { 2 } else { 1 }).sum()
}

fn assert_is_narrow(name: &str, text: &[u8]) {
    let text = core::str::from_utf8(text).expect("it is UTF-8");
    for line in text.lines() {
        assert!(!line.contains(char::is_control), "{name}: {line:?}");
        assert!(width(line) <= COLUMNS, "{name}: {} columns: {line}", width(line));
    }
}

#[test]
fn every_example_says_how_it_is_used() {
    for name in examples() {
        for option in ["--help", "-h"] {
            let Output { status, stdout, stderr } = run(&name, &[option]);
            let usage = String::from_utf8_lossy(&stdout);
            assert_eq!((status.code(), stderr), (Some(0), Vec::new()), "{name}");
            assert!(usage.contains("usage: cargo run --release --example "), "{name}: {usage}");
            assert_is_narrow(&name, &stdout);
        }
    }
}

#[test]
fn a_wrong_argument_is_one_line_before_anything_else() {
    let neither = file("neither", b"BRT\n\x09\xff");
    for name in examples() {
        for wrong in ["--no-such-option", "-x", "no-such-file", ".", &neither] {
            let right = arguments(&name);
            let given: Vec<&str> = right.iter().map(String::as_str).chain([wrong]).collect();
            let Output { status, stdout, stderr } = run(&name, &given);
            let said = String::from_utf8_lossy(&stderr);
            assert_eq!(status.code(), Some(2), "{name} {wrong}: {said}");
            assert!(said.ends_with('\n') && said.lines().count() == 1, "{name} {wrong}: {said}");
            assert!(stdout.is_empty(), "{name} {wrong}: {}", String::from_utf8_lossy(&stdout));
        }
    }
}

#[test]
fn a_reader_may_leave_at_any_time() {
    for name in examples() {
        for arguments in [arguments(&name), vec!["--help".to_owned()]] {
            let mut command = program(&name);
            command.args(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = command.spawn().unwrap_or_else(|error| panic!("{name}: {error}"));
            drop(child.stdout.take());
            let Output { status, stderr, .. } = child.wait_with_output().expect("it is a child");
            let said = String::from_utf8_lossy(&stderr);
            assert_eq!(status.code(), Some(0), "{name}: {said}");
            assert!(!said.contains("pipe"), "{name}: {said}");
            assert!(said.is_empty() || name == "before_main", "{name}: {said}");
        }
    }
}

#[test]
fn no_line_is_wider_than_80_columns() {
    for name in examples() {
        let arguments = arguments(&name);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let Output { status, stdout, stderr } = run(&name, &arguments);
        let said = String::from_utf8_lossy(&stderr);
        assert_eq!(status.code(), Some(0), "{name}: {said}");
        assert!(!stdout.is_empty(), "{name}");
        assert_is_narrow(&name, &stdout);
        assert_is_narrow(&name, &stderr);
    }
}
