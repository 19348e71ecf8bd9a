//! How much flash a heap takes: the same small program of `benches/flash` on ours and on its peers, for a Cortex-M3.
//!
//! Each program runs in the emulator and says what it saw, so that no figure is that of a heap that does nothing. What
//! is left without a heap is the first row, and `net` is less that. Another program fills each heap, and says how much
//! of its arena was asked for. A peer that does not build is said.

use super::heaps::{FLASH, Heap, cortex_m3, ours, peer};
use super::{fields, packages};
use crate::command::{program, read, tail};
use crate::failure::{At, Result, fail};
use lexopt::Parser;
use std::fs;
use std::path::Path;

/// What every program with a heap says.
const SAYS: &str = "100 strings of 2890 bytes, refused: true\n";

/// The program without a heap.
const WITHOUT: &str = "nothing";

const HEAPS: [Heap; 8] = [
    ours("smallest", "brkalloc, the smallest").within(7_200),
    ours("segregated_fit", "brkalloc, the smallest with segregated fit").within(9_080),
    ours("default", "brkalloc, static and spin, all else default").within(9_600),
    peer("talc", "talc 5, spin lock"),
    peer("embedded_alloc_tlsf", "embedded-alloc 0.7, TLSF, critical section"),
    peer("embedded_alloc_list", "embedded-alloc 0.7, linked list, critical section"),
    peer("linked_list_allocator", "linked_list_allocator 0.10, spin lock"),
    peer("rlsf", "rlsf 0.2, spin lock"),
];

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
    let names = || HEAPS.iter().map(|heap| heap.name).chain([WITHOUT]);
    let (_, said) = FLASH.build(&base, names(), "", "s")?;
    let mut measured = Vec::new();
    for heap in &HEAPS {
        let image = FLASH.program(&base, heap.name);
        let sizes = sizes(&image)?;
        if sizes.is_some() {
            expect(&image, SAYS)?;
        } else if heap.is_ours {
            return fail(tail(&said, 20));
        }
        measured.push(sizes);
    }
    let Some(without) = sizes(&FLASH.program(&base, WITHOUT))? else {
        return fail(tail(&said, 20));
    };
    FLASH.build(&base, names(), "payload", "s")?;

    println!(
        "bytes on {}, opt-level \"s\", fat LTO, panic = \"abort\"; payload of a full arena\n",
        FLASH.target
    );
    println!(
        "{:<51} {:>6} {:>6} {:>6} {:>6} {:>6} {:>8}",
        "heap", "text", "bound", "net", "data", "bss", "payload"
    );
    let Sizes { text, data, bss } = without;
    println!("{:<51} {text:>6} {:>6} {:>6} {data:>6} {bss:>6}", "none, and no run", "", "");
    let mut beyond = Vec::new();
    for (heap, sizes) in HEAPS.iter().zip(measured) {
        let Some(Sizes { text, data, bss }) = sizes else {
            println!("{:<51} does not build: {}", heap.what, base.join("build.log").display());
            continue;
        };
        let payload = payload(&FLASH.program(&base, heap.name))?;
        println!(
            "{:<51} {text:>6} {:>6} {:>6} {data:>6} {bss:>6} {:>6}.{} %",
            heap.what,
            heap.bound(),
            text.saturating_sub(without.text),
            payload / 10,
            payload % 10
        );
        if heap.exceeds(text) {
            beyond.push(heap.name);
        }
    }
    if beyond.is_empty() { Ok(()) } else { fail(format!("beyond its bound: {beyond:?}")) }
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

/// Runs the program, and compares what it says.
fn expect(image: &Path, says: &str) -> Result {
    let said = read(&mut cortex_m3(60, image))?;
    if said == says {
        return Ok(());
    }
    fail(format!("{} should say {says:?}, and says {said:?}", image.display()))
}

/// Runs the program that fills the heap, and returns the payload in tenths of a percent.
fn payload(image: &Path) -> Result<usize> {
    let said = read(&mut cortex_m3(60, image))?;
    match said.strip_prefix("payload ").and_then(|rest| rest.trim_end().parse().ok()) {
        Some(payload) => Ok(payload),
        None => fail(format!("{} should say its payload, and says {said:?}", image.display())),
    }
}
