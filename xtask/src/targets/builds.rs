//! Builds for a target: the runtime without a warning, heaps on it, and one error that helps for each thing it lacks.
//!
//! Each heap is a file of `tests/targets`, which says in its first lines on which targets it is an error, and which:
//! `// on thumbv6m-none-eabi: this target has no …`.

use super::{cargo, crates};
use crate::command::{log, run};
use crate::failure::{At, Result, fail};
use std::fs;
use std::path::{Path, PathBuf};

/// Builds for each of the targets.
pub(super) fn check(base: &Path, targets: &[String]) -> Result {
    let heaps = heaps()?;
    let manifest = project(base, &heaps)?;
    let folder = base.join("build");
    for target in targets {
        let mut runtime = cargo("check", target, crates(target), &folder);
        run(runtime
            .args(["--quiet", "--locked", "-p", "brkalloc"])
            .env("RUSTFLAGS", "-D warnings"))?;
        let mut examples = cargo("check", target, crates(target), &folder);
        examples.args(["--offline", "--keep-going", "--examples", "--message-format", "short"]);
        examples.arg("--manifest-path").arg(&manifest).env("RUSTFLAGS", "-D warnings");
        let (_, said) = log(&mut examples, &base.join("lacking.log"))?;
        let mut refused = 0;
        for (file, text) in &heaps {
            let (expected, found) = (expected(target, text), errors(file, &said));
            if expected != found {
                let file = file.display();
                return fail(format!(
                    "{file} on {target} should say {expected:?}, and says {found:?}: {said}"
                ));
            }
            refused += usize::from(!expected.is_empty());
        }
        if said.matches("could not compile").count() != refused {
            return fail(format!(
                "other heaps than those of which tests/targets says it fail on {target}: {said}"
            ));
        }
        println!("builds for {target}");
    }
    Ok(())
}

/// The files of heaps and their texts, in order.
fn heaps() -> Result<Vec<(PathBuf, String)>> {
    let folder = Path::new("tests/targets");
    let mut heaps = Vec::new();
    for entry in folder.read_dir().at(folder)? {
        let file = entry.at(folder)?.path();
        if file.extension().is_some_and(|end| end == "rs") {
            let text = fs::read_to_string(&file).at(&file)?;
            heaps.push((file, text));
        }
    }
    heaps.sort();
    Ok(heaps)
}

/// Writes a project whose examples are the heaps, and returns its manifest.
fn project(base: &Path, heaps: &[(PathBuf, String)]) -> Result<PathBuf> {
    let folder = base.join("lacking");
    let root = std::env::current_dir().at(".")?;
    let package = format!(
        "[package]\nname = \"lacking\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n\
         [dependencies]\nbrkalloc = {{ path = \"{}\" }}\n",
        root.join("brkalloc").display()
    );
    let examples = heaps.iter().map(|(file, _)| {
        let (name, path) = (file.file_stem().unwrap_or_default().display(), root.join(file));
        let path = path.display();
        format!("[[example]]\nname = \"{name}\"\ncrate-type = [\"lib\"]\npath = \"{path}\"\n")
    });
    let text: String = core::iter::once(package).chain(examples).collect();
    let (source, manifest) = (folder.join("src"), folder.join("Cargo.toml"));
    fs::create_dir_all(&source).at(&source)?;
    fs::write(source.join("lib.rs"), "#![no_std]\n").at(&source)?;
    fs::copy("Cargo.lock", folder.join("Cargo.lock")).at("Cargo.lock")?;
    fs::write(&manifest, text).at(&manifest)?;
    Ok(manifest)
}

/// The errors that a heap says it gives on the target.
fn expected<'a>(target: &str, heap: &'a str) -> Vec<&'a str> {
    let start = format!("// on {target}: ");
    heap.lines().filter_map(|line| line.strip_prefix(&*start)).collect()
}

/// The errors of the file that rustc gave, each in one line, less what rustc says of constants.
fn errors<'a>(file: &Path, log: &'a str) -> Vec<&'a str> {
    let file = format!("/{}:", file.display());
    log.lines()
        .filter_map(|line| {
            let (_, rest) = line.split_once(&file)?;
            let rest =
                rest.trim_start_matches(|place: char| place.is_ascii_digit() || place == ':');
            let (code, message) = rest.strip_prefix(" error")?.split_once(": ")?;
            let is_code = code.is_empty() || code.starts_with("[E") && code.ends_with(']');
            let message = message.strip_prefix("evaluation panicked: ").unwrap_or(message);
            is_code.then(|| {
                message.split_once(": evaluation of `").map_or(message, |(start, _)| start)
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_read_less_place_code_and_constant() {
        let log = "\
/project/tests/targets/brk.rs:3:1: error[E0080]: evaluation panicked: no break: evaluation of `HEAP::_` failed here
/project/tests/targets/brk.rs:4:1: error: no such source
/project/tests/targets/brk.rs:5:1: warning: unused
/project/tests/targets/mmap.rs:3:1: error: no mapping
error: could not compile `lacking` (example \"brk\") due to 2 previous errors
";
        assert_eq!(errors(Path::new("tests/targets/brk.rs"), log), ["no break", "no such source"]);
    }

    #[test]
    fn a_heap_expects_the_errors_of_its_target() {
        let heap = "//! A heap.\n// on a-b: first\n// on a-b-c: other\n// on a-b: second\n";
        assert_eq!(expected("a-b", heap), ["first", "second"]);
    }
}
