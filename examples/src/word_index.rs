//! A word index over text files: which words they have, how often, and where.
//!
//! It is kept up to date as an editor's would be: files are dropped and read again while others
//! stay, so that objects of many sizes come and go in an order that no heap would choose. What it
//! finds is the same on every heap; where that lies is not.

use crate::command_line::{self, refuse};
use crate::text::{Grouped, columns, shortened, wrapped};
use brkalloc::{Configuration, Picture, Stats};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How often every file is dropped and read again.
const ROUNDS: usize = 3;
/// Words that are printed, and their least length.
const SHOWN: usize = 8;
const LENGTH: usize = 5;
/// Columns of a line, and of its word.
const WIDTH: usize = 80;
const WORD: usize = 12;

/// Where a word stands: the number of the file, and that of the line.
type Place = (usize, usize);

/// The index: words with their places, files with their lines.
#[derive(Debug, Default)]
struct Index {
    words: BTreeMap<Box<str>, Vec<Place>>,
    lines: BTreeMap<usize, Vec<Box<str>>>,
}

impl Index {
    /// Takes in file number `file`.
    fn add(&mut self, file: usize, text: &str) {
        for (line, content) in (1..).zip(text.lines()) {
            for word in content.split(|character: char| !character.is_alphabetic()) {
                if !word.is_empty() {
                    let word = word.to_lowercase().into_boxed_str();
                    self.words.entry(word).or_default().push((file, line));
                }
            }
        }
        self.lines.insert(file, text.lines().map(Box::from).collect());
    }

    /// Forgets file number `file`, and the words that only it had.
    fn remove(&mut self, file: usize) {
        self.lines.remove(&file);
        self.words.retain(|_, places| {
            places.retain(|place| place.0 != file);
            places.shrink_to_fit();
            !places.is_empty()
        });
    }

    /// The most frequent words of `LENGTH` letters or more, of equals the first in the alphabet.
    fn most_frequent(&self) -> Vec<(&str, &[Place])> {
        let long = self.words.iter().filter(|(word, _)| LENGTH <= word.chars().count());
        let mut words: Vec<_> = long.map(|(word, places)| (&**word, &**places)).collect();
        words.sort_by_key(|(word, places)| (core::cmp::Reverse(places.len()), *word));
        words.truncate(SHOWN);
        words
    }

    /// The places of all words, counted.
    fn places(&self) -> usize {
        self.words.values().map(Vec::len).sum()
    }
}

/// Indexes the files named on the command line, prints what it found, and calls `look` while the
/// index still lives.
///
/// If a file cannot be read, the program names it on standard error and ends.
pub fn run(look: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> ExitCode {
    command_line::run(HELP, command_line::operands, |named, out| {
        let files =
            if named.is_empty() { documents() } else { named.iter().map(PathBuf::from).collect() };
        for file in &files {
            if let Err(error) = fs::read_to_string(file) {
                return Ok(refuse(format_args!("{}: {error}", file.display())));
            }
        }
        if files.is_empty() {
            return Ok(refuse("the repository is not there: name a FILE"));
        }
        let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
        let index = kept_up_to_date(&files);
        print(&index, &files, out)?;
        look(out)?;
        Ok(ExitCode::SUCCESS)
    })
}

const HELP: &str = "\
Builds a word index over text files, and shows the heap that it lives on.

usage: cargo run --release --example POLICY [-- FILE…]

POLICY is first_fit, next_fit, best_fit, worst_fit or segregated_fit. Without a
FILE, the program reads this repository's own documents and sources.";

/// An index over `files`, after rounds of edits.
fn kept_up_to_date(files: &[&Path]) -> Index {
    let mut index = Index::default();
    let read = |index: &mut Index, file: usize| {
        // Readable a moment ago; what is gone by now has no words.
        let text = fs::read_to_string(files[file]).unwrap_or_default();
        index.add(file, &text);
    };
    for file in 0..files.len() {
        read(&mut index, file);
    }
    for round in 0..ROUNDS {
        // Some files close and open again later, the others are saved one by one.
        let (closed, saved): (Vec<_>, Vec<_>) =
            (0..files.len()).partition(|file| (file + round) % ROUNDS == 0);
        for &file in &closed {
            index.remove(file);
        }
        for file in saved {
            index.remove(file);
            read(&mut index, file);
        }
        for &file in closed.iter().rev() {
            read(&mut index, file);
        }
    }
    for places in index.words.values_mut() {
        places.sort_unstable();
    }
    index
}

/// The documents at the top of this repository, and the runtime's sources.
fn documents() -> Vec<PathBuf> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR"));
    let top = examples.parent().unwrap_or(examples);
    let mut files = within(top, "md");
    let mut folders = vec![top.join("brkalloc").join("src")];
    while let Some(folder) = folders.pop() {
        files.extend(within(&folder, "rs"));
        folders.extend(entries(&folder).into_iter().filter(|path| path.is_dir()).rev());
    }
    files
}

/// The files in `folder` whose names end in `extension`, by name; a folder that cannot be read has
/// none.
fn within(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let has_extension = |path: &PathBuf| path.extension().is_some_and(|it| it == extension);
    entries(folder).into_iter().filter(|path| has_extension(path) && path.is_file()).collect()
}

/// What is in `folder`, by name.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn print(index: &Index, files: &[&Path], out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "Files: {}, each dropped and read again {ROUNDS} times.\nDifferent words: {}, in {} places.",
        Grouped(files.len()),
        Grouped(index.words.len()),
        Grouped(index.places()),
    )?;
    writeln!(out, "\nThe most frequent words of {LENGTH} letters or more:\n")?;
    writeln!(out, "  {:<WORD$}{:>7}{:>7}  first", "word", "times", "files")?;
    for (word, places) in index.most_frequent() {
        let (file, line) = places[0];
        let mut holders: Vec<usize> = places.iter().map(|place| place.0).collect();
        holders.dedup();
        let name = files[file].file_name().unwrap_or_default().display();
        let content = index.lines.get(&file).map_or("", |lines| &*lines[line - 1]);
        let (word, times) = (shortened(word, WORD), Grouped(places.len()));
        let row = format!("  {word:<WORD$}{times:>7}{:>7}  ", Grouped(holders.len()));
        let first = format!("{name}:{line} {}", content.trim());
        writeln!(out, "{row}{}", shortened(&first, WIDTH.saturating_sub(columns(&row))))?;
    }
    Ok(())
}

/// Prints what a heap says of itself.
///
/// # Errors
///
/// Those of writing.
pub fn print_heap(
    configuration: &Configuration,
    stats: &Stats,
    picture: &Picture,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "\nThe heap that the index lives on:\n")?;
    for line in wrapped(&configuration.to_string(), 76) {
        writeln!(out, "  {line}")?;
    }
    let used = stats.chunks - stats.free_chunks;
    writeln!(out, "\n  high-water mark {:>11} bytes", Grouped(stats.high_water))?;
    writeln!(out, "  committed       {:>11} bytes", Grouped(stats.committed))?;
    writeln!(
        out,
        "  live            {:>11} bytes in {} chunks, tags included",
        Grouped(stats.in_use),
        Grouped(used),
    )?;
    writeln!(
        out,
        "  free            {:>11} bytes in {} chunks",
        Grouped(stats.free),
        Grouped(stats.free_chunks),
    )?;
    writeln!(out, "  largest free    {:>11} bytes", Grouped(stats.largest_free))?;
    if let Some(operations) = stats.operations {
        writeln!(
            out,
            "  visited         {:>11} chunks a search in the median, {} at most",
            Grouped(operations.visited_median as usize),
            Grouped(operations.visited_max as usize),
        )?;
    }
    writeln!(out, "\n  The arena, each row with the byte that it begins at:\n\n{picture}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_are_those_at_the_top_and_every_source_of_the_runtime() {
        let documents = documents();
        let has = |end: &str| documents.iter().any(|path| path.ends_with(end));
        assert!(has("README.md") && has("brkalloc/src/lib.rs"), "{documents:?}");
        assert!(has("brkalloc/src/arena/index/tree/table/search.rs"), "{documents:?}");
        assert!(documents.iter().all(|path| path.is_file()), "{documents:?}");
    }
}
