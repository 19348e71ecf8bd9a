//! The tests of `tests/bare` on an emulated Cortex-M3: on microcontrollers a granule has another size than elsewhere, and
//! the code is small, so the tests of other targets do not reach all of it.

use super::heaps::cortex_m3;
use super::{cargo, packages};
use crate::command::{read, run as succeed};
use crate::failure::{At, Result, fail};
use lexopt::Parser;
use std::path::Path;

const TARGET: &str = "thumbv7m-none-eabi";
const SAYS: &str = "11 policies place as they should\n";

pub(crate) fn run(mut arguments: Parser, target: &Path) -> Result {
    if let Some(argument) = arguments.next()? {
        return Err(argument.unexpected().into());
    }
    let base = target.join("bare");
    std::fs::create_dir_all(&base).at(&base)?;
    packages::install(
        &base,
        &["rustc-web", "cargo-web", "rust-web-src", "lld", "qemu-system-arm"],
    )?;
    let mut build = cargo("build", TARGET, "core,alloc", &base);
    build.args(["--quiet", "--locked", "--release", "--manifest-path", "tests/bare/Cargo.toml"]);
    succeed(build.env("RUSTFLAGS", "-D warnings -C linker=ld.lld -C link-arg=-Tlink.x"))?;
    let image = base.join(TARGET).join("release/requests");
    let said = read(&mut cortex_m3(300, &image))?;
    if said != SAYS {
        return fail(format!("the requests should end in {SAYS:?}, and say {said:?}"));
    }
    print!("{said}");
    Ok(())
}
