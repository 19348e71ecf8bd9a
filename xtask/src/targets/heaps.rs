//! The benches beside peers on other targets: a program for each heap, all of one source.

use super::cargo;
use crate::command::{log, program_within};
use crate::failure::{At, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

/// A program, and its heap.
pub(super) struct Heap {
    /// The program's name.
    pub(super) name: &'static str,
    /// What a table says.
    pub(super) what: &'static str,
    pub(super) is_ours: bool,
    /// The most bytes that the program may take, if that is measured.
    bound: Option<usize>,
}

pub(super) const fn ours(name: &'static str, what: &'static str) -> Heap {
    Heap { name, what, is_ours: true, bound: None }
}

pub(super) const fn peer(name: &'static str, what: &'static str) -> Heap {
    Heap { name, what, is_ours: false, bound: None }
}

impl Heap {
    pub(super) const fn within(self, bound: usize) -> Self {
        Self { bound: Some(bound), ..self }
    }

    /// The bound as a table has it.
    pub(super) fn bound(&self) -> String {
        self.bound.map(|bound| bound.to_string()).unwrap_or_default()
    }

    /// Whether so many bytes are too many.
    pub(super) fn exceeds(&self, bytes: usize) -> bool {
        self.bound.is_some_and(|bound| bound < bytes)
    }
}

/// A workspace of programs, and how they are built.
pub(super) struct Bench {
    pub(super) target: &'static str,
    manifest: &'static str,
    /// What cargo calls the programs.
    kind: &'static str,
    /// Where they come to lie, and how their names end.
    folder: &'static str,
    extension: &'static str,
    flags: &'static str,
}

/// Programs of a Cortex-M3.
pub(super) const FLASH: Bench = Bench {
    target: "thumbv7m-none-eabi",
    manifest: "benches/flash/Cargo.toml",
    kind: "--bins",
    folder: "",
    extension: "",
    flags: "-D warnings -C linker=ld.lld -C link-arg=-Tlink.x",
};

/// Modules of WebAssembly.
pub(super) const WASM: Bench = Bench {
    target: "wasm32-unknown-unknown",
    manifest: "benches/wasm/Cargo.toml",
    kind: "--examples",
    folder: "examples",
    extension: "wasm",
    flags: "-D warnings -C linker=wasm-ld",
};

impl Bench {
    /// Where the program `name` is, if it was built.
    pub(super) fn program(&self, base: &Path, name: &str) -> PathBuf {
        let folder = base.join(self.target).join("release").join(self.folder);
        folder.join(name).with_extension(self.extension)
    }

    /// Builds all programs that build, with a feature or none, by this `opt-level`. Returns what was said.
    pub(super) fn build(
        &self,
        base: &Path,
        names: impl Iterator<Item = &'static str>,
        feature: &str,
        level: &str,
    ) -> Result<(ExitStatus, String)> {
        for program in names.map(|name| self.program(base, name)) {
            // What is not built must not be measured.
            if program.exists() {
                fs::remove_file(&program).at(&program)?;
            }
        }
        let mut build = cargo("build", self.target, "core,alloc", base);
        build.args(["--quiet", "--locked", "--release", self.kind, "--keep-going"]);
        build.args(["--manifest-path", self.manifest, "--features", feature]);
        build.env("RUSTFLAGS", self.flags).env("CARGO_PROFILE_RELEASE_OPT_LEVEL", level);
        log(&mut build, &base.join("build.log"))
    }
}

/// The emulator of a Cortex-M3, which runs `image` for so many seconds at most.
pub(super) fn cortex_m3(seconds: u32, image: &Path) -> Command {
    let mut emulator = program_within(seconds, "qemu-system-arm");
    emulator.args(["-cpu", "cortex-m3", "-machine", "lm3s6965evb", "-nographic"]);
    emulator.args(["-semihosting-config", "enable=on,target=native", "-kernel"]).arg(image);
    emulator
}
