//! The macro never panics: it gets every prefix of valid input, and valid input without any one
//! token.

use super::{expanded, mistakes_of, tokens, walk};
use crate::expand::expand;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

const ATTRIBUTES: [&str; 3] = [
    r#"source = "mmap", arena = "1 MiB", grow = "4KiB", limit = "16MiB", trim = "never",
       policy = "best_fit", order = "fifo", index = "list", coalesce = "deferred",
       lock = a::B<C, D>, harden = "none", stats = "counters", crate = ::brkalloc"#,
    r#"source = "static", arena = 16384, policy = "segregated_fit", unsafe(lock = "none")"#,
    r#"arena("64KiB"), grow: 0, policy = first_fit; 1.5MiB, limit = -1 order"#,
];

const ITEMS: [&str; 4] = [
    "#[doc = \"x\"] #[brk_heap] pub(in a::b) static mut HEAP: a::B<C = D> = e::f(1);",
    "pub const unsafe extern \"C\" fn heap(a: u8) -> u8 { 1 }",
    "static r#type: <A as B<C = fn() -> D>>::E;",
    "unsafe extern \"C\" { static A: u8; }",
];

/// Removes each token in turn, those inside of groups included.
fn holes(stream: &TokenStream) -> Vec<TokenStream> {
    let list: Vec<TokenTree> = stream.clone().into_iter().collect();
    let mut all = Vec::new();
    for place in 0..list.len() {
        let with = |middle: Option<TokenTree>| -> TokenStream {
            let (before, after) = (&list[..place], &list[place + 1..]);
            before.iter().cloned().chain(middle).chain(after.iter().cloned()).collect()
        };
        all.push(with(None));
        if let TokenTree::Group(group) = &list[place] {
            let regrouped = |inner| TokenTree::Group(Group::new(group.delimiter(), inner));
            all.extend(
                holes(&group.stream()).into_iter().map(|inner| with(Some(regrouped(inner)))),
            );
        }
    }
    all
}

/// Returns every prefix of the stream, the empty one and the whole included.
fn prefixes(stream: &TokenStream) -> Vec<TokenStream> {
    let list: Vec<TokenTree> = stream.clone().into_iter().collect();
    (0..=list.len()).map(|end| list[..end].iter().cloned().collect()).collect()
}

/// Swaps each pair of neighboring tokens in turn.
fn swaps(stream: &TokenStream) -> Vec<TokenStream> {
    let list: Vec<TokenTree> = stream.clone().into_iter().collect();
    let swapped = |place| {
        let mut list = list.clone();
        list.swap(place, place + 1);
        list.into_iter().collect()
    };
    (0..list.len().saturating_sub(1)).map(swapped).collect()
}

fn variants(text: &str) -> Vec<TokenStream> {
    let stream = tokens(text);
    [holes(&stream), prefixes(&stream), swaps(&stream)].concat()
}

#[test]
fn damaged_arguments_never_panic_and_keep_the_static() {
    for arguments in ATTRIBUTES.into_iter().flat_map(variants) {
        let text = arguments.to_string();
        let expansion = expand(arguments, tokens(super::HEAP)).to_string();
        assert!(expansion.contains("static HEAP : "), "{text}");
    }
}

#[test]
fn damaged_items_never_panic() {
    for item in ITEMS.into_iter().flat_map(variants) {
        expand(TokenStream::new(), item.clone());
        expand(tokens(ATTRIBUTES[0]), item);
    }
}

#[test]
fn a_damaged_expansion_is_still_rust() {
    let mut count = 0;
    for arguments in ATTRIBUTES.into_iter().flat_map(variants) {
        let text = arguments.to_string();
        let expansion = expand(arguments, tokens(super::HEAP));
        assert!(syn::parse2::<syn::File>(expansion).is_ok(), "{text}");
        count += 1;
    }
    assert!(200 < count, "{count}");
}

#[test]
fn invisible_groups_are_seen_through() {
    let hide = |text: &str| TokenTree::Group(Group::new(Delimiter::None, tokens(text)));
    let arguments: TokenStream = tokens("arena =")
        .into_iter()
        .chain([hide("4096")])
        .chain(tokens(", lock ="))
        .chain([hide("a::B<C, D>")])
        .collect();
    let item: TokenStream = [hide("pub(crate)")]
        .into_iter()
        .chain(tokens("static HEAP:"))
        .chain([hide("brkalloc::BrkHeap")])
        .chain(tokens(";"))
        .collect();
    let plain =
        expanded("arena = 4096, lock = a::B<C, D>", "pub(crate) static HEAP: brkalloc::BrkHeap;");
    assert_eq!(expand(arguments, item).to_string(), plain.to_string());
}

#[test]
fn a_hole_in_the_item_is_at_most_one_mistake() {
    for item in variants("pub static HEAP: BrkHeap;") {
        let shown = mistakes_of("", &item.to_string());
        assert!(shown.matches("error: ").count() <= 1, "`{item}`: {shown}");
    }
}

#[test]
fn the_walk_reaches_inside_of_groups() {
    let mut count = 0;
    walk(tokens("a (b [c]) d"), &mut |_| count += 1);
    assert_eq!(count, 6);
}

/// Tries every sequence of up to four words and marks of paths, and of up to three of paths and
/// types.
#[test]
fn every_sequence_in_place_of_a_path_expands_to_rust() {
    const OF_PATHS: [&str; 6] = ["a", "::", "<", ">", ",", "as"];
    const OF_TYPES: [&str; 13] =
        ["a", "::", "<", ">", ",", "as", "dyn", "&", "mut", "'a", "()", "[a; 2]", "="];
    for (parts, longest) in [(OF_PATHS.as_slice(), 4), (OF_TYPES.as_slice(), 3)] {
        let mut rows = vec![String::new()];
        let mut accepted = 0;
        for _ in 0..longest {
            let and_one = |row: &String| parts.iter().map(|part| format!("{row} {part}")).collect();
            rows = rows.iter().flat_map::<Vec<_>, _>(and_one).collect();
            for written in
                rows.iter().flat_map(|row| [format!("crate ={row}"), format!("lock ={row}")])
            {
                let Ok(arguments) = written.parse() else { continue };
                let expansion = expand(arguments, tokens(super::HEAP));
                accepted += usize::from(!expansion.to_string().contains("compile_error"));
                let is_rust = syn::parse2::<syn::File>(expansion).is_ok();
                assert!(is_rust, "{written}");
            }
        }
        assert!(10 < accepted, "{accepted}");
    }
}
