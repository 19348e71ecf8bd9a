//! Whether a program can be recorded: the loader has to take the library into it.
//!
//! ```text
//!  ELF file   | 0x7f E L F | class | … | program headers: one of type 3 names the loader
//!  script     | # ! interpreter …
//! ```

use std::env;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Bytes of a file that are looked at; program headers stand near the beginning.
const BEGINNING: u64 = 64 << 10;

/// Finds a program as `execvp` does.
#[must_use]
pub fn find(name: &Path) -> Option<PathBuf> {
    if name.components().nth(1).is_some() || name.is_absolute() {
        return name.is_file().then(|| name.to_owned());
    }
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Returns why nothing of a program would be recorded, and what to do.
#[must_use]
pub fn obstacle(path: &Path) -> Option<&'static str> {
    let status = fs::metadata(path).ok()?;
    // SAFETY: the call has no precondition.
    let user = unsafe { libc::geteuid() };
    // SAFETY: the call has no precondition.
    let group = unsafe { libc::getegid() };
    let gains_user = status.mode() & libc::S_ISUID != 0 && status.uid() != user;
    let gains_group = status.mode() & libc::S_ISGID != 0 && status.gid() != group;
    if gains_user || gains_group {
        return Some(
            "it is setuid, and the loader takes no library into such a program; run it as its owner",
        );
    }
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(BEGINNING).read_to_end(&mut bytes).ok()?;
    if let Some(line) = bytes.strip_prefix(b"#!") {
        let line = String::from_utf8_lossy(line.split(|byte| *byte == b'\n').next()?);
        let interpreter = line.split_whitespace().next()?.to_owned();
        // A script of a script is rare enough.
        return elf_obstacle(&fs::read(interpreter).ok()?);
    }
    elf_obstacle(&bytes)
}

/// Whether the program contains a heap of brkalloc: the words that begin its messages.
#[must_use]
pub fn has_heap_of_ours(path: &Path) -> bool {
    let words = b"brkalloc: ";
    fs::read(path).is_ok_and(|bytes| bytes.windows(words.len()).any(|part| part == words))
}

fn elf_obstacle(bytes: &[u8]) -> Option<&'static str> {
    if !bytes.starts_with(b"\x7fELF") {
        return None;
    }
    let is_wide = bytes.get(4) == Some(&2);
    if is_wide != cfg!(target_pointer_width = "64") {
        return Some("it has another word size than this tool; build the tool for its target");
    }
    let Some(loader) = loader(bytes, is_wide) else {
        return Some(
            "it is statically linked, so no library can be loaded before it; link it dynamically, \
             or give its heap `record = \"PATH\"`",
        );
    };
    let is_musl = loader.windows(4).any(|part| part == b"musl");
    (is_musl != cfg!(target_env = "musl"))
        .then_some("it is linked to another C library than this tool; build the tool for that one")
}

/// The path of the loader, as the program header of type 3 names it.
fn loader(bytes: &[u8], is_wide: bool) -> Option<&[u8]> {
    let number = |at: usize, length: usize| {
        let bytes = bytes.get(at..at.checked_add(length)?)?;
        let mut word = [0; 8];
        word[..length].copy_from_slice(bytes);
        usize::try_from(u64::from_le_bytes(word)).ok()
    };
    let (table, size, count) = if is_wide {
        (number(32, 8)?, number(54, 2)?, number(56, 2)?)
    } else {
        (number(28, 4)?, number(42, 2)?, number(44, 2)?)
    };
    (0..count).find_map(|index| {
        let header = table.checked_add(index * size)?;
        if number(header, 4)? != 3 {
            return None;
        }
        let (offset, length) = if is_wide {
            (number(header + 8, 8)?, number(header + 32, 8)?)
        } else {
            (number(header + 4, 4)?, number(header + 16, 4)?)
        };
        // A path beyond what was read is a loader all the same.
        Some(bytes.get(offset..offset.checked_add(length)?).unwrap_or(b""))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_beyond_every_address_name_no_loader() {
        let mut file = vec![0; 64];
        file[..5].copy_from_slice(b"\x7fELF\x02");
        file[56] = 1;
        for table in [64, usize::MAX, usize::MAX - 3] {
            file[32..40].copy_from_slice(&(table as u64).to_le_bytes());
            assert_eq!(loader(&file, true), None, "{table}");
        }
    }
}
