//! `cargo brkalloc`: from a program to the attribute that suits it.
//!
//! One module for each command; `command.rs` has what they share.

use brkalloc::{BrkHeap, brk_heap};
use cargo_brkalloc::command::{self, Code, Failure};
use cargo_brkalloc::commands;
use lexopt::Arg::{Long, Short, Value};
use lexopt::Parser;
use std::process::ExitCode;

/// In a mapping, and not the system's malloc, so that a child that measures either finds the break
/// and malloc as a new process has them.
#[global_allocator]
#[brk_heap(source = "mmap")]
static HEAP: BrkHeap;

const HELP: &str = "\
Records what a program asks of its heap, and finds the attribute that suits it.

usage: cargo brkalloc COMMAND …

  record  runs a program and writes a trace of its allocations
  info    what a trace contains: events, threads, sizes, lifetimes
  export  a trace for Perfetto, Firefox Profiler, DHAT's viewer, flame graphs
  import  a trace of a recording of heaptrack, mtrace, Android, Firefox, …
  replay  the table of configurations: memory, chunks visited, time
  tune    the attribute that suits recordings, and what each word of it costs
  map     one HTML file that draws the heap over time
  check   whether a recording stays within a size, for CI

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
            Some(Value(word)) if word == "replay" => return commands::replay::run(arguments),
            Some(Value(word)) if word == "check" => return commands::check::run(arguments),
            Some(Value(word)) if word == "tune" => return commands::tune::run(arguments),
            Some(Value(word)) if word == "map" => return commands::map::run(arguments),
            // What `tune` has its children do.
            Some(Value(word)) if word == "__replay" => return commands::child(arguments),
            Some(Value(word)) if word == "__run" => return commands::measured(arguments),
            Some(Long("help") | Short('h')) | None => {
                command::print(&format!("{HELP}\n"))?;
                return Ok(Code::Success);
            }
            Some(other) => return Err(other.unexpected().into()),
        }
    }
}
