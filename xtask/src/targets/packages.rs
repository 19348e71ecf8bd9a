//! Debian's packages, of which each command names those that it needs.

use crate::command::{log, program, read, tail};
use crate::failure::{Result, fail};
use std::path::Path;

/// Installs what is missing of these packages; fails where only root may.
pub(super) fn install(base: &Path, packages: &[&str]) -> Result {
    let is_installed = |package: &str| {
        program("dpkg").args(["-s", package]).output().is_ok_and(|output| output.status.success())
    };
    let missing: Vec<&str> =
        packages.iter().copied().filter(|package| !is_installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let install = format!("apt-get install -y --no-install-recommends {}", missing.join(" "));
    if read(program("id").arg("-u"))?.trim() != "0" {
        return fail(format!("packages are missing: as root, `{install}`"));
    }
    let script = format!("apt-get update && {install}");
    let (status, said) = log(program("sh").args(["-c", &script]), &base.join("apt.log"))?;
    if status.success() { Ok(()) } else { fail(format!("`{script}`: {}", tail(&said, 3))) }
}
