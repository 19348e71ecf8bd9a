//! What literals say, and that it is what the compiler reads.

use super::tokens;
use crate::literal::Meaning;
use proc_macro2::TokenTree;

fn meaning(text: &str) -> Meaning {
    let mut tokens = tokens(text).into_iter();
    let Some(TokenTree::Literal(literal)) = tokens.next() else { panic!("`{text}` is no literal") };
    assert!(tokens.next().is_none(), "`{text}` is more than one literal");
    Meaning::of(&literal)
}

#[test]
fn strings_say_what_the_compiler_reads() {
    macro_rules! check {
        ($($text:literal)+) => {$(
            assert_eq!(meaning(stringify!($text)), Meaning::Text($text.to_owned()));
        )+};
    }
    check!("" "64KiB" "\"" "\\" "\n\r\t\0\'" "\x41\x7f" "\u{e9}\u{1_F600}" "a\
           b" "é" r"" r"\n" r#""# r#"a"b"# r##"a"#b"##);
}

#[test]
fn other_literals_say_nothing() {
    for text in
        ["b\"x\"", "br\"x\"", "c\"x\"", "'c'", "'\"'", "b'c'", "\"x\"suffix", "r\"x\"suffix"]
    {
        assert_eq!(meaning(text), Meaning::Other, "{text}");
    }
}

#[test]
fn whole_numbers_say_their_decimal_digits_and_what_stands_behind() {
    let cases = [
        ("0", "0", ""),
        ("64", "64", ""),
        ("1_000", "1000", ""),
        ("64KiB", "64", "KiB"),
        ("64_KiB", "64", "KiB"),
        ("64kb", "64", "kb"),
        ("7u64", "7", "u64"),
        ("0x1_0000", "65536", ""),
        ("0x10u8", "16", "u8"),
        ("0o17", "15", ""),
        ("0b11_KiB", "3", "KiB"),
        ("99999999999999999999999", "99999999999999999999999", ""),
        ("340282366920938463463374607431768211456", "340282366920938463463374607431768211456", ""),
    ];
    for (text, digits, suffix) in cases {
        let (digits, suffix) = (digits.to_owned(), suffix.to_owned());
        assert_eq!(meaning(text), Meaning::Integer { digits, suffix }, "{text}");
    }
}

#[test]
fn numbers_that_are_not_whole_say_how_they_were_written() {
    let cases = [
        ("1.5", "1.5", ""),
        ("1.", "1.", ""),
        ("1_0.5MiB", "10.5MiB", "MiB"),
        ("1e6", "1e6", ""),
        ("1E+6", "1E+6", ""),
        ("1.5e-3f64", "1.5e-3f64", "f64"),
    ];
    for (text, written, suffix) in cases {
        let (written, suffix) = (written.to_owned(), suffix.to_owned());
        assert_eq!(meaning(text), Meaning::Float { text: written, suffix }, "{text}");
    }
}
