//! Runs programs that were never meant for it on the libraries of `preload`, by `LD_PRELOAD`.
//!
//! With a library, a program must end as it does without, and write the same to the byte. Once more it runs on a library
//! that counts; a program of which that served no call is a failure too, because then nothing was shown. The programs are
//! those of `preload/programs`, each with all that it starts: [`NEEDED`] must be installed.

mod library;
mod trial;

use crate::command::{program, run as succeed};
use crate::failure::{At, Result, fail};
use lexopt::Arg::Long;
use lexopt::Parser;
use std::path::{Path, PathBuf};
use trial::{Ran, Trial};

/// What the programs start, and GNU time.
const NEEDED: [&str; 9] =
    ["/usr/bin/python3", "/usr/bin/time", "git", "gcc", "g++", "perl", "bash", "sqlite3", "sort"];

const HEAD: &str = "\
| library | program | calls served | s | s, glibc | ratio | peak MiB | peak MiB, glibc | ratio |
|---|---|--:|--:|--:|--:|--:|--:|--:|
";

pub(crate) fn run(mut arguments: Parser, target: &Path) -> Result {
    let mut rounds = 10;
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("once") => rounds = 1,
            other => return Err(other.unexpected().into()),
        }
    }
    for needed in NEEDED {
        if !program("sh")
            .args(["-c", "command -v \"$0\" >&2", needed])
            .output()
            .at("sh")?
            .status
            .success()
        {
            return fail(format!("{needed} is not installed: install it, or leave this check out"));
        }
    }
    let work = target.join("preload");
    let libraries = build(target, &work)?;
    let programs = files("preload/programs", "sh")?;
    let trial = Trial::new(&work);
    let mut rows = String::new();
    for library in &libraries {
        library::check(&work.join(library))?;
        for script in &programs {
            let row = compare(&trial, library, script, rounds)?;
            print!("{row}");
            rows += &row;
        }
    }
    println!(
        "\nRounds: {rounds}, each the same to the byte with the library and without. Times are medians, peaks the\n\
         largest of all rounds and of the processes of a program; glibc is what there is without the library.\n\n\
         {HEAD}{rows}"
    );
    Ok(())
}

/// Builds the libraries, into the folder, and those that count, into `counting` below it; returns their names.
fn build(target: &Path, work: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for library in files("preload/libraries", "rs")? {
        names.push(format!("libbrkalloc_{}.so", stem(&library)));
    }
    for (folder, features) in [(work.join("counting"), "count"), (work.to_owned(), "")] {
        let mut build = program("cargo");
        build.args([
            "build",
            "--locked",
            "--quiet",
            "--release",
            "-p",
            "brkalloc-preload",
            "--examples",
        ]);
        succeed(build.args(["--features", features]).env("CARGO_TARGET_DIR", target))?;
        std::fs::create_dir_all(&folder).at(&folder)?;
        for name in &names {
            let library = target.join("release/examples").join(name);
            std::fs::copy(&library, folder.join(name)).at(&library)?;
        }
    }
    Ok(names)
}

/// Runs a program with and without a library, so many times; returns its row of the table.
fn compare(trial: &Trial, library: &str, script: &Path, rounds: u32) -> Result<String> {
    let name = stem(script);
    let expected = trial.run(script, None)?;
    if !expected.is_success() {
        return fail(format!("{name} fails without a library: {}", expected.errors()));
    }
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        let ran = trial.run(script, None)?;
        if ran.output != expected.output {
            return fail(format!(
                "{name} differs from itself: write {} otherwise",
                script.display()
            ));
        }
        without.push(ran);
        let ran = trial.run(script, Some(Path::new(library)))?;
        if ran.output != expected.output || ran.errors != expected.errors {
            return fail(format!("{name} on {library} differs in round {round}: {}", ran.end()));
        }
        with.push(ran);
    }
    let counted = trial.run(script, Some(&Path::new("counting").join(library)))?;
    if counted.served(Some(main_of(&name))) == 0 {
        return fail(format!(
            "{} made no call that {library} served: nothing was shown",
            main_of(&name)
        ));
    }
    let (with, without) = (Figures::of(&with), Figures::of(&without));
    Ok(format!(
        "| {} | {name} | {} | {:.2} | {:.2} | {:.2} | {:.1} | {:.1} | {:.2} |\n",
        library.trim_start_matches("libbrkalloc_").trim_end_matches(".so"),
        counted.served(None),
        with.seconds,
        without.seconds,
        with.seconds / without.seconds,
        with.mebibytes,
        without.mebibytes,
        with.mebibytes / without.mebibytes,
    ))
}

/// The process of a program that must have allocated.
fn main_of(program: &str) -> &str {
    match program {
        "python" => "python3",
        "gcc" => "cc1",
        "g++" => "cc1plus",
        other => other,
    }
}

/// The median of the times, and the largest of the peaks.
#[derive(Debug)]
struct Figures {
    seconds: f64,
    mebibytes: f64,
}

impl Figures {
    fn of(all: &[Ran]) -> Self {
        let mut seconds: Vec<f64> = all.iter().map(|ran| ran.seconds).collect();
        seconds.sort_by(f64::total_cmp);
        let largest = all.iter().map(|ran| ran.kibibytes).fold(0.0, f64::max);
        Self { seconds: seconds[(seconds.len() - 1) / 2], mebibytes: largest / 1024.0 }
    }
}

/// The files of a folder that end so, in order.
fn files(folder: &str, end: &str) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in Path::new(folder).read_dir().at(folder)? {
        files.push(std::path::absolute(entry.at(folder)?.path()).at(folder)?);
    }
    files.retain(|file| file.extension().is_some_and(|found| found == end));
    files.sort();
    Ok(files)
}

/// The name of a file without its end.
fn stem(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
