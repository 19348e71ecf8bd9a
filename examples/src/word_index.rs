//! A word index over text files: which words they have, how often, and where.
//!
//! It is kept up to date as an editor's would be: files are dropped and read again while others
//! stay, so that objects of many sizes come and go in an order that no heap would choose. What it
//! finds is the same on every heap; where that lies is not.

use crate::text::{Grouped, exit_code, wrapped};
use brkalloc::{Configuration, Picture, Stats};
use lexopt::Arg::{Long, Short, Value};
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
/// A file that cannot be read is named on standard error and makes the exit code 1; the others are
/// indexed all the same.
pub fn run(look: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> ExitCode {
    let mut out = io::stdout().lock();
    let named = match named(lexopt::Parser::from_env()) {
        Ok(Some(named)) => named,
        Ok(None) => return exit_code(writeln!(out, "{HELP}").map(|()| ExitCode::SUCCESS)),
        Err(mistake) => {
            eprintln!("{mistake}; write file names, or `--help`; files whose names begin with");
            eprintln!("a dash stand behind `--`");
            return ExitCode::from(2);
        }
    };
    let files = if named.is_empty() { documents() } else { named };
    let mut readable = Vec::new();
    for file in &files {
        match fs::read_to_string(file) {
            Ok(_) => readable.push(file.as_path()),
            Err(error) => eprintln!("{}: {error}", file.display()),
        }
    }
    if readable.is_empty() {
        eprintln!("there is nothing to index");
        return ExitCode::FAILURE;
    }
    let index = kept_up_to_date(&readable);
    let code = ExitCode::from(u8::from(readable.len() < files.len()));
    let written = print(&index, &readable, &mut out).and_then(|()| look(&mut out));
    exit_code(written.map(|()| code))
}

/// The files that the command line names; `None` for the help.
fn named(mut arguments: lexopt::Parser) -> Result<Option<Vec<PathBuf>>, lexopt::Error> {
    let mut named = Vec::new();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("help") | Short('h') => return Ok(None),
            Value(file) => named.push(PathBuf::from(file)),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some(named))
}

const HELP: &str = "\
Builds a word index over text files, and shows the heap that it lives on.

usage: cargo run --release --example POLICY [-- FILE…]

Without a FILE, it reads this repository's own documents and sources.";

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
    writeln!(out, "  {:<12}{:>7}{:>7}  first", "word", "times", "files")?;
    for (word, places) in index.most_frequent() {
        let (file, line) = places[0];
        let mut holders: Vec<usize> = places.iter().map(|place| place.0).collect();
        holders.dedup();
        let name = files[file].file_name().unwrap_or_default().display();
        let content = index.lines.get(&file).map_or("", |lines| &*lines[line - 1]);
        let first: String = format!("{name}:{line} {}", content.trim()).chars().take(50).collect();
        let (times, holders) = (Grouped(places.len()), Grouped(holders.len()));
        writeln!(out, "  {word:<12}{times:>7}{holders:>7}  {first}")?;
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
        "  free            {:>11} bytes in {} chunks, the largest of {} bytes",
        Grouped(stats.free),
        Grouped(stats.free_chunks),
        Grouped(stats.largest_free),
    )?;
    if let Some(operations) = stats.operations {
        writeln!(
            out,
            "  visited         {:>11} chunks per search in the median, {} in the worst",
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
