//! Bars and strips of 80 columns, for a terminal; nothing of it goes into a pipe.

use crate::recording::{Event, Recording};
use std::io::{IsTerminal, stdout};

/// Columns of a strip or bar.
const WIDTH: usize = 78;
/// Eighths of a cell, from the bottom.
const HEIGHTS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Whether standard output is a terminal.
#[must_use]
pub fn is_wanted() -> bool {
    stdout().is_terminal()
}

/// Whether colors are wanted, too: `NO_COLOR` turns them off.
fn has_colors() -> bool {
    is_wanted() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Returns what lives over time, from the first event to the last.
#[must_use]
pub fn strip(recording: &Recording) -> String {
    let live = live_over_time(&recording.events, WIDTH);
    let most = live.iter().copied().max().unwrap_or(0).max(1);
    live.into_iter().map(|live| HEIGHTS[(live * 8).div_ceil(most).min(8)]).collect()
}

/// Returns a bar of `value` out of `most`; a chosen one has the color.
#[must_use]
pub fn bar(value: usize, most: usize, is_chosen: bool) -> String {
    let bar = "▆".repeat(WIDTH * value / most.max(1));
    match (has_colors(), is_chosen) {
        (true, true) => format!("\x1b[34m{bar}\x1b[0m"),
        (true, false) => format!("\x1b[2m{bar}\x1b[0m"),
        _ => bar,
    }
}

/// Returns the most bytes that live in each of `columns` equal parts of the events.
#[must_use]
pub fn live_over_time(events: &[Event], columns: usize) -> Vec<usize> {
    let mut live = 0;
    let mut sizes = Vec::new();
    let mut most = vec![0; columns];
    for (place, event) in events.iter().enumerate() {
        match *event {
            Event::Allocate { size, .. } => {
                live += size;
                sizes.push(size);
            }
            Event::Free { birth } => live -= sizes[birth],
            Event::Reallocate { birth, size } => {
                live = live - sizes[birth] + size;
                sizes.push(size);
            }
        }
        let column = &mut most[place * columns / events.len()];
        *column = live.max(*column);
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strip_has_the_shape_of_what_lives() {
        let mut events = vec![Event::Allocate { size: 100, align: 16 }; WIDTH];
        events.extend((0..WIDTH).map(|birth| Event::Free { birth }));
        let strip = strip(&Recording::new("up and down", events, Vec::new()));
        assert_eq!(strip.chars().count(), WIDTH);
        let highest = strip.chars().position(|c| c == '█').expect("there is a peak");
        assert!((WIDTH / 2 - 6..=WIDTH / 2).contains(&highest), "{strip}");
        assert!(strip.starts_with('▁'), "{strip}");
    }

    #[test]
    fn a_bar_is_as_long_as_its_value() {
        assert_eq!([bar(1, 2, false), bar(0, 5, true)].map(|bar| bar.chars().count()), [39, 0]);
    }
}
