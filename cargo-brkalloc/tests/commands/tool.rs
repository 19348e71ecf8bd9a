//! The tool, as a script runs it, and programs for it.

use brkalloc_trace::{Event, Trace};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

/// Where the library that records was built, once for all tests.
static CACHE: LazyLock<PathBuf> = LazyLock::new(|| {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    fs::create_dir_all(&cache).expect("the target directory can be written");
    let output = with_cache(&cache, &cache, &["record", "-o", "ls.brt", "ls"])
        .output()
        .expect("the tool runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    cache
});

/// The program of `programs/churn.c`.
pub(crate) static CHURN: LazyLock<PathBuf> = LazyLock::new(|| compiled("churn", &[]));

/// Compiles `programs/churn.c` with these options, once for each name.
pub(crate) fn compiled(name: &str, options: &[&str]) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/churn.c");
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // Tests of several files may compile at once: each to a name of its own, the last one stays.
    let own = program.with_extension(std::process::id().to_string());
    let mut command = Command::new("cc");
    // Calls that have no effect are made all the same.
    command.args(["-O1", "-fno-builtin", "-pthread", "-w", "-o"]).arg(&own).arg(source);
    let status = command.args(options).status().expect("there is a C compiler");
    assert!(status.success(), "{name} can be compiled");
    fs::rename(&own, &program).expect("it is there");
    program
}

/// An empty folder for the test of this name.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the target directory can be written");
    folder
}

/// The tool with these arguments, in `folder`.
pub(crate) fn tool(folder: &Path, arguments: &[&str]) -> Command {
    with_cache(&CACHE, folder, arguments)
}

/// The tool with a folder for its library.
pub(crate) fn with_cache(cache: &Path, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-brkalloc"));
    command.arg("brkalloc").args(arguments).current_dir(folder).stdin(Stdio::null());
    command.env("XDG_CACHE_HOME", cache).env_remove("LD_PRELOAD").env_remove("RUST_BACKTRACE");
    command
}

/// Runs the tool.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    tool(folder, arguments).output().expect("the tool runs")
}

/// Runs the tool, which must end with this code, and returns what it says on standard error.
pub(crate) fn says(folder: &Path, arguments: &[&str], code: i32) -> String {
    let Output { status, stderr, .. } = run(folder, arguments);
    let said = String::from_utf8(stderr).expect("it is text");
    assert_eq!(status.code(), Some(code), "{arguments:?}: {said}");
    said
}

/// Runs the tool, which must end with this code and one line, which contains each of `words`.
pub(crate) fn says_in_one_line(folder: &Path, arguments: &[&str], code: i32, words: &[&str]) {
    let said = says(folder, arguments, code);
    assert_eq!(said.lines().count(), 1, "{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` is not in: {said}");
    }
}

/// Records the C program with these arguments as `app.brt`. The tool must end with this code; what it
/// says on standard error.
pub(crate) fn record(folder: &Path, arguments: &[&str], code: i32) -> String {
    let churn = CHURN.to_str().expect("it is text");
    let all = [&["record", "-o", "app.brt", "--", churn], arguments].concat();
    says(folder, &all, code)
}

/// Reads a trace, which is whole.
pub(crate) fn trace(path: &Path) -> Trace {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (trace, cut) = Trace::read(&bytes).expect("a sound trace");
    assert_eq!(cut, None);
    trace
}

/// The numbers of allocations, frees and reallocations.
pub(crate) fn counts(trace: &Trace) -> [usize; 3] {
    let count = |is: fn(&Event) -> bool| trace.events.iter().filter(|event| is(event)).count();
    [
        count(|event| matches!(event, Event::Allocate { .. })),
        count(|event| matches!(event, Event::Free { .. })),
        count(|event| matches!(event, Event::Reallocate { .. })),
    ]
}

/// The names of the files in a folder, sorted.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("it is a folder");
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("it can be read").file_name();
    let mut names: Vec<String> =
        entries.map(|entry| name(entry).into_string().expect("it is text")).collect();
    names.sort();
    names
}

/// The library that records, which the tool has built.
pub(crate) fn library() -> PathBuf {
    cargo_brkalloc::library::place(&CACHE)
}
