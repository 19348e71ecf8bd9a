//! One mistake, one error: every failing program of `ui` is built, and what rustc says is counted.
//!
//! A program has one mistake, or says how many: `// mistakes: 5`. What is said is pinned by `ui.rs`; here
//! it is only counted, and every error of the attribute has a place of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

#[path = "../support/project.rs"]
mod project;
use project::{Message, Project};

/// The programs of one folder of `ui`, by name.
fn programs(folder: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui").join(folder);
    let entries = fs::read_dir(folder).expect("the folder is there");
    let files = entries.map(|entry| entry.expect("an entry").path());
    let sources = files.filter(|file| file.extension().is_some_and(|extension| extension == "rs"));
    let program = |file: std::path::PathBuf| {
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        (name, fs::read_to_string(file).expect("a program"))
    };
    sources.map(program).collect()
}

/// How many mistakes a program says that it has.
fn mistakes(source: &str) -> usize {
    let Some((_, count)) = source.split_once("// mistakes: ") else { return 1 };
    count.trim().parse().expect("a number")
}

/// What became of one program.
struct Built {
    folder: &'static str,
    mistakes: usize,
    errors: Vec<Message>,
}

/// Every failing program, built once for all tests.
fn built() -> &'static BTreeMap<String, Built> {
    static BUILT: OnceLock<BTreeMap<String, Built>> = OnceLock::new();
    BUILT.get_or_init(|| {
        let project = Project::new("mistakes", "2024");
        let mut all = BTreeMap::new();
        for folder in ["fail", "newcomer", "rustc"] {
            for (program, source) in programs(folder) {
                project.program(&program, &source);
                let built = Built { folder, mistakes: mistakes(&source), errors: Vec::new() };
                assert!(all.insert(program.clone(), built).is_none(), "{program} is there twice");
            }
        }
        for (program, messages) in project.messages("check") {
            let errors = messages.into_iter().filter(|message| message.level == "error").collect();
            all.get_mut(&program).expect("it was written").errors = errors;
        }
        all
    })
}

#[test]
fn each_mistake_is_one_error_at_a_place_of_its_own() {
    assert!(100 < built().len(), "{} programs", built().len());
    let mut wrong = Vec::new();
    for (program, Built { folder, mistakes, errors }) in built() {
        let places: BTreeSet<_> = errors.iter().map(|error| error.place).collect();
        // Where two errors of rustc's own stand is not for the attribute to say.
        let is_apart = *folder == "rustc" || places.len() == errors.len();
        if errors.len() != *mistakes || !is_apart || places.contains(&None) {
            wrong.push(format!("{program}, {mistakes} expected: {errors:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(built()["many_at_once"].errors.len(), 5);
}

#[test]
fn newcomers_are_told_what_to_write_in_many_words() {
    let theirs: Vec<&Built> =
        built().values().filter(|program| program.folder == "newcomer").collect();
    assert!(40 <= theirs.len(), "{} programs", theirs.len());
    let texts: Vec<&str> =
        theirs.iter().flat_map(|program| &program.errors).map(|error| &*error.text).collect();
    for text in &texts {
        assert!(text.contains("\nhelp: "), "{text}");
    }
    // Without what stands in backticks, so that one message about two words counts once.
    let shape = |text: &&str| -> String { text.split('`').step_by(2).collect() };
    let shapes: BTreeSet<String> = texts.iter().map(shape).collect();
    assert!(25 <= shapes.len(), "{} different messages: {shapes:#?}", shapes.len());
    println!("{} mistakes, {} different messages", texts.len(), shapes.len());
}

/// Programs of one heap each, with these arguments.
fn heaps(project: &Project, heaps: &[(&str, &str)], rest: &str) -> BTreeMap<String, Vec<Message>> {
    for (name, arguments) in heaps {
        let heap = format!("#[brk_heap({arguments})]\nstatic HEAP: BrkHeap;\n");
        project.program(name, &format!("use brkalloc::{{BrkHeap, brk_heap}};\n{rest}\n{heap}"));
    }
    project.messages("check")
}

#[test]
fn without_std_a_cache_is_one_error_that_says_what_to_write() {
    let project = Project::new("without_std", "2024").without_std();
    let programs = [
        ("by_default", ""),
        ("by_name", r#"cache = "64KiB", policy = "best_fit""#),
        ("by_preset", r#"preset = "fast""#),
        ("uncached", r#"cache = "none""#),
        ("placed", r#"policy = "first_fit""#),
        ("exported", r#"export = "malloc", policy = "first_fit""#),
    ];
    let built = heaps(&project, &programs, "fn main() {}\n#[global_allocator]");
    for (program, messages) in built {
        let texts: Vec<&str> = messages.iter().map(|message| &*message.text).collect();
        if program.starts_with("by_") {
            let [text] = texts[..] else { panic!("{program}: {texts:#?}") };
            assert!(
                text.contains("help: turn the feature on, or write `cache = \"none\"`"),
                "{text}"
            );
        } else {
            assert!(texts.is_empty(), "{program}: {texts:#?}");
        }
    }
}

#[test]
fn a_heap_that_nobody_uses_is_a_warning() {
    let programs =
        [("default", ""), ("placed", r#"policy = "first_fit""#), ("preset", r#"preset = "lean""#)];
    let project = Project::new("unused", "2024");
    for (program, messages) in heaps(&project, &programs, "fn main() {}") {
        let [message] = &messages[..] else { panic!("{program}: {messages:#?}") };
        assert_eq!((&*message.level, &*message.text), ("warning", "static `HEAP` is never used"));
        assert_eq!(message.place, Some((4, 8)), "at its name");
    }
    let project = Project::new("used", "2024");
    for (program, messages) in heaps(&project, &programs, "fn main() {}\n#[global_allocator]") {
        assert!(messages.is_empty(), "{program}: {messages:#?}");
    }
}
