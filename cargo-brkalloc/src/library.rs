//! The library that records, built from the sources within this program on first use.
//!
//! ```text
//!  XDG_CACHE_HOME or ~/.cache
//!    brkalloc/recorder-0.1.0-1a2b3c4d/    the number stands for the sources
//!      libbrkalloc_recorder.so            there once it is whole
//! ```
//!
//! Cargo builds it, offline if it can: the only crate that it needs is libc.

use crate::command::{Failure, note};
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The sources, by their place in the folder of the package.
const SOURCES: [(&str, &str); 8] = [
    ("Cargo.toml", include_str!("../recorder/manifest.toml")),
    ("lib.rs", include_str!("../recorder/lib.rs")),
    ("bootstrap.rs", include_str!("../recorder/bootstrap.rs")),
    ("next.rs", include_str!("../recorder/next.rs")),
    ("recorder/mod.rs", include_str!("../recorder/recorder/mod.rs")),
    ("recorder/file.rs", include_str!("../recorder/recorder/file.rs")),
    ("recorder/kept.rs", include_str!("../recorder/recorder/kept.rs")),
    ("recorder/piece.rs", include_str!("../recorder/recorder/piece.rs")),
];

const NAME: &str = "libbrkalloc_recorder.so";

/// Returns the path of the library, which is built if it is not there.
///
/// # Errors
///
/// It cannot be built, or lies where `LD_PRELOAD` cannot name it.
pub fn path() -> Result<PathBuf, Failure> {
    let folder = folder(&cache()?);
    let library = folder.join(NAME);
    let text = library.to_str().filter(|text| !text.contains([' ', ':', '\t', '\n']));
    if text.is_none() {
        return Err(Failure::file(format_args!(
            "{}: LD_PRELOAD takes no path with spaces or colons; set XDG_CACHE_HOME to another folder",
            library.display()
        )));
    }
    if !library.is_file() {
        note("building the library that records, once");
        build(&folder, &library)?;
    }
    Ok(library)
}

/// Returns where the library of this version is, once it was built, below a folder for caches.
#[must_use]
pub fn place(cache: &Path) -> PathBuf {
    folder(cache).join(NAME)
}

fn cache() -> Result<PathBuf, Failure> {
    let variable = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = variable("XDG_CACHE_HOME").filter(|path| path.is_absolute());
    let cache = cache.or_else(|| Some(variable("HOME")?.join(".cache")));
    cache.ok_or_else(|| Failure::file("no folder for the library that records; set XDG_CACHE_HOME"))
}

fn folder(cache: &Path) -> PathBuf {
    let name = format!("recorder-{}-{:08x}", env!("CARGO_PKG_VERSION"), number());
    cache.join("brkalloc").join(name)
}

/// A number that stands for the sources (Fowler, Noll and Vo 1991), so that those of another
/// version are never mistaken for these.
fn number() -> u32 {
    let bytes = SOURCES.iter().flat_map(|(path, text)| path.bytes().chain(text.bytes()));
    bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

fn build(folder: &Path, library: &Path) -> Result<(), Failure> {
    // Of this process, so that two may build at once; the last to finish has the name.
    let work = folder.join(format!("build-{}", std::process::id()));
    let built = unpack(&work).and_then(|()| {
        let offline = cargo(&work, &["--offline"])?;
        if offline.status.success() { Ok(offline) } else { cargo(&work, &[]) }
    });
    let outcome = built.map_err(|error| {
        Failure::file(format_args!(
            "{}: {error}; set XDG_CACHE_HOME to another folder",
            work.display()
        ))
    });
    let outcome = outcome.and_then(|output| {
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let line = said.lines().find(|line| line.starts_with("error")).unwrap_or("cargo failed");
            return Err(Failure::program(format_args!(
                "the library that records cannot be built: {line}; it needs cargo, a linker and the crate libc"
            )));
        }
        fs::rename(work.join("target/release").join(NAME), library).map_err(|error| {
            Failure::file(format_args!("{}: {error}; set XDG_CACHE_HOME", library.display()))
        })
    });
    // What is left there harms nobody.
    let _ = fs::remove_dir_all(&work);
    outcome
}

fn unpack(work: &Path) -> io::Result<()> {
    fs::create_dir_all(work.join("recorder"))?;
    SOURCES.iter().try_for_each(|(path, text)| fs::write(work.join(path), text))
}

fn cargo(work: &Path, options: &[&str]) -> io::Result<Output> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--release", "--quiet", "--target-dir", "target"]).args(options);
    // The library is for this machine and as it stands, whatever the user builds beside it.
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "RUSTC_WRAPPER"] {
        command.env_remove(name);
    }
    let output = command.current_dir(work).stdin(Stdio::null()).output();
    match output {
        // Without cargo there is no status either, so it fails as a command that was not found.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(io::Error::other("cargo was not found; install Rust, or set CARGO"))
        }
        output => output,
    }
}
