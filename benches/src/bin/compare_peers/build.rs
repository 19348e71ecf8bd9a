//! The programs of the rows, built by cargo beside this one.

use brkalloc_benches::rows::{Kind, Row};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Builds the programs with this profile; where each is, in the order of the rows.
///
/// # Errors
///
/// Where cargo fails, which says itself why.
pub(crate) fn programs(profile: &str, rows: &[&'static Row]) -> Result<Vec<PathBuf>, String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let target = this.ancestors().nth(2).ok_or("this program is not in a folder of cargo's")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--locked", "--profile", profile, "--manifest-path"]);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
    command.arg("--target-dir").arg(target);
    command.args(rows.iter().flat_map(|row| ["--bin", row.program]));
    if rows.iter().any(|row| matches!(row.kind, Kind::PeerInC(_))) {
        command.args(["--features", "c-peers"]);
    }
    let built = command.stdin(Stdio::null()).status();
    if !built.map_err(|error| format!("cargo: {error}"))?.success() {
        return Err("the rows do not build (the C peers need make, cc and c++: README.md)".into());
    }
    Ok(rows.iter().map(|row| target.join(profile).join(row.program)).collect())
}
