//! Which sizes are valid, and that the help for others is right.

use super::mistakes;
use crate::size::{read as bytes, show};

/// Returns the message and the help for `arena = value`.
fn complaint(value: &str) -> String {
    let shown = mistakes(&format!("arena = {value}"));
    let lines: Vec<&str> = shown.lines().take_while(|line| !line.starts_with("  -->")).collect();
    lines[..lines.len().min(2)].join(" / ")
}

#[test]
fn a_unit_is_a_power_of_1024() {
    assert_eq!(bytes("1B"), Some(1));
    assert_eq!(bytes("64KiB"), Some(65_536));
    assert_eq!(bytes("3MiB"), Some(3 * 1024 * 1024));
    assert_eq!(bytes("2GiB"), Some(2 << 30));
    assert_eq!(bytes("1TiB"), Some(1 << 40));
}

#[test]
fn spaces_around_number_and_unit_do_not_count() {
    assert_eq!(bytes(" 1  MiB "), Some(1 << 20));
}

#[test]
fn the_largest_size_is_read_and_the_next_is_not() {
    assert_eq!(bytes("18446744073709551615B"), Some(u64::MAX));
    assert_eq!(bytes("18446744073709551616B"), None);
    assert_eq!(bytes("16777215TiB"), Some(0x00FF_FFFF << 40));
    assert_eq!(bytes("16777216TiB"), None);
}

#[test]
fn a_size_is_shown_in_the_largest_unit_that_divides_it() {
    let cases = [(0, "0B"), (1, "1B"), (1536, "1536B"), (65_536, "64KiB"), (3 << 29, "1536MiB")];
    for (size, text) in cases {
        assert_eq!(show(size), text);
    }
}

#[test]
fn a_shown_size_reads_back_the_same() {
    for shift in 0..64 {
        for size in [1_u64 << shift, (1 << shift) - 1, (1 << shift) + 1] {
            assert_eq!(bytes(&show(size)), Some(size));
        }
    }
}

#[test]
fn every_complaint_offers_the_fix() {
    let cases = [
        ("\"64KB\"", "unknown size unit `KB`", "did you mean `KiB`?"),
        ("\"64kib\"", "unknown size unit `kib`", "did you mean `KiB`?"),
        ("\"2 megabytes\"", "unknown size unit `megabytes`", "did you mean `MiB`?"),
        ("\"2Gi\"", "unknown size unit `Gi`", "did you mean `GiB`?"),
        ("\"2TBi\"", "unknown size unit `TBi`", "did you mean `TiB`?"),
        ("\"9b\"", "unknown size unit `b`", "did you mean `B`?"),
        ("1_000kb", "unknown size unit `kb`", "did you mean `arena = \"1000KiB\"`?"),
        (
            "\"1.5MiB\"",
            "sizes are whole numbers",
            "use a smaller unit: `\"1536KiB\"` instead of `\"1.5MiB\"`",
        ),
        (
            "\"0,5KiB\"",
            "sizes are whole numbers",
            "use a smaller unit: `\"512B\"` instead of `\"0,5KiB\"`",
        ),
        (
            "\"1.5MB\"",
            "sizes are whole numbers",
            "use a smaller unit: `\"1536KiB\"` instead of `\"1.5MB\"`",
        ),
        (
            "\"1.1MiB\"",
            "sizes are whole numbers",
            "use a smaller unit: `\"1127KiB\"` instead of `\"1.1MiB\"`",
        ),
        (
            "\"2.0GiB\"",
            "sizes are whole numbers",
            "use a smaller unit: `\"2GiB\"` instead of `\"2.0GiB\"`",
        ),
        (
            "0.5MiB",
            "sizes are whole numbers",
            "use a smaller unit: `\"512KiB\"` instead of `\"0.5MiB\"`",
        ),
        ("1.5", "sizes are whole numbers", "write a whole number of bytes: `arena = 2`"),
        ("1e6", "sizes are whole numbers", "write all digits: `arena = 1000000`"),
        ("\"65536\"", "`65536` has no unit", "write `arena = \"65536B\"`, or `arena = 65536`"),
        ("65536usize", "`arena` takes a size, found `65536usize`", "write `arena = 65536`"),
        ("\"big\"", "`big` is not a size", "write a whole number and a unit, such as `\"64KiB\"`"),
        (
            "\"\"",
            "`arena` is given an empty string",
            "write a whole number and a unit, such as `\"64KiB\"`",
        ),
        ("\"-4KiB\"", "`-4KiB` has a sign", "write `arena = \"4KiB\"`"),
        (
            "\"4KiB-8KiB\"",
            "`4KiB-8KiB` is not a size",
            "write a whole number and a unit, such as `\"64KiB\"`",
        ),
        (
            "\"99999999999TiB\"",
            "`99999999999TiB` does not fit in 64 bits",
            "the largest heap is `\"64GiB\"`",
        ),
        (
            "99999999999999999999999",
            "`99999999999999999999999` does not fit in 64 bits",
            "the largest heap is `\"64GiB\"`",
        ),
        ("\"0KiB\"", "`arena` must not be zero", "for a small heap, write `arena = \"4KiB\"`"),
    ];
    for (value, message, help) in cases {
        let expected = format!("error: {message} / help: {help}");
        assert_eq!(complaint(value), expected, "arena = {value}");
    }
}

#[test]
fn a_larger_unit_is_not_a_misspelt_one() {
    let expected = "error: unknown size unit `PiB` / help: the units are `B`, `KiB`, `MiB`, `GiB`, \
                    or `TiB`; they are powers of 1024";
    assert_eq!(complaint("\"1PiB\""), expected);
}

#[test]
fn a_single_letter_is_not_a_misspelt_unit() {
    assert!(complaint("\"1X\"").contains("help: the units are"), "{}", complaint("\"1X\""));
}

#[test]
fn absurd_fractions_are_reported_without_a_number() {
    let shown = complaint(&format!("\"1.{}MiB\"", "3".repeat(60)));
    assert_eq!(shown, "error: sizes are whole numbers / help: use a smaller unit");
}

#[test]
fn zero_has_a_help_of_its_own_for_every_size() {
    for name in ["arena", "grow", "limit", "trim"] {
        let shown = mistakes(&format!("{name} = 0"));
        assert!(shown.starts_with(&format!("error: `{name}` must not be zero\nhelp: ")), "{shown}");
    }
}
