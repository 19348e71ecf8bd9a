//! Mutants that cargo-mutants makes: it swaps operators, deletes `!` and arms of matches, and replaces bodies of
//! functions, everywhere in a file.
//!
//! It runs in a copy of the repository, without the programs that the tests do not start. It says which mutants no test
//! noticed, and some of them change nothing that one could notice; patches are for what it cannot make.

use super::mutants::{drop_unused_programs, quick};
use super::tree::Tree;
use crate::command::{program, run as succeed};
use crate::failure::{Failure, Result, fail};
use lexopt::Arg::{Long, Value};
use lexopt::{Parser, ValueExt};
use std::path::Path;

/// The packages whose files can be broken, and the arguments of cargo that name the tests that notice most.
const TESTS: [(&str, &[&str]); 3] = [
    ("brkalloc", &["--lib", "--package=brkalloc-tests", "--test=law", "--test=misuse"]),
    ("brkalloc-macros", &["--lib"]),
    ("xtask", &["--bins"]),
];

/// Reads `--made FILE`, and fails if a mutant of the file is not noticed.
pub(super) fn run(mut arguments: Parser, target: &Path) -> Result {
    let mut file = None;
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("made") if file.is_none() => file = Some(arguments.value()?.string()?),
            Value(_) => return Err(Failure::Usage("--made takes one file".to_owned())),
            other => return Err(other.unexpected().into()),
        }
    }
    let file = file.unwrap_or_default();
    let package = file.split('/').next().unwrap_or_default();
    let Some((package, tests)) = TESTS.iter().find(|(name, _)| *name == package) else {
        let packages = TESTS.map(|(name, _)| name).join(", ");
        return fail(format!(
            "`{file}` is in none of {packages}: name a file from the root of the repository"
        ));
    };
    if !program("cargo")
        .args(["mutants", "--version"])
        .output()
        .is_ok_and(|output| output.status.success())
    {
        return fail("cargo-mutants is not installed: `cargo install cargo-mutants --locked`");
    }
    let work = target.join("mutants");
    let tree = Tree::copy_to(work.join("tree"))?;
    drop_unused_programs(
        &tree,
        tests.iter().filter_map(|argument| argument.strip_prefix("--test=")),
    )?;
    let mut mutants = program("cargo");
    mutants
        .args(["mutants", "--in-place", "--package", package, "--file", &file, "--output"])
        .arg(&work);
    mutants.args(tests.iter().map(|argument| format!("--cargo-arg={argument}")));
    succeed(quick(&mut mutants, &tree, &work))
}
