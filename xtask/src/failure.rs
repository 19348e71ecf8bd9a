//! A failure is what `main` prints: what failed, and what to do.

use core::fmt::Display;
use std::io;
use std::path::Path;

/// Why a command ends early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The arguments make no sense: the status is 2, and the usage follows.
    Usage(String),
    /// A check failed, or could not be made: the status is 1.
    Failed(String),
}

/// What every step of a command returns.
pub(crate) type Result<T = ()> = core::result::Result<T, Failure>;

/// Fails with this message.
pub(crate) fn fail<T>(what: impl Into<String>) -> Result<T> {
    Err(Failure::Failed(what.into()))
}

impl From<lexopt::Error> for Failure {
    fn from(error: lexopt::Error) -> Self {
        Self::Usage(error.to_string())
    }
}

/// Names the file or program of an error of the system, which does not name it.
pub(crate) trait At<T> {
    /// The error, if it is one, with its subject before it.
    fn at(self, subject: impl AsRef<Path>) -> Result<T>;
}

impl<T, E: Into<io::Error> + Display> At<T> for core::result::Result<T, E> {
    fn at(self, subject: impl AsRef<Path>) -> Result<T> {
        self.map_err(|error| Failure::Failed(format!("{}: {error}", subject.as_ref().display())))
    }
}
