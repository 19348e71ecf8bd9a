//! The study: what every attribute needs for every recording.
//!
//! The rounds take turns among the attributes, so that what else the machine does falls on all.

use crate::attributes::{Attribute, Children, IDLE, Mode, Outcome, SYSTEM};
use crate::command::Failure;
use crate::interrupt;
use crate::progress::Progress;
use crate::recording::Recording;
use std::path::PathBuf;

/// Measurements of memory, of which the median counts: the system's own figure is not exact.
const LOOKS: usize = 3;

/// A recording, its file, and the order of its threads: 0 as recorded, else a seed.
#[derive(Clone, Debug)]
pub struct Subject {
    /// What was recorded.
    pub recording: Recording,
    /// The file, which the children read.
    pub trace: PathBuf,
    /// The seed of another order of its threads.
    pub seed: u64,
}

/// What attributes need for recordings.
#[derive(Clone, Debug, Default)]
pub struct Study {
    /// The options of each attribute; the system's allocator stands first.
    pub names: Vec<&'static str>,
    /// For each name, what it needs for each recording.
    pub outcomes: Vec<Vec<Outcome>>,
    /// Whether the user ended it early.
    pub interrupted: bool,
}

impl Study {
    /// Measures the system's allocator and these attributes.
    ///
    /// # Errors
    ///
    /// A child fails.
    pub fn of(
        children: &Children,
        subjects: &[Subject],
        attributes: &[Attribute],
        rounds: usize,
    ) -> Result<Self, Failure> {
        let names: Vec<&str> =
            [SYSTEM].into_iter().chain(attributes.iter().map(|other| other.options)).collect();
        let mut study = Self { names, ..Self::default() };
        study.outcomes = vec![Vec::new(); study.names.len()];
        for subject in subjects {
            study.measure(children, subject, rounds)?;
        }
        Ok(study)
    }

    fn measure(
        &mut self,
        children: &Children,
        subject: &Subject,
        rounds: usize,
    ) -> Result<(), Failure> {
        let Subject { recording, trace, seed } = subject;
        let progress = Progress::new(&recording.name, rounds + 1);
        let mut alone = Vec::new();
        let mut times = vec![Vec::new(); self.names.len()];
        for round in 0..rounds {
            if 0 < round && interrupt::is_wanted() {
                self.interrupted = true;
                break;
            }
            alone.push(children.once(IDLE, trace, Mode::Time, *seed)?.0);
            for (name, times) in self.names.iter().zip(&mut times) {
                times.push(children.once(name, trace, Mode::Time, *seed)?.0);
            }
            progress.step("time");
        }
        let alone = median(&mut alone);
        for (place, name) in self.names.iter().enumerate() {
            let mut measured = Vec::new();
            for _ in 0..LOOKS.min(rounds) {
                let (_, resident, high_water) = children.once(name, trace, Mode::Memory, *seed)?;
                measured.push((resident, high_water));
            }
            measured.sort_unstable();
            let (resident, high_water) = measured[measured.len() / 2];
            let time = median(&mut times[place]).saturating_sub(alone);
            let nanoseconds = per_event(time, recording.events.len());
            self.outcomes[place].push(Outcome { nanoseconds, resident, high_water });
        }
        progress.step("memory");
        Ok(())
    }

    /// Adds what another study has found of attributes that are not here yet.
    pub fn add(&mut self, other: Study) {
        self.interrupted |= other.interrupted;
        for (name, outcomes) in other.names.into_iter().zip(other.outcomes) {
            if !self.names.contains(&name) {
                self.names.push(name);
                self.outcomes.push(outcomes);
            }
        }
    }

    /// Returns what an attribute needs for each recording.
    #[must_use]
    pub fn of_options(&self, options: &str) -> Option<&[Outcome]> {
        let place = self.names.iter().position(|name| *name == options)?;
        Some(&self.outcomes[place])
    }
}

fn median(values: &mut [u64]) -> u64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

#[expect(clippy::cast_precision_loss, reason = "times and counts are far below 2^53")]
fn per_event(nanoseconds: u64, events: usize) -> f64 {
    nanoseconds as f64 / events.max(1) as f64
}
