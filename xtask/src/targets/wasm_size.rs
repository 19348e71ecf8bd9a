//! How many bytes of a module a heap takes: the same small program of `benches/wasm` on ours and on its peers.
//!
//! Each module runs in node, and returns how many bytes its strings have, so that no figure is that of a heap that does
//! nothing. The program without a heap, which imports one, is the first row, and `net` is less that.

use super::heaps::{Heap, WASM, ours, peer};
use super::packages;
use crate::command::{program_within, read, tail};
use crate::failure::{At, Result, fail};
use lexopt::Parser;
use std::fs;
use std::path::Path;

/// What the program of every module returns.
const RETURNS: &str = "10450\n";

/// Instantiates the module and calls its program.
const RUN: &str = "WebAssembly.instantiate(require('fs').readFileSync(process.argv[1]))\
    .then(({ instance }) => console.log(instance.exports.run(100)))";

/// The program without a heap.
const WITHOUT: &str = "nothing";

/// The module that must not be larger than that of [`PEER`].
const SMALLEST: &str = "smallest";

const PEER: &str = "talc";

const HEAPS: [Heap; 7] = [
    ours(SMALLEST, "brkalloc, the smallest").within(3_900),
    ours("best_fit_list", "brkalloc, the smallest with best fit").within(3_970),
    ours("segregated_fit", "brkalloc, segregated fit without checks and lock").within(8_530),
    ours("default", "brkalloc, without options").within(8_850),
    peer(PEER, "talc 5"),
    peer("lol_alloc", "lol_alloc 0.4, a list"),
    peer("dlmalloc", "dlmalloc 0.2, the standard library's"),
];

pub(crate) fn run(mut arguments: Parser, target: &Path) -> Result {
    if let Some(argument) = arguments.next()? {
        return Err(argument.unexpected().into());
    }
    let base = target.join("wasm-size");
    fs::create_dir_all(&base).at(&base)?;
    packages::install(&base, &["rustc-web", "cargo-web", "rust-web-src", "lld", "nodejs"])?;
    let names = HEAPS.iter().map(|heap| heap.name).chain([WITHOUT]);
    let (_, said) = WASM.build(&base, names, "", "s")?;
    let Some(without) = size(&base, WITHOUT) else { return fail(tail(&said, 20)) };

    println!(
        "bytes of a module on {}, opt-level \"s\", fat LTO, panic = \"abort\", stripped\n",
        WASM.target
    );
    println!("{:<51} {:>6} {:>6} {:>6}", "heap", "bytes", "bound", "net");
    println!("{:<51} {without:>6}", "none, but imports");
    let mut beyond = Vec::new();
    for heap in &HEAPS {
        let Some(bytes) = size(&base, heap.name) else {
            if heap.is_ours || heap.name == PEER {
                return fail(tail(&said, 20));
            }
            println!("{:<51} does not build: {}", heap.what, base.join("build.log").display());
            continue;
        };
        let module = WASM.program(&base, heap.name);
        let returned = read(program_within(60, "node").args(["-e", RUN]).arg(module))?;
        if returned != RETURNS {
            return fail(format!(
                "{} should return {RETURNS:?}, and returns {returned:?}",
                heap.name
            ));
        }
        let net = bytes.saturating_sub(without);
        println!("{:<51} {bytes:>6} {:>6} {net:>6}", heap.what, heap.bound());
        if heap.exceeds(bytes) {
            beyond.push(heap.name);
        }
    }
    if size(&base, PEER) < size(&base, SMALLEST) {
        return fail(format!("the smallest heap is larger than {PEER}"));
    }
    if beyond.is_empty() { Ok(()) } else { fail(format!("beyond its bound: {beyond:?}")) }
}

/// Returns the bytes of a module, if it was built.
fn size(base: &Path, name: &str) -> Option<usize> {
    fs::read(WASM.program(base, name)).ok().map(|module| module.len())
}
