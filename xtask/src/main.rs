//! Runs the checks that take more than a page of shell: `cargo xtask COMMAND`.
//!
//! A command is a module: [`faults`] breaks the sources one line at a time; [`targets`] builds and tests for other
//! processors and C libraries; [`preload`] runs programs on the shared libraries; [`package`] tries what would be
//! published. Each works in the root of the repository, leaves it as it is, and writes below the target directory alone,
//! or in a temporary folder. What is a page or less is a script in `.ci`.

mod command;
mod failure;
mod faults;
mod package;
mod preload;
mod targets;

use failure::{At, Failure, Result};
use lexopt::Arg::{Long, Short, Value};
use lexopt::{Parser, ValueExt};
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  mutants [--apply-only] [NAME…]
      breaks one line for each patch of .ci/mutants.d, or for these, and fails unless the test
      that stands up for the line turns red; or only says whether the patches apply
  mutants --made FILE
      has cargo-mutants break the file in all of its ways, one at a time: one or two minutes each
  fuzz-faults [--apply-only] [NAME…]
      breaks one line for each patch of .ci/fuzz-faults.d, or for these, and fails unless the
      fuzzer that stands up for the line finds it within five minutes
  targets [TARGET…]
      runs the rows of the table of targets, or these; without a name, builds for all before
  targets --build [TARGET…]
      only builds, and compares what each target lacks with what tests/targets says of it
  targets --clippy TARGET…
      only clippy, of the runtime
  firmware
      builds the programs of examples/firmware, and runs them on emulated microcontrollers
  wasm
      builds the module of examples/wasm, and runs it in node and in a browser
  windows
      runs the runtime's unit tests and the program of tests/windows under wine
  bare
      runs the tests of tests/bare on an emulated microcontroller: heaps under random requests
  flash
      measures the flash that a small program takes on each heap of benches/flash, peers among
      them, and fails where one of ours takes more than its bound
  wasm-size
      measures the bytes that a small module of benches/wasm takes on each heap, peers among them,
      and fails where one of ours takes more than its bound, or the smallest more than talc
  actions [instructions|time]
      allocates, frees and reallocates at random on our heaps and on peers: counts instructions
      on an emulated microcontroller, and times modules in node; or does one of both
  preload [--once]
      runs each program of preload/programs ten times, or once, on each library, and as often
      without, and fails unless it writes the same
  package [--allow-dirty]
      rehearses the publication of both packages, unpacks them outside of the repository, and
      fails unless they are complete, build, and pass their documentation's tests there
";

fn main() -> ExitCode {
    match dispatch() {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(mistake)) => {
            eprint!("{mistake}\n\n{USAGE}");
            ExitCode::from(2)
        }
        Err(Failure::Failed(what)) => {
            eprintln!("FAILED: {what}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch() -> Result {
    let mut arguments = Parser::from_env();
    let name = match arguments.next()? {
        Some(Value(name)) => name.string()?,
        Some(Short('h') | Long("help")) => {
            print!("{USAGE}");
            return Ok(());
        }
        Some(option) => return Err(option.unexpected().into()),
        None => return Err(Failure::Usage("no command".to_owned())),
    };
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a member stands in its workspace");
    let target = target.map_or_else(|| Ok(root.join("target")), std::path::absolute).at(root)?;
    std::env::set_current_dir(root).at(root)?;
    match &*name {
        "mutants" => faults::mutants::run(arguments, &target),
        "fuzz-faults" => faults::fuzzers::run(arguments, &target),
        "actions" => targets::actions::run(arguments, &target),
        "bare" => targets::bare::run(arguments, &target),
        "firmware" => targets::firmware::run(arguments, &target),
        "flash" => targets::flash::run(arguments, &target),
        "package" => package::run(arguments, &target),
        "preload" => preload::run(arguments, &target),
        "targets" => targets::run(arguments, &target),
        "wasm" => targets::wasm::run(arguments, &target),
        "wasm-size" => targets::wasm_size::run(arguments, &target),
        "windows" => targets::windows::run(arguments, &target),
        _ => Err(Failure::Usage(format!("no such command: {name}"))),
    }
}
