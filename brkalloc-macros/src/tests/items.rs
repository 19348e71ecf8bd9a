//! The item under the attribute, right and wrong.

use super::{HEAP, expanded, formatted, mistakes_of, tokens, walk};
use expect_test::{Expect, expect};

fn check(item: &str, expected: &Expect) {
    expected.assert_eq(&mistakes_of("", item));
}

#[test]
fn attributes_and_visibility_are_kept() {
    let item = "/// Docs.\n#[unsafe(link_section = \".heap\")] #[global_allocator] \
                pub(in crate::a) static HEAP: BrkHeap;";
    let shown = formatted("", item);
    let (before, _) = shown.split_once("static HEAP").expect("the static is there");
    let (own, generated) = before.split_once("/**").expect("the heap is documented");
    assert_eq!(own, "/// Docs.\n#[global_allocator]\n#[unsafe(link_section = \".heap\")]\n");
    assert!(generated.ends_with("*/\npub(in crate::a) "), "{generated}");
    assert!(shown.contains("pub(in crate::a) enum HEAP {}"), "{shown}");
}

#[test]
fn only_the_check_uses_the_declared_type() {
    let unspaced = |text: &str| text.replace(' ', "");
    for declared in ["<a::B<[u8; 2]> as Trait>::H", "a::Trait<A = fn() -> u8, B = u8>"] {
        let shown = unspaced(&expanded("", &format!("static HEAP: {declared};")).to_string());
        let check = unspaced(&format!("::brkalloc::__private::declared::<{declared}>();"));
        assert_eq!(shown.matches(&check).count(), 1, "{shown}");
        assert_eq!(shown.matches("Trait").count(), 1, "{shown}");
    }
}

#[test]
fn items_that_rustc_rejects_stay_unchanged() {
    for part in ["pub(a)", "#[doc = || 1]", "#[a b]"] {
        let item = format!("{part} static HEAP: BrkHeap;");
        assert_eq!(mistakes_of("", &item), "", "{item}");
        let shown = expanded("", &item).to_string();
        assert!(shown.contains(&tokens(part).to_string()), "{shown}");
    }
    let shown = expanded("", "static HEAP: [u8; if a { 1 } else { 2 }];").to_string();
    assert!(shown.contains("if a { 1 } else { 2 }"), "{shown}");
}

#[test]
fn a_deprecated_heap_may_be_used_by_its_own_configuration_and_only_then() {
    for (item, count) in [("#[deprecated = \"x\"] static A: BrkHeap;", 1), (HEAP, 0)] {
        let shown = formatted("", item);
        assert_eq!(shown.matches("#[allow(deprecated)]").count(), count, "{shown}");
    }
}

#[test]
fn an_initializer_is_reported_whole() {
    check(
        "static A: BrkHeap = BrkHeap::new();",
        &expect![[r#"
        error: a heap static takes no initializer; `#[brk_heap]` supplies it
        help: end the item after its type: `static A: BrkHeap;`
          --> = BrkHeap::new()
    "#]],
    );
}

#[test]
fn a_mutable_static_is_reported_at_its_keyword() {
    check(
        "pub static mut A: BrkHeap;",
        &expect![[r#"
        error: a heap static must not be `mut`
        help: remove `mut`; the heap locks itself
          --> mut
    "#]],
    );
}

#[test]
fn a_second_attribute_is_reported_and_dropped() {
    let item = "#[brkalloc::brk_heap(arena = 1)] #[inline] #[brk_heap] static A: BrkHeap;";
    check(
        item,
        &expect![[r#"
        error: `#[brk_heap]` is applied twice to the same static
        help: remove one of the two attributes
          --> #[brkalloc::brk_heap(arena = 1)]
        error: `#[brk_heap]` is applied twice to the same static
        help: remove one of the two attributes
          --> #[brk_heap]
    "#]],
    );
    walk(expanded("", item), &mut |token| assert_ne!(token.to_string(), "brk_heap"));
}

#[test]
fn another_item_is_reported_at_its_keyword() {
    let items = [
        ("fn heap() {}", "a `fn` item", "fn"),
        ("pub const unsafe extern \"C\" fn heap();", "a `fn` item", "fn"),
        ("#[inline] pub(crate) async fn heap() {}", "a `fn` item", "fn"),
        ("struct Heap;", "a `struct` item", "struct"),
        ("enum Heap {}", "an `enum` item", "enum"),
        ("union Heap { a: u8 }", "a `union` item", "union"),
        ("unsafe impl Sync for Heap {}", "an `impl` item", "impl"),
        ("trait Heap {}", "a `trait` item", "trait"),
        ("type Heap = BrkHeap;", "a `type` item", "type"),
        ("mod heap {}", "a `mod` item", "mod"),
        ("use brkalloc::BrkHeap;", "a `use` item", "use"),
        ("extern crate brkalloc;", "an `extern` item", "extern"),
        ("unsafe extern \"C\" {}", "an `extern` item", "extern"),
        ("macro_rules! heap { () => {} }", "a `macro_rules` item", "macro_rules"),
        ("thread_local! {}", "a macro call", "thread_local"),
    ];
    for (item, kind, keyword) in items {
        let shown = mistakes_of("", item);
        let expected = format!(
            "error: `#[brk_heap]` belongs on a `static`, not on {kind}\n\
             help: write `static HEAP: BrkHeap;` under the attribute\n  --> {keyword}\n"
        );
        assert_eq!(shown, expected, "{item}");
    }
}

#[test]
fn a_constant_keeps_its_name_in_the_help() {
    check(
        "pub const MINE: BrkHeap = BrkHeap::new();",
        &expect![[r#"
        error: `#[brk_heap]` belongs on a `static`, not on a `const` item
        help: write `static MINE: BrkHeap;` under the attribute
          --> const
    "#]],
    );
}

#[test]
fn a_constant_of_the_right_type_becomes_a_static() {
    for item in ["const A: BrkHeap;", "const A: ::brkalloc::BrkHeap = brkalloc::BrkHeap::new();"] {
        assert_eq!(mistakes_of("", item).matches("error: ").count(), 1, "{item}");
        assert!(expanded("", item).to_string().contains("static A : "), "{item}");
    }
    assert!(!expanded("", "const A: u8 = 1;").to_string().contains("enum A"));
}

#[test]
fn another_item_is_emitted_unless_rustc_would_report_its_missing_body() {
    for item in ["fn heap() {}", "struct Heap;", "const A: u8 = 1;", "type A = u8;", "use a;"] {
        assert!(expanded("", item).to_string().ends_with(&tokens(item).to_string()), "{item}");
    }
    for item in ["fn heap();", "const A: Heap;", "type A;"] {
        assert!(expanded("", item).to_string().ends_with('}'), "{item}");
    }
}

#[test]
fn mistakes_that_rustc_reports_draw_no_second_error() {
    for item in [
        "static _: BrkHeap;",
        "static HEAP;",
        "static HEAP: ;",
        "static HEAP<T>: BrkHeap;",
        "let x = 1;",
        "",
    ] {
        assert_eq!(mistakes_of("", item), "", "{item}");
    }
    assert!(expanded("", "static _: BrkHeap;").is_empty());
    assert_eq!(expanded("", "let x = 1;").to_string(), "let x = 1 ;");
}

#[test]
fn raw_names_lose_their_prefix_in_text_only() {
    let shown = formatted("", "static r#type: BrkHeap;");
    assert!(shown.contains("static r#type: ::brkalloc::BrkHeap<r#type>"), "{shown}");
    assert!(shown.contains("str = \"type\";"), "{shown}");
}

#[test]
fn a_mistake_in_the_options_leaves_the_static_with_the_least_heap() {
    let wrong =
        formatted("arena = \"128KiB\", limit = \"4KiB\", unsafe(lock = \"none\"), stats = 1", HEAP);
    let (_, wrong) = wrong.split_once("automatically_derived").expect("there is a configuration");
    let plain = formatted("policy = \"segregated_fit\"", HEAP);
    let (_, plain) = plain.split_once("automatically_derived").expect("there is a configuration");
    assert_eq!(wrong, plain);
}

#[test]
fn a_mistake_in_the_options_leaves_no_check_that_could_fail_as_well() {
    let wrong = expanded("arena = 1, policy = 5", HEAP).to_string();
    assert!(!wrong.contains("check_arena"), "{wrong}");
}

#[test]
fn a_section_has_the_array_of_a_static_arena_and_otherwise_the_heap() {
    let array = r#"source = "static", arena = "4KiB""#;
    for attribute in ["#[link_section = \".x\"]", "#[unsafe(link_section = \".x\")]"] {
        let behind = |arguments: &str| {
            let text = formatted(arguments, &format!("{attribute} static HEAP: BrkHeap;"));
            assert!(!text.contains("compile_error"), "{text}");
            assert_eq!(text.matches(attribute).count(), 1, "{text}");
            let (_, behind) = text.split_once(attribute).expect("it is kept");
            let (_, name) = behind.split_once("static ").expect("a static follows");
            name.split_once(':').expect("with its type").0.to_owned()
        };
        assert_eq!([behind(array), behind("")], ["ARENA", "HEAP"]);
        let placed = formatted(array, &format!("{attribute} static HEAP: BrkHeap;"));
        assert!(placed.contains("Static<HEAP, false>"), "nothing fills it with zeros: {placed}");
    }
    let text = formatted(array, "#[allow(link_section)] static HEAP: BrkHeap;");
    assert!(text.contains("Static<HEAP, true>") && text.contains("StaticArena"), "{text}");
}
