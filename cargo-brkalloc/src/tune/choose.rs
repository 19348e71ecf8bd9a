//! The choice: a cost for each goal, the least worst regret over recordings, and the Pareto set.

use super::study::Study;
use crate::attributes::{Attribute, Outcome, SYSTEM};
use crate::recording::Recording;
use crate::replay::percent_over;

/// What is to be small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Memory; of equals the faster.
    Memory,
    /// Time; of equals the smaller.
    Speed,
    /// Memory times the time of a program that spends a tenth of it in the system's allocator.
    Balanced,
}

impl Goal {
    /// The words that name them.
    pub const NAMES: [&'static str; 3] = ["memory", "speed", "balanced"];

    /// Returns the goal of one of these words.
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name {
            "memory" => Self::Memory,
            "speed" => Self::Speed,
            _ => Self::Balanced,
        }
    }

    /// Returns what is small, in words.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Memory => "memory: the least resident memory",
            Self::Speed => "speed: the least time in the heap",
            Self::Balanced => "balanced: memory times time, of which a tenth is the allocator's",
        }
    }

    /// Returns the cost of an outcome: 1 is about that of the system's allocator.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "bytes of a recording are far below 2^53")]
    pub fn cost(self, outcome: &Outcome, system: &Outcome) -> f64 {
        let memory = outcome.resident as f64 / (system.resident.max(1) as f64);
        let time = outcome.nanoseconds / system.nanoseconds.max(0.1);
        match self {
            Self::Memory => memory * (1.0 + time / 200.0) / 1.005,
            Self::Speed => time * (1.0 + memory / 20.0) / 1.05,
            Self::Balanced => memory * (0.9 + time / 10.0),
        }
    }
}

/// What was chosen.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// The attribute.
    pub attribute: Attribute,
    /// Its worst cost over the best for that recording, less one.
    pub regret: f64,
    /// Its worst cost; beyond 1 the system's allocator is better.
    pub cost: f64,
}

/// Chooses among these attributes the one whose worst regret over the recordings is least.
///
/// # Errors
///
/// None stays within `most` percent over what lives; the least that one does.
pub fn choose(
    study: &Study,
    recordings: &[&Recording],
    attributes: &[Attribute],
    goal: Goal,
    most: Option<f64>,
) -> Result<Choice, f64> {
    let system = study.of_options(SYSTEM).unwrap_or_default();
    let over = |attribute: &Attribute| {
        let outcomes = study.of_options(attribute.options).unwrap_or_default();
        let each = outcomes.iter().zip(recordings);
        let over =
            each.map(|(outcome, recording)| percent_over(outcome.resident, recording.peak_live));
        over.fold(f64::MIN, f64::max)
    };
    let costs = |attribute: &Attribute| -> Vec<f64> {
        let outcomes = study.of_options(attribute.options).unwrap_or_default();
        outcomes.iter().zip(system).map(|(outcome, system)| goal.cost(outcome, system)).collect()
    };
    let allowed: Vec<(&Attribute, Vec<f64>)> = attributes
        .iter()
        .filter(|attribute| most.is_none_or(|most| over(attribute) <= most))
        .map(|attribute| (attribute, costs(attribute)))
        .collect();
    let best: Vec<f64> = (0..recordings.len())
        .map(|place| allowed.iter().map(|(_, costs)| costs[place]).fold(f64::MAX, f64::min))
        .collect();
    let regret = |costs: &[f64]| {
        costs.iter().zip(&best).map(|(cost, best)| cost / best - 1.0).fold(0.0, f64::max)
    };
    let chosen =
        allowed.iter().min_by(|(_, one), (_, other)| regret(one).total_cmp(&regret(other)));
    let least = || attributes.iter().map(over).fold(f64::MAX, f64::min);
    let (attribute, costs) = chosen.ok_or_else(least)?;
    Ok(Choice {
        attribute: **attribute,
        regret: regret(costs),
        cost: costs.iter().copied().fold(0.0, f64::max),
    })
}

/// Returns the options, of those that `competes` admits, that no others beat in memory and time on the
/// recording at `place`, the least memory first.
#[must_use]
pub fn pareto(study: &Study, place: usize, competes: fn(&str) -> bool) -> Vec<&'static str> {
    let outcome = |row: usize| study.outcomes[row][place];
    let beats = |one: Outcome, other: Outcome| {
        one.resident <= other.resident
            && one.nanoseconds <= other.nanoseconds
            && (one.resident < other.resident || one.nanoseconds < other.nanoseconds)
    };
    let rivals = (0..study.names.len()).filter(|row| competes(study.names[*row]));
    let is_best = |row: &usize| rivals.clone().all(|other| !beats(outcome(other), outcome(*row)));
    let mut rows: Vec<usize> = rivals.clone().filter(is_best).collect();
    rows.sort_by_key(|row| outcome(*row).resident);
    rows.into_iter().map(|row| study.names[row]).collect()
}

/// Returns the options of an attribute, each as it is written.
#[must_use]
pub fn words(options: &str) -> Vec<&str> {
    options.split(", ").filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attributes::list;

    fn study(outcomes: &[(&'static str, f64, usize)]) -> Study {
        let outcome = |&(_, nanoseconds, resident): &(&str, f64, usize)| {
            vec![Outcome { nanoseconds, resident, high_water: resident }]
        };
        Study {
            names: outcomes.iter().map(|(name, ..)| *name).collect(),
            outcomes: outcomes.iter().map(outcome).collect(),
            interrupted: false,
        }
    }

    #[test]
    fn each_goal_takes_what_it_names_and_a_bound_on_memory_holds() {
        let first = "policy = \"first_fit\"";
        let best = "policy = \"best_fit\"";
        let study = study(&[
            (SYSTEM, 50.0, 1200),
            ("", 10.0, 1300),
            (first, 60.0, 1010),
            (best, 40.0, 1020),
        ]);
        let recording = Recording::new(
            "one",
            vec![crate::recording::Event::Allocate { size: 1000, align: 16 }],
            Vec::new(),
        );
        let names = ["", first, best];
        let attributes: Vec<Attribute> =
            list().into_iter().filter(|other| names.contains(&other.options)).collect();
        let chosen = |goal, most| {
            choose(&study, &[&recording], &attributes, goal, most)
                .map(|choice| choice.attribute.options)
        };
        assert_eq!(chosen(Goal::Memory, None), Ok(first));
        assert_eq!(chosen(Goal::Speed, None), Ok(""));
        assert_eq!(chosen(Goal::Balanced, None), Ok(best));
        assert_eq!(chosen(Goal::Speed, Some(5.0)), Ok(best));
        let refused = chosen(Goal::Speed, Some(0.5)).expect_err("none is so small");
        assert!((refused - 1.0).abs() < 1e-9, "{refused}");
        assert_eq!(pareto(&study, 0, |_| true), [first, best, ""]);
        assert_eq!(pareto(&study, 0, |options| !options.contains("best")), [first, SYSTEM, ""]);
    }

    #[test]
    fn every_attribute_reads_as_it_was_written() {
        for attribute in list() {
            for word in words(attribute.options) {
                let (option, value) = word.split_once(" = ").expect("an option and its value");
                assert!(option.chars().all(|c| c.is_ascii_lowercase()), "{word}");
                assert!(value.starts_with('"') && value.ends_with('"'), "{word}");
            }
        }
    }
}
