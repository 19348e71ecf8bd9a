//! A row of the table: what cargo and the tests need for a target whose programs run here.
//!
//! Programs of other processors run under qemu-user, and so do those that tests start: `tests/support/child.rs` reads
//! `BRKALLOC_RUNNER`. Those of i686 run as they are.

use super::packages::install;
use crate::command::{program, read, run};
use crate::failure::{At, Result, fail};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A target, and how its programs are linked and run.
#[derive(Debug)]
pub(super) struct Row {
    /// The target, with `+static` behind it where rustc is told to link statically.
    pub(super) name: String,
    /// The target alone.
    pub(super) target: String,
    /// The emulator, with its arguments; empty where the processor runs the programs itself.
    pub(super) runner: Vec<String>,
    linker: String,
    flags: String,
    /// Where the linker looks for libraries first.
    libraries: Option<PathBuf>,
}

impl Row {
    /// Installs and writes what the row needs.
    pub(super) fn prepare(base: &Path, name: &str) -> Result<Self> {
        let target = name.trim_end_matches("+static");
        match target {
            "aarch64-unknown-linux-gnu" => {
                Self::emulated(base, target, "arm64", "aarch64-linux-gnu", "aarch64")
            }
            "armv7-unknown-linux-gnueabihf" => {
                Self::emulated(base, target, "armhf", "arm-linux-gnueabihf", "arm")
            }
            "riscv64gc-unknown-linux-gnu" => {
                Self::emulated(base, target, "riscv64", "riscv64-linux-gnu", "riscv64")
            }
            "s390x-unknown-linux-gnu" => {
                Self::emulated(base, target, "s390x", "s390x-linux-gnu", "s390x")
            }
            "i686-unknown-linux-gnu" => Self::i686(base, target),
            "x86_64-unknown-linux-musl" => Self::musl(base, name, target),
            "x86_64-unknown-linux-gnu" => {
                install(base, &["gcc", "libc6-dev"])?;
                Ok(Self::native(
                    name,
                    "x86_64-linux-gnu",
                    "-C target-feature=+crt-static".to_owned(),
                ))
            }
            _ => fail(format!("no such row: {name}: xtask/src/targets/row.rs has them")),
        }
    }

    fn emulated(
        base: &Path,
        target: &str,
        architecture: &str,
        triple: &str,
        processor: &str,
    ) -> Result<Self> {
        let (gcc, libc) = (format!("gcc-{triple}"), format!("libc6-dev-{architecture}-cross"));
        install(base, &[&gcc, &libc, "qemu-user"])?;
        let runner = vec![format!("qemu-{processor}"), "-L".to_owned(), format!("/usr/{triple}")];
        Ok(Self { runner, ..Self::native(target, triple, String::new()) })
    }

    /// An x86-64 kernel runs these programs, but has no loader of theirs where they look for it.
    fn i686(base: &Path, target: &str) -> Result<Self> {
        install(base, &["gcc-i686-linux-gnu", "libc6-dev-i386-cross"])?;
        let libraries = "/usr/i686-linux-gnu/lib";
        let loader = format!("-C link-arg=-Wl,--dynamic-linker={libraries}/ld-linux.so.2");
        Ok(Self::native(
            target,
            "i686-linux-gnu",
            format!("{loader} -C link-arg=-Wl,-rpath,{libraries}"),
        ))
    }

    /// gcc's unwinder wants glibc; LLVM's wants one function of it.
    fn musl(base: &Path, name: &str, target: &str) -> Result<Self> {
        install(base, &["gcc", "musl-tools", "musl-dev", "libunwind-16-dev"])?;
        let folder = base.join("musl");
        fs::create_dir_all(&folder).at(&folder)?;
        let (object, library) = (folder.join("fprintf_chk.o"), folder.join("libunwind.a"));
        let compile = ["-fPIC", "-O1", "-c", "tests/targets/fprintf_chk.c", "-o"];
        run(program("musl-gcc").args(compile).arg(&object))?;
        let both = format!("INPUT(/usr/lib/llvm-16/lib/libunwind.a {})\n", object.display());
        fs::write(&library, both).at(&library)?;
        let libgcc = PathBuf::from(read(program("gcc").arg("-print-libgcc-file-name"))?.trim());
        let places =
            [&folder, Path::new("/usr/lib/x86_64-linux-musl"), libgcc.parent().unwrap_or(&folder)];
        let places = places.map(|place| format!("-L native={}", place.display())).join(" ");
        // If rustc is told nothing, it makes a static-pie.
        let kind = if name == target { "" } else { "-C relocation-model=static" };
        let flags = format!("-C link-self-contained=yes {places} {kind}");
        Ok(Self { libraries: Some(folder), ..Self::native(name, "x86_64-linux-gnu", flags) })
    }

    fn native(name: &str, triple: &str, flags: String) -> Self {
        let target = name.trim_end_matches("+static").to_owned();
        let linker = format!("{triple}-gcc");
        Self { name: name.to_owned(), target, runner: Vec::new(), linker, flags, libraries: None }
    }

    /// Adds to cargo, or to a program of tests, what the row needs. Emulation takes ten times as long, so tests are
    /// short: fewer cases, the beginning of traces.
    pub(super) fn equip<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let variable = format!("CARGO_TARGET_{}", self.target.to_uppercase().replace('-', "_"));
        if let Some(libraries) = &self.libraries {
            command.env("LIBRARY_PATH", libraries);
        } else {
            command.env_remove("LIBRARY_PATH");
        }
        command
            .env(format!("{variable}_LINKER"), &self.linker)
            .env(format!("{variable}_RUSTFLAGS"), &self.flags)
            .env("BRKALLOC_RUNNER", self.runner.join(" "))
            .env("BRKALLOC_SHORT", "1")
            .env("CARGO_PROFILE_TEST_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_TEST_DEBUG", "none")
    }

    /// A program of the target's, under the emulator if there is one.
    pub(super) fn words<'a>(&'a self, program: &'a str) -> impl Iterator<Item = &'a OsStr> {
        self.runner.iter().map(OsStr::new).chain([OsStr::new(program)])
    }
}
