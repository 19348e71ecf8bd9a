//! The one table of workloads and of the groups that they are in.
//!
//! A workload that is in the group of the peak resident memory is in a group by time, too. The
//! random actions of talc's benchmark, the recorded traces and the programs of others are groups of
//! their own, which the design's figures do not have.

use crate::meter::Meter;
use crate::workloads::{hot, live, programs, random_actions, real, threads, traces};
use brkalloc_oracle::trace;

/// What a workload found out.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// Nanoseconds an operation.
    pub time: f64,
    /// The most bytes that lived at one time; 0 where nobody counts them.
    pub live: usize,
}

/// What a group's figure is the geometric mean of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Time of an operation, of glibc's.
    Time,
    /// Peak resident memory, of glibc's.
    Resident,
}

/// Some workloads, whose ratios to glibc have one geometric mean.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// Its name.
    pub name: &'static str,
    /// What is compared.
    pub measure: Measure,
    /// The names of its workloads.
    pub workloads: &'static [&'static str],
}

/// Every group, in the order of the tables.
pub const GROUPS: &[Group] = &[
    Group {
        name: "hot",
        measure: Measure::Time,
        workloads: &[
            "fixed-16",
            "fixed-64",
            "fixed-256",
            "fixed-1024",
            "gfixed-64",
            "lifo",
            "fifo",
        ],
    },
    Group {
        name: "live",
        measure: Measure::Time,
        workloads: &["live-10^3", "live-10^4", "live-10^5", "live-10^6", "actions", "frag"],
    },
    Group {
        name: "random actions",
        measure: Measure::Time,
        workloads: &["random-200", "random-1000", "random-3000", "random-10000", "random-30000"],
    },
    Group {
        name: "programs",
        measure: Measure::Time,
        workloads: &["bintree", "json", "btreemap", "vec-big", "vec-small"],
    },
    Group {
        name: "threads",
        measure: Measure::Time,
        workloads: &["churn-t2", "churn-t4", "larson-t2", "larson-t4", "pipe-t2", "pipe-t4"],
    },
    Group { name: "traces", measure: Measure::Time, workloads: &["cc1", "git-log"] },
    Group { name: "real", measure: Measure::Time, workloads: &["jaq", "server"] },
    Group {
        name: "peak resident",
        measure: Measure::Resident,
        workloads: &[
            "actions",
            "bintree",
            "json",
            "btreemap",
            "vec-big",
            "frag",
            "live-10^5",
            "live-10^6",
        ],
    },
    Group { name: "real, resident", measure: Measure::Resident, workloads: &["jaq", "server"] },
];

/// How a workload reaches the heap.
#[derive(Clone, Copy, Debug)]
pub enum Run {
    /// Blocks of so many bytes, through the `GlobalAlloc` of the static itself.
    Fixed(usize),
    /// Through the global allocator, as programs do.
    Global(fn(Meter) -> Outcome),
}

/// A workload.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub run: Run,
}

const fn fixed(name: &'static str, size: usize) -> Workload {
    Workload { name, run: Run::Fixed(size) }
}

const fn global(name: &'static str, run: fn(Meter) -> Outcome) -> Workload {
    Workload { name, run: Run::Global(run) }
}

/// Every workload, in the order of the tables.
pub const WORKLOADS: &[Workload] = &[
    fixed("fixed-16", 16),
    fixed("fixed-64", 64),
    fixed("fixed-256", 256),
    fixed("fixed-1024", 1024),
    global("gfixed-64", hot::global_fixed),
    global("lifo", hot::lifo),
    global("fifo", hot::fifo),
    global("live-10^3", |meter| live::replace(meter, 1_000)),
    global("live-10^4", |meter| live::replace(meter, 10_000)),
    global("live-10^5", |meter| live::replace(meter, 100_000)),
    global("live-10^6", |meter| live::replace(meter, 1_000_000)),
    global("actions", live::actions),
    global("frag", live::shifting),
    global("random-200", |meter| random_actions::random_actions(meter, 200)),
    global("random-1000", |meter| random_actions::random_actions(meter, 1_000)),
    global("random-3000", |meter| random_actions::random_actions(meter, 3_000)),
    global("random-10000", |meter| random_actions::random_actions(meter, 10_000)),
    global("random-30000", |meter| random_actions::random_actions(meter, 30_000)),
    global("bintree", programs::bintree),
    global("json", programs::json),
    global("btreemap", programs::btreemap),
    global("vec-big", programs::vec_big),
    global("vec-small", programs::vec_small),
    global("churn-t2", |meter| threads::churn(meter, 2)),
    global("churn-t4", |meter| threads::churn(meter, 4)),
    global("larson-t2", |meter| threads::larson(meter, 2)),
    global("larson-t4", |meter| threads::larson(meter, 4)),
    global("pipe-t2", |meter| threads::pipe(meter, 2)),
    global("pipe-t4", |meter| threads::pipe(meter, 4)),
    global("cc1", |meter| traces::replay(meter, trace::CC1)),
    global("git-log", |meter| traces::replay(meter, trace::GIT_LOG)),
    global("jaq", real::jaq),
    global("server", real::server),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workload_is_in_one_group_by_time_and_every_name_is_a_workload() {
        let by_time = GROUPS.iter().filter(|group| group.measure == Measure::Time);
        let grouped: Vec<&str> = by_time.flat_map(|group| group.workloads).copied().collect();
        let names: Vec<&str> = WORKLOADS.iter().map(|workload| workload.name).collect();
        assert_eq!(grouped, names);
        let resident = GROUPS.iter().filter(|group| group.measure == Measure::Resident);
        for name in resident.flat_map(|group| group.workloads) {
            assert!(names.contains(name), "{name} is no workload");
        }
    }

    #[test]
    fn the_groups_are_those_of_the_design() {
        let said =
            GROUPS.iter().map(|group| format!("{}: {}", group.name, group.workloads.join(" ")));
        let said: Vec<String> = said.collect();
        let design = [
            "hot: fixed-16 fixed-64 fixed-256 fixed-1024 gfixed-64 lifo fifo",
            "live: live-10^3 live-10^4 live-10^5 live-10^6 actions frag",
            "random actions: random-200 random-1000 random-3000 random-10000 random-30000",
            "programs: bintree json btreemap vec-big vec-small",
            "threads: churn-t2 churn-t4 larson-t2 larson-t4 pipe-t2 pipe-t4",
            "traces: cc1 git-log",
            "real: jaq server",
            "peak resident: actions bintree json btreemap vec-big frag live-10^5 live-10^6",
            "real, resident: jaq server",
        ];
        assert_eq!(said, design);
    }
}
