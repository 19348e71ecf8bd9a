//! Every sample, as JSON: for whoever would rather make figures of them himself.

use crate::arguments::Arguments;
use crate::faults::{self, Asked, OfWorkload};
use crate::figures::{Cell, Figures};
use crate::instructions::PROFILES;
use crate::rounds::{Failure, Sample};
use brkalloc_benches::machine;
use serde_json::{Map, Value, json};

/// All that was measured: times in nanoseconds, memory in bytes.
pub(crate) fn everything(figures: &Figures, arguments: &Arguments) -> Value {
    let names = || figures.rows.iter().map(|row| row.name.to_owned());
    let rows: Map<String, Value> =
        names().zip(figures.rows.iter().map(|row| row.says().into())).collect();
    let workloads: Map<String, Value> = figures
        .workloads
        .iter()
        .zip(&figures.samples)
        .map(|(workload, of_rows)| {
            let of_rows: Map<String, Value> = names().zip(of_rows.iter().map(of_rounds)).collect();
            (workload.name.to_owned(), of_rows.into())
        })
        .collect();
    let instructions: Map<String, Value> =
        names().zip(figures.instructions.iter().map(of_profiles)).collect();
    let counted = figures.rows.iter().filter(|row| faults::is_counted(row));
    let counted: Vec<&str> = counted.map(|row| row.name).collect();
    let of_workload = |OfWorkload { workload, asked }: &OfWorkload| {
        let of_rows = counted.iter().zip(asked.iter().map(of_system));
        let of_rows: Map<String, Value> =
            of_rows.map(|(name, value)| ((*name).to_owned(), value)).collect();
        ((*workload).to_owned(), of_rows.into())
    };
    let asked: Map<String, Value> = figures.asked.iter().map(of_workload).collect();
    json!({
        "machine": machine(),
        "rounds": arguments.rounds,
        "milliseconds": arguments.milliseconds,
        "rows": rows,
        "workloads": workloads,
        "instructions": instructions,
        "asked of the system": asked,
    })
}

fn of_rounds(samples: &Result<Vec<Sample>, Failure>) -> Value {
    match samples {
        Ok(samples) => samples
            .iter()
            .map(|Sample { time, resident, live }| json!({ "time": time, "resident": resident, "live": live }))
            .collect(),
        Err(failure) => failure.to_string().into(),
    }
}

fn of_system(asked: &Result<Asked, Failure>) -> Value {
    match asked {
        Ok(Asked { faults, calls }) => {
            json!({ "faults": faults, "for memory": calls.memory, "waits": calls.waits })
        }
        Err(failure) => failure.to_string().into(),
    }
}

fn of_profiles(cells: &[Cell; 2]) -> Value {
    let cell = |cell: &Cell| cell.map_or_else(|failure| failure.to_string().into(), Value::from);
    PROFILES
        .iter()
        .zip(cells)
        .map(|((_, name), counted)| ((*name).to_owned(), cell(counted)))
        .collect()
}
