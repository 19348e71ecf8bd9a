//! Sizes: a whole number and a power of 1024, in exactly one spelling.
//!
//! `"64KB"` is 64,000 bytes to one reader and 65,536 to another, so it is a mistake; its help names
//! the unit that the user means. Fractions are mistakes too; their help shows the same size in a
//! smaller unit.
//!
//! This module does not decide whether a size makes sense for an option; `rules` does.

use crate::diag::{Diagnostic, error, one_of};
use crate::option::HeapOption;
use crate::spelling::{is_one_of, is_same, nearest};
use syn::{LitFloat, LitInt};

/// Each unit and the power of two that it stands for, in ascending order.
const UNITS: [(&str, u32); 5] = [("B", 0), ("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)];

/// Each unit with its other spellings.
const ALIASES: [(&str, &str); 5] = [
    ("B", "byte bytes"),
    ("KiB", "k kb ki kbyte kbytes kilobyte kilobytes kibibyte kibibytes"),
    ("MiB", "m mb mi mbyte mbytes megabyte megabytes mebibyte mebibytes"),
    ("GiB", "g gb gi gbyte gbytes gigabyte gigabytes gibibyte gibibytes"),
    ("TiB", "t tb ti tbyte tbytes terabyte terabytes tebibyte tebibytes"),
];

/// Reads a string as a size in bytes; `None` if it is not a size.
pub(crate) fn read(text: &str) -> Option<u64> {
    match split(text.trim()) {
        (whole, None, unit) => scaled(whole.parse().ok()?, shift_of(unit)?),
        _ => None,
    }
}

/// Reads a number without quotes as a size in bytes; `None` if it is not a size.
pub(crate) fn integer(number: &LitInt) -> Option<u64> {
    if number.suffix().is_empty() { number.base10_parse().ok() } else { None }
}

/// Reports a string that is not a size.
pub(crate) fn not_read(text: &str, option: &HeapOption) -> Diagnostic {
    let (whole, fraction, unit) = split(text.trim());
    if whole.is_empty() || !unit.chars().all(char::is_alphabetic) || is_in_thousands(text) {
        return not_a_size(text, option);
    }
    if let Some(fraction) = fraction {
        return not_whole(text, whole, fraction, unit, option);
    }
    if unit.is_empty() {
        return without_unit(text, whole, option);
    }
    match shift_of(unit) {
        Some(_) => too_large(text),
        None => unknown_unit(unit, meant(unit).map(str::to_owned)),
    }
}

/// Reports a number in quotes. Bytes are advised only where the option accepts so few.
fn without_unit(text: &str, whole: &str, option: &HeapOption) -> Diagnostic {
    let (name, bytes) = (option.name, whole.parse().ok());
    let has_no_unit = error(format!("`{text}` has no unit"));
    match bytes {
        Some(0) => option.zero(),
        Some(bytes) if !option.accepts(bytes) => match bytes.checked_shl(10) {
            Some(more) if option.accepts(more) => {
                has_no_unit.help(format!("write `{name} = \"{whole}KiB\"`"))
            }
            _ => has_no_unit.help(format!(
                "write a whole number and a unit, such as {}",
                option.example_sizes()
            )),
        },
        _ => has_no_unit.help(format!("write `{name} = \"{whole}B\"`, or `{name} = {whole}`")),
    }
}

/// Reports a string that has no number and unit, and guesses what it means.
fn not_a_size(text: &str, option: &HeapOption) -> Diagnostic {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return error(format!("`{}` is given an empty string", option.name))
            .help(format!("write a whole number and a unit, such as {}", option.example_sizes()));
    }
    let written = |size: &str| format!("write `{} = \"{size}\"`", option.name);
    let is_size = |text: &str| read(text).is_some_and(|size| option.accepts(size));
    let plain: String = trimmed.chars().filter(|c| !matches!(c, '_' | ',' | ' ' | '\'')).collect();
    if plain != trimmed && is_size(&plain) {
        return error("sizes take no digit separators").help(written(&plain));
    }
    if let Some(size) = trimmed.strip_prefix(['-', '+']).filter(|size| is_size(size.trim())) {
        return error(format!("`{trimmed}` has a sign")).help(written(size.trim()));
    }
    if meant(trimmed).is_some() {
        return error(format!("`{trimmed}` has no number"))
            .help(format!("write a whole number before it, such as {}", option.example_sizes()));
    }
    let not_a_size = error(format!("`{text}` is not a size"));
    match prefixed(trimmed).or_else(|| with_exponent(trimmed)).filter(|size| option.accepts(*size))
    {
        Some(size) => not_a_size.help(written(&show(size))),
        None => not_a_size
            .help(format!("write a whole number and a unit, such as {}", option.example_sizes())),
    }
}

/// Whether commas group the digits by thousands, as in `64,000B`. `0,125MiB` is a fraction.
fn is_in_thousands(text: &str) -> bool {
    let digits = text.trim().trim_end_matches(|c: char| !c.is_ascii_digit());
    let mut groups = digits.split(',');
    let first = groups.next().unwrap_or_default();
    let has_more = digits.contains(',');
    let is_thousand = |group: &str| group.len() == 3 && group.chars().all(|c| c.is_ascii_digit());
    has_more && first.len() <= 3 && !first.starts_with('0') && groups.all(is_thousand)
}

/// Computes `0x1000`, which is valid only without quotes.
fn prefixed(text: &str) -> Option<u64> {
    [("0x", 16), ("0o", 8), ("0b", 2)].iter().find_map(|(prefix, radix)| {
        u64::from_str_radix(&text.to_lowercase().strip_prefix(prefix)?.replace('_', ""), *radix)
            .ok()
    })
}

/// Computes `1e6` and `1e6B`.
fn with_exponent(text: &str) -> Option<u64> {
    let (digits, exponent) = text.trim_end_matches(['B', 'b']).split_once(['e', 'E'])?;
    let digits: u64 = digits.parse().ok()?;
    digits.checked_mul(10_u64.checked_pow(exponent.parse().ok()?)?)
}

/// Reports a number without quotes, which the user typed as `written`, that is not a size.
pub(crate) fn not_integer(number: &LitInt, written: &str, option: &HeapOption) -> Diagnostic {
    let digits = number.base10_digits();
    match number.suffix() {
        "" => too_large(digits),
        suffix => quoted_unit(written, digits, suffix, option),
    }
}

/// Reports a number without quotes that has a fraction or an exponent.
pub(crate) fn not_whole_number(number: &LitFloat, option: &HeapOption) -> Diagnostic {
    let text = number.to_string().replace('_', "");
    if let (whole, Some(fraction), unit) = split(&text) {
        if unit == number.suffix() {
            return not_whole(&text, whole, fraction, unit, option);
        }
    }
    let whole = error("sizes are whole numbers");
    match with_exponent(&text).filter(|size| option.accepts(*size)) {
        Some(size) => whole.help(format!("write all digits: `{} = {size}`", option.name)),
        None => {
            whole.help(format!("write all digits, or a unit such as {}", option.example_sizes()))
        }
    }
}

/// Shows `bytes` in the largest unit that makes it a whole number.
pub(crate) fn show(bytes: u64) -> String {
    let zeros = if bytes == 0 { 0 } else { bytes.trailing_zeros() };
    let (unit, shift) = UNITS.iter().rev().find(|(_, shift)| *shift <= zeros).unwrap_or(&UNITS[0]);
    format!("{}{unit}", bytes >> shift)
}

/// Splits a size into the whole part, the digits behind the point, and the unit.
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

/// Guesses the unit that `unit` means. `PiB` is a real unit, so it is not a misspelt `KiB`.
fn meant(unit: &str) -> Option<&'static str> {
    let names = UNITS.iter().map(|(name, _)| *name);
    let alias = ALIASES.iter().find(|(_, aliases)| is_one_of(aliases, unit)).map(|(name, _)| *name);
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
    error(format!("`{text}` does not fit in 64 bits")).help("the largest heap is `\"64GiB\"`")
}

/// Reports a unit behind a number without quotes, as in `64KiB` or `64kb`: both need quotes.
fn quoted_unit(written: &str, digits: &str, suffix: &str, option: &HeapOption) -> Diagnostic {
    let name = option.name;
    if let Some(unit) = meant(suffix) {
        let quoted = format!("{name} = \"{digits}{unit}\"");
        if unit == suffix {
            return option.wrong_kind(written).help(format!("write `{quoted}`"));
        }
        return unknown_unit(suffix, Some(quoted));
    }
    if suffix.starts_with(['u', 'i']) {
        return option.wrong_kind(written).help(format!("write `{name} = {digits}`"));
    }
    unknown_unit(suffix, None)
}

/// Reports a fraction, and offers the same or the next larger size in a smaller unit.
fn not_whole(
    text: &str,
    whole: &str,
    fraction: &str,
    unit: &str,
    option: &HeapOption,
) -> Diagnostic {
    let complaint = error("sizes are whole numbers");
    let named = if unit.is_empty() { Some("B") } else { meant(unit) };
    match named.and_then(shift_of).and_then(|shift| without_fraction(whole, fraction, shift)) {
        Some(bytes) if unit.is_empty() => {
            complaint.help(format!("write a whole number of bytes: `{} = {bytes}`", option.name))
        }
        Some(bytes) => complaint
            .help(format!("use a smaller unit: `\"{}\"` instead of `\"{text}\"`", show(bytes))),
        None => complaint.help("use a smaller unit"),
    }
}

/// Computes `whole.fraction << shift` bytes. If that is not a whole number, rounds up to a multiple
/// of the next smaller unit.
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
