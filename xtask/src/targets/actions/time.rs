//! Time of a million requests in node: `benches/wasm`, a module for each heap.

use super::super::fields;
use super::super::heaps::{Heap, WASM, ours, peer};
use super::{LEVELS, compare};
use crate::command::{program_within, read, tail};
use crate::failure::{At, Result, fail};
use std::fs;
use std::path::{Path, PathBuf};

/// An odd number, so that one of them is the median.
const ROUNDS: usize = 5;
const REQUESTS: &str = "1000000";

const HEAPS: [Heap; 13] = [
    ours("segregated_fit_deferred", "segregated fit, newest first, merges late, no lock"),
    ours("segregated_fit_lifo", "segregated fit, newest first, no lock"),
    ours("segregated_fit", "segregated fit, no lock"),
    ours("default", "segregated fit, spin lock, harden = \"basic\""),
    ours("first_fit_list", "first fit, list, no lock"),
    ours("first_fit_tree", "first fit, tree, no lock"),
    ours("best_fit", "best fit, tree, no lock"),
    ours("next_fit", "next fit, tree, no lock"),
    ours("hardened", "segregated fit, spin lock, harden = \"full\""),
    peer("talc", "talc 5"),
    peer("dlmalloc", "dlmalloc 0.2, which std has"),
    peer("lol_alloc", "lol_alloc 0.4"),
    peer("rlsf", "rlsf 0.2"),
];

pub(super) fn run(base: &Path) -> Result {
    for level in LEVELS {
        let modules = build(base, level)?;
        let mut node = program_within(580, "node");
        node.arg("benches/wasm/time.mjs").args([&ROUNDS.to_string(), REQUESTS]).args(&modules);
        let said = read(&mut node)?;
        let lines: Vec<Vec<usize>> = said.lines().map(fields).collect();
        if lines.len() != HEAPS.len() || lines.iter().any(|line| line.len() != ROUNDS + 1) {
            return fail(format!(
                "node should say {ROUNDS} times for each heap, and says {said:?}"
            ));
        }
        println!(
            "milliseconds of {REQUESTS} requests in node, opt-level {level:?}, fat LTO; median of {ROUNDS}\n"
        );
        println!("{:<50} {:>8} {:>8} {:>8} {:>7}", "heap", "median", "least", "memory", "module");
        let mut medians = Vec::new();
        for ((heap, mut line), module) in HEAPS.iter().zip(lines).zip(&modules) {
            let memory = line.pop().unwrap_or_default();
            line.sort_unstable();
            let [least, median] = [0, ROUNDS / 2].map(|place| milliseconds(line[place]));
            let bytes = fs::metadata(module).at(module)?.len();
            println!(
                "{:<50} {median:>8.1} {least:>8.1} {:>4} KiB {bytes:>7}",
                heap.what,
                memory >> 10
            );
            medians.push(median);
        }
        println!();
        // Time differs from run to run, so that who is ahead fails nothing.
        compare(&HEAPS, &medians);
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "no time is near 2^52 microseconds")]
fn milliseconds(microseconds: usize) -> f64 {
    microseconds as f64 / 1000.0
}

/// Builds every module, and returns them.
fn build(base: &Path, level: &str) -> Result<Vec<PathBuf>> {
    let names = || HEAPS.iter().map(|heap| heap.name);
    let (_, said) = WASM.build(base, names(), "actions", level)?;
    let modules: Vec<_> = names().map(|name| WASM.program(base, name)).collect();
    if modules.iter().all(|module| module.exists()) { Ok(modules) } else { fail(tail(&said, 20)) }
}
