//! How many bytes of a module a heap takes: the same small program of `benches/wasm` on ours and on its peers.
//!
//! Each module runs in node, and returns how many bytes its strings have, so that no figure is that of a heap that does
//! nothing. The program without a heap, which imports one, is the first row, and `net` is less that.

use super::{cargo, packages};
use crate::command::{log, program_within, read, tail};
use crate::failure::{At, Result, fail};
use lexopt::Parser;
use std::fs;
use std::path::Path;

const TARGET: &str = "wasm32-unknown-unknown";

/// What the program of every module returns.
const RETURNS: &str = "10450\n";

/// Instantiates the module and calls its program.
const RUN: &str = "WebAssembly.instantiate(require('fs').readFileSync(process.argv[1]))\
    .then(({ instance }) => console.log(instance.exports.run(100)))";

/// A module, what is known of its heap, and the most bytes that it may have: for heaps of ours.
struct Row {
    name: &'static str,
    heap: &'static str,
    bound: Option<u64>,
}

/// The program without a heap.
const WITHOUT: &str = "nothing";

/// The module that must not be larger than that of [`PEER`].
const SMALLEST: &str = "smallest";

const PEER: &str = "talc";

const ROWS: [Row; 7] = [
    ours(SMALLEST, "brkalloc, the smallest", 3_900),
    ours("best_fit", "brkalloc, the smallest with best fit", 3_970),
    ours("segregated_fit", "brkalloc, segregated fit without checks and lock", 8_530),
    ours("default", "brkalloc, without options", 8_850),
    peer(PEER, "talc 5"),
    peer("lol_alloc", "lol_alloc 0.4, a list"),
    peer("dlmalloc", "dlmalloc 0.2, the standard library's"),
];

const fn ours(name: &'static str, heap: &'static str, bound: u64) -> Row {
    Row { name, heap, bound: Some(bound) }
}

const fn peer(name: &'static str, heap: &'static str) -> Row {
    Row { name, heap, bound: None }
}

pub(crate) fn run(mut arguments: Parser, target: &Path) -> Result {
    if let Some(argument) = arguments.next()? {
        return Err(argument.unexpected().into());
    }
    let base = target.join("wasm-size");
    fs::create_dir_all(&base).at(&base)?;
    packages::install(&base, &["rustc-web", "cargo-web", "rust-web-src", "lld", "nodejs"])?;
    let modules = base.join(TARGET).join("release/examples");
    let said = build(&base, &modules)?;
    let Some(without) = size(&modules, WITHOUT) else { return fail(tail(&said, 20)) };

    println!(
        "bytes of a module on {TARGET}, opt-level \"s\", fat LTO, panic = \"abort\", stripped\n"
    );
    println!("{:<51} {:>6} {:>6} {:>6}", "heap", "bytes", "bound", "net");
    println!("{:<51} {without:>6}", "none, but imports");
    let mut beyond = Vec::new();
    for row in &ROWS {
        let Some(bytes) = size(&modules, row.name) else {
            if row.bound.is_some() || row.name == PEER {
                return fail(tail(&said, 20));
            }
            println!("{:<51} does not build: {}", row.heap, base.join("build.log").display());
            continue;
        };
        let module = modules.join(row.name).with_extension("wasm");
        let returned = read(program_within(60, "node").args(["-e", RUN]).arg(module))?;
        if returned != RETURNS {
            return fail(format!(
                "{} should return {RETURNS:?}, and returns {returned:?}",
                row.name
            ));
        }
        let bound = row.bound.map(|bound| bound.to_string()).unwrap_or_default();
        println!("{:<51} {bytes:>6} {bound:>6} {:>6}", row.heap, bytes.saturating_sub(without));
        if row.bound.is_some_and(|bound| bound < bytes) {
            beyond.push(row.name);
        }
    }
    if size(&modules, PEER) < size(&modules, SMALLEST) {
        return fail(format!("the smallest heap is larger than {PEER}"));
    }
    if beyond.is_empty() { Ok(()) } else { fail(format!("beyond its bound: {beyond:?}")) }
}

/// Builds every module that builds. Returns what was said.
fn build(base: &Path, modules: &Path) -> Result<String> {
    if modules.exists() {
        // What is not built must not be measured.
        fs::remove_dir_all(modules).at(modules)?;
    }
    let mut build = cargo("build", TARGET, "core,alloc", base);
    build.args(["--quiet", "--locked", "--release", "--examples", "--keep-going"]);
    build.args(["--manifest-path", "benches/wasm/Cargo.toml"]);
    build.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld");
    build.env("RUSTFLAGS", "-D warnings");
    Ok(log(&mut build, &base.join("build.log"))?.1)
}

/// Returns the bytes of a module, if it was built.
fn size(modules: &Path, name: &str) -> Option<u64> {
    fs::metadata(modules.join(name).with_extension("wasm")).ok().map(|module| module.len())
}
