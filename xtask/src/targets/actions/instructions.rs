//! Instructions of each request on an emulated Cortex-M3, whose clock counts them: `benches/flash/src/instructions.rs`
//! says how.

use super::super::fields;
use super::super::heaps::{FLASH, Heap, cortex_m3, ours, peer};
use super::{LEVELS, compare};
use crate::command::{read, tail};
use crate::failure::{Result, fail};
use std::path::Path;

const HEAPS: [Heap; 17] = [
    ours("segregated_fit_lifo", "segregated fit, newest first, no lock"),
    ours("segregated_fit", "segregated fit, no lock"),
    ours("segregated_fit_lifo_spin", "segregated fit, newest first, spin lock"),
    ours("segregated_fit_spin", "segregated fit, spin lock"),
    ours("segregated_fit_critical", "segregated fit, critical section"),
    ours("segregated_fit_basic", "segregated fit, spin lock, harden = \"basic\""),
    ours("smallest", "first fit, list, no lock"),
    ours("first_fit_tree", "first fit, tree, no lock"),
    ours("best_fit", "best fit, tree, no lock"),
    ours("next_fit", "next fit, tree, no lock"),
    ours("default", "first fit, tree, spin lock, harden = \"basic\""),
    ours("hardened", "first fit, tree, spin lock, harden = \"full\""),
    peer("talc", "talc 5, spin lock"),
    peer("embedded_alloc_tlsf", "embedded-alloc 0.7, TLSF, critical section"),
    peer("embedded_alloc_list", "embedded-alloc 0.7, list, critical section"),
    peer("linked_list_allocator", "linked_list_allocator 0.10, spin lock"),
    peer("rlsf", "rlsf 0.2, spin lock"),
];

/// Requests of one kind.
#[derive(Debug, PartialEq)]
struct Kind {
    count: usize,
    instructions: usize,
    most: usize,
}

/// What a program says of the requests with one alignment.
#[derive(Debug, PartialEq)]
struct Run {
    align: usize,
    requests: usize,
    refused: usize,
    broken: usize,
    peak: usize,
    /// Allocate, free, reallocate.
    kinds: [Kind; 3],
}

pub(super) fn run(base: &Path) -> Result {
    for level in LEVELS {
        let names = HEAPS.iter().map(|heap| heap.name);
        let (_, said) = FLASH.build(base, names, "actions", level)?;
        let mut measured = Vec::new();
        for heap in &HEAPS {
            let image = FLASH.program(base, heap.name);
            if !image.exists() {
                return fail(format!("{} does not build: {}", heap.name, tail(&said, 20)));
            }
            let runs = Run::all_of(&image)?;
            for run in &runs {
                run.check(heap.name)?;
            }
            measured.push(runs);
        }
        print(level, &measured);
        let means: Vec<f64> = measured.iter().map(|[first, _]| first.mean()).collect();
        let ahead = compare(&HEAPS, &means);
        // The figures are the same in each run, so this is one of the code.
        if level == "s" && !ahead.is_empty() {
            return fail(format!("no heap of ours takes fewer instructions than these: {ahead:?}"));
        }
    }
    Ok(())
}

fn print(level: &str, measured: &[[Run; 2]]) {
    println!("instructions a request on {}, opt-level {level:?}, fat LTO\n", FLASH.target);
    println!(
        "{:<50} {:>8} {:>6} {:>10} {:>6} {:>6} {:>7} {:>10}",
        "heap", "allocate", "free", "reallocate", "all", "worst", "refused", "all, at 16"
    );
    for (heap, [first, second]) in HEAPS.iter().zip(measured) {
        let [allocate, free, reallocate] = first.kinds.each_ref().map(Kind::mean);
        println!(
            "{:<50} {allocate:>8.0} {free:>6.0} {reallocate:>10.0} {:>6.1} {:>6} {:>7} {:>10.1}",
            heap.what,
            first.mean(),
            first.worst(),
            first.refused,
            second.mean()
        );
    }
    println!();
}

impl Kind {
    #[expect(clippy::cast_precision_loss, reason = "no count is near 2^52")]
    fn mean(&self) -> f64 {
        self.instructions as f64 / self.count as f64
    }
}

impl Run {
    /// Runs the program in the emulator.
    fn all_of(image: &Path) -> Result<[Self; 2]> {
        let mut emulator = cortex_m3(120, image);
        // An instruction takes 2^10 ns, and the machine never waits for the clock on the wall.
        emulator.args(["-icount", "shift=10,sleep=off"]);
        let said = read(&mut emulator)?;
        match Self::parse(&said) {
            Some(runs) => Ok(runs),
            None => fail(format!("{} should say its figures, and says {said:?}", image.display())),
        }
    }

    /// Reads two runs of four lines of numbers.
    fn parse(said: &str) -> Option<[Self; 2]> {
        let mut lines = said.lines().map(fields);
        let mut next = || {
            let [align, requests, refused, broken, peak] = lines.next()?.try_into().ok()?;
            let mut kind = || {
                let [count, instructions, most] = lines.next()?.try_into().ok()?;
                Some(Kind { count, instructions, most })
            };
            let kinds = [kind()?, kind()?, kind()?];
            Some(Self { align, requests, refused, broken, peak, kinds })
        };
        let runs = [next()?, next()?];
        lines.next().is_none().then_some(runs)
    }

    /// Fails if the heap did not do what it was asked for.
    fn check(&self, name: &str) -> Result {
        let Self { align, requests, refused, broken, peak, kinds } = self;
        let made: usize = kinds.iter().map(|kind| kind.count).sum();
        if made != *requests || kinds.iter().any(|kind| kind.count == 0) {
            return fail(format!("{name}, at {align}: {made} of {requests} requests were made"));
        }
        if *broken != 0 {
            return fail(format!("{name}, at {align}: {broken} blocks were broken"));
        }
        if requests / 10 < *refused {
            return fail(format!("{name}, at {align}: {refused} refused, {peak} bytes live"));
        }
        Ok(())
    }

    /// Instructions of all requests, refused ones among them, divided by their number.
    #[expect(clippy::cast_precision_loss, reason = "no count is near 2^52")]
    fn mean(&self) -> f64 {
        let all: usize = self.kinds.iter().map(|kind| kind.instructions).sum();
        all as f64 / self.requests as f64
    }

    fn worst(&self) -> usize {
        self.kinds.iter().map(|kind| kind.most).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str =
        "8 6 1 0 100\n3 300 120\n2 20 11\n1 50 50\n16 6 0 0 90\n4 400 100\n1 9 9\n1 7 7\n";

    #[test]
    fn two_runs_are_read() {
        let [first, second] = Run::parse(SAID).expect("it is what a program says");
        assert_eq!((first.worst(), second.align), (120, 16));
        assert!((first.mean() - 370.0 / 6.0).abs() < 1e-9);
        assert_eq!(Run::parse(&SAID[..40]), None);
        assert_eq!(Run::parse(&format!("{SAID}panicked\n")), None);
    }

    #[test]
    fn a_heap_that_breaks_blocks_or_refuses_much_fails() {
        let run = |refused, broken| Run {
            align: 8,
            requests: 30,
            refused,
            broken,
            peak: 0,
            kinds: [10, 10, 10].map(|count| Kind { count, instructions: 1, most: 1 }),
        };
        assert!(run(3, 0).check("heap").is_ok());
        assert!(run(4, 0).check("heap").is_err());
        assert!(run(0, 1).check("heap").is_err());
    }
}
