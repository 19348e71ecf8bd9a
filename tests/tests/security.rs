//! The table of `SECURITY.md`, row by row: each misuse is done to a heap of each column, in a process of its own, and how that
//! ends is what the table says. What the heap finds ends the process by an abort, with one line that names heap, fault and address.
#![cfg(all(target_os = "linux", target_pointer_width = "64"))]

#[path = "../support/child.rs"]
mod child;
#[path = "../support/last_words.rs"]
mod last_words;

use brkalloc_harness::is_short;
use std::process::Command;

const PAGE: &str = include_str!("../../SECURITY.md");

/// The heaps of `misuse_levels`, in the order of the table's columns.
const HEAPS: [&str; 8] = [
    "BASIC_CHUNKS",
    "BASIC_CACHE",
    "BASIC_MAPPINGS",
    "FULL_CHUNKS",
    "FULL_CACHE",
    "FULL_MAPPINGS",
    "WAIT_CHUNKS",
    "WAIT_CACHE",
];

const FOREIGN: &str = "invalid free: pointer from outside this heap at ";
const FREE: &str = "invalid free: memory is not in use (double free?) at ";
const NO_CHUNK: &str = "invalid free: no chunk header here, or it was overwritten, at ";
const NO_OBJECT: &str = "invalid free: no object of its slab begins here at ";
const FREED_TWICE: &str = "double free of an object at ";
const DISAGREES: &str = "corrupt free chunk: header and footer differ at ";
const TAG: &str = "corrupt chunk: checksum of header or links is wrong at ";
const LINK: &str = "corrupt free object: checksum of its links is wrong at ";
const OVERRUN: &str = "buffer overflow: write past the end of the block at ";
const WRITTEN: &str = "use after free: write into freed memory at ";

/// What the heap may say of a misuse.
fn faults(misuse: &str) -> &'static [&'static str] {
    match misuse {
        "free of the inside of a block" => &[NO_CHUNK, NO_OBJECT, FOREIGN],
        "free of the middle of a granule" => &[NO_OBJECT, FOREIGN],
        "a write of eight bytes below a block" => &[NO_CHUNK, TAG, OVERRUN, FOREIGN],
        "a write into freed memory, at its beginning" => &[TAG, LINK],
        "a write into freed memory, at its end" => &[WRITTEN, DISAGREES],
        _ if misuse.starts_with("free, twice") => &[FREE, FREED_TWICE, FOREIGN],
        _ if misuse.contains("of what is free") => &[FREE, FREED_TWICE, FOREIGN],
        _ if misuse.starts_with("free of") => &[FOREIGN],
        _ if misuse.starts_with("a write into freed") => &[WRITTEN],
        _ if misuse.starts_with("a write of eight bytes past the end") => &[NO_CHUNK, OVERRUN],
        _ if misuse.starts_with("a write") => &[OVERRUN],
        _ => &[],
    }
}

/// What is said of a layout that is not the block's, on a heap for blocks of so many bytes.
fn of_layout(misuse: &str, size: usize) -> Option<String> {
    let (said, align) = match misuse {
        "free with a size that is one less" | "realloc with a size that is one less" => {
            (size - 1, 8)
        }
        "free with twice the size" => (2 * size, 8),
        "free with another alignment" => (size, 4),
        _ => return None,
    };
    Some(format!(
        "invalid free: wrong layout, {said} bytes aligned to {align} instead of {size} aligned to 8, at "
    ))
}

/// The rows of the page's table: a misuse, and a cell for each heap.
fn rows() -> Vec<(&'static str, Vec<&'static str>)> {
    let (_, table) = PAGE.split_once("|---|").expect("there is a table");
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|line| {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        (cells.next().expect("a row has a name"), cells.collect())
    })
    .collect()
}

/// How one misuse of one heap ends, as the table says it; an error if it ends otherwise than by any of its words.
fn outcome(heap: &str, misuse: &str) -> Result<String, String> {
    let ended = child::run(Command::new(env!("CARGO_BIN_EXE_misuse_levels")).args([heap, misuse]));
    let output = ended.output.clone();
    let (addresses, stages): (Vec<_>, Vec<_>) =
        output.lines().partition(|line| line.starts_with("0x"));
    let stage = (*stages.last().expect("the first stage begins")).to_owned();
    match (ended.code, ended.signal) {
        (Some(0), _) => return Ok(stage),
        (_, Some(libc::SIGSEGV | libc::SIGBUS)) if ended.errors.is_empty() => {
            return Ok("fault".to_owned());
        }
        _ => {}
    }
    let words = last_words::last_words(ended, misuse);
    let size = if heap.ends_with("MAPPINGS") { 100_000 } else { 100 };
    let known: Vec<_> = faults(misuse)
        .iter()
        .map(|fault| (*fault).to_owned())
        .chain(of_layout(misuse, size))
        .collect();
    let end =
        if heap.starts_with("BASIC") { "\n" } else { "; it is #[brk_heap(source = \"mmap\", " };
    let is_known = known.iter().any(|fault| {
        addresses
            .iter()
            .any(|address| words.starts_with(&format!("brkalloc: {heap}: {fault}{address}{end}")))
    });
    if is_known { Ok(stage) } else { Err(format!("{words}, of {addresses:?}")) }
}

#[test]
fn each_misuse_ends_on_each_level_as_the_page_says() {
    let mut wrong = Vec::new();
    let rows = rows();
    assert!(20 < rows.len(), "{rows:?}");
    for (misuse, cells) in rows {
        assert_eq!(cells.len(), HEAPS.len(), "{misuse}");
        for (heap, cell) in HEAPS.into_iter().zip(cells) {
            // Threads keep what this is, and hand it out: whatever then happens, nothing is promised.
            if (heap, cell) == ("BASIC_CACHE", "no") && is_short() {
                continue;
            }
            match outcome(heap, misuse) {
                Ok(stage) if stage == cell => {}
                _ if (heap, cell) == ("BASIC_CACHE", "no") => {}
                // Where the next mapping lies, and so what is found in vain, is the system's choice, or an emulator's.
                Ok(_) if cell == "no" && heap.ends_with("MAPPINGS") && is_short() => {}
                end => wrong.push(format!("{misuse}, {heap}: {end:?} and not `{cell}`\n")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

#[test]
fn what_is_no_misuse_ends_well_on_each_level() {
    for heap in HEAPS {
        let mut command = Command::new(env!("CARGO_BIN_EXE_misuse_levels"));
        let ended = child::run(command.args([heap, "nothing wrong"]));
        assert!(ended.well(heap).ends_with("\nno\n"), "{heap}");
    }
}

#[test]
fn what_full_misses_is_what_the_page_names() {
    let missed = [
        "free, twice, of what was handed out again",
        "a read of freed memory",
        "a write into the block above, beyond what is between",
        "a write past the end of what stands there",
    ];
    for (misuse, cells) in rows() {
        let is_missed = cells[3..6].contains(&"no");
        assert_eq!(is_missed, missed.contains(&misuse), "{misuse}: {cells:?}");
        let named = format!("- **{misuse}**");
        assert_eq!(is_missed, PAGE.contains(&named), "`{named}`");
    }
}
