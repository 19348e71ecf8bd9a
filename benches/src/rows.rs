//! The rows: every allocator that is compared, and the program that has it as its global one.
//!
//! A new row is a program `src/bin/with_*.rs` and a line here.

/// An allocator.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What the tables call it.
    pub name: &'static str,
    /// The program, `src/bin/{program}.rs`.
    pub program: &'static str,
    /// What it is.
    pub kind: Kind,
}

/// Where an allocator comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The C library's, which the others are held against.
    Glibc,
    /// Ours, by this attribute.
    Ours(&'static str),
    /// A peer, by the name of its crate.
    Peer(&'static str),
    /// A peer that is built by a C or C++ compiler, by the name of its crate.
    PeerInC(&'static str),
}

const fn row(name: &'static str, program: &'static str, kind: Kind) -> Row {
    Row { name, program, kind }
}

/// Every row, in the order of the tables. The first is what the others are held against.
pub const ROWS: &[Row] = &[
    row("glibc", "with_glibc", Kind::Glibc),
    row("default", "with_default", Kind::Ours("#[brk_heap]")),
    row("fast", "with_fast", Kind::Ours(r#"#[brk_heap(preset = "fast")]"#)),
    row("lean", "with_lean", Kind::Ours(r#"#[brk_heap(preset = "lean")]"#)),
    row("hardened", "with_hardened", Kind::Ours(r#"#[brk_heap(preset = "hardened")]"#)),
    row(
        "segregated_fit",
        "with_segregated_fit",
        Kind::Ours(r#"#[brk_heap(policy = "segregated_fit")]"#),
    ),
    row(
        "first_fit by address",
        "with_first_fit",
        Kind::Ours(r#"#[brk_heap(arena = "64KiB", policy = "first_fit", order = "address")]"#),
    ),
    row(
        "best_fit by address",
        "with_best_fit",
        Kind::Ours(r#"#[brk_heap(policy = "best_fit", order = "address")]"#),
    ),
    row("mimalloc", "with_mimalloc", Kind::PeerInC("mimalloc")),
    row("jemalloc", "with_jemalloc", Kind::PeerInC("tikv-jemallocator")),
    row("snmalloc", "with_snmalloc", Kind::PeerInC("snmalloc-rs")),
    row("rpmalloc", "with_rpmalloc", Kind::PeerInC("rpmalloc")),
    row("talc", "with_talc", Kind::Peer("talc")),
    row("dlmalloc", "with_dlmalloc", Kind::Peer("dlmalloc")),
    row("rlsf", "with_rlsf", Kind::Peer("rlsf")),
    row("good_memory_allocator", "with_good_memory", Kind::Peer("good_memory_allocator")),
    row("buddy_system_allocator", "with_buddy_system", Kind::Peer("buddy_system_allocator")),
    row("linked_list_allocator", "with_linked_list", Kind::Peer("linked_list_allocator")),
];

/// Families of heaps that differ in what they check and clear alone. The first of each is what the others
/// are held against.
pub const LEVELS: &[(&str, &[Row])] = &[
    (
        "chunks",
        &[
            row(
                "none",
                "level_chunks_none",
                Kind::Ours(r#"#[brk_heap(policy = "segregated_fit", harden = "none")]"#),
            ),
            row(
                "basic",
                "with_segregated_fit",
                Kind::Ours(r#"#[brk_heap(policy = "segregated_fit")]"#),
            ),
            row(
                "basic, zero",
                "level_chunks_zero",
                Kind::Ours(r#"#[brk_heap(policy = "segregated_fit", zero = "free")]"#),
            ),
            row(
                "full",
                "level_chunks_full",
                Kind::Ours(r#"#[brk_heap(policy = "segregated_fit", harden = "full")]"#),
            ),
            row(
                "full, quarantine",
                "level_chunks_wait",
                Kind::Ours(
                    r#"#[brk_heap(policy = "segregated_fit", harden = "full", quarantine = "64KiB")]"#,
                ),
            ),
        ],
    ),
    (
        "cache",
        &[
            row(
                "none",
                "level_cache_none",
                Kind::Ours(r#"#[brk_heap(cache = "1MiB", harden = "none")]"#),
            ),
            row("basic", "with_default", Kind::Ours("#[brk_heap]")),
            row(
                "basic, zero",
                "level_cache_zero",
                Kind::Ours(r#"#[brk_heap(cache = "1MiB", zero = "free")]"#),
            ),
            row(
                "full",
                "level_cache_full",
                Kind::Ours(r#"#[brk_heap(cache = "1MiB", harden = "full")]"#),
            ),
            row(
                "full, quarantine",
                "level_cache_wait",
                Kind::Ours(r#"#[brk_heap(cache = "1MiB", harden = "full", quarantine = "64KiB")]"#),
            ),
        ],
    ),
];

impl Row {
    /// The attribute, or the crate and its version in the lock file.
    #[must_use]
    pub fn says(&self) -> String {
        match self.kind {
            Kind::Glibc => "`std::alloc::System`".to_owned(),
            Kind::Ours(attribute) => format!("`{attribute}`"),
            Kind::Peer(name) | Kind::PeerInC(name) => format!("{name} {}", version(name)),
        }
    }
}

/// The version of a crate in the lock file.
fn version(name: &str) -> &'static str {
    let lines = include_str!("../Cargo.lock").lines();
    let mut behind =
        lines.skip_while(|line| line.strip_prefix("name = ") != Some(&format!("\"{name}\"")));
    let line = behind.nth(1).and_then(|line| line.strip_prefix("version = "));
    line.unwrap_or_default().trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_program_is_a_row_and_has_the_attribute_that_the_row_says() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/bin");
        let files = std::fs::read_dir(folder).expect("the programs are there");
        let files = files.map(|file| file.expect("a file").file_name().into_string());
        let programs: BTreeSet<String> = files
            .filter_map(|name| Some(name.ok()?.strip_suffix(".rs")?.to_owned()))
            .filter(|name| name.starts_with("with_") || name.starts_with("level_"))
            .collect();
        let rows = || ROWS.iter().chain(LEVELS.iter().flat_map(|(_, rows)| *rows));
        assert_eq!(programs, rows().map(|row| row.program.to_owned()).collect());
        for row in rows() {
            if let Kind::Ours(attribute) = row.kind {
                let text = std::fs::read_to_string(format!("{folder}/{}.rs", row.program));
                assert!(text.expect("a program").contains(attribute), "{}", row.program);
            }
        }
    }

    #[test]
    fn a_peer_says_its_version() {
        assert!(version("talc").starts_with("5."));
        for row in ROWS {
            if let Kind::Peer(name) | Kind::PeerInC(name) = row.kind {
                assert!(version(name).contains('.'), "{name} is not in the lock file");
            }
        }
    }
}
