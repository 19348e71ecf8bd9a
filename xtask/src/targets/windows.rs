//! The runtime's unit tests and the program of `tests/windows` under wine.

use super::{cargo, packages};
use crate::command::{log, program, program_within, read, run as succeed, tail};
use crate::failure::{At, Result, fail};
use lexopt::Parser;
use std::fs;
use std::path::Path;
use std::process::Command;

const TARGET: &str = "x86_64-pc-windows-gnu";

const SAYS: &str = "\
LARGE: 0 bytes in use
HARDENED: 0 bytes in use
#[brk_heap(source = \"mmap\", arena = \"64KiB\", grow = \"64KiB\", limit = \"64GiB\", trim = \"256KiB\", large = \"1MiB\", policy = \"first_fit\", order = \"address\", index = \"tree\", coalesce = \"immediate\", lock = \"os\", harden = \"basic\", stats = \"none\")]
four threads: as one thread would
";

/// What std asks for and wine 8 does not have: random numbers, by what it has.
const RANDOM: &str = "\
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE to, SIZE_T length) {
    return SystemFunction036(to, (ULONG)length);
}
";

pub(crate) fn run(mut arguments: Parser, target: &Path) -> Result {
    if let Some(argument) = arguments.next()? {
        return Err(argument.unexpected().into());
    }
    let base = target.join("windows");
    fs::create_dir_all(&base).at(&base)?;
    let toolchain = ["rustc-web", "cargo-web", "rust-web-src", "gcc-mingw-w64-x86-64"];
    packages::install(&base, &[&toolchain[..], &["wine", "wine64"]].concat())?;
    let source = base.join("random.c");
    fs::write(&source, RANDOM).at(&source)?;
    let mut compiler = program("x86_64-w64-mingw32-gcc");
    compiler.arg("-shared").arg(&source).arg("-o").arg(base.join("bcryptprimitives.dll"));
    succeed(compiler.arg("-ladvapi32"))?;
    let runtime =
        read(program("x86_64-w64-mingw32-gcc").arg("-print-file-name=libgcc_s_seh-1.dll"))?;
    let runtime = Path::new(runtime.trim()).parent().unwrap_or(&base);
    let libraries = format!("{};{}", base.display(), runtime.display());

    let mut test = cargo("test", TARGET, "std,panic_unwind,test", &base);
    test.args(["--locked", "-p", "brkalloc", "--lib"]);
    let (status, said) = log(within_wine(&mut test, &libraries), &base.join("tests.log"))?;
    let result = said.lines().find(|line| line.starts_with("test result: ")).unwrap_or_default();
    if !status.success() || !result.starts_with("test result: ok.") {
        return fail(format!("the unit tests under wine:\n{}", tail(&said, 30)));
    }
    println!("unit tests: {result}");

    let mut build = cargo("build", TARGET, "std,panic_unwind", &base);
    build.args(["--quiet", "--locked", "--release", "--manifest-path", "tests/windows/Cargo.toml"]);
    succeed(within_wine(&mut build, &libraries))?;
    let exe = base.join(TARGET).join("release/brkalloc-windows.exe");
    let said = read(within_wine(program_within(120, "wine").arg(&exe), &libraries))?;
    if said.replace('\r', "") != SAYS {
        return fail(format!("{} should say {SAYS:?}, and says {said:?}", exe.display()));
    }
    println!("{said}");
    let mut misuse = program_within(60, "wine");
    misuse.arg(&exe).arg("double-free");
    let (status, said) = log(within_wine(&mut misuse, &libraries), &base.join("misuse.log"))?;
    if status.success()
        || !said
            .contains("brkalloc: LARGE: invalid free: memory is not in use (double free?) at 0x")
    {
        return fail(format!("a double free ends with {status}, and says {said}"));
    }
    println!("a double free: {}", said.trim());
    Ok(())
}

/// Has a command, and what it runs, find wine, mingw's linker and the libraries.
fn within_wine<'c>(command: &'c mut Command, libraries: &str) -> &'c mut Command {
    command
        .env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER", "x86_64-w64-mingw32-gcc")
        .env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", "wine")
        .env("WINEDEBUG", "-all")
        .env("WINEPATH", libraries)
}
