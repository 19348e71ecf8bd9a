//! Instructions per 64-byte pair through the global allocator, counted by callgrind: a figure
//! without noise.
//!
//! A row runs twice, with a different number of pairs; the difference, over that of the numbers,
//! has nothing of the start of the program in it. Writing both ends and the loop are in it, for
//! every row the same. A row that callgrind cannot run is single-stepped instead: valgrind gives a
//! program less than the 256 GiB of address space that snmalloc maps at once.

use crate::build;
use crate::figures::Cell;
use crate::rounds::Failure;
use crate::single_step;
use brkalloc_benches::meter::float;
use brkalloc_benches::rows::Row;
use std::path::Path;
use std::process::{Command, Stdio};

/// The profiles, and what the table calls them.
pub(crate) const PROFILES: [(&str, &str); 2] =
    [("release", "without LTO"), ("lto", "with fat LTO")];

/// Pairs of the shorter and of the longer run: the first of them fills what is lazy.
const PAIRS: [u64; 2] = [50_000, 150_000];

/// The same of runs that are single-stepped, each of whose instructions takes long.
const FEWER_PAIRS: [u64; 2] = [500, 1_500];

/// Instructions of a pair, by row and profile.
///
/// # Errors
///
/// Where the programs do not build, or valgrind does not start.
pub(crate) fn count(rows: &[&'static Row]) -> Result<Vec<[Cell; 2]>, String> {
    let mut counts = vec![[Err(Failure::Failed); 2]; rows.len()];
    for (column, (profile, _)) in PROFILES.into_iter().enumerate() {
        for (row, program) in build::programs(profile, rows)?.iter().enumerate() {
            counts[row][column] = of_pair(program)?.ok_or(Failure::Failed);
        }
    }
    Ok(counts)
}

/// Instructions of a pair of this row; none if it fails.
fn of_pair(program: &Path) -> Result<Option<f64>, String> {
    let difference = |runs: [Option<u64>; 2], pairs: [u64; 2]| {
        let [short, long] = runs;
        Some(float(long?.checked_sub(short?)?) / float(pairs[1] - pairs[0]))
    };
    let [short, long] = PAIRS.map(|pairs| callgrind(program, pairs));
    if let Some(instructions) = difference([short?, long?], PAIRS) {
        return Ok(Some(instructions));
    }
    let step = |pairs: u64| single_step::count(program, &["stop", &pairs.to_string()]);
    let [short, long] = FEWER_PAIRS.map(|pairs| step(pairs).map_err(|error| error.to_string()));
    Ok(difference([short?, long?], FEWER_PAIRS))
}

/// Instructions of a run with so many pairs; none if callgrind cannot run it.
fn callgrind(program: &Path, pairs: u64) -> Result<Option<u64>, String> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program);
    let output = command.args(["pairs", &pairs.to_string()]).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("valgrind: {error}"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    Ok(total(&text).filter(|_| output.status.success()))
}

/// The total in what callgrind says, `==1234== Collected : 5678`.
fn total(text: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.contains("Collected :"))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_read() {
        assert_eq!(total("==7== Events    : Ir\n==7== Collected : 98765\n==7== "), Some(98_765));
        assert_eq!(total("==7== Events    : Ir\n"), None);
    }
}
