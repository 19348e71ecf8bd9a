//! `cargo brkalloc`: from a program to the attribute that suits it.
//!
//! One module for each command; `command.rs` has what they share.

use cargo_brkalloc::command::{self, Code, Failure};
use cargo_brkalloc::commands;
use lexopt::Arg::{Long, Short, Value};
use lexopt::Parser;
use std::process::ExitCode;

const HELP: &str = "\
Records what a program asks of its heap, and finds the attribute that suits it.

usage: cargo brkalloc COMMAND …

  record  runs a program and writes a trace of its allocations
  info    what a trace contains: events, threads, sizes, lifetimes
  export  a trace for Perfetto or DHAT's viewer
  import  a trace of a recording of mtrace or a malloc lab

`cargo brkalloc COMMAND --help` says more of one.";

fn main() -> ExitCode {
    command::end(run(Parser::from_env()))
}

fn run(mut arguments: Parser) -> Result<Code, Failure> {
    loop {
        match arguments.next()? {
            // `cargo brkalloc …` runs `cargo-brkalloc brkalloc …`.
            Some(Value(word)) if word == "brkalloc" => {}
            Some(Value(word)) if word == "record" => return commands::record::run(arguments),
            Some(Value(word)) if word == "export" => return commands::export::run(arguments),
            Some(Value(word)) if word == "import" => return commands::import::run(arguments),
            Some(Value(word)) if word == "info" => return commands::info::run(arguments),
            Some(Long("help") | Short('h')) | None => {
                command::print(&format!("{HELP}\n"))?;
                return Ok(Code::Success);
            }
            Some(other) => return Err(other.unexpected().into()),
        }
    }
}
