//! Breaks one line at a time, and fails unless the fuzzer that stands up for it finds that within five minutes.
//!
//! Each fuzzer begins with the corpus of the repository alone. It is `.ci/run` that sees to it that nothing is found in
//! the whole tree.

use super::patch::Witness;
use super::{Fault, Faults, Verdict};
use crate::command::{log, program, tail};
use crate::failure::{At, Result, fail};
use lexopt::Parser;
use std::path::Path;

/// How long a fuzzer may search.
const SECONDS: u32 = 300;

pub(crate) fn run(arguments: Parser, target: &Path) -> Result {
    let is_fuzzer = |witness: &Witness| match witness {
        Witness::Fuzzer(target) if Path::new(&format!("fuzz/targets/{target}.rs")).exists() => {
            Ok(())
        }
        Witness::Fuzzer(target) => Err(format!("there is no fuzz/targets/{target}.rs")),
        Witness::Test { .. } => Err("it needs `# target:`".to_owned()),
    };
    let mut faults =
        Faults::open(arguments, target.join("fuzz-faults"), ".ci/fuzz-faults.d", is_fuzzer)?;
    if faults.apply_only {
        return faults.finish("apply");
    }
    faults.break_each(is_found)?;
    faults.finish("were found")
}

fn is_found(faults: &Faults, fault: &Fault) -> Result<Verdict> {
    let Witness::Fuzzer(target) = &fault.patch.witness else {
        return fail(format!("{} names no target of the fuzzers", fault.name));
    };
    let built = faults.work.join("target");
    let found = built.join("fuzz/found");
    for earlier in [&built.join("fuzz/corpus"), &found] {
        if earlier.exists() {
            std::fs::remove_dir_all(earlier).at(earlier)?;
        }
    }
    let mut fuzz = program("bash");
    fuzz.args([".ci/fuzz", &SECONDS.to_string(), target]);
    fuzz.current_dir(faults.tree.root()).env("CARGO_TARGET_DIR", built);
    let (status, said) = log(&mut fuzz, &faults.work.join("log"))?;
    let has_findings =
        found.join(target).read_dir().is_ok_and(|mut findings| findings.next().is_some());
    if status.success() {
        Ok(Verdict::Missed(format!("{target} finds nothing in {SECONDS} s: {}", fault.patch.why)))
    } else if has_findings {
        Ok(Verdict::Noticed(format!("{}: {}", when(&said), what(&said))))
    } else {
        println!("{}", tail(&said, 20));
        Ok(Verdict::Missed("it neither compiles nor ends as it should".to_owned()))
    }
}

/// When something was found: `.ci/fuzz` says `FAILED: core found something after 3 s: see …`.
fn when(log: &str) -> &str {
    let after =
        log.lines().find_map(|line| line.split_once(" found something ")).map(|(_, after)| after);
    after.and_then(|after| after.split_once(':')).map_or("at some time", |(when, _)| when)
}

/// The first line that says what was found.
fn what(log: &str) -> &str {
    let tells = |line: &&str| {
        line.contains("panicked at") || line.starts_with("brkalloc: ") || line.contains("ERROR: ")
    };
    log.lines().find(tells).unwrap_or("no message")
}
