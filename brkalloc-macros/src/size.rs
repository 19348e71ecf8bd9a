//! Sizes: a whole number and a power of 1024, in exactly one spelling.
//!
//! `"64KB"` is 64,000 bytes to one reader, 65,536 to another and a mistake here, with the unit that
//! was meant in the help. So are fractions; their help has the same size in a unit that makes it
//! whole.
//!
//! Whether a size makes sense for an option is not settled here.

use crate::diag::{Diagnostic, error, is_same, nearest, one_of};
use crate::options::HeapOption;
use syn::{LitFloat, LitInt};

/// Each unit and the power of two that it stands for, in ascending order.
const UNITS: [(&str, u32); 5] = [("B", 0), ("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)];

/// Other spellings, and the unit that each means.
const ALIASES: [(&str, &[&str]); 5] = [
    ("B", &["byte", "bytes"]),
    ("KiB", &["k", "kb", "ki", "kbyte", "kbytes", "kilobyte", "kilobytes", "kibibytes"]),
    ("MiB", &["m", "mb", "mi", "mbyte", "mbytes", "megabyte", "megabytes", "mebibytes"]),
    ("GiB", &["g", "gb", "gi", "gbyte", "gbytes", "gigabyte", "gigabytes", "gibibytes"]),
    ("TiB", &["t", "tb", "ti", "tbyte", "tbytes", "terabyte", "terabytes", "tebibytes"]),
];

/// What a string says, in bytes.
pub(crate) fn parse(text: &str, option: &HeapOption) -> Result<u64, Diagnostic> {
    let (whole, fraction, unit) = split(text.trim());
    if whole.is_empty() || !unit.chars().all(char::is_alphabetic) {
        return Err(error(format!("`{text}` is not a size"))
            .help(format!("write a whole number and a unit, such as {}", option.example_sizes())));
    }
    if let Some(fraction) = fraction {
        return Err(not_whole(text, whole, fraction, unit));
    }
    if unit.is_empty() {
        return Err(error(format!("`{text}` has no unit")).help(format!(
            "write `{name} = \"{whole}B\"`, or `{name} = {whole}`",
            name = option.name
        )));
    }
    let Some(shift) = shift_of(unit) else {
        return Err(unknown_unit(unit, meant(unit).map(str::to_owned)));
    };
    whole.parse().ok().and_then(|count| scaled(count, shift)).ok_or_else(|| too_large(text))
}

/// What a number without quotes says, in bytes.
pub(crate) fn parse_integer(literal: &LitInt, option: &HeapOption) -> Result<u64, Diagnostic> {
    let digits = literal.base10_digits();
    match literal.suffix() {
        "" => digits.parse().map_err(|_| too_large(digits)),
        suffix => Err(quoted_unit(literal, digits, suffix, option)),
    }
}

/// The complaint about a number that has a fraction or an exponent.
pub(crate) fn float(literal: &LitFloat, option: &HeapOption) -> Diagnostic {
    let digits = literal.base10_digits();
    match split(digits) {
        (whole, Some(fraction), "") => {
            let unit = literal.suffix();
            let text = format!("{digits}{unit}");
            not_whole(&text, whole, fraction, unit)
        }
        _ => error("sizes are whole numbers")
            .help(format!("write all digits, or a unit such as {}", option.example_sizes())),
    }
}

/// `bytes` in the largest unit that makes a whole number of it.
pub(crate) fn show(bytes: u64) -> String {
    let zeros = if bytes == 0 { 0 } else { bytes.trailing_zeros() };
    let (unit, shift) = UNITS.iter().rev().find(|(_, shift)| *shift <= zeros).unwrap_or(&UNITS[0]);
    format!("{}{unit}", bytes >> shift)
}

/// The whole part, the digits behind the point, and the unit.
fn split(text: &str) -> (&str, Option<&str>, &str) {
    let (whole, rest) = split_digits(text);
    match rest.strip_prefix(['.', ',']) {
        Some(rest) if !whole.is_empty() => {
            let (fraction, unit) = split_digits(rest);
            (whole, Some(fraction), unit.trim_start())
        }
        _ => (whole, None, rest.trim_start()),
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

fn shift_of(unit: &str) -> Option<u32> {
    UNITS.iter().find(|(name, _)| *name == unit).map(|(_, shift)| *shift)
}

/// The unit that another spelling means. Larger units exist, so no `PiB` is taken for a slip of the
/// finger on `KiB`.
fn meant(unit: &str) -> Option<&'static str> {
    let names = UNITS.iter().map(|(name, _)| *name);
    let is_alias = |aliases: &[&str]| aliases.iter().any(|alias| is_same(alias, unit));
    let alias = ALIASES.iter().find(|(_, aliases)| is_alias(aliases)).map(|(name, _)| *name);
    let is_larger_unit = unit.starts_with(['P', 'p', 'E', 'e', 'Z', 'z', 'Y', 'y']);
    let is_short = unit.len() < 2;
    names
        .clone()
        .find(|name| is_same(name, unit))
        .or(alias)
        .or_else(|| if is_larger_unit || is_short { None } else { nearest(unit, names) })
}

fn scaled(count: u64, shift: u32) -> Option<u64> {
    count.checked_mul(1 << shift)
}

fn unknown_unit(unit: &str, meant: Option<String>) -> Diagnostic {
    let units = one_of(UNITS.iter().map(|(name, _)| *name));
    let unknown = error(format!("unknown size unit `{unit}`"));
    match meant {
        Some(meant) => unknown
            .help(format!("did you mean `{meant}`?"))
            .note(format!("the units are {units}; they are powers of 1024")),
        None => unknown.help(format!("the units are {units}; they are powers of 1024")),
    }
}

fn too_large(text: &str) -> Diagnostic {
    error(format!("`{text}` does not fit in 64 bits"))
}

/// A unit behind a number without quotes, as in `64KiB` or `64kb`: both need quotes.
fn quoted_unit(literal: &LitInt, digits: &str, suffix: &str, option: &HeapOption) -> Diagnostic {
    let name = option.name;
    if let Some(unit) = meant(suffix) {
        let quoted = format!("{name} = \"{digits}{unit}\"");
        if unit == suffix {
            return option.wrong_kind(&literal.to_string()).help(format!("write `{quoted}`"));
        }
        return unknown_unit(suffix, Some(quoted));
    }
    if suffix.starts_with(['u', 'i']) {
        let found = literal.to_string();
        return option.wrong_kind(&found).help(format!("write `{name} = {digits}`"));
    }
    unknown_unit(suffix, None)
}

/// A fraction, and the same size (or the next larger) in a unit that makes it whole.
fn not_whole(text: &str, whole: &str, fraction: &str, unit: &str) -> Diagnostic {
    let complaint = error("sizes are whole numbers");
    let unit = if unit.is_empty() { Some("B") } else { meant(unit) };
    match unit.and_then(shift_of).and_then(|shift| without_fraction(whole, fraction, shift)) {
        Some(bytes) => complaint
            .help(format!("use a smaller unit: `\"{}\"` instead of `\"{text}\"`", show(bytes))),
        None => complaint.help("use a smaller unit"),
    }
}

/// `whole.fraction << shift` bytes; if that is no whole number, the next multiple of the largest
/// smaller unit above it.
fn without_fraction(whole: &str, fraction: &str, shift: u32) -> Option<u64> {
    let digits = fraction.trim_end_matches('0');
    let scale = 10_u128.checked_pow(u32::try_from(digits.len()).ok()?)?;
    let tenths: u128 = format!("{whole}{digits}").parse().ok()?;
    let scaled = tenths.checked_mul(1 << shift)?;
    let bytes = if scaled % scale == 0 {
        scaled / scale
    } else {
        let smaller = 1 << shift.saturating_sub(10);
        scaled.div_ceil(scale).div_ceil(smaller) * smaller
    };
    u64::try_from(bytes).ok()
}
