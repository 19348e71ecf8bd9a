//! The macro reads literals as the compiler does.

use super::{headlines, mistakes};

#[test]
fn strings_say_what_the_compiler_reads() {
    macro_rules! check {
        ($($text:literal)+) => {$(
            let shown = mistakes(concat!("order = ", stringify!($text)));
            let expected = format!("error: unknown order `{}`\n", $text);
            assert!(shown.starts_with(&expected), "{}: {shown}", stringify!($text));
        )+};
    }
    check!("64KiB" "\"" "\\" "\n\r\t\0\'x" "\x41\x7f" "\u{e9}\u{1_F600}" "a\
           b" "é" r"\n" r#"a"b"# r##"a"#b"##);
    for empty in ["\"\"", "r\"\"", "r#\"\"#"] {
        let expected = "`order` is given an empty string";
        assert_eq!(headlines(&format!("order = {empty}")), [expected], "{empty}");
    }
    for right in [r#""lifo""#, r#""l\x69f\u{6f}""#, r##"r#"lifo"#"##] {
        assert_eq!(mistakes(&format!("order = {right}")), "", "{right}");
    }
}

#[test]
fn other_literals_say_nothing() {
    for text in
        ["b\"x\"", "br\"x\"", "c\"x\"", "'c'", "'\"'", "b'c'", "\"x\"suffix", "r\"x\"suffix"]
    {
        for (option, kind) in [("arena", "size"), ("order", "string"), ("crate", "path")] {
            let expected = format!("`{option}` takes a {kind}, found `{text}`");
            assert_eq!(headlines(&format!("{option} = {text}")), [expected]);
        }
    }
}

/// Returns the message and the help for `arena = text`.
fn said(text: &str) -> (String, String) {
    let shown = mistakes(&format!("arena = {text}"));
    let mut lines = shown.lines();
    let mut line = |start: &str| {
        let line = lines.next().and_then(|line| line.strip_prefix(start));
        line.unwrap_or_default().to_owned()
    };
    (line("error: "), line("help: "))
}

#[test]
fn whole_numbers_say_their_decimal_digits_and_what_stands_behind() {
    // The help for a limit below the arena shows the number of bytes.
    for (text, digits) in
        [("64", "64B"), ("1_000", "1000B"), ("0x1_0000", "64KiB"), ("0o17", "15B")]
    {
        let shown = mistakes(&format!("arena = {text}, limit = 1"));
        assert!(shown.contains(&format!("`limit = \"{digits}\"`")), "{text}: {shown}");
    }
    let takes = |text: &str| format!("`arena` takes a size, found `{text}`");
    let cases = [
        ("64KiB", takes("64KiB"), "write `arena = \"64KiB\"`"),
        ("64_KiB", takes("64_KiB"), "write `arena = \"64KiB\"`"),
        ("0b11_KiB", takes("0b11_KiB"), "write `arena = \"3KiB\"`"),
        ("64kb", "unknown size unit `kb`".to_owned(), "did you mean `arena = \"64KiB\"`?"),
        ("7u64", takes("7u64"), "write `arena = 7`"),
        ("0x10u8", takes("0x10u8"), "write `arena = 16`"),
        ("0", "`arena` must not be zero".to_owned(), "for a small heap, write `arena = \"4KiB\"`"),
    ];
    for (text, message, help) in cases {
        assert_eq!(said(text), (message, help.to_owned()), "{text}");
    }
    for digits in ["99999999999999999999999", "340282366920938463463374607431768211456"] {
        assert_eq!(said(digits).0, format!("`{digits}` does not fit in 64 bits"));
    }
}

#[test]
fn numbers_that_are_not_whole_say_how_they_were_written() {
    let digits = "write all digits, or a unit such as `\"64KiB\"`";
    let cases = [
        ("1.5", "write a whole number of bytes: `arena = 2`"),
        ("1.", "write a whole number of bytes: `arena = 1`"),
        ("1_0.5MiB", "use a smaller unit: `\"10752KiB\"` instead of `\"10.5MiB\"`"),
        ("1e6", "write all digits: `arena = 1000000`"),
        ("1E+6", "write all digits: `arena = 1000000`"),
        ("1.5e-3f64", digits),
    ];
    for (text, help) in cases {
        assert_eq!(said(text), ("sizes are whole numbers".to_owned(), help.to_owned()), "{text}");
    }
}
