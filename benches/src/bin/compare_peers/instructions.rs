//! Instructions per 64-byte pair through the global allocator, counted by callgrind: a figure
//! without noise.
//!
//! A row runs twice, with a different number of pairs; the difference, over that of the numbers,
//! has nothing of the start of the program in it. Writing both ends and the loop are in it, for
//! every row the same.

use crate::build;
use crate::figures::Cell;
use crate::rounds::Failure;
use brkalloc_benches::meter::float;
use brkalloc_benches::rows::Row;
use std::path::Path;
use std::process::{Command, Stdio};

/// The profiles, and what the table calls them.
pub(crate) const PROFILES: [(&str, &str); 2] =
    [("release", "without LTO"), ("lto", "with fat LTO")];

/// Pairs of the shorter and of the longer run: the first of them fills what is lazy.
const PAIRS: [u64; 2] = [50_000, 150_000];

/// Instructions of a pair, by row and profile.
///
/// # Errors
///
/// Where the programs do not build, or valgrind does not start.
pub(crate) fn count(rows: &[&'static Row]) -> Result<Vec<[Cell; 2]>, String> {
    let mut counts = vec![[Err(Failure::Failed); 2]; rows.len()];
    for (column, (profile, _)) in PROFILES.into_iter().enumerate() {
        for (row, program) in build::programs(profile, rows)?.iter().enumerate() {
            let [short, long] = PAIRS.map(|pairs| collected(program, pairs));
            if let (Some(short), Some(long)) = (short?, long?) {
                counts[row][column] = Ok(float(long - short) / float(PAIRS[1] - PAIRS[0]));
            }
        }
    }
    Ok(counts)
}

/// Instructions of a run with so many pairs.
fn collected(program: &Path, pairs: u64) -> Result<Option<u64>, String> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program);
    let output = command.args(["pairs", &pairs.to_string()]).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("valgrind: {error}"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        eprintln!("{}: {text}", program.display());
    }
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
