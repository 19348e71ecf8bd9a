//! The firmware of `examples/firmware` on processors that qemu emulates: a Cortex-M3, a Cortex-M0 without
//! compare-and-swap, and a RISC-V without atomic operations. Each program says through the emulator what it saw, and the words are compared.

use super::{cargo, fields, packages};
use crate::command::{program, program_within, read, run as succeed};
use crate::failure::{At, Result, fail};
use lexopt::Parser;
use std::path::Path;

/// A program, where it runs, and what it says there.
struct Firmware {
    name: &'static str,
    target: &'static str,
    /// The emulator and the machine.
    emulator: &'static [&'static str],
    /// What the linker is told.
    scripts: &'static [&'static str],
    says: &'static str,
}

const M3: &[&str] = &["qemu-system-arm", "-cpu", "cortex-m3", "-machine", "lm3s6965evb"];
const M0: &[&str] = &["qemu-system-arm", "-machine", "microbit"];
const RISC_V: &[&str] = &["qemu-system-riscv32", "-machine", "virt", "-bios", "none"];

const ALL: [Firmware; 5] = [
    Firmware {
        name: "spinning",
        target: "thumbv7m-none-eabi",
        emulator: M3,
        scripts: &["link.x"],
        says: "\
HEAP: 16384 bytes
100 strings: 7288 bytes in use
a megabyte: refused
31 blocks of 256 bytes, until there is no room
all freed: 0 bytes in use, 1 free chunk
",
    },
    Firmware {
        name: "linked",
        target: "thumbv7m-none-eabi",
        emulator: M3,
        scripts: &["link.x"],
        says: "\
HEAP: 57280 bytes
100 strings: 7288 bytes in use
a megabyte: refused
179 blocks of 256 bytes, until there is no room
all freed: 0 bytes in use, 1 free chunk
",
    },
    Firmware {
        name: "interrupted",
        target: "thumbv6m-none-eabi",
        emulator: M0,
        scripts: &["link.x"],
        says: "\
a thousand interrupts: 0 bytes in use
HEAP: 10240 bytes
100 strings: 7288 bytes in use
a megabyte: refused
9 blocks of 256 bytes, until there is no room
all freed: 0 bytes in use, 1 free chunk
",
    },
    Firmware {
        name: "given",
        target: "riscv32imc-unknown-none-elf",
        emulator: RISC_V,
        scripts: &["memory.x", "link.x"],
        says: "\
HEAP: 16384 bytes
100 strings: 7288 bytes in use
a megabyte: refused
31 blocks of 256 bytes, until there is no room
all freed: 0 bytes in use, 1 free chunk
",
    },
    Firmware {
        name: "unlocked",
        target: "thumbv6m-none-eabi",
        emulator: M0,
        scripts: &["link.x"],
        says: "\
HEAP: 10240 bytes
100 strings: 7288 bytes in use
a megabyte: refused
9 blocks of 256 bytes, until there is no room
all freed: 0 bytes in use, 1 free chunk
",
    },
];

pub(crate) fn run(mut arguments: Parser, target: &Path) -> Result {
    if let Some(argument) = arguments.next()? {
        return Err(argument.unexpected().into());
    }
    let base = target.join("firmware");
    std::fs::create_dir_all(&base).at(&base)?;
    packages::install(
        &base,
        &["rustc-web", "cargo-web", "rust-web-src", "lld", "qemu-system-arm", "qemu-system-misc"],
    )?;
    ALL.iter().try_for_each(|firmware| firmware.check(&base))
}

impl Firmware {
    /// Builds the program, runs it, and compares what it says.
    fn check(&self, base: &Path) -> Result {
        let mut build = cargo("build", self.target, "core,alloc", base);
        build.args(["--quiet", "--locked", "--release", "--bin", self.name]);
        build.args(["--manifest-path", "examples/firmware/Cargo.toml"]);
        let scripts = self.scripts.iter().map(|script| format!(" -C link-arg=-T{script}"));
        let flags = format!("-D warnings -C linker=ld.lld{}", scripts.collect::<String>());
        succeed(build.env("RUSTFLAGS", flags))?;
        let image = base.join(self.target).join("release").join(self.name);
        let [name, machine @ ..] = self.emulator else { return fail("no emulator is named") };
        let mut emulator = program_within(60, name);
        emulator.args(machine).args(["-nographic", "-semihosting-config"]);
        emulator.args(["enable=on,target=native", "-kernel"]).arg(&image);
        let said = read(&mut emulator)?;
        if said != self.says {
            return fail(format!("{} should say {:?}, and says {said:?}", self.name, self.says));
        }
        let table = read(program("size").arg(&image))?;
        let sizes = table.lines().nth(1).map(fields);
        let Some([text, data, bss, ..]) = sizes.as_deref() else {
            return fail(format!("`size` says {table:?}"));
        };
        println!(
            "{} on {}: {text} bytes of text, {} of data\n{said}",
            self.name,
            self.target,
            data + bss
        );
        Ok(())
    }
}
