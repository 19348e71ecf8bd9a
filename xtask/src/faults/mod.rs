//! Breaks one line at a time, and fails unless who stands up for the line notices.
//!
//! Tests and fuzzers are as good as what they find. A folder of [patches](patch) says which faults must be found, and by
//! whom: [tests](mutants) or [fuzzers]. All of it happens in a [copy](tree) of the repository with a target
//! directory of its own. A patch that does not apply, or does not compile, is a failure too.
//! What cargo-mutants can make needs [no patch](made).

pub(crate) mod fuzzers;
mod made;
pub(crate) mod mutants;
mod patch;
mod tree;

use crate::failure::{At, Result, fail};
use lexopt::Arg::{Long, Value};
use lexopt::{Parser, ValueExt};
use patch::{Patch, Witness};
use std::path::{Path, PathBuf};
use std::time::Instant;
use tree::Tree;

/// The patches of one run, and how many of them have failed so far.
#[derive(Debug)]
struct Faults {
    apply_only: bool,
    work: PathBuf,
    tree: Tree,
    folder: &'static Path,
    applicable: Vec<Fault>,
    total: usize,
    failures: usize,
    begun: Instant,
}

/// A patch that applies.
#[derive(Debug)]
struct Fault {
    name: String,
    patch: Patch,
    broken: String,
}

/// What became of a fault, in words.
#[derive(Debug)]
enum Verdict {
    Noticed(String),
    Missed(String),
}

impl Faults {
    /// Reads the arguments `[--apply-only] [NAME…]` and the patches that they mean: those of `folder`, unless they
    /// name some. `is_expected` refuses witnesses that the folder is not about.
    fn open(
        mut arguments: Parser,
        work: PathBuf,
        folder: &'static str,
        is_expected: impl Fn(&Witness) -> core::result::Result<(), String>,
    ) -> Result<Self> {
        let mut apply_only = false;
        let mut names = Vec::new();
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("apply-only") => apply_only = true,
                Value(name) => names.push(name.string()?.trim_end_matches(".patch").to_owned()),
                other => return Err(other.unexpected().into()),
            }
        }
        let folder = Path::new(folder);
        if names.is_empty() {
            names = all_of(folder)?;
        }
        let (total, begun) = (names.len(), Instant::now());
        let tree = Tree::copy_to(work.join("tree"))?;
        let applicable = Vec::with_capacity(total);
        let mut faults =
            Self { apply_only, work, tree, folder, applicable, total, failures: 0, begun };
        for name in names {
            let fault = Fault::read(folder, &name, &faults.tree)
                .and_then(|fault| is_expected(&fault.patch.witness).map(|()| fault));
            match fault {
                Ok(fault) => faults.applicable.push(fault),
                Err(why) => faults.failed(&name, &why),
            }
        }
        Ok(faults)
    }

    fn failed(&mut self, name: &str, why: &str) {
        println!("FAILED {name}: {why}");
        self.failures += 1;
    }

    /// Breaks one line after the other, and has `look` say what came of it.
    fn break_each(&mut self, look: impl Fn(&Self, &Fault) -> Result<Verdict>) -> Result {
        for fault in core::mem::take(&mut self.applicable) {
            let file = &fault.patch.file;
            let whole = self.tree.read(file)?;
            self.tree.write(file, &fault.broken)?;
            let verdict = look(self, &fault);
            self.tree.write(file, &whole)?;
            match verdict? {
                Verdict::Noticed(how) => println!("  {:<40} {how}", fault.name),
                Verdict::Missed(why) => self.failed(&fault.name, &why),
            }
        }
        Ok(())
    }

    /// Says how many patches did as they should, and fails unless all did.
    fn finish(self, should: &str) -> Result {
        let Self { total, failures, folder, begun, .. } = self;
        println!(
            "\n{} of {total} patches {should}, in {} s.",
            total - failures,
            begun.elapsed().as_secs()
        );
        if failures == 0 {
            return Ok(());
        }
        fail(format!(
            "{failures} patches, see above: mend the test or the fuzzer, or, where the sources have changed, {}",
            folder.display()
        ))
    }
}

impl Fault {
    fn read(folder: &Path, name: &str, tree: &Tree) -> core::result::Result<Self, String> {
        let text = std::fs::read_to_string(folder.join(format!("{name}.patch")))
            .map_err(|error| format!("there is no such patch in {}: {error}", folder.display()))?;
        let patch = Patch::parse(&text)?;
        let whole = tree.read(&patch.file).map_err(|_| format!("there is no {}", patch.file))?;
        let broken = patch.apply(&whole)?;
        Ok(Self { name: name.to_owned(), patch, broken })
    }
}

/// The names of all patches of a folder, in order.
fn all_of(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in folder.read_dir().at(folder)? {
        let file = entry.at(folder)?.path();
        if let (Some(name), Some("patch")) =
            (file.file_stem(), file.extension().and_then(|end| end.to_str()))
        {
            names.push(name.to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}
