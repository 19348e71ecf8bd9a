//! The table: a row for each target, a column for each group of tests.
//!
//! `COLUMNS_ONLY='unit break'` in the environment runs only those columns.

use super::cargo;
use super::row::Row;
use crate::command::{log, program_within, read};
use crate::failure::{At, Result, fail};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// The columns, and the arguments of cargo that name their tests.
const COLUMNS: [(&str, &str); 8] = [
    ("unit", "-p brkalloc --lib"),
    ("law", "-p brkalloc-tests --test law --test vectors"),
    ("program", "-p brkalloc-tests --test global"),
    ("cache", "-p brkalloc-tests --test cache"),
    ("large", "-p brkalloc-tests --test large --test limits"),
    ("fork", "-p brkalloc-tests --test forks"),
    ("harden", "-p brkalloc-tests --test misuse --test security"),
    ("break", "-p brkalloc-tests --test origin"),
];

/// Prints a row for each of these targets, and fails if a cell does.
pub(super) fn run(base: &Path, rows: &[String]) -> Result {
    let only = std::env::var("COLUMNS_ONLY").unwrap_or_default();
    let only: Vec<&str> = only.split_whitespace().collect();
    if let Some(name) = only.iter().find(|name| COLUMNS.iter().all(|(column, _)| column != *name)) {
        return fail(format!(
            "COLUMNS_ONLY names `{name}`, which is no column: {}",
            COLUMNS.map(|(name, _)| name).join(" ")
        ));
    }
    let columns = || COLUMNS.iter().filter(|(name, _)| only.is_empty() || only.contains(name));
    let head: Vec<&str> = columns().map(|(name, _)| *name).collect();
    let mut table =
        format!("| target | {} | s |\n|---|{}--:|\n", head.join(" | "), "---|".repeat(head.len()));
    print!("{table}");
    for name in rows {
        let row = Row::prepare(base, name)?;
        let begun = Instant::now();
        let cells: Vec<&str> = columns()
            .map(|(column, tests)| cell(base, &row, column, tests))
            .collect::<Result<_>>()?;
        let line = format!("| {name} | {} | {} |\n", cells.join(" | "), begun.elapsed().as_secs());
        print!("{line}");
        table += &line;
    }
    let file = base.join("table");
    std::fs::write(&file, &table).at(&file)?;
    if table.contains("FAIL") {
        return fail(format!(
            "cells of the table: their logs are {}/ROW.COLUMN.log",
            base.display()
        ));
    }
    Ok(())
}

/// Builds and runs the tests of a cell; `pass`, or what else became of them.
fn cell(base: &Path, row: &Row, column: &str, tests: &str) -> Result<&'static str> {
    // Forked beside four busy threads, qemu-user does not go on.
    if column == "fork" && !row.runner.is_empty() {
        return Ok("no: qemu");
    }
    let file = base.join(format!("{}.{column}.log", row.name));
    let mut build = cargo("test", &row.target, "std,panic_unwind,test", &base.join(&row.name));
    build.args(["--locked", "--no-run"]).args(tests.split(' '));
    let (status, mut said) = log(row.equip(&mut build), &file)?;
    if !status.success() {
        return Ok("FAIL (build)");
    }
    let mut verdict = "pass";
    for program in executables(&said.clone()) {
        let (passed, output) = passes(base, row, program)?;
        said += &output;
        if !passed {
            verdict = "FAIL";
            break;
        }
    }
    std::fs::write(&file, said).at(&file)?;
    Ok(verdict)
}

/// The programs of tests that cargo says it has built: `Executable unittests src/lib.rs (PATH)`.
fn executables(log: &str) -> Vec<&str> {
    let lines = log.lines().filter(|line| line.trim_start().starts_with("Executable "));
    lines
        .filter_map(|line| line.strip_suffix(')')?.rsplit_once('('))
        .map(|(_, path)| path)
        .collect()
}

/// Whether all tests of a program pass, and what they wrote. Where one heap takes half of the addresses that there
/// are, each test has a process of its own.
fn passes(base: &Path, row: &Row, executable: &str) -> Result<(bool, String)> {
    let file = base.join("program.log");
    let is_narrow = row.target.starts_with("i686-") || row.target.starts_with("armv7-");
    if !is_narrow {
        let (status, said) = log(&mut within(900, row, executable), &file)?;
        return Ok((status.success(), said));
    }
    let mut list = within(60, row, executable);
    let listed = read(list.args(["--list", "--format", "terse"]))?;
    let mut all = String::new();
    for test in listed.lines().filter_map(|line| line.strip_suffix(": test")) {
        let (status, said) = log(within(600, row, executable).args(["--exact", test]), &file)?;
        all += &said;
        if !status.success() {
            return Ok((false, all));
        }
    }
    Ok((true, all))
}

/// A program of the row's target.
fn within(seconds: u32, row: &Row, executable: &str) -> Command {
    let mut words = row.words(executable);
    let mut command = program_within(seconds, words.next().expect("a program has a name"));
    row.equip(command.args(words));
    command
}
