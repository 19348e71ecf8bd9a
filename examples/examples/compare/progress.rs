//! A bar on standard error that says how far a long computation is: on a terminal, and nowhere else.

use core::fmt;
use std::io::{IsTerminal, Write, stderr};

const WIDTH: usize = 30;

/// The bar, which is wiped away when it is dropped.
pub(crate) struct Progress<'a> {
    title: &'a str,
    done: usize,
    steps: usize,
    shown: bool,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(title: &'a str, steps: usize) -> Self {
        Self { title, done: 0, steps, shown: stderr().is_terminal() }
    }

    /// Shows that the next step begins. That nobody can see it is no reason to stop.
    pub(crate) fn begin(&mut self, step: fmt::Arguments<'_>) {
        let filled = WIDTH * self.done / self.steps.max(1);
        self.done += 1;
        if self.shown {
            let bar = format!("{}{}", "#".repeat(filled), ".".repeat(WIDTH - filled));
            let (done, steps) = (self.done, self.steps);
            let _ = write!(stderr(), "\r{} [{bar}] {done}/{steps} {step}\x1b[K", self.title);
        }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}
