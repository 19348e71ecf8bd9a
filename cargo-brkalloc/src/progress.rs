//! A bar on standard error that says how far long work is: on a terminal, and nowhere else.

use std::io::{IsTerminal, Write, stderr};
use std::sync::{Mutex, PoisonError};

const WIDTH: usize = 30;
const TITLE: usize = 16;

/// The bar, which is wiped away when it is dropped.
#[derive(Debug)]
pub struct Progress {
    title: String,
    steps: usize,
    done: Mutex<usize>,
    shown: bool,
}

impl Progress {
    /// Begins work of so many steps.
    #[must_use]
    pub fn new(title: &str, steps: usize) -> Self {
        let title = title.chars().filter(|c| !c.is_control()).take(TITLE).collect();
        Self { title, steps, done: Mutex::new(0), shown: stderr().is_terminal() }
    }

    /// Notes that a step has ended. That nobody can see it is no reason to stop.
    pub fn step(&self, step: &str) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        *done += 1;
        if self.shown {
            let filled = WIDTH * *done / self.steps.max(1);
            let bar = format!("{}{}", "#".repeat(filled), ".".repeat(WIDTH.saturating_sub(filled)));
            let (title, steps) = (&self.title, self.steps);
            let _ = write!(stderr(), "\r{title} [{bar}] {done}/{steps} {step}\x1b[K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}
