//! Numbers, options and excerpts as people read them.

use core::fmt;

/// A number with a comma between its thousands.
#[derive(Clone, Copy, Debug)]
pub struct Grouped(pub usize);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        let mut grouped = String::new();
        for (place, digit) in digits.char_indices() {
            if 0 < place && (digits.len() - place).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        f.pad_integral(true, "", &grouped)
    }
}

/// `text`, broken behind commas into lines of at most `width` characters where that is possible.
#[must_use]
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for part in text.split_inclusive(", ") {
        match lines.last_mut() {
            Some(line) if line.len() + part.trim_end().len() <= width => line.push_str(part),
            _ => lines.push(part.to_owned()),
        }
    }
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}

/// `text` in one line of at most `width` columns; if it is longer, it ends in `…`.
///
/// Characters from U+1100 on count as two columns, which some of them take.
#[must_use]
pub fn shortened(text: &str, width: usize) -> String {
    let mut line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if width < columns(&line) {
        while width <= columns(&line) && line.pop().is_some() {}
        line.truncate(line.trim_end().len());
        line.push('…');
    }
    line
}

/// The columns of a terminal that `text` takes at most.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.chars().map(|c| if c < '\u{1100}' || c == '…' { 1 } else { 2 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        let texts = [0, 999, 1000, 1_234_567].map(|number| Grouped(number).to_string());
        assert_eq!(texts, ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(format!("{:>7}", Grouped(1000)), "  1,000");
    }

    #[test]
    fn lines_break_behind_commas() {
        assert_eq!(wrapped("one, two, three", 9), ["one, two,", "three"]);
        assert_eq!(wrapped("unbreakable", 3), ["", "unbreakable"]);
    }

    #[test]
    fn what_is_too_long_is_cut_and_says_so() {
        assert_eq!(shortened("a word", 6), "a word");
        assert_eq!(shortened("a\tlong word", 8), "a long…");
        assert_eq!(shortened("漢字漢字", 7), "漢字漢…");
        assert_eq!(columns("漢字漢…"), 7);
        assert_eq!(shortened("a", 0), "…");
    }
}
