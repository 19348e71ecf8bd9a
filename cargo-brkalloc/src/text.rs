//! Numbers as people read them, and sizes as people write them.

use core::fmt;

/// A number with commas between thousands.
#[must_use]
pub fn grouped(number: impl TryInto<u64>) -> String {
    let number = number.try_into().unwrap_or(u64::MAX).to_string();
    let mut text = String::new();
    for (place, digit) in number.chars().enumerate() {
        if 0 < place && (number.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size in the largest unit that leaves at least one, with two decimals at most.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "two decimals are shown")]
pub fn short(size: usize) -> String {
    for (unit, name) in [(1_usize << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")] {
        if unit <= size {
            return format!("{:.2} {name}", size as f64 / unit as f64);
        }
    }
    format!("{size} B")
}

/// A size as the attribute takes it: in the largest unit that divides it.
#[must_use]
pub fn option(size: usize) -> String {
    let (mut size, mut unit) = (size, "B");
    for larger in ["KiB", "MiB", "GiB"] {
        if size == 0 || size % 1024 != 0 {
            break;
        }
        (size, unit) = (size / 1024, larger);
    }
    format!("{size}{unit}")
}

/// Reads a size such as `2.9MiB`, `512 KiB` or `4096`; `None` if it is none.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "sizes are far below 2^53, and none is negative"
)]
pub fn size(text: &str) -> Option<usize> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit: usize = match unit.trim() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    let bytes = number.parse::<f64>().ok()? * unit as f64;
    (bytes.is_finite() && bytes < 2_f64.powi(53)).then_some(bytes.round() as usize)
}

/// Text as a string of JSON, its quotes included.
#[derive(Debug)]
pub struct Json<'a>(pub &'a str);

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for c in self.0.chars() {
            match c {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                c if c < ' ' => write!(f, "\\u{:04x}", c as u32)?,
                c => write!(f, "{c}")?,
            }
        }
        f.write_str("\"")
    }
}

/// Text as a field of CSV: in quotes where it has to be.
#[must_use]
pub fn csv_field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// A name of at most `most` characters, none of which moves the cursor.
#[must_use]
pub fn shortened(name: &str, most: usize) -> String {
    let clean = |c: char| if c.is_control() { '?' } else { c };
    if name.chars().count() <= most {
        return name.chars().map(clean).collect();
    }
    let kept: String = name.chars().take(most.saturating_sub(1)).map(clean).collect();
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas_between_thousands() {
        let numbers = [0_u64, 999, 1_000, 1_234_567];
        assert_eq!(numbers.map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn sizes_read_back_as_people_write_them() {
        let sizes = ["2.9MiB", "512 KiB", "4096", "1GiB", "12B"].map(size);
        assert_eq!(sizes, [3_040_870, 524_288, 4096, 1 << 30, 12].map(Some));
        assert_eq!(["2.9MB", "MiB", "", "1..2KiB", "-1"].map(size), [None; 5]);
        assert_eq!([4096, 5 << 20, 1000].map(option), ["4KiB", "5MiB", "1000B"]);
    }

    #[test]
    fn strings_of_json_and_csv_are_quoted_where_they_must_be() {
        assert_eq!(Json("a\"b\\\n").to_string(), r#""a\"b\\\u000a""#);
        assert_eq!([csv_field("plain"), csv_field("a,\"b")], ["plain", "\"a,\"\"b\""]);
    }
}
