//! A bar on standard error that says how far long work is: on a terminal, and nowhere else.

use crate::table;
use crate::text::shortened;
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
            let line = line(&self.title, *done, self.steps, step, columns());
            let _ = write!(stderr(), "\r{line}\x1b[K");
        }
    }
}

/// The bar and its words, one column less than there are: a line that fills the last one wraps.
fn line(title: &str, done: usize, steps: usize, step: &str, columns: usize) -> String {
    let filled = (WIDTH * done / steps.max(1)).min(WIDTH);
    let bar = format!("{}{}", "#".repeat(filled), ".".repeat(WIDTH - filled));
    shortened(&format!("{title} [{bar}] {done}/{steps} {step}"), columns.saturating_sub(1))
}

/// The columns of the terminal, 80 at most.
fn columns() -> usize {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the request writes a `winsize`, and `size` is one.
    let answer = unsafe { libc::ioctl(libc::STDERR_FILENO, libc::TIOCGWINSZ, &raw mut size) };
    let is_known = answer == 0 && 0 < size.ws_col;
    if is_known { usize::from(size.ws_col).min(table::WIDTH) } else { table::WIDTH }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_fits_the_terminal() {
        let step = "segregated_fit address bins deferred";
        let whole = line("git-log", 7, 28, "time", 80);
        assert_eq!(whole, "git-log [#######.......................] 7/28 time");
        for columns in [0, 1, 40, 80] {
            let shown = line("sixteen letters.", 57, 57, step, columns).chars().count();
            assert!(shown < columns.max(2), "{shown} of {columns}");
        }
    }
}
