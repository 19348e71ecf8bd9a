//! What `config()` prints can be pasted back, whatever was configured.
//!
//! ```text
//! written ──► a program prints the attribute of each heap ──► printed ──► a program prints them again
//!                                                               └─► with one option more: an error
//! ```
//!
//! So what is printed compiles and makes the same heap, and what is left out would have no effect: the
//! attribute refuses it.

use core::fmt::Write;
use std::collections::BTreeMap;

#[path = "../support/project.rs"]
mod project;
use project::{Message, Project};

const MEMORY: [&str; 17] = [
    "",
    r#"arena = "1MiB""#,
    r#"source = "mmap", arena = 1000, grow = 500, limit = 123456, trim = 600"#,
    r#"source = "mmap", grow = "none""#,
    r#"source = "static", arena = "256B""#,
    r#"source = "static", arena = "3MiB""#,
    r#"source = "slice""#,
    r#"source = "slice", limit = "1MiB""#,
    r#"unsafe(source = "linker"), limit = 4096"#,
    r#"grow = "none", arena = "1MiB""#,
    r#"grow = "4MiB""#,
    r#"grow = "40GiB""#,
    r#"limit = "32KiB""#,
    r#"arena = "64KiB", limit = "64KiB", trim = "16KiB""#,
    r#"limit = "2MiB", trim = "64KiB""#,
    r#"trim = "never""#,
    r#"limit = "64GiB", trim = "63GiB", grow = 1"#,
];

const PLACEMENT: [&str; 18] = [
    "",
    r#"policy = "first_fit", order = "address", index = "list""#,
    r#"policy = "first_fit", order = "lifo""#,
    r#"policy = "first_fit", order = "fifo", index = "list""#,
    r#"policy = "next_fit""#,
    r#"policy = "next_fit", order = "lifo""#,
    r#"policy = "next_fit", index = "list""#,
    r#"policy = "best_fit", index = "tree""#,
    r#"policy = "best_fit", order = "fifo""#,
    r#"policy = "best_fit", index = "list""#,
    r#"policy = "worst_fit", order = "address""#,
    r#"policy = "worst_fit", order = "lifo""#,
    r#"policy = "segregated_fit""#,
    r#"policy = "segregated_fit", order = "address""#,
    r#"policy = "segregated_fit", order = "lifo""#,
    r#"policy = "segregated_fit", order = "fifo""#,
    "policy = Own",
    r#"policy = self::Own, order = "lifo""#,
];

/// The policy that some of them name.
const OWN: &str = "
struct Own;
impl brkalloc::Placement for Own {
    fn choose<'s>(
        _: brkalloc::Request,
        mut fits: impl Iterator<Item = brkalloc::Candidate<'s>>,
    ) -> Option<brkalloc::Candidate<'s>> {
        fits.next()
    }
}
";

const REST: [&str; 7] = [
    "",
    r#"coalesce = "deferred", lock = "spin", harden = "none""#,
    r#"lock = "os", stats = "counters""#,
    r#"unsafe(lock = "none"), harden = "basic""#,
    r#"lock = spin::mutex::SpinMutex<()>, stats = "none""#,
    r#"lock = ::spin::mutex::SpinMutex::<()>, coalesce = "immediate", crate = brkalloc"#,
    r#"crate = ::brkalloc, stats = "counters", harden = "none""#,
];

/// An option by its name, as one would add it. `crate` always has effect.
const MORE: [(&str, &str); 6] = [
    ("grow", r#""4KiB""#),
    ("grow", r#""none""#),
    ("limit", r#""64GiB""#),
    ("trim", r#""1MiB""#),
    ("trim", r#""never""#),
    ("index", r#""list""#),
];

/// Every arena with every placement, each with the next of the rest, and heaps that never merge.
fn configurations() -> Vec<String> {
    let joined = |parts: [&str; 3]| {
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(", ")
    };
    let mut rest = REST.iter().cycle();
    let mut next = || *rest.next().expect("a cycle has no end");
    let pairs = MEMORY.iter().flat_map(|memory| PLACEMENT.map(|placement| (*memory, placement)));
    let all: Vec<String> =
        pairs.map(|(memory, placement)| joined([memory, placement, next()])).collect();
    let keeps_pages = MEMORY.iter().filter(|memory| !memory.contains("trim"));
    let apart = keeps_pages.map(|memory| joined([memory, r#"coalesce = "never""#, ""]));
    all.into_iter().chain(apart).collect()
}

/// A program with a heap of each attribute, which prints all of them.
fn program(attributes: &[String]) -> String {
    let mut text = String::from("#![deny(warnings)]\nuse brkalloc::{BrkHeap, brk_heap};\n");
    for (place, attribute) in attributes.iter().enumerate() {
        writeln!(text, "{attribute} static H{place}: BrkHeap;").expect("a string takes all");
    }
    text.push_str(OWN);
    text.push_str("fn main() {\n");
    for place in 0..attributes.len() {
        writeln!(text, "println!(\"{{}}\", H{place}.config());").expect("a string takes all");
    }
    text + "}\n"
}

/// What the program prints, line by line.
fn printed(project: &Project, name: &str) -> Vec<String> {
    let output = project.cargo(&["run", "--quiet", "--bin", name]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {errors}");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn what_a_heap_prints_makes_the_same_heap_and_leaves_out_what_has_no_effect() {
    let project = Project::new("pasted", "2024");
    let written = configurations();
    assert!(200 < written.len(), "{} configurations", written.len());
    let attributes: Vec<String> =
        written.iter().map(|options| format!("#[brk_heap({options})]")).collect();
    project.program("written", &program(&attributes));
    let first = printed(&project, "written");
    assert_eq!(first.len(), written.len());

    project.program("printed", &program(&first));
    let again = printed(&project, "printed");
    for ((written, first), again) in written.iter().zip(&first).zip(&again) {
        assert_eq!(first, again, "{written}");
    }

    // How much these have is not the attribute's business; the limit is.
    let is_late =
        |attribute: &str| ["\"slice\"", "\"linker\""].iter().any(|s| attribute.contains(s));
    let has = |attribute: &str, option: &str| attribute.contains(&format!("{option} = "));
    let with_more = |attribute: &String| -> Vec<String> {
        let options = attribute.trim_end_matches(")]");
        let missing = MORE.iter().filter(|(option, _)| {
            !(has(attribute, option) || *option == "limit" && is_late(attribute))
        });
        missing.map(|(option, value)| format!("{options}, {option} = {value})]")).collect()
    };
    let more: Vec<String> = first.iter().flat_map(with_more).collect();
    assert!(100 < more.len(), "{} options are left out", more.len());
    project.program("more", &program(&more));
    let messages = project.messages("check");
    let errors = messages["more"].iter().filter(|message| message.level == "error");
    let line_of = |error: &Message| Some((error.place?.0, error.text.clone()));
    let lines: BTreeMap<u64, String> = errors.filter_map(line_of).collect();
    for (place, attribute) in more.iter().enumerate() {
        // The heaps begin in the third line.
        let error = lines.get(&(place as u64 + 3));
        let is_refused = error.is_some_and(|text| text.contains("` has no effect with `"));
        assert!(is_refused, "{attribute}: {error:?}");
    }
    println!("{} heaps, {} options left out", first.len(), more.len());

    for option in ["source", "arena", "policy", "order", "coalesce", "lock", "harden", "stats"] {
        assert!(
            first.iter().all(|attribute| {
                has(attribute, option) || option == "arena" && is_late(attribute)
            }),
            "`{option}` always has effect"
        );
    }
}
