//! Every attribute that `tune` may print compiles where it is pasted, with a limit, too.

use cargo_brkalloc::attributes::list;
use cargo_brkalloc::tune::limited;
use core::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn every_attribute_that_may_be_recommended_compiles_where_it_is_pasted() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("recommended");
    fs::create_dir_all(folder.join("src")).expect("the target directory can be written");
    fs::copy(workspace.join("Cargo.lock"), folder.join("Cargo.lock")).expect("there is one");
    let manifest = format!(
        "[package]\nname = \"recommended\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\nbrkalloc = {{ path = \"{}\" }}\n",
        workspace.join("brkalloc").display()
    );
    fs::write(folder.join("Cargo.toml"), manifest).expect("it can be written");
    let attributes = list().into_iter().flat_map(|attribute| {
        let limits = [128 << 10, 5 << 20, 3 << 30];
        let limited = limits.into_iter().filter_map(move |limit| limited(&attribute, limit));
        [attribute.text()].into_iter().chain(limited)
    });
    let mut source = String::from("#![deny(warnings)]\nuse brkalloc::{BrkHeap, brk_heap};\n");
    let mut heaps = Vec::new();
    for (place, attribute) in attributes.enumerate() {
        writeln!(source, "{attribute}\nstatic H{place}: BrkHeap;").expect("a string takes all");
        heaps.push(format!("H{place}.config().limit"));
    }
    assert!(80 < heaps.len(), "{} attributes", heaps.len());
    writeln!(source, "fn main() {{ println!(\"{{:?}}\", [{}]); }}", heaps.join(", "))
        .expect("a string takes all");
    fs::write(folder.join("src/main.rs"), source).expect("it can be written");
    let output = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--quiet"])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env_remove("RUSTFLAGS")
        .output()
        .expect("there is a cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
