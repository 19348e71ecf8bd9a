//! Mistakes whose meaning is clear: each is reported once, with the line to write.

use super::mistakes;
use crate::hints;
use crate::options::ALL;

fn check(cases: &[(&str, &str)]) {
    for (written, help) in cases {
        let shown = mistakes(written);
        assert!(shown.contains(&format!("\nhelp: {help}\n")), "`{written}`:\n{shown}");
        assert_eq!(shown.matches("error: ").count(), 1, "`{written}`:\n{shown}");
    }
}

#[test]
fn the_help_computes_sizes() {
    check(&[
        ("arena = 64 * 1024", "write `arena = \"64KiB\"`"),
        ("arena = 4 * 1024 * 1024", "write `arena = \"4MiB\"`"),
        ("arena = 1 << 20", "write `arena = \"1MiB\"`"),
        ("arena = \"1_000KiB\"", "write `arena = \"1000KiB\"`"),
        ("arena = \"1,024KiB\"", "write `arena = \"1024KiB\"`"),
        ("arena = \"1 000 KiB\"", "write `arena = \"1000KiB\"`"),
        ("arena = \"0,125MiB\"", "use a smaller unit: `\"128KiB\"` instead of `\"0,125MiB\"`"),
        ("arena = \"0x1000\"", "write `arena = \"4KiB\"`"),
        ("arena = \"1e6B\"", "write `arena = \"1000000B\"`"),
        ("arena = 2e6", "write all digits: `arena = 2000000`"),
        ("arena = -4096", "write `arena = 4096`"),
        ("arena = \"+4KiB\"", "write `arena = \"4KiB\"`"),
        ("arena = 64 \"KiB\"", "write `arena = \"64KiB\"`"),
        ("arena = \"64\" KiB", "write `arena = \"64KiB\"`"),
    ]);
}

#[test]
fn a_value_that_cannot_be_computed_gets_an_example() {
    let such = "write a string such as `arena = \"64KiB\"`, or a number of bytes";
    check(&[
        ("arena = 64 * 0", such),
        ("arena = 1 << 64", such),
        ("arena = 3 << 63", such),
        ("arena = 64 *", such),
        ("arena = 64 + 1", such),
        ("arena = SIZE", such),
        ("arena = 99999999999 * 99999999999", such),
        ("arena = \"1e99B\"", "write a whole number and a unit, such as `\"64KiB\"`"),
    ]);
}

#[test]
fn a_constant_gets_the_reason() {
    let note = "note: the attribute runs before the compiler evaluates constants and macros";
    for value in ["SIZE", "usize::MAX", "concat!(\"64\", \"KiB\")", "4096 as usize", "true"] {
        let has_reason = mistakes(&format!("arena = {value}")).contains(note);
        assert_eq!(has_reason, value != "true" && value != "4096 as usize", "{value}");
    }
}

#[test]
fn valid_values_are_found_inside_of_invalid_syntax() {
    check(&[
        ("arena = (\"8KiB\")", "write `arena = \"8KiB\"`"),
        ("arena = { \"8KiB\" }", "write `arena = \"8KiB\"`"),
        ("policy = [\"best_fit\"]", "write `policy = \"best_fit\"`"),
        ("policy = brkalloc::BestFit", "write `policy = \"best_fit\"`"),
        ("policy = Policy::Worst", "write `policy = \"worst_fit\"`"),
        ("policy = b\"best_fit\"", "write `policy = \"best_fit\"`"),
        ("policy::NextFit", "write `policy = \"next_fit\"`"),
        ("policy.next_fit", "write `policy = \"next_fit\"`"),
        ("policy(worst)", "write `policy = \"worst_fit\"`"),
        ("policy == \"best_fit\"", "write `policy = \"best_fit\"`"),
        ("policy => \"best_fit\"", "write `policy = \"best_fit\"`"),
        ("arena := \"8KiB\"", "write `arena = \"8KiB\"`"),
        ("lock = None", "write `unsafe(lock = \"none\")`"),
        ("lock(none)", "write `unsafe(lock = \"none\")`"),
        ("lock(\"none\")", "write `unsafe(lock = \"none\")`"),
        ("lock = unsafe(\"none\")", "write `unsafe(lock = \"none\")`"),
        ("lock = unsafe \"none\"", "write `unsafe(lock = \"none\")`"),
        ("lock = unsafe { \"none\" }", "write `unsafe(lock = \"none\")`"),
    ]);
}

#[test]
fn a_word_alone_is_found_with_its_option() {
    check(&[
        ("static", "did you mean `source = \"static\"`?"),
        ("best", "did you mean `policy = \"best_fit\"`?"),
        ("ff", "did you mean `policy = \"first_fit\"`?"),
        ("\"lifo\"", "did you mean `order = \"lifo\"`?"),
        ("\"64KiB\"", "did you mean `arena = \"64KiB\"`?"),
        ("65536", "did you mean `arena = 65536`?"),
        ("policy = \"lifo\"", "did you mean `order = \"lifo\"`?"),
        ("index = \"bins\"", "did you mean `policy = \"segregated_fit\"`?"),
    ]);
}

#[test]
fn a_word_of_several_options_stands_for_none_of_them() {
    assert_eq!(hints::option_with("none"), None);
    assert!(mistakes("none").contains("help: the options are `preset`, `source`"));
}

#[test]
fn a_word_for_the_default_gets_the_advice_to_leave_the_option_out() {
    check(&[
        (
            "policy = \"auto\"",
            "leave `policy` out for its default: `\"first_fit\"`; `\"segregated_fit\"` with a cache, if \
             you name no placement",
        ),
        (
            "limit = \"unlimited\"",
            "leave `limit` out for its default: as large as the target allows",
        ),
        ("limit = \"none\"", "leave `limit` out for its default: as large as the target allows"),
    ]);
}

#[test]
fn the_advice_names_the_default_of_every_option() {
    for option in ALL {
        let left_out = hints::left_out(option, "default");
        assert!(left_out.is_some_and(|help| help.ends_with(option.default)), "`{}`", option.name);
        assert_eq!(hints::left_out(option, option.name), None);
    }
}

#[test]
fn names_of_other_things_get_help() {
    check(&[
        ("global = true", "write `#[global_allocator]` above the attribute"),
        ("name = \"x\"", "a heap takes the name of its static: `static NAME: BrkHeap;`"),
        ("alignment = 16", "remove it; each request states its own alignment"),
    ]);
}

#[test]
fn names_of_other_things_resemble_no_option() {
    for (names, _) in hints::ELSEWHERE {
        for name in names.split(' ') {
            let shown = mistakes(&format!("{name} = 1"));
            assert!(!shown.contains("did you mean"), "`{name}`: {shown}");
            assert!(!shown.contains("the options are"), "`{name}`: {shown}");
        }
    }
}

#[test]
fn brackets_dots_and_commas_are_one_mistake_each() {
    let parentheses = "write the options directly in the attribute's parentheses: `#[brk_heap(arena = \"64KiB\")]`";
    check(&[
        ("{ arena = \"8KiB\" }", parentheses),
        ("(arena = \"8KiB\", policy = 5)", parentheses),
        ("[arena]", parentheses),
        ("..Default::default()", "remove it; options that you leave out keep their defaults"),
        ("arena = \"8KiB\", ..", "remove it; options that you leave out keep their defaults"),
        (", arena = \"8KiB\"", "remove this comma"),
        ("arena = \"8KiB\",,", "remove this comma"),
        ("arena = \"8KiB\" & stats = \"none\"", "options are separated by commas"),
        ("arena = \"8KiB\" && unsafe(lock = \"none\")", "options are separated by commas"),
        ("arena = stats = \"none\"", "write `arena = \"64KiB\"`"),
        (
            "policy = \"\"",
            "the values are `first_fit`, `next_fit`, `best_fit`, `worst_fit`, or `segregated_fit`; \
             a path is written without quotes",
        ),
    ]);
}

#[test]
fn no_help_advises_what_the_runtime_refuses() {
    let such = "write a string such as `arena = \"64KiB\"`, or a number of bytes";
    check(&[
        ("arena = \"64\"", "write `arena = \"64KiB\"`"),
        ("cache = \"512\"", "write `cache = \"512KiB\"`"),
        ("limit = \"4096\"", "write `limit = \"4096B\"`, or `limit = 4096`"),
        ("cache = \"0\"", "for a heap without a cache, write `cache = \"none\"`"),
        ("arena = -1", such),
        ("arena = 4 * 16", such),
        ("arena = \"-64B\"", "write a whole number and a unit, such as `\"64KiB\"`"),
    ]);
}
