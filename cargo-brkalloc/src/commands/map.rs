//! `cargo brkalloc map`: one HTML file that draws the heap.

use super::{one_trace, word};
use crate::command::{Code, Failure, print};
use crate::map::{page, paint};
use crate::replay::{self, Cell, Figures, Rules};
use crate::text::grouped;
use crate::{interrupt, output, recording};
use core::time::Duration;
use lexopt::Arg::{Long, Short, Value};
use lexopt::Parser;
use std::path::PathBuf;

const HELP: &str = "\
Draws the heap over time, as one HTML file that needs no network.

usage: cargo brkalloc map app.brt [--config CONFIG …] [-o heap.html]

  --config CONFIG  a heap to draw, as `policy order index` in the table of
                   `cargo brkalloc replay`; up to six times. If not given: the
                   one of least memory, the fastest, and the one of most memory
  -o FILE          the file to write; heap.html if not given
  --help           this text";

/// The most heaps that one page draws.
const MOST: usize = 6;

/// Runs the command.
///
/// # Errors
///
/// The command line is wrong, the trace cannot be read or replayed, or the file cannot be written.
pub fn run(mut arguments: Parser) -> Result<Code, Failure> {
    let (mut traces, mut wanted, mut file) = (Vec::new(), Vec::new(), PathBuf::from("heap.html"));
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("help") | Short('h') => {
                print(&format!("{HELP}\n"))?;
                return Ok(Code::Success);
            }
            Long("config") => wanted.push(replay::named(&word(&mut arguments)?)?),
            Short('o') | Long("output") => file = PathBuf::from(arguments.value()?),
            Value(trace) => traces.push(PathBuf::from(trace)),
            other => return Err(other.unexpected().into()),
        }
    }
    if MOST < wanted.len() {
        return Err(Failure::usage(format_args!("a page draws {MOST} heaps; leave some out")));
    }
    let recording = recording::load(&one_trace(traces, "map")?)?;
    interrupt::listen();
    let mut cells = replay::immediate();
    let is_new = |cells: &[Cell], cell: &Cell| cells.iter().all(|old| old.name() != cell.name());
    for cell in &wanted {
        if is_new(&cells, cell) {
            cells.push(*cell);
        }
    }
    let mut rules = Rules::of(&recording);
    if !wanted.is_empty() {
        // A heap that the user names is drawn to its end.
        rules.budget = Duration::MAX;
    }
    let figures = replay::play(&recording, &cells, rules).map_err(Failure::program)?;
    let drawn: Vec<usize> = if wanted.is_empty() {
        typical(&figures)
    } else {
        let place = |cell: &Cell| cells.iter().position(|other| other.name() == cell.name());
        wanted.iter().filter_map(place).collect()
    };
    let height = drawn.iter().map(|place| figures[*place].peak).max().unwrap_or(1);
    let mut paintings = Vec::new();
    for place in drawn {
        let painting = paint(&recording, &cells[place], figures[place], height);
        paintings.push(painting.map_err(Failure::program)?);
    }
    let html = page(&recording, &paintings, height, &cells, &figures);
    output::write(&file, html.as_bytes())?;
    print(&format!("{}: {} bytes\n", file.display(), grouped(html.len())))?;
    Ok(Code::Success)
}

/// The cells of least memory, of least time and of most memory, among those that came to the end.
fn typical(figures: &[Figures]) -> Vec<usize> {
    let ended = || (0..figures.len()).filter(|place| figures[*place].stopped.is_none());
    let time = |place: &usize| figures[*place].nanoseconds.unwrap_or(f64::MAX);
    let peak = |place: &usize| figures[*place].peak;
    let mut places = Vec::new();
    let fastest = ended().min_by(|one, other| time(one).total_cmp(&time(other)));
    for place in [ended().min_by_key(peak), fastest, ended().max_by_key(peak)] {
        if let Some(place) = place.filter(|place| !places.contains(place)) {
            places.push(place);
        }
    }
    places
}
