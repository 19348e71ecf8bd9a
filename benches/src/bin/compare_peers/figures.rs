//! From samples to figures: ratios to glibc inside a round, medians over the rounds, geometric
//! means over a group.

use crate::faults::OfWorkload;
use crate::rounds::{Failure, Sample, Samples};
use brkalloc_benches::rows::Row;
use brkalloc_benches::statistics::{geometric_mean, median};
use brkalloc_benches::workload::{Group, Measure, Workload};

/// A figure, or why there is none.
pub(crate) type Cell = Result<f64, Failure>;

/// All that was measured.
#[derive(Debug)]
pub(crate) struct Figures {
    /// The allocators; the first is glibc.
    pub(crate) rows: Vec<&'static Row>,
    pub(crate) workloads: Vec<&'static Workload>,
    pub(crate) samples: Samples,
    /// Instructions of a pair, by row and profile; empty if they were not counted.
    pub(crate) instructions: Vec<[Cell; 2]>,
    /// What workloads asked of the system, on those rows that are counted; empty if none were.
    pub(crate) asked: Vec<OfWorkload>,
}

impl Figures {
    /// The median over the rounds of what `figure` makes of a row's sample and glibc's of the same
    /// round; none if the workload did not run.
    fn median_of(
        &self,
        row: usize,
        name: &str,
        figure: impl Fn(&Sample, &Sample) -> f64,
    ) -> Option<Cell> {
        let workload = self.workloads.iter().position(|workload| workload.name == name)?;
        let of_rows = &self.samples[workload];
        let figures = of_rows[row].as_ref().map_err(|failure| *failure).and_then(|ours| {
            let glibc = of_rows[0].as_ref().map_err(|failure| *failure)?;
            let ratios: Vec<f64> =
                ours.iter().zip(glibc).map(|(ours, of)| figure(ours, of)).collect();
            median(&ratios).ok_or(Failure::Failed)
        });
        Some(figures)
    }

    /// The ratio to glibc.
    pub(crate) fn ratio(&self, row: usize, name: &str, measure: Measure) -> Option<Cell> {
        self.median_of(row, name, |ours, glibc| match measure {
            Measure::Time => ours.time / glibc.time,
            Measure::Resident => ours.resident / glibc.resident,
        })
    }

    /// Nanoseconds an operation.
    pub(crate) fn time(&self, row: usize, name: &str) -> Option<Cell> {
        self.median_of(row, name, |ours, _| ours.time)
    }

    /// Peak resident bytes.
    pub(crate) fn resident(&self, row: usize, name: &str) -> Option<Cell> {
        self.median_of(row, name, |ours, _| ours.resident)
    }

    /// Peak resident bytes over peak live bytes.
    pub(crate) fn over_live(&self, row: usize, name: &str) -> Option<Cell> {
        self.median_of(row, name, |ours, _| ours.resident / ours.live)
    }

    /// The geometric mean of a group; none if one of its workloads did not run.
    pub(crate) fn group(&self, row: usize, group: &Group) -> Option<Cell> {
        mean(group.workloads, |name| self.ratio(row, name, group.measure))
    }

    /// How much longer a replace takes among 10⁶ live objects than among 10³.
    pub(crate) fn growth(&self, row: usize) -> Option<Cell> {
        let few = self.time(row, "live-10^3")?;
        let many = self.time(row, "live-10^6")?;
        Some(many.and_then(|many| few.map(|few| many / few)))
    }
}

/// The geometric mean of what `figure` says of these workloads; none if one has none.
pub(crate) fn mean(
    names: &[&'static str],
    figure: impl Fn(&'static str) -> Option<Cell>,
) -> Option<Cell> {
    let cells: Option<Vec<Cell>> = names.iter().map(|name| figure(name)).collect();
    let ratios: Result<Vec<f64>, Failure> = cells?.into_iter().collect();
    Some(ratios.and_then(|ratios| geometric_mean(&ratios).ok_or(Failure::Failed)))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use brkalloc_benches::rows::ROWS;
    use brkalloc_benches::workload::{GROUPS, WORKLOADS};

    fn sample(time: f64, resident: f64) -> Sample {
        Sample { time, resident, live: 2.0 }
    }

    /// glibc, somebody and somebody hopeless, over the two traces.
    pub(crate) fn figures() -> Figures {
        let workloads = WORKLOADS.iter().filter(|with| ["cc1", "git-log"].contains(&with.name));
        let glibc = vec![sample(10.0, 4.0), sample(20.0, 4.0), sample(40.0, 4.0)];
        let somebody = vec![sample(5.0, 8.0), sample(60.0, 2.0), sample(20.0, 8.0)];
        let slow = vec![sample(20.0, 4.0), sample(40.0, 4.0), sample(80.0, 4.0)];
        let hopeless = Err(Failure::Timeout);
        Figures {
            rows: ROWS.iter().take(3).collect(),
            workloads: workloads.collect(),
            samples: vec![
                vec![Ok(glibc.clone()), Ok(somebody), Ok(slow.clone())],
                vec![Ok(glibc), Ok(slow), hopeless],
            ],
            instructions: Vec::new(),
            asked: Vec::new(),
        }
    }

    #[test]
    fn a_figure_is_the_median_of_the_ratios_and_not_the_ratio_of_medians() {
        let figures = figures();
        assert_eq!(figures.ratio(1, "cc1", Measure::Time), Some(Ok(0.5)));
        assert_eq!(figures.ratio(1, "cc1", Measure::Resident), Some(Ok(2.0)));
        assert_eq!(figures.time(1, "cc1"), Some(Ok(20.0)));
        assert_eq!(figures.over_live(1, "cc1"), Some(Ok(4.0)));
        assert_eq!(figures.ratio(0, "cc1", Measure::Time), Some(Ok(1.0)));
    }

    #[test]
    fn a_group_is_a_mean_or_a_timeout_or_missing() {
        let (figures, traces) = (figures(), GROUPS.iter().find(|group| group.name == "traces"));
        let traces = traces.expect("there is such a group");
        assert_eq!(figures.group(1, traces), Some(Ok(1.0)));
        assert_eq!(figures.group(2, traces), Some(Err(Failure::Timeout)));
        assert_eq!(figures.group(1, &GROUPS[0]), None);
    }
}
