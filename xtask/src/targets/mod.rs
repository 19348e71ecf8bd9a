//! Other targets than the one we write on: what has to [build](builds) for them, and the [table] of tests that run
//! there, the [firmware], tests of [bare] metal, the [flash] that a heap takes, [actions] and what they cost, the module of
//! [wasm], the [bytes](wasm_size) that a heap takes of one, and what runs on [windows].
//!
//! The standard library is built from Debian's sources (packages rustc-web, cargo-web, rust-web-src) with
//! `RUSTC_BOOTSTRAP`. As root, what is missing is [installed](packages).

pub(crate) mod actions;
pub(crate) mod bare;
mod builds;
pub(crate) mod firmware;
pub(crate) mod flash;
mod heaps;
mod packages;
mod row;
mod table;
pub(crate) mod wasm;
pub(crate) mod wasm_size;
pub(crate) mod windows;

use crate::command::{program, run as succeed};
use crate::failure::{At, Failure, Result};
use lexopt::Arg::{Long, Value};
use lexopt::{Parser, ValueExt};
use std::path::Path;
use std::process::Command;

/// Targets that run nothing here.
const BARE: [&str; 7] = [
    "wasm32-unknown-unknown",
    "thumbv7m-none-eabi",
    "thumbv7em-none-eabihf",
    "thumbv6m-none-eabi",
    "riscv32imc-unknown-none-elf",
    "riscv32imac-unknown-none-elf",
    "x86_64-pc-windows-gnu",
];

/// Targets whose tests run here.
const UNIX: [&str; 6] = [
    "aarch64-unknown-linux-gnu",
    "i686-unknown-linux-gnu",
    "armv7-unknown-linux-gnueabihf",
    "riscv64gc-unknown-linux-gnu",
    "s390x-unknown-linux-gnu",
    "x86_64-unknown-linux-musl",
];

/// Rows beside [`UNIX`]: programs that are linked statically.
const STATIC: [&str; 2] = ["x86_64-unknown-linux-musl+static", "x86_64-unknown-linux-gnu+static"];

/// What is to be done for the targets that the arguments name.
#[derive(Clone, Copy, PartialEq)]
enum Task {
    Everything,
    Build,
    Clippy,
}

pub(crate) fn run(mut arguments: Parser, target: &Path) -> Result {
    let mut task = Task::Everything;
    let mut names = Vec::new();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("build") => task = Task::Build,
            Long("clippy") => task = Task::Clippy,
            Value(name) => names.push(name.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    let base = target.join("targets");
    std::fs::create_dir_all(&base).at(&base)?;
    packages::install(&base, &["rustc-web", "cargo-web", "rust-web-src", "lld"])?;
    let or_all = |all: &[&str]| {
        if names.is_empty() {
            all.iter().map(|&name| name.to_owned()).collect()
        } else {
            names.clone()
        }
    };
    match task {
        Task::Clippy if names.is_empty() => {
            Err(Failure::Usage("--clippy needs a target".to_owned()))
        }
        Task::Clippy => clippy(&base, &names),
        Task::Build => builds::check(&base, &or_all(&[&UNIX[..], &BARE].concat())),
        Task::Everything => {
            if names.is_empty() {
                builds::check(&base, &or_all(&[&UNIX[..], &BARE].concat()))?;
            }
            table::run(&base, &or_all(&[&UNIX[..], &STATIC].concat()))
        }
    }
}

fn clippy(base: &Path, targets: &[String]) -> Result {
    packages::install(base, &["rust-web-clippy"])?;
    for target in targets {
        let mut clippy = cargo("clippy", target, crates(target), &base.join("clippy"));
        succeed(clippy.args(["--quiet", "--locked", "-p", "brkalloc", "--", "-D", "warnings"]))?;
        println!("clippy has nothing to say for {target}");
    }
    Ok(())
}

/// The crates of the standard library that a target has.
fn crates(target: &str) -> &'static str {
    if BARE.contains(&target) && !target.contains("windows") { "core,alloc" } else { "std" }
}

/// Debian's cargo, with these crates of the standard library from their sources.
fn cargo(command: &str, target: &str, crates: &str, folder: &Path) -> Command {
    let mut path = std::ffi::OsString::from("/usr/bin:");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut cargo = program("/usr/bin/cargo");
    cargo
        .args([command, &format!("-Zbuild-std={crates}"), "--target", target, "--target-dir"])
        .arg(folder)
        .env("PATH", path)
        .env("RUSTC", "/usr/bin/rustc")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_INCREMENTAL", "0")
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("RUSTFLAGS");
    cargo
}

/// The numbers that a line begins with.
fn fields(line: &str) -> Vec<usize> {
    line.split_whitespace().map_while(|field| field.parse().ok()).collect()
}
