//! `cargo brkalloc`: from a program to the attribute that suits it.
//!
//! One module for each command; `command.rs` has what they share.

mod command;

use command::{Code, Failure};
use lexopt::Arg::{Long, Short, Value};
use lexopt::Parser;
use std::process::ExitCode;

const HELP: &str = "\
Records what a program asks of its heap, and finds the attribute that suits it.

usage: cargo brkalloc COMMAND …

`cargo brkalloc COMMAND --help` says more of one.";

fn main() -> ExitCode {
    command::end(run(Parser::from_env()))
}

fn run(mut arguments: Parser) -> Result<Code, Failure> {
    loop {
        match arguments.next()? {
            // `cargo brkalloc …` runs `cargo-brkalloc brkalloc …`.
            Some(Value(word)) if word == "brkalloc" => {}
            Some(Long("help") | Short('h')) | None => {
                println!("{HELP}");
                return Ok(Code::Success);
            }
            Some(other) => return Err(other.unexpected().into()),
        }
    }
}
