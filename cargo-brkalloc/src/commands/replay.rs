//! `cargo brkalloc replay`: the table of configurations.

use super::{one_of, one_trace, word};
use crate::command::{Code, Failure, print};
use crate::interrupt;
use crate::recording;
use crate::replay::{self, Cell, Rules};
use crate::table::{self, Format};
use core::time::Duration;
use lexopt::Arg::{Long, Short, Value};
use lexopt::Parser;
use std::path::PathBuf;

const HELP: &str = "\
Replays a trace through the heaps of brkalloc and prints what each needs.

usage: cargo brkalloc replay app.brt [OPTION…]

  --policy NAME     only this policy: first_fit, next_fit, best_fit, worst_fit
                    or segregated_fit; may be given more than once
  --order NAME      only this order: address, lifo or fifo
  --index NAME      only this index: tree, list or bins
  --all             also the heaps that merge free neighbors later or never;
                    57 instead of 19
  --fast            stop each heap that another beats in memory and time
  --budget SECONDS  the most time of one replay; half a second, or 5 us an event
  --rounds COUNT    timed replays, of which the median counts; 3 if not given
  --format FORMAT   table, json, csv or md
  --help            this text";

const POLICIES: [&str; 5] = ["first_fit", "next_fit", "best_fit", "worst_fit", "segregated_fit"];

/// Which cells are wanted.
#[derive(Debug, Default)]
struct Filter {
    policies: Vec<&'static str>,
    order: Option<&'static str>,
    index: Option<&'static str>,
}

impl Filter {
    fn takes(&self, cell: &Cell) -> bool {
        let configuration = cell.configuration;
        (self.policies.is_empty() || self.policies.contains(&configuration.policy))
            && self.order.is_none_or(|order| order == configuration.order)
            && self.index.is_none_or(|index| index == cell.index())
    }
}

/// Runs the command.
///
/// # Errors
///
/// The command line is wrong, or the trace cannot be read or replayed.
pub fn run(mut arguments: Parser) -> Result<Code, Failure> {
    let (mut traces, mut filter, mut format) = (Vec::new(), Filter::default(), Format::Table);
    let (mut all, mut fast, mut budget, mut rounds) = (false, false, None, None);
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("help") | Short('h') => {
                print(&format!("{HELP}\n"))?;
                return Ok(Code::Success);
            }
            Long("policy") => filter.policies.push(one_of(&mut arguments, "policy", &POLICIES)?),
            Long("order") => {
                filter.order = Some(one_of(&mut arguments, "order", &["address", "lifo", "fifo"])?);
            }
            Long("index") => {
                filter.index = Some(one_of(&mut arguments, "index", &["tree", "list", "bins"])?);
            }
            Long("all") => all = true,
            Long("fast") => fast = true,
            Long("budget") => budget = Some(seconds(&word(&mut arguments)?)?),
            Long("rounds") => {
                let count = word(&mut arguments)?.parse().ok().filter(|n| (1..=99).contains(n));
                rounds = Some(count.ok_or_else(|| Failure::usage("write --rounds 1 to 99"))?);
            }
            Long("format") => {
                format = Format::named(one_of(&mut arguments, "format", &Format::NAMES)?);
            }
            Value(trace) => traces.push(PathBuf::from(trace)),
            other => return Err(other.unexpected().into()),
        }
    }
    let recording = recording::load(&one_trace(traces, "replay")?)?;
    let mut cells = if all { replay::all() } else { replay::immediate() };
    cells.retain(|cell| filter.takes(cell));
    if cells.is_empty() {
        return Err(Failure::usage("no heap is of that policy, order and index; leave one out"));
    }
    let mut rules = Rules { stops_dominated: fast, ..Rules::of(&recording) };
    rules.budget = budget.unwrap_or(rules.budget);
    rules.rounds = rounds.unwrap_or(rules.rounds);
    interrupt::listen();
    let figures = replay::play(&recording, &cells, rules).map_err(Failure::program)?;
    print(&table::render(format, &recording, &cells, &figures))?;
    Ok(Code::Success)
}

fn seconds(text: &str) -> Result<Duration, Failure> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds
        .filter(|budget| !budget.is_zero())
        .ok_or_else(|| Failure::usage(format_args!("--budget {text}: write seconds, as in 2.5")))
}
