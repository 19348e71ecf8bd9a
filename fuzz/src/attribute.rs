//! The attribute's parser: whatever stands in the parentheses or under them, nothing panics, the
//! expansion is Rust, every mistake has a place in the source, and every size that is accepted is what
//! a slow reader makes of it.
//!
//! ```text
//!   below 0x80   a character                    arguments, then a line break, then the item;
//!   from 0x80    a word that the attribute knows     `static HEAP: BrkHeap;` where there is none
//! ```
//!
//! The expansion is not compiled: only the compiler knows what its paths mean.

use brkalloc_attribute::{Outcome, read, words};
use proc_macro2::TokenStream;
use std::sync::LazyLock;

const HEAP: &str = "static HEAP: BrkHeap;";

/// What a byte from 0x80 on stands for.
static WORDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let others = [
        " = ",
        ", ",
        "\"64KiB\"",
        "unsafe(lock = \"none\")",
        "::spin::mutex::SpinMutex<()>",
        "MiB",
        "KiB",
        "GiB",
        "TiB",
        "18446744073709551615",
        "0x",
        "1e9",
        "1.5MiB",
        "r#\"",
        "\"#",
        "\u{e9}",
        "\u{2003}",
        "\u{ff11}",
        "pub(crate) static ",
        "static ",
        "#[brk_heap]",
        ": BrkHeap;",
        "mut ",
        " = ()",
    ];
    others.into_iter().map(str::to_owned).chain(words()).collect()
});

/// The text that the bytes stand for.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    let mut text = String::new();
    for &byte in bytes {
        match byte.checked_sub(0x80) {
            Some(number) => text.push_str(&WORDS[usize::from(number) % WORDS.len()]),
            None => text.push(char::from(byte)),
        }
    }
    text
}

/// Reads what the bytes stand for.
///
/// # Panics
///
/// If a promise was broken.
pub fn run(bytes: &[u8]) {
    // Else each text would be kept for the next one's spans.
    proc_macro2::extra::invalidate_current_thread_spans();
    let text = text(bytes);
    let (arguments, item) = text.split_once('\n').unwrap_or((&text, HEAP));
    // What is no list of tokens never reaches a macro.
    let (Ok(arguments), Ok(tokens)) =
        (arguments.parse::<TokenStream>(), item.parse::<TokenStream>())
    else {
        return;
    };
    let is_empty = tokens.is_empty();
    let Outcome { expansion, mistakes, sizes } = read(arguments, tokens);
    for (message, place) in &mistakes {
        let is_placed =
            place.as_ref().is_some_and(|place| !place.is_empty() && text.contains(place));
        // What `cargo fuzz` says in its builds makes proc-macro2 forget places.
        assert!(is_placed || is_empty || cfg!(fuzzing), "nowhere ({place:?}): {message}: {text:?}");
    }
    for (written, bytes) in &sizes {
        assert_eq!(Some(u128::from(*bytes)), slow(written), "{written} in {text:?}");
    }
    let shown = expansion.to_string();
    assert_eq!(mistakes.is_empty(), !shown.contains("compile_error"), "{text:?} becomes {shown}");
    if item == HEAP {
        assert!(shown.contains("static HEAP :"), "{text:?} becomes {shown}");
        assert!(syn::parse2::<syn::File>(expansion).is_ok(), "{text:?} becomes {shown}");
    }
}

/// What a literal says as a size, counted digit by digit; `None` if it is none.
fn slow(literal: &str) -> Option<u128> {
    let quoted = syn::parse_str::<syn::LitStr>(literal).ok().map(|it| it.value());
    let Some(text) = quoted else {
        let plain = literal.replace('_', "").to_lowercase();
        let (radix, digits) = match plain.get(..2) {
            Some("0x") => (16, &plain[2..]),
            Some("0o") => (8, &plain[2..]),
            Some("0b") => (2, &plain[2..]),
            _ => (10, &plain[..]),
        };
        return count(digits, radix);
    };
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let mut size = count(&text[..end], 10)?;
    let times =
        ["B", "KiB", "MiB", "GiB", "TiB"].iter().position(|it| *it == text[end..].trim())?;
    for _ in 0..times {
        size *= 1024;
    }
    Some(size)
}

fn count(digits: &str, radix: u32) -> Option<u128> {
    let mut value = 0_u128;
    for digit in digits.chars() {
        value = value.checked_mul(u128::from(radix))? + u128::from(digit.to_digit(radix)?);
    }
    (!digits.is_empty() && value < 1 << 64).then_some(value)
}
