//! A copy of the repository, in which lines are broken: an interrupted run leaves the sources as they were.

use crate::command::{program, read};
use crate::failure::{At, Result};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// The folder of a copy.
#[derive(Debug)]
pub(crate) struct Tree(PathBuf);

impl Tree {
    /// Copies what git tracks and what it could, less what has been deleted. Cargo goes by the times of files: the
    /// copies are new, so that it builds them whatever an earlier run has left.
    pub(crate) fn copy_to(folder: PathBuf) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(&folder).at(&folder)?;
        }
        let listed = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        for file in read(program("git").args(listed))?.split_terminator('\0') {
            if Path::new(file).exists() {
                let copy = folder.join(file);
                let parent = copy.parent().unwrap_or(&folder);
                fs::create_dir_all(parent).at(parent)?;
                if Path::new(file).is_symlink() {
                    symlink(fs::read_link(file).at(file)?, &copy).at(file)?;
                } else {
                    fs::copy(file, &copy).at(file)?;
                }
            }
        }
        Ok(Self(folder))
    }

    /// The copy's root.
    pub(crate) fn root(&self) -> &Path {
        &self.0
    }

    /// Reads a file of the copy.
    pub(crate) fn read(&self, file: impl AsRef<Path>) -> Result<String> {
        fs::read_to_string(self.0.join(&file)).at(file)
    }

    /// Writes a file of the copy.
    pub(crate) fn write(&self, file: impl AsRef<Path>, text: &str) -> Result {
        fs::write(self.0.join(&file), text).at(file)
    }
}
