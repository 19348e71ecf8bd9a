//! What a literal says: strings and numbers, read from their text.
//!
//! ```text
//! "64KiB"  r#"64KiB"#      text
//! 0x1_0000  64KiB          a whole number in decimal digits, and what stands right behind it
//! 1.5MiB  1e6              a number that is not whole, as it was written
//! b"x"  'c'  "x"suffix     something else
//! ```
//!
//! The lexer has seen to it that a literal is well formed. Whether an option takes it is not settled
//! here.

use proc_macro2::Literal;

/// What a literal says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// A string.
    Text(String),
    /// A whole number.
    Integer {
        /// In decimal.
        digits: String,
        /// The letters behind it.
        suffix: String,
    },
    /// A number with a point or an exponent.
    Float {
        /// All of it, without underscores.
        text: String,
        /// The letters behind it.
        suffix: String,
    },
    /// Bytes, characters, and whatever has a suffix that no number has.
    Other,
}

impl Meaning {
    /// What `literal` says.
    pub(crate) fn of(literal: &Literal) -> Self {
        let text = literal.to_string();
        let string = raw(&text).map(str::to_owned).or_else(|| unescaped(&text));
        match string {
            Some(string) => Self::Text(string),
            None if text.starts_with(|c: char| c.is_ascii_digit()) => {
                number(&text.replace('_', ""))
            }
            None => Self::Other,
        }
    }
}

/// What stands between the quotes of a raw string.
fn raw(text: &str) -> Option<&str> {
    let behind = text.strip_prefix('r')?;
    let quoted = behind.trim_start_matches('#');
    let (hashes, _) = behind.split_at(behind.len() - quoted.len());
    quoted.strip_prefix('"')?.strip_suffix(hashes)?.strip_suffix('"')
}

/// What stands between the quotes of a string, each escape replaced.
fn unescaped(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut string = String::new();
    let mut rest = inner.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            string.push(c);
            continue;
        }
        match rest.next()? {
            'n' => string.push('\n'),
            'r' => string.push('\r'),
            't' => string.push('\t'),
            '0' => string.push('\0'),
            'x' => {
                let digits: String = rest.by_ref().take(2).collect();
                string.push(char::from(u8::from_str_radix(&digits, 16).ok()?));
            }
            'u' => {
                let digits = rest.by_ref().skip(1).take_while(|c| *c != '}');
                let digits: String = digits.filter(|c| *c != '_').collect();
                string.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
            }
            '\n' => rest = rest.as_str().trim_start().chars(),
            quoted => string.push(quoted),
        }
    }
    Some(string)
}

/// What a number says, without its underscores.
fn number(text: &str) -> Meaning {
    let radixes = [("0x", 16), ("0o", 8), ("0b", 2)];
    let prefixed =
        radixes.iter().find_map(|(prefix, radix)| Some((text.strip_prefix(prefix)?, *radix)));
    if let Some((digits, radix)) = prefixed {
        let (digits, suffix) = split(digits, |c| c.is_digit(radix));
        let value = u128::from_str_radix(digits, radix).map(|value| value.to_string());
        let digits = value.unwrap_or_else(|_| text.to_owned());
        return Meaning::Integer { digits, suffix: suffix.to_owned() };
    }
    let (digits, behind) = split(text, |c| c.is_ascii_digit());
    let fraction = behind.strip_prefix('.').map(|behind| split(behind, |c| c.is_ascii_digit()).1);
    let letters = fraction.unwrap_or(behind);
    let exponent =
        letters.strip_prefix(['e', 'E']).map(|power| split(power, |c| "+-0123456789".contains(c)));
    let exponent = exponent.filter(|(power, _)| power.ends_with(|c: char| c.is_ascii_digit()));
    if fraction.is_none() && exponent.is_none() {
        return Meaning::Integer { digits: digits.to_owned(), suffix: behind.to_owned() };
    }
    let suffix = exponent.map_or(letters, |(_, suffix)| suffix);
    Meaning::Float { text: text.to_owned(), suffix: suffix.to_owned() }
}

/// `text` up to the first character for which `is_part` does not hold, and the rest.
fn split(text: &str, is_part: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !is_part(c)).unwrap_or(text.len()))
}
