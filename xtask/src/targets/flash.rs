//! How much flash a heap takes: the same small program of `benches/flash` on ours and on its peers, for a Cortex-M3.
//!
//! Each program runs in the emulator and says what it saw, so that no figure is that of a heap that does nothing. What
//! is left without a heap is the first row, and `net` is less that. Another program fills each heap, and says how much
//! of its arena was asked for. A peer that does not build is said.

use super::{cargo, fields, packages};
use crate::command::{log, program, program_within, read, tail};
use crate::failure::{At, Result, fail};
use lexopt::Parser;
use std::fs;
use std::path::Path;

const TARGET: &str = "thumbv7m-none-eabi";

/// What every program with a heap says.
const SAYS: &str = "100 strings of 2890 bytes, refused: true\n";

/// A program, and what is known of its heap.
struct Row {
    name: &'static str,
    heap: &'static str,
    /// The most bytes of text that it may have: for heaps of ours.
    bound: Option<usize>,
}

/// The program without a heap.
const WITHOUT: &str = "nothing";

const ROWS: [Row; 8] = [
    ours("smallest", "brkalloc, the smallest", 7_200),
    ours("segregated_fit", "brkalloc, the smallest with segregated fit", 9_080),
    ours("default", "brkalloc, static and spin, all else default", 9_600),
    peer("talc", "talc 5, spin lock"),
    peer("embedded_alloc_tlsf", "embedded-alloc 0.7, TLSF, critical section"),
    peer("embedded_alloc_list", "embedded-alloc 0.7, linked list, critical section"),
    peer("linked_list_allocator", "linked_list_allocator 0.10, spin lock"),
    peer("rlsf", "rlsf 0.2, spin lock"),
];

const fn ours(name: &'static str, heap: &'static str, bound: usize) -> Row {
    Row { name, heap, bound: Some(bound) }
}

const fn peer(name: &'static str, heap: &'static str) -> Row {
    Row { name, heap, bound: None }
}

/// The bytes of a program: code and constants, initial values of statics, zeros.
struct Sizes {
    text: usize,
    data: usize,
    bss: usize,
}

pub(crate) fn run(mut arguments: Parser, target: &Path) -> Result {
    if let Some(argument) = arguments.next()? {
        return Err(argument.unexpected().into());
    }
    let base = target.join("flash");
    fs::create_dir_all(&base).at(&base)?;
    packages::install(
        &base,
        &["rustc-web", "cargo-web", "rust-web-src", "lld", "qemu-system-arm"],
    )?;
    let images = base.join(TARGET).join("release");
    let said = build(&base, &images, &[])?;
    let mut measured = Vec::new();
    for row in &ROWS {
        let sizes = sizes(&images.join(row.name))?;
        if sizes.is_some() {
            row.expect(&images, SAYS)?;
        } else if row.bound.is_some() {
            return fail(tail(&said, 20));
        }
        measured.push(sizes);
    }
    let Some(without) = sizes(&images.join(WITHOUT))? else { return fail(tail(&said, 20)) };
    build(&base, &images, &["--features", "payload"])?;

    println!(
        "bytes on {TARGET}, opt-level \"s\", fat LTO, panic = \"abort\"; payload of a full arena\n"
    );
    println!(
        "{:<51} {:>6} {:>6} {:>6} {:>6} {:>6} {:>8}",
        "heap", "text", "bound", "net", "data", "bss", "payload"
    );
    let Sizes { text, data, bss } = without;
    println!("{:<51} {text:>6} {:>6} {:>6} {data:>6} {bss:>6}", "none, and no run", "", "");
    let mut beyond = Vec::new();
    for (row, sizes) in ROWS.iter().zip(measured) {
        let Some(Sizes { text, data, bss }) = sizes else {
            println!("{:<51} does not build: {}", row.heap, base.join("build.log").display());
            continue;
        };
        let (net, payload) = (text.saturating_sub(without.text), row.payload(&images)?);
        let bound = row.bound.map(|bound| bound.to_string()).unwrap_or_default();
        println!(
            "{:<51} {text:>6} {bound:>6} {net:>6} {data:>6} {bss:>6} {:>6}.{} %",
            row.heap,
            payload / 10,
            payload % 10
        );
        if row.bound.is_some_and(|bound| bound < text) {
            beyond.push(row.name);
        }
    }
    if beyond.is_empty() { Ok(()) } else { fail(format!("beyond its bound: {beyond:?}")) }
}

/// Builds every program that builds, with these arguments of cargo. Returns what was said.
fn build(base: &Path, images: &Path, arguments: &[&str]) -> Result<String> {
    for name in ROWS.iter().map(|row| row.name).chain([WITHOUT]) {
        // What is not built must not be measured.
        let image = images.join(name);
        if image.exists() {
            fs::remove_file(&image).at(&image)?;
        }
    }
    let mut build = cargo("build", TARGET, "core,alloc", base);
    build.args(["--quiet", "--locked", "--release", "--bins", "--keep-going"]);
    build.args(["--manifest-path", "benches/flash/Cargo.toml"]).args(arguments);
    build.env("RUSTFLAGS", "-D warnings -C linker=ld.lld -C link-arg=-Tlink.x");
    Ok(log(&mut build, &base.join("build.log"))?.1)
}

/// Returns the sizes of a program, if it was built.
fn sizes(image: &Path) -> Result<Option<Sizes>> {
    if !image.exists() {
        return Ok(None);
    }
    let table = read(program("size").arg(image))?;
    match table.lines().nth(1).map(fields).as_deref() {
        Some([text, data, bss, ..]) => Ok(Some(Sizes { text: *text, data: *data, bss: *bss })),
        _ => fail(format!("`size` says {table:?}")),
    }
}

impl Row {
    /// Runs the program, and returns what it says.
    fn says(&self, images: &Path) -> Result<String> {
        let mut emulator = program_within(60, "qemu-system-arm");
        emulator.args(["-cpu", "cortex-m3", "-machine", "lm3s6965evb", "-nographic"]);
        emulator.args(["-semihosting-config", "enable=on,target=native", "-kernel"]);
        read(emulator.arg(images.join(self.name)))
    }

    /// Runs the program, and compares what it says.
    fn expect(&self, images: &Path, says: &str) -> Result {
        let said = self.says(images)?;
        if said == says {
            return Ok(());
        }
        fail(format!("{} should say {says:?}, and says {said:?}", self.name))
    }

    /// Runs the program that fills the heap, and returns the payload in tenths of a percent.
    fn payload(&self, images: &Path) -> Result<usize> {
        let said = self.says(images)?;
        match said.strip_prefix("payload ").and_then(|rest| rest.trim_end().parse().ok()) {
            Some(payload) => Ok(payload),
            None => fail(format!("{} should say its payload, and says {said:?}", self.name)),
        }
    }
}
