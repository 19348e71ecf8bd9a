//! Where a heap may stand: every passing program of `ui`, in each edition, as clippy sees it.
//!
//! `ui.rs` runs them, in the newest edition. Here it matters that nothing is said of them: an error in an
//! older edition, or a lint that a strict project denies.

use std::fs;
use std::path::Path;

#[path = "../support/project.rs"]
mod project;
use project::Project;

/// Adds every passing program to `project`; how many there are.
fn add_programs(project: &Project) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/pass");
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let file = entry.expect("an entry").path();
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        project.program(&name, &fs::read_to_string(&file).expect("a program"));
        count += 1;
    }
    count
}

#[test]
fn every_edition_takes_a_heap_wherever_one_may_stand() {
    for edition in ["2018", "2021", "2024"] {
        let project = Project::new(&format!("places_{edition}"), edition);
        let count = add_programs(&project);
        assert!(11 <= count, "{count} programs");
        let messages = project.messages("clippy");
        assert_eq!(messages.len(), count, "every program was built: {:?}", messages.keys());
        for (program, messages) in messages {
            let errors = messages.iter().filter(|message| message.level == "error");
            let errors: Vec<_> = errors.map(|error| (error.place, &error.text)).collect();
            assert!(errors.is_empty(), "{program} in {edition}: {errors:#?}");
        }
    }
}

#[test]
fn a_runtime_under_another_name_is_found_where_the_attribute_says_or_missed_once() {
    let project = Project::new("renamed", "2024");
    let manifest = Path::new(env!("CARGO_TARGET_TMPDIR")).join("renamed/Cargo.toml");
    let text = fs::read_to_string(&manifest).expect("the project has one");
    let renamed = text.replace("brkalloc = {", "heaps = { package = \"brkalloc\",");
    assert_ne!(renamed, text);
    fs::write(manifest, renamed).expect("the manifest can be written");
    let program = |options: &str| {
        format!(
            "use heaps::{{BrkHeap, brk_heap}};\n#[brk_heap({options})]\nstatic HEAP: BrkHeap;\n\
             fn main() {{ println!(\"{{}}\", HEAP.config()); }}\n"
        )
    };
    project.program("named", &program(r#"crate = heaps, arena = "8KiB", lock = "spin""#));
    project.program("missed", &program(r#"arena = "8KiB", lock = "spin""#));
    let messages = project.messages("check");
    let texts = |program: &str| -> Vec<_> {
        let said = messages[program].iter().filter(|message| message.place.is_some());
        said.map(|message| (message.place, message.text.as_str())).collect()
    };
    assert_eq!(texts("named"), []);
    let missed = texts("missed");
    assert_eq!(missed, [(Some((2, 1)), "cannot find `brkalloc` in the crate root")]);
}

#[test]
fn what_strict_lints_deny_is_noticed_where_the_user_wrote_it() {
    let project = Project::new("strictness", "2024");
    let strict = include_str!("../ui/pass/strict_lints.rs");
    let undocumented = strict.replace("    /// In a function.\n", "");
    let too_long = strict.replace("fn main() {", "fn main() {\n    assert!(0 < 131072);");
    assert!(undocumented != strict && too_long != strict, "the program has changed");
    project.program("undocumented", &undocumented);
    project.program("too_long", &too_long);
    let messages = project.messages("clippy");
    for (program, part) in [("undocumented", "missing documentation"), ("too_long", "long literal")]
    {
        let texts: Vec<&str> = messages[program].iter().map(|message| &*message.text).collect();
        assert!(texts.iter().any(|text| text.contains(part)), "{program}: {texts:?}");
    }
}

/// A file below the directory that cargo builds projects in.
fn built(path: &str) -> String {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("target").join(path);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The text of a page, without its markup.
fn text(page: &str) -> String {
    let parts = page.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    parts.collect::<String>().replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">")
}

#[test]
fn the_page_of_a_heap_shows_its_type_and_its_options() {
    let project = Project::new("documented", "2024");
    let program = "#![deny(warnings, rustdoc::all)]\n//! A program.\n\n\
        use brkalloc::{BrkHeap, brk_heap};\n\n\
        /// The heap of this program.\n\
        #[brk_heap(arena = \"8KiB\", policy = \"best_fit\", lock = spin::mutex::SpinMutex<()>)]\n\
        pub static HEAP: BrkHeap;\n\nfn main() {}\n";
    project.program("heaps", program);
    let output = project.cargo(&["doc", "--no-deps", "--bin", "heaps"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let page = text(&built("doc/heaps/static.HEAP.html"));
    assert!(page.contains("static HEAP: BrkHeap<HEAP>"), "{page}");
    assert!(page.contains("The heap of this program."), "{page}");
    let rows = [
        "optionvalueset by",
        "arena\"8KiB\"attribute",
        "policy\"best_fit\"attribute",
        "lockspin::mutex::SpinMutex<()>attribute",
        "order\"address\"default",
        "limitas large as the target allowsdefault",
    ];
    let lines: String = page.split_whitespace().collect::<Vec<_>>().join(" ");
    for row in rows {
        assert!(lines.replace("> ", ">").contains(row), "{row}: {lines}");
    }
    let index = built("doc/heaps/index.html");
    assert!(!index.contains("enum.HEAP.html"), "the configuration is hidden");
}
