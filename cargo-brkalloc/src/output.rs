//! Writing a file: under another name first, so that nobody ever finds half of it.

use crate::command::Failure;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes a file by `write`, and gives it its name when it is whole. What is no file (a device, a
/// pipe) is written as it is.
///
/// # Errors
///
/// The file cannot be written.
pub fn replace(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), Failure> {
    let failed = |error: io::Error| failure(path, &error);
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        let mut out = BufWriter::new(File::options().write(true).open(path).map_err(failed)?);
        return write(&mut out).and_then(|()| out.flush()).map_err(failed);
    }
    let beside = beside(path);
    let written = File::create(&beside).and_then(|file| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.flush()
    });
    written.and_then(|()| fs::rename(&beside, path)).map_err(|error| {
        // The half that was written helps nobody.
        let _ = fs::remove_file(&beside);
        failed(error)
    })
}

/// Writes a file of these bytes, as [`replace`] does.
///
/// # Errors
///
/// The file cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    replace(path, |out| out.write_all(bytes))
}

/// Fails if a file could not be written at `path`, before there is anything to write.
///
/// # Errors
///
/// The folder is missing or cannot be written, or the path leads to a folder.
pub fn probe(path: &Path) -> Result<(), Failure> {
    match fs::metadata(path) {
        Ok(there) if there.is_dir() => {
            return Err(failure(path, &io::ErrorKind::IsADirectory.into()));
        }
        Ok(there) if !there.is_file() => return Ok(()),
        _ => {}
    }
    let beside = beside(path);
    let made = File::create(&beside).map(drop);
    made.and_then(|()| fs::remove_file(&beside)).map_err(|error| failure(path, &error))
}

fn failure(path: &Path, error: &io::Error) -> Failure {
    let instead = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space",
        io::ErrorKind::FileTooLarge => "raise `ulimit -f`",
        _ => "choose another path with `-o`",
    };
    Failure::file(format_args!("{}: {error}; {instead}", path.display()))
}

/// A name in the same folder, which no other process takes.
fn beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}
