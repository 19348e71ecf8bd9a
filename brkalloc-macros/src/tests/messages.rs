//! The messages of the design, word for word: what rustc prints, and what it underlines.

use super::{HEAP, mistakes_of};
use expect_test::{Expect, expect};

fn check(arguments: &str, item: &str, expected: &Expect) {
    expected.assert_eq(&mistakes_of(arguments, item));
}

#[test]
fn message_01_unknown_option() {
    check(
        r#"arean = "64KiB""#,
        HEAP,
        &expect![[r#"
        error: unknown option `arean`
        help: did you mean `arena`?
          --> arean
    "#]],
    );
    check(
        r#"zzz = "64KiB""#,
        HEAP,
        &expect![[r#"
            error: unknown option `zzz`
            help: the options are `preset`, `source`, `arena`, `grow`, `limit`, `trim`, `large`, `policy`, `order`, `index`, `coalesce`, `cache`, `cache_total`, `lock`, `harden`, `quarantine`, `zero`, `stats`, `export`, `record`, `crate`
              --> zzz
        "#]],
    );
}

#[test]
fn message_02_misspelt_value() {
    check(
        r#"arena = "64KiB", policy = "frist-fit", order = "adress""#,
        HEAP,
        &expect![[r#"
        error: unknown policy `frist-fit`
        help: did you mean `"first_fit"`?
        note: the values are `first_fit`, `next_fit`, `best_fit`, `worst_fit`, or `segregated_fit`; a path is written without quotes
          --> "frist-fit"
        error: unknown order `adress`
        help: did you mean `"address"`?
        note: the values are `address`, `lifo`, or `fifo`
          --> "adress"
    "#]],
    );
}

#[test]
fn message_03_bad_size_unit() {
    check(
        r#"arena = "64KB""#,
        HEAP,
        &expect![[r#"
        error: unknown size unit `KB`
        help: did you mean `KiB`?
        note: the units are `B`, `KiB`, `MiB`, `GiB`, or `TiB`; they are powers of 1024
          --> "64KB"
    "#]],
    );
}

#[test]
fn message_04_fraction() {
    check(
        r#"arena = "1.5MiB""#,
        HEAP,
        &expect![[r#"
        error: sizes are whole numbers
        help: use a smaller unit: `"1536KiB"` instead of `"1.5MiB"`
          --> "1.5MiB"
    "#]],
    );
}

#[test]
fn message_05_zero_arena() {
    check(
        "arena = 0",
        HEAP,
        &expect![[r#"
        error: `arena` must not be zero
        help: for a small heap, write `arena = "4KiB"`
          --> 0
    "#]],
    );
}

#[test]
fn message_07_overflow() {
    check(
        r#"arena = "99999999999TiB""#,
        HEAP,
        &expect![[r#"
            error: `99999999999TiB` does not fit in 64 bits
            help: the largest heap is `"64GiB"`
              --> "99999999999TiB"
        "#]],
    );
}

#[test]
fn message_08_not_a_static() {
    check(
        r#"arena = "64KiB""#,
        "fn heap() {}",
        &expect![[r#"
        error: `#[brk_heap]` belongs on a `static`, not on a `fn` item
        help: write `static HEAP: BrkHeap;` under the attribute
          --> fn
    "#]],
    );
}

#[test]
fn message_09_has_an_initializer() {
    check(
        r#"arena = "64KiB""#,
        "static HEAP: BrkHeap = BrkHeap::new();",
        &expect![[r#"
        error: a heap static takes no initializer; `#[brk_heap]` supplies it
        help: end the item after its type: `static HEAP: BrkHeap;`
          --> = BrkHeap::new()
    "#]],
    );
}

#[test]
fn message_11_option_twice() {
    check(
        r#"arena = "64KiB", policy = "best_fit", arena = "1MiB""#,
        HEAP,
        &expect![[r#"
        error: option `arena` is given twice
        help: keep one of the two
          --> arena
    "#]],
    );
}

#[test]
fn message_12_conflicting_options() {
    check(
        r#"arena = "64KiB", order = "lifo", index = "tree""#,
        HEAP,
        &expect![[r#"
        error: `index = "tree"` cannot be combined with `order = "lifo"`
        help: use `index = "list"`, or keep the tree with `order = "address"`
        note: a tree sorts chunks by address, not last-in-first-out
          --> "tree"
    "#]],
    );
}

#[test]
fn message_13_missing_required_option() {
    check(
        r#"source = "static""#,
        HEAP,
        &expect![[r#"
        error: `source = "static"` needs `arena`
        help: give the heap a size: `#[brk_heap(source = "static", arena = "64KiB")]`
          --> "static"
    "#]],
    );
}

#[test]
fn message_14_no_value() {
    check(
        "arena",
        HEAP,
        &expect![[r#"
        error: option `arena` needs a value
        help: write `arena = "64KiB"`
          --> arena
    "#]],
    );
    check(
        r#"arena("64KiB")"#,
        HEAP,
        &expect![[r#"
        error: option `arena` needs a value
        help: write `arena = "64KiB"`
          --> arena
    "#]],
    );
    check(
        r#"arena: "64KiB""#,
        HEAP,
        &expect![[r#"
        error: option `arena` needs a value
        help: write `arena = "64KiB"`
          --> arena
    "#]],
    );
    check(
        "arena =",
        HEAP,
        &expect![[r#"
        error: option `arena` needs a value after `=`
        help: write `arena = "64KiB"`
          --> arena =
    "#]],
    );
}

#[test]
fn message_15_wrong_kind_of_value() {
    check(
        "arena = true, policy = first_fit",
        HEAP,
        &expect![[r#"
            error: `arena` takes a size, found `true`
            help: write a string such as `arena = "64KiB"`, or a number of bytes
              --> true
            error: `policy` takes a string or a path, found `first_fit`
            help: write `policy = "first_fit"`
            note: to name a type of your own that is called so, begin its path with `self::`
              --> first_fit
        "#]],
    );
}

#[test]
fn message_16_no_comma() {
    check(
        r#"arena = "64KiB" policy = "best_fit""#,
        HEAP,
        &expect![[r#"
        error: expected `,`, found `policy`
        help: options are separated by commas
          --> policy
    "#]],
    );
}

#[test]
fn message_17_not_name_and_value() {
    check(
        r#""64KiB""#,
        HEAP,
        &expect![[r#"
            error: expected an option name, found `"64KiB"`
            help: did you mean `arena = "64KiB"`?
            note: options are written `name = value`; the names are `preset`, `source`, `arena`, `grow`, `limit`, `trim`, `large`, `policy`, `order`, `index`, `coalesce`, `cache`, `cache_total`, `lock`, `harden`, `quarantine`, `zero`, `stats`, `export`, `record`, `crate`
              --> "64KiB"
        "#]],
    );
}

#[test]
fn message_18_static_mut() {
    check(
        r#"arena = "64KiB""#,
        "pub static mut A: BrkHeap;",
        &expect![[r#"
        error: a heap static must not be `mut`
        help: remove `mut`; the heap locks itself
          --> mut
    "#]],
    );
}

#[test]
fn message_19_applied_twice() {
    check(
        "",
        "#[brk_heap(arena = \"64KiB\")] static A: BrkHeap;",
        &expect![[r#"
        error: `#[brk_heap]` is applied twice to the same static
        help: remove one of the two attributes
          --> #[brk_heap(arena = "64KiB")]
    "#]],
    );
}

#[test]
fn message_20_limit_below_arena() {
    check(
        r#"arena = "64KiB", limit = 4096"#,
        HEAP,
        &expect![[r#"
        error: `limit` is smaller than `arena`
        help: write `limit = "64KiB"` or more, or lower `arena` to `"4KiB"`
        note: `arena` starts the heap at 65536 bytes; `limit` caps it at 4096
          --> 4096
    "#]],
    );
}

#[test]
fn message_21_lock_that_does_not_lock() {
    check(
        r#"arena = "64KiB", lock = "none""#,
        HEAP,
        &expect![[r#"
        error: `lock = "none"` must be written `unsafe(lock = "none")`
        help: write `unsafe(lock = "none")` if no second thread and no interrupt ever uses this heap
        note: a static is shared by every thread of the program
          --> lock = "none"
    "#]],
    );
}

#[test]
fn all_mistakes_at_once_and_no_other() {
    check(
        r#"arena = "64KB", polcy = "first_fit", order = "lfio", grow = 0"#,
        "static mut HEAP: BrkHeap;",
        &expect![[r#"
            error: unknown size unit `KB`
            help: did you mean `KiB`?
            note: the units are `B`, `KiB`, `MiB`, `GiB`, or `TiB`; they are powers of 1024
              --> "64KB"
            error: unknown option `polcy`
            help: did you mean `policy`?
              --> polcy
            error: unknown order `lfio`
            help: did you mean `"lifo"`?
            note: the values are `address`, `lifo`, or `fifo`
              --> "lfio"
            error: `grow` must not be zero
            help: for a fixed arena, write `grow = "none"`
              --> 0
            error: a heap static must not be `mut`
            help: remove `mut`; the heap locks itself
              --> mut
        "#]],
    );
}
