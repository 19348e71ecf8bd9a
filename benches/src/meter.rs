//! How long an operation takes: about so long of a workload, after a quarter of that to warm up.
//!
//! One thread is measured by its CPU time, several by the wall clock: each on a core in turn, and
//! the figure is the inverse of their summed rates.

use crate::clock::{cores, cpu_time, pin};
use std::sync::Barrier;
use std::time::{Duration, Instant};

/// The time that a workload has, and what its random numbers begin with.
#[derive(Clone, Copy, Debug)]
pub struct Meter {
    /// Nanoseconds to measure.
    pub budget: u64,
    /// Seed of the workload.
    pub seed: u64,
}

impl Meter {
    /// Nanoseconds an operation, by the CPU time of this thread. `batch` runs some operations and
    /// says how many; it is called until the time is over, and once at least.
    pub fn time(&self, mut batch: impl FnMut() -> u64) -> f64 {
        run(self.budget / 4, &mut batch);
        run(self.budget, &mut batch)
    }

    /// Nanoseconds an operation of `count` threads together. `start` makes a thread's batch, on
    /// that thread; a batch runs some operations and says how many.
    pub fn time_threads<B: FnMut() -> u64>(
        &self,
        count: usize,
        start: impl Fn(usize) -> B + Sync,
    ) -> f64 {
        let (cores, barrier) = (cores(), Barrier::new(count));
        let thread = |number: usize| {
            pin(cores[number % cores.len()]);
            let mut batch = start(number);
            barrier.wait();
            rate(self.budget / 4, &mut batch);
            rate(self.budget, &mut batch)
        };
        let rates = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..count)
                .map(|number| {
                    scope.spawn({
                        let thread = &thread;
                        move || thread(number)
                    })
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().expect("no workload panics"))
                .sum::<f64>()
        });
        1.0 / rates
    }
}

/// Runs batches for so long; nanoseconds an operation.
fn run(nanoseconds: u64, batch: &mut impl FnMut() -> u64) -> f64 {
    let (begin, mut operations) = (cpu_time(), 0);
    loop {
        operations += batch();
        let spent = cpu_time() - begin;
        if nanoseconds <= spent {
            return float(spent) / float(operations);
        }
    }
}

/// Runs batches for so long by the wall clock; operations a nanosecond.
fn rate(nanoseconds: u64, batch: &mut impl FnMut() -> u64) -> f64 {
    let (begin, mut operations) = (Instant::now(), 0);
    loop {
        operations += batch();
        let spent = begin.elapsed();
        if Duration::from_nanos(nanoseconds) <= spent {
            return float(operations) / (spent.as_secs_f64() * 1e9);
        }
    }
}

/// The number, for a figure to read.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a figure to read")]
pub fn float(number: u64) -> f64 {
    number as f64
}
