//! Programs run without a terminal, and in the environment of whoever called `cargo xtask`: `cargo run` adds to it, and
//! a program under test must not depend on that.

use crate::failure::{At, Result, fail};
use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Output, Stdio};

/// A program by name or path, to which arguments are added.
pub(crate) fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.stdin(Stdio::null()).env("CARGO_TERM_COLOR", "never");
    for (key, _) in std::env::vars_os() {
        if key.to_str().is_some_and(is_by_cargo) {
            command.env_remove(key);
        }
    }
    // With backtraces, a program allocates otherwise.
    command.env_remove("RUST_BACKTRACE");
    command
}

/// Whether `cargo run` sets the variable. `CARGO` would lead another cargo back to the one that runs us.
fn is_by_cargo(variable: &str) -> bool {
    let starts = ["CARGO_PKG_", "CARGO_MANIFEST_"];
    variable == "CARGO"
        || variable == "LD_LIBRARY_PATH"
        || starts.iter().any(|start| variable.starts_with(start))
}

/// A program that, with all that it has started, is ended after `seconds`.
pub(crate) fn program_within(seconds: u32, name: impl AsRef<OsStr>) -> Command {
    let mut command = program("timeout");
    command.arg("--kill-after=5").arg(seconds.to_string()).arg(name);
    command
}

/// Whether [`program_within`] ended it.
pub(crate) fn has_hung(status: ExitStatus) -> bool {
    matches!(status.code(), Some(124 | 137)) || status.signal() == Some(9)
}

/// Runs the program, and fails if it does.
pub(crate) fn run(command: &mut Command) -> Result {
    let status = command.status().at(command.get_program())?;
    if status.success() { Ok(()) } else { fail(format!("{}: {status}", words(command))) }
}

/// Runs the program and returns what it wrote to standard output; fails if it does, with what it wrote to the other.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let Output { status, stdout, stderr } = command.output().at(command.get_program())?;
    if status.success() {
        Ok(String::from_utf8_lossy(&stdout).into_owned())
    } else {
        fail(format!("{}: {status}: {}", words(command), String::from_utf8_lossy(&stderr)))
    }
}

/// Runs the program; what it writes goes to the file, and is returned.
pub(crate) fn log(command: &mut Command, file: &Path) -> Result<(ExitStatus, String)> {
    let output = File::create(file).at(file)?;
    command.stdout(output.try_clone().at(file)?).stderr(output);
    let status = command.status().at(command.get_program())?;
    let written = std::fs::read(file).at(file)?;
    Ok((status, String::from_utf8_lossy(&written).into_owned()))
}

/// The last lines of a log, for people.
pub(crate) fn tail(log: &str, lines: usize) -> String {
    let all: Vec<&str> = log.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// The program and its arguments, as one would type them.
fn words(command: &Command) -> String {
    let words: Vec<_> = core::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect();
    format!("`{}`", words.join(" "))
}
