//! Breaks one line at a time, and fails unless the test that stands up for it turns red.
//!
//! The tests must be green before anything is broken. A test that hangs is a failure too.

use super::patch::Witness;
use super::tree::Tree;
use super::{Fault, Faults, Verdict, made};
use crate::command::{has_hung, log, program_within, tail};
use crate::failure::{At, Result, fail};
use lexopt::Parser;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::Instant;

/// The tests that the patches name, by the command that runs them.
type Tests = BTreeMap<String, BTreeSet<String>>;

pub(crate) fn run(mut arguments: Parser, target: &Path) -> Result {
    if arguments.try_raw_args().is_some_and(|rest| rest.peek().is_some_and(|next| next == "--made"))
    {
        return made::run(arguments, target);
    }
    let is_test = |witness: &Witness| match witness {
        Witness::Test { .. } => Ok(()),
        Witness::Fuzzer(_) => Err("it needs `# test:`".to_owned()),
    };
    let mut faults = Faults::open(arguments, target.join("mutants"), ".ci/mutants.d", is_test)?;
    if faults.apply_only {
        return faults.finish("apply");
    }
    let tests = tests_of(&faults);
    // A command ends with the name of its file.
    drop_unused_programs(
        &faults.tree,
        tests.keys().filter_map(|command| command.rsplit(' ').next()),
    )?;
    leave_unoptimized(&faults.tree)?;
    println!("Without a mutation:");
    for (command, names) in &tests {
        is_green(&faults, command, names)?;
    }
    println!("\nWith one line broken:");
    faults.break_each(is_noticed)?;
    faults.finish("were noticed")
}

fn tests_of(faults: &Faults) -> Tests {
    let mut tests = Tests::new();
    for fault in &faults.applicable {
        if let Witness::Test { command, name } = &fault.patch.witness {
            tests.entry(command.clone()).or_default().insert(name.clone());
        }
    }
    tests
}

/// Deletes programs of the package of tests which none of these files of tests runs, from the copy: cargo builds every
/// program of a package for its tests, and each again for each broken line.
pub(super) fn drop_unused_programs<'a>(
    tree: &Tree,
    files: impl Iterator<Item = &'a str>,
) -> Result {
    let sources: Vec<String> =
        files.filter_map(|name| tree.read(format!("tests/tests/{name}.rs")).ok()).collect();
    let mut manifest = tree.read("tests/Cargo.toml")?;
    let folder = tree.root().join("tests/src/bin");
    for entry in folder.read_dir().at(&folder)? {
        let program = entry.at(&folder)?.path();
        let name = program.file_stem().unwrap_or_default().to_string_lossy();
        let variable = format!("\"CARGO_BIN_EXE_{name}\"");
        if !sources.iter().any(|source| source.contains(&variable)) {
            std::fs::remove_file(&program).at(&program)?;
            manifest =
                manifest.replace(&format!("[[bin]]\nname = \"{name}\"\ntest = false\n\n"), "");
        }
    }
    tree.write("tests/Cargo.toml", &manifest)
}

/// Has the packages that tests spend their time in compiled as fast as the tests, in the copy: one broken line has all
/// of them compiled anew, for one test.
fn leave_unoptimized(tree: &Tree) -> Result {
    let manifest = tree.read("Cargo.toml")?;
    tree.write("Cargo.toml", &manifest.replace("opt-level = 2", "opt-level = 0"))
}

/// Fails unless all of these tests run and are green.
fn is_green(faults: &Faults, command: &str, names: &BTreeSet<String>) -> Result {
    let (status, said) = test(faults, 900, command, names)?;
    if !status.success() {
        println!("{said}");
        return fail(format!("`{command}` is red before anything is broken: mend that first"));
    }
    for name in names {
        if !says(&said, name, "ok") {
            return fail(format!("`{command}` has no test `{name}`: rename it in .ci/mutants.d"));
        }
        println!("  green: {command} {name}");
    }
    Ok(())
}

/// Builds and runs the test of a broken line.
fn is_noticed(faults: &Faults, fault: &Fault) -> Result<Verdict> {
    let Witness::Test { command, name } = &fault.patch.witness else {
        return fail(format!("{} names no test", fault.name));
    };
    let begun = Instant::now();
    let (built, said) = log(cargo(faults, 600, command).arg("--no-run"), &faults.work.join("log"))?;
    if !built.success() {
        println!("{said}");
        return Ok(Verdict::Missed("it does not compile".to_owned()));
    }
    let (status, said) = test(faults, 300, command, [name])?;
    let seconds = begun.elapsed().as_secs();
    let noticed = |how| Ok(Verdict::Noticed(format!("{seconds:>3} s  {name}: {how}")));
    if status.success() {
        Ok(Verdict::Missed(format!("{name} stays green: {}", fault.patch.why)))
    } else if says(&said, name, "FAILED") {
        noticed("red")
    } else if said.contains("SIGABRT") || said.contains("SIGSEGV") {
        noticed("red, by its end")
    } else if has_hung(status) {
        Ok(Verdict::Missed(format!("{name} hangs")))
    } else {
        println!("{}", tail(&said, 20));
        Ok(Verdict::Missed(format!("{name} neither passed nor failed")))
    }
}

/// Runs these tests of a command.
fn test<'a>(
    faults: &Faults,
    seconds: u32,
    command: &str,
    names: impl IntoIterator<Item = &'a String>,
) -> Result<(ExitStatus, String)> {
    log(
        cargo(faults, seconds, command).args(["--", "--exact"]).args(names),
        &faults.work.join("log"),
    )
}

/// A command of a patch, in the copy.
fn cargo(faults: &Faults, seconds: u32, command: &str) -> Command {
    let mut words = command.split_whitespace();
    let mut cargo = program_within(seconds, words.next().unwrap_or("cargo"));
    quick(cargo.args(words), &faults.tree, &faults.work);
    cargo
}

/// Has cargo build in the copy, and fast: what is built dozens of times and fails early need not be fast itself.
pub(super) fn quick<'a>(cargo: &'a mut Command, tree: &Tree, work: &Path) -> &'a mut Command {
    cargo
        .current_dir(tree.root())
        .env("CARGO_TARGET_DIR", work.join("target"))
        .env("CARGO_INCREMENTAL", "1")
        .env("CARGO_PROFILE_TEST_OPT_LEVEL", "0")
        .env("CARGO_PROFILE_TEST_DEBUG", "0")
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
}

/// Whether the harness of tests said that of the test.
fn says(log: &str, test: &str, verdict: &str) -> bool {
    let start = format!("test {test} ");
    log.lines().any(|line| line.starts_with(&start) && line.ends_with(verdict))
}
