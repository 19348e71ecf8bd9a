//! The modules form the stack that the documentation of the crate draws.

use super::tokens;
use proc_macro2::{TokenStream, TokenTree};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Reads the source of one module.
fn source(module: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let path = folder.join(format!("{module}.rs"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the modules that the documentation of the crate draws, the top first.
fn stack() -> Vec<String> {
    let library = source("lib");
    let (_, drawing) = library.split_once("//! ```text\n").expect("it draws the stack");
    let (drawing, _) = drawing.split_once("//! ```\n").expect("the drawing ends");
    let name = |line: &str| line.split_whitespace().nth(1).map(str::to_owned);
    drawing.lines().map(|line| name(line).expect("each line begins with a module")).collect()
}

/// Finds the modules behind `crate::` and `super::`, in imports and in code.
fn imports(stream: TokenStream) -> BTreeSet<String> {
    let list: Vec<TokenTree> = stream.into_iter().collect();
    let mut found = BTreeSet::new();
    for (place, token) in list.iter().enumerate() {
        match token {
            TokenTree::Group(group) => found.extend(imports(group.stream())),
            TokenTree::Ident(root) if root == "crate" || root == "super" => {
                match list.get(place + 3) {
                    Some(TokenTree::Ident(module)) => found.extend([module.to_string()]),
                    other => assert!(
                        !matches!(other, Some(TokenTree::Group(_) | TokenTree::Punct(_))),
                        "write `use {root}::module::…`, which this test can read",
                    ),
                }
            }
            _ => {}
        }
    }
    found
}

#[test]
fn the_drawing_shows_every_module() {
    let library = source("lib");
    let declared: BTreeSet<&str> = library
        .lines()
        .filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'))
        .filter(|module| *module != "tests")
        .collect();
    let stack = stack();
    assert_eq!(stack.iter().map(String::as_str).collect::<BTreeSet<_>>(), declared);
    assert_eq!(stack.len(), declared.len(), "a module is drawn twice");
}

#[test]
fn each_module_imports_only_modules_below_it() {
    let stack = stack();
    let mut count = 0;
    for (height, module) in stack.iter().enumerate() {
        for imported in imports(tokens(&source(module))) {
            let is_below = stack[height + 1..].contains(&imported);
            assert!(is_below, "`{module}` imports `{imported}`, which does not stand below it");
            count += 1;
        }
    }
    assert!(stack.len() < count, "{count}");
}

#[test]
fn imports_are_found_wherever_they_stand() {
    let code = "use crate::a::B; fn f(x: super::c::D) { use crate::e; crate::f::g() } // crate::h";
    let found: Vec<String> = imports(tokens(code)).into_iter().collect();
    assert_eq!(found, ["a", "c", "e", "f"]);
}
