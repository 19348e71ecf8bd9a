//! Random requests on our heaps and on their peers: [instructions] on a Cortex-M3, and [time] in node.
//!
//! All heaps get the same requests, of one file: `benches/flash/src/actions.rs`. A heap that breaks a block, or refuses
//! more than a tenth of what a full arena is asked for, fails the command.

mod instructions;
mod time;

use super::heaps::Heap;
use super::packages;
use crate::command::{program, read};
use crate::failure::{At, Failure, Result};
use lexopt::Arg::Value;
use lexopt::{Parser, ValueExt};
use std::path::Path;

/// By what everything is optimized, in turn.
const LEVELS: [&str; 2] = ["s", "3"];

pub(crate) fn run(mut arguments: Parser, target: &Path) -> Result {
    let (mut instructions, mut time) = (true, true);
    while let Some(argument) = arguments.next()? {
        match argument {
            Value(word) => match &*word.string()? {
                "instructions" => time = false,
                "time" => instructions = false,
                other => return Err(Failure::Usage(format!("nothing to measure: {other}"))),
            },
            other => return Err(other.unexpected().into()),
        }
    }
    let base = target.join("actions");
    std::fs::create_dir_all(&base).at(&base)?;
    let toolchain = ["rustc-web", "cargo-web", "rust-web-src", "lld"];
    packages::install(&base, &[&toolchain[..], &["nodejs", "qemu-system-arm"]].concat())?;
    println!("{}\n", machine()?);
    if instructions {
        instructions::run(&base)?;
    }
    if time {
        time::run(&base)?;
    }
    Ok(())
}

/// What a figure depends on: the processor, the kernel, and the versions of the tools.
fn machine() -> Result<String> {
    let file = Path::new("/proc/cpuinfo");
    let text = std::fs::read_to_string(file).at(file)?;
    let processor = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let processor = processor.map_or("an unknown processor", |(_, name)| name.trim());
    let mut words = vec![processor.to_owned(), format!("Linux {}", said("uname", "-r")?)];
    words.push(said("qemu-system-arm", "--version")?);
    words.push(format!("node {}", said("node", "--version")?));
    words.push(said("/usr/bin/rustc", "--version")?);
    Ok(words.join(", "))
}

/// The first line that a program says, less what stands in parentheses.
fn said(name: &str, argument: &str) -> Result<String> {
    let said = read(program(name).arg(argument))?;
    let line = said.lines().next().unwrap_or_default();
    Ok(line.split(" (").next().unwrap_or_default().to_owned())
}

/// For each peer, says which of ours are ahead, by figures of which less is better. Returns the peers that are ahead of
/// all of ours.
fn compare(heaps: &[Heap], figures: &[f64]) -> Vec<&'static str> {
    let each = || heaps.iter().zip(figures);
    let mut ahead = Vec::new();
    for (peer, theirs) in each().filter(|(heap, _)| !heap.is_ours) {
        let behind: Vec<&str> = each()
            .filter(|(heap, figure)| heap.is_ours && *figure < theirs)
            .map(|(heap, _)| heap.name)
            .collect();
        let names = if behind.is_empty() { "none".to_owned() } else { behind.join(", ") };
        println!("ahead of {}: {names}", peer.name);
        if behind.is_empty() {
            ahead.push(peer.name);
        }
    }
    println!();
    ahead
}

#[cfg(test)]
mod tests {
    use super::super::heaps::{ours, peer};
    use super::*;

    #[test]
    fn a_peer_that_no_heap_of_ours_beats_is_named() {
        let heaps = [ours("a", "A"), ours("b", "B"), peer("c", "C"), peer("d", "D")];
        assert_eq!(compare(&heaps, &[2.0, 3.0, 2.5, 2.0]), ["d"]);
    }
}
