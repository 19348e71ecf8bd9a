//! One run of a program: what it wrote, how it ended, and what it took.

use crate::command::{program, tail};
use crate::failure::{At, Result, fail};
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};

/// Where programs run: always in the same folder, which each finds empty.
#[derive(Debug)]
pub(super) struct Trial {
    work: PathBuf,
    here: PathBuf,
}

/// What came of a run.
#[derive(Debug)]
pub(super) struct Ran {
    /// Standard output, with the exit status at its end.
    pub(super) output: Vec<u8>,
    /// Standard error.
    pub(super) errors: Vec<u8>,
    /// Time on the clock.
    pub(super) seconds: f64,
    /// The peak of the largest process.
    pub(super) kibibytes: f64,
}

impl Trial {
    /// Runs programs below the folder `work`, where the libraries are.
    pub(super) fn new(work: &Path) -> Self {
        Self { work: work.to_owned(), here: work.join("here") }
    }

    /// Runs the script, within five minutes, and on a library if one is named.
    pub(super) fn run(&self, script: &Path, library: Option<&Path>) -> Result<Ran> {
        if self.here.exists() {
            fs::remove_dir_all(&self.here).at(&self.here)?;
        }
        fs::create_dir(&self.here).at(&self.here)?;
        let [output, errors, figures] =
            ["output", "errors", "time"].map(|name| self.work.join(name));
        let preload = library.map(|library| self.work.join(library)).unwrap_or_default();
        let status = program("/usr/bin/time")
            .args(["-q", "-f", "%e %M", "-o"])
            .arg(&figures)
            .args(["timeout", "300", "env", &format!("LD_PRELOAD={}", preload.display()), "bash"])
            .arg(script)
            .current_dir(&self.here)
            .env("LC_ALL", "C")
            .env_remove("LD_PRELOAD")
            .stdout(File::create(&output).at(&output)?)
            .stderr(File::create(&errors).at(&errors)?)
            .status()
            .at("/usr/bin/time")?;
        let taken = fs::read_to_string(&figures).at(&figures)?;
        let Some((seconds, kibibytes)) = taken.lines().last().and_then(figures_in) else {
            return fail(format!("GNU time says `{taken}` and not two numbers"));
        };
        let mut output = fs::read(&output).at(&output)?;
        let code = status.code().or(status.signal().map(|signal| 128 + signal)).unwrap_or_default();
        output.extend(format!("\nstatus {code}\n").bytes());
        Ok(Ran { output, errors: fs::read(&errors).at(&errors)?, seconds, kibibytes })
    }
}

/// The two numbers of a line.
fn figures_in(line: &str) -> Option<(f64, f64)> {
    let (seconds, kibibytes) = line.split_once(' ')?;
    Some((seconds.parse().ok()?, kibibytes.parse().ok()?))
}

impl Ran {
    /// Whether the exit status is 0.
    pub(super) fn is_success(&self) -> bool {
        self.output.ends_with(b"\nstatus 0\n")
    }

    /// Standard error, as text.
    pub(super) fn errors(&self) -> String {
        String::from_utf8_lossy(&self.errors).into_owned()
    }

    /// The last lines of both outputs.
    pub(super) fn end(&self) -> String {
        let output = String::from_utf8_lossy(&self.output);
        format!("{}\n{}", tail(&output, 3), tail(&self.errors(), 3))
    }

    /// The calls that a library that counts has served, in all processes or in those of this name. Each says at its
    /// end: `brkalloc: NAME: 12 calls`.
    pub(super) fn served(&self, process: Option<&str>) -> u64 {
        let errors = self.errors();
        let counts = errors.lines().filter_map(|line| {
            let (name, calls) =
                line.strip_prefix("brkalloc: ")?.strip_suffix(" calls")?.rsplit_once(": ")?;
            calls.parse::<u64>().ok().filter(|_| process.is_none_or(|process| process == name))
        });
        counts.sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_process() {
        let errors =
            b"a line\nbrkalloc: cc1: 12 calls\nbrkalloc: as: 3 calls\nbrkalloc: cc1: 1 calls\n"
                .to_vec();
        let ran = Ran { output: b"\nstatus 0\n".to_vec(), errors, seconds: 0.0, kibibytes: 0.0 };
        assert_eq!(ran.served(None), 16);
        assert_eq!(ran.served(Some("cc1")), 13);
        assert_eq!(ran.served(Some("sort")), 0);
    }
}
