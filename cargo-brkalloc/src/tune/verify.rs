//! The program itself, on the system's allocator and on a shared library of exactly the attribute, in
//! turns.

use crate::attributes::Attribute;
use crate::command::Failure;
use crate::text::grouped;
use core::fmt::Write;
use core::mem::MaybeUninit;
use core::time::Duration;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Runs of each.
const ROUNDS: usize = 5;

/// A program and its arguments.
#[derive(Clone, Debug)]
pub struct Program {
    /// The program.
    pub name: OsString,
    /// Its arguments.
    pub arguments: Vec<OsString>,
}

/// What one run of a program needed.
#[derive(Clone, Copy, Debug)]
struct Run {
    wall: Duration,
    processor: Duration,
    /// Kibibytes.
    resident: u64,
    status: u64,
}

/// Runs the program in alternation, and returns the comparison and whether it ended alike.
///
/// # Errors
///
/// The library cannot be built, or the program cannot be run.
pub fn verify(program: &Program, attribute: &Attribute) -> Result<(String, bool), Failure> {
    let library = build(attribute)?;
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        before.push(run(program, None)?);
        after.push(run(program, Some(&library))?);
    }
    if let Some(folder) = library.parent() {
        // A folder that stays in the way of nobody is no failure.
        let _ = fs::remove_dir_all(folder);
    }
    let alike = before.iter().zip(&after).all(|(before, after)| before.status == after.status);
    let mut text = format!(
        "\n{} on the system's malloc and on\n{},\n{ROUNDS} runs of each in turns, medians:\n\n",
        Path::new(&program.name).display(),
        attribute.text()
    );
    let _ = writeln!(text, "{:<22} {:>12} {:>12} {:>8}", "", "system", "brkalloc", "ratio");
    let time = |run: &Run| run.wall.as_micros();
    row("wall time, µs", median(&before, time), median(&after, time), &mut text);
    let time = |run: &Run| run.processor.as_micros();
    row("processor time, µs", median(&before, time), median(&after, time), &mut text);
    let memory = |run: &Run| u128::from(run.resident);
    row("peak resident, KiB", median(&before, memory), median(&after, memory), &mut text);
    if !alike {
        text +=
            "\nThe program did not end alike on both; do not use this heap before you know why.\n";
    }
    Ok((text, alike))
}

#[expect(clippy::cast_precision_loss, reason = "two decimals are shown")]
fn row(name: &str, before: u128, after: u128, text: &mut String) {
    let ratio = after as f64 / before.max(1) as f64;
    let number = |value: u128| grouped(u64::try_from(value).unwrap_or(u64::MAX));
    let _ = writeln!(text, "{name:<22} {:>12} {:>12} {ratio:>8.2}", number(before), number(after));
}

fn median(runs: &[Run], of: impl Fn(&Run) -> u128) -> u128 {
    let mut values: Vec<u128> = runs.iter().map(of).collect();
    values.sort_unstable();
    values[values.len() / 2]
}

/// Has a child run the program once. A process that was just begun is small; what a program is said to
/// need at its peak is never less than what the process that started it had.
fn run(program: &Program, library: Option<&Path>) -> Result<Run, Failure> {
    let own = std::env::current_exe().map_err(|error| {
        Failure::program(format_args!("{error}; run cargo-brkalloc by its path"))
    })?;
    let output = Command::new(own)
        .arg("__run")
        .arg(library.unwrap_or(Path::new("")))
        .arg(&program.name)
        .args(&program.arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| {
            Failure::program(format_args!("{error}; run cargo-brkalloc by its path"))
        })?;
    let said = String::from_utf8_lossy(&output.stdout);
    let figures: Vec<u64> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [wall, processor, resident, status] = figures[..] else {
        let errors = String::from_utf8_lossy(&output.stderr);
        let error = errors.lines().last().unwrap_or_default();
        return Err(Failure::program(error.trim_start_matches("cargo brkalloc: ")));
    };
    let [wall, processor] = [wall, processor].map(Duration::from_micros);
    Ok(Run { wall, processor, resident, status })
}

/// Runs a program once, on the library if its path is not empty, and returns the line that says what
/// it needed: wall time and the processor's in microseconds, kibibytes at the peak, and how it ended.
///
/// # Errors
///
/// The program cannot be run.
pub fn measure(program: &Program, library: &Path) -> Result<String, Failure> {
    let mut command = Command::new(&program.name);
    command.args(&program.arguments).stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(Stdio::null());
    if !library.as_os_str().is_empty() {
        command.env("LD_PRELOAD", library);
    }
    let begin = Instant::now();
    let child = command.spawn().map_err(|error| {
        Failure::program(format_args!(
            "{}: {error}; write the program and its arguments behind `--`",
            Path::new(&program.name).display()
        ))
    })?;
    let (status, usage) = wait(child.id())?;
    let wall = begin.elapsed();
    let time = |time: libc::timeval| {
        let microseconds = i128::from(time.tv_sec) * 1_000_000 + i128::from(time.tv_usec);
        Duration::from_micros(u64::try_from(microseconds).unwrap_or(0))
    };
    let processor = time(usage.ru_utime) + time(usage.ru_stime);
    let (wall, processor) = (wall.as_micros(), processor.as_micros());
    Ok(format!("{wall} {processor} {} {}\n", usage.ru_maxrss, status))
}

/// Waits for a child, and returns its status and what it used.
fn wait(process: u32) -> Result<(i32, libc::rusage), Failure> {
    let process = libc::pid_t::try_from(process).unwrap_or(-1);
    let (mut status, mut usage) = (0, MaybeUninit::<libc::rusage>::zeroed());
    // SAFETY: both places have room for the answers.
    let done = unsafe { libc::wait4(process, &raw mut status, 0, usage.as_mut_ptr()) };
    if done != process {
        return Err(Failure::program("the program's end was lost; run it again"));
    }
    // SAFETY: all zeros are a valid value of these numbers, and the system has filled them in.
    Ok((status, unsafe { usage.assume_init() }))
}

/// Builds a library for `LD_PRELOAD` of exactly this attribute.
fn build(attribute: &Attribute) -> Result<PathBuf, Failure> {
    let folder = std::env::temp_dir().join(format!("cargo-brkalloc-{}", std::process::id()));
    let failed = |error: std::io::Error| {
        Failure::file(format_args!("{}: {error}; set TMPDIR to another folder", folder.display()))
    };
    fs::create_dir_all(folder.join("src")).map_err(failed)?;
    fs::write(folder.join("Cargo.toml"), manifest()).map_err(failed)?;
    fs::write(folder.join("src/lib.rs"), source(attribute)).map_err(failed)?;
    // The versions of this workspace, where it is there; without, cargo finds its own.
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    let _ = fs::copy(lock, folder.join("Cargo.lock"));
    let output = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()))
        .args(["build", "--release", "--quiet"])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failure::program(format_args!("cargo: {error}; install it")))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        let error = errors.lines().find(|line| line.starts_with("error")).unwrap_or("it failed");
        return Err(Failure::program(format_args!(
            "the library of {} was not built: {error}; build it in {}",
            attribute.text(),
            folder.display()
        )));
    }
    let library = folder.join("libverified.so");
    fs::rename(folder.join("target/release/libverified.so"), &library).map_err(failed)?;
    // Only the library is needed from here on.
    let _ = fs::remove_dir_all(folder.join("target"));
    Ok(library)
}

/// The library's manifest: the crate beside this one, if it is still there, else the published one.
fn manifest() -> String {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../brkalloc");
    let version = env!("CARGO_PKG_VERSION");
    let dependency = if beside.join("Cargo.toml").exists() {
        format!("{{ path = {:?} }}", beside.display().to_string())
    } else {
        format!("{version:?}")
    };
    format!(
        "[package]\nname = \"verified\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [lib]\ncrate-type = [\"cdylib\"]\n\n[dependencies]\nbrkalloc = {dependency}\n"
    )
}

fn source(attribute: &Attribute) -> String {
    let options = attribute.options;
    let comma = if options.is_empty() { "" } else { ", " };
    format!(
        "use brkalloc::{{BrkHeap, brk_heap}};\n\n\
         #[brk_heap(export = \"malloc\"{comma}{options})]\nstatic HEAP: BrkHeap;\n"
    )
}
