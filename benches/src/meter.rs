//! How long an operation takes: about so long of a workload, or so many batches of it, after a quarter
//! of that to warm up.
//!
//! One thread is measured by its CPU time, several by the wall clock: each on a core in turn, and
//! the figure is the inverse of their summed rates.

use crate::clock::{cores, cpu_time, pin};
use std::sync::Barrier;
use std::time::Instant;

/// How long a workload goes on.
#[derive(Clone, Copy, Debug)]
pub enum Budget {
    /// So many nanoseconds.
    Time(u64),
    /// So many batches, of each thread: the same operations for every heap, so that what they need
    /// of the system can be compared.
    Batches(u64),
}

impl Budget {
    /// What it takes to warm up.
    #[must_use]
    pub const fn quarter(self) -> Self {
        match self {
            Self::Time(nanoseconds) => Self::Time(nanoseconds / 4),
            Self::Batches(count) => Self::Batches(count / 4),
        }
    }

    /// Whether it is spent after so many batches; `spent` reads the clock, in nanoseconds.
    pub fn is_spent(self, batches: u64, spent: impl FnOnce() -> u64) -> bool {
        match self {
            Self::Time(nanoseconds) => nanoseconds <= spent(),
            Self::Batches(count) => count <= batches,
        }
    }
}

/// How long a workload goes on, and what its random numbers begin with.
#[derive(Clone, Copy, Debug)]
pub struct Meter {
    /// What is measured; a quarter of that, before, is not.
    pub budget: Budget,
    /// Seed of the workload.
    pub seed: u64,
}

impl Meter {
    /// Nanoseconds an operation, by the CPU time of this thread. `batch` runs some operations and
    /// says how many; it is called until the budget is spent, and once at least.
    pub fn time(&self, mut batch: impl FnMut() -> u64) -> f64 {
        run(self.budget.quarter(), cpu_time, &mut batch);
        run(self.budget, cpu_time, &mut batch)
    }

    /// Nanoseconds an operation of `count` threads together. `start` makes a thread's batch, on
    /// that thread; a batch runs some operations and says how many.
    pub fn time_threads<B: FnMut() -> u64>(
        &self,
        count: usize,
        start: impl Fn(usize) -> B + Sync,
    ) -> f64 {
        let (cores, barrier, begin) = (cores(), Barrier::new(count), Instant::now());
        let wall = || u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let thread = |number: usize| {
            pin(cores[number % cores.len()]);
            let mut batch = start(number);
            barrier.wait();
            run(self.budget.quarter(), wall, &mut batch);
            1.0 / run(self.budget, wall, &mut batch)
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

/// Runs batches until the budget is spent; nanoseconds an operation, infinite if there was none.
fn run(budget: Budget, clock: impl Fn() -> u64, batch: &mut impl FnMut() -> u64) -> f64 {
    let (begin, mut operations, mut batches) = (clock(), 0, 0);
    loop {
        operations += batch();
        batches += 1;
        if budget.is_spent(batches, || clock() - begin) {
            return float(clock() - begin) / float(operations);
        }
    }
}

/// The number, for a figure to read.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a figure to read")]
pub fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn a_budget_of_batches_has_a_quarter_before_it_and_looks_at_no_clock() {
        let mut batches = 0;
        Meter { budget: Budget::Batches(8), seed: 1 }.time(|| {
            batches += 1;
            10
        });
        assert_eq!(batches, 2 + 8);
        assert!(Budget::Batches(8).is_spent(8, || unreachable!("nobody asks for the time")));
        let of_threads = AtomicU64::new(0);
        let meter = Meter { budget: Budget::Batches(4), seed: 1 };
        let time = meter.time_threads(2, |number| {
            let of_threads = &of_threads;
            move || {
                of_threads.fetch_add(1, Ordering::Relaxed);
                number as u64
            }
        });
        assert_eq!(of_threads.into_inner(), 2 * (1 + 4));
        assert!(time.is_finite(), "a thread without operations has no rate: {time}");
    }
}
