//! What the program of a row does: one workload on its heap, or pairs to count the instructions of.
//!
//! ```text
//!  with_talc WORKLOAD SEED MILLISECONDS    prints: nanoseconds an operation, peak resident bytes,
//!                                          peak live bytes
//!  with_talc faults WORKLOAD SEED BATCHES  prints: page faults
//!  with_talc rest SEED ROUNDS              prints a line a round: see `rest`
//!  with_talc pairs COUNT                   prints nothing
//!  with_talc stop COUNT                    the same, but stops itself before the first pair
//! ```
//!
//! It does not compare: that takes several programs, and is the runner's.

use crate::machine::{page_faults, peak_resident};
use crate::meter::{Budget, Meter};
use crate::table;
use crate::workload::{Outcome, Run, WORKLOADS};
use crate::workloads::hot;
use core::alloc::GlobalAlloc;
use std::process::ExitCode;

/// Runs the workload that the arguments name, or the pairs. `heap` is the global allocator.
#[must_use]
pub fn run(heap: &impl GlobalAlloc) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |text: &str| text.parse::<u64>().ok();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let asked = match words[..] {
        [what @ ("pairs" | "stop"), count] => number(count).map(|count| {
            if what == "stop" {
                // SAFETY: the process stops until somebody lets it go on.
                unsafe { libc::raise(libc::SIGSTOP) };
            }
            hot::pairs_of_64(count);
            String::new()
        }),
        ["rest", seed, rounds] => number(seed).zip(number(rounds)).map(|(seed, rounds)| {
            crate::rest::run(seed, rounds);
            String::new()
        }),
        ["faults", name, seed, batches] => {
            number(seed).zip(number(batches)).and_then(|(seed, batches)| {
                faults(heap, name, Meter { budget: Budget::Batches(batches), seed })
            })
        }
        [name, seed, milliseconds] => {
            number(seed).zip(number(milliseconds)).and_then(|(seed, milliseconds)| {
                let budget = Budget::Time(milliseconds * 1_000_000);
                let Outcome { time, live } = measure(heap, name, Meter { budget, seed })?;
                Some(format!("{time} {} {live}\n", peak_resident()))
            })
        }
        _ => None,
    };
    let Some(answer) = asked else {
        eprintln!(
            "usage: WORKLOAD SEED MILLISECONDS, or: faults WORKLOAD SEED BATCHES, or: \
             rest SEED ROUNDS, or: pairs COUNT"
        );
        return ExitCode::FAILURE;
    };
    print!("{answer}");
    ExitCode::SUCCESS
}

fn measure(heap: &impl GlobalAlloc, name: &str, meter: Meter) -> Option<Outcome> {
    let workload = WORKLOADS.iter().find(|workload| workload.name == name)?;
    Some(match workload.run {
        Run::Fixed(size) => hot::fixed(meter, heap, size),
        Run::Global(run) => run(meter),
    })
}

/// The page faults of a workload, less those of tables.
fn faults(heap: &impl GlobalAlloc, name: &str, meter: Meter) -> Option<String> {
    let of_heap = || page_faults(libc::RUSAGE_SELF) - table::faults();
    let before = of_heap();
    measure(heap, name, meter)?;
    Some(format!("{}\n", of_heap() - before))
}
