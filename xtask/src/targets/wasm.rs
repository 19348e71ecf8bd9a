//! The module of `examples/wasm`, in node and in a browser: each tells the story of `heap.mjs`, and the words are compared.

use super::{cargo, packages};
use crate::command::{program, program_within, read, run as succeed};
use crate::failure::{At, Result, fail};
use core::time::Duration;
use lexopt::Parser;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;

const TARGET: &str = "wasm32-unknown-unknown";

const MODULE: &str = "brkalloc_wasm.wasm";

/// What the page needs beside the module.
const PAGE: [&str; 2] = ["index.html", "heap.mjs"];

const STORY: [&str; 5] = [
    "100 blocks of 1000 bytes",
    "960 blocks until the engine refuses, at 2048 KiB of memory (1088 before)",
    "every second freed: 517 bytes a block are in use",
    "all freed, and as many again",
    "all freed: 0 bytes are in use",
];

pub(crate) fn run(mut arguments: Parser, target: &Path) -> Result {
    if let Some(argument) = arguments.next()? {
        return Err(argument.unexpected().into());
    }
    let base = target.join("wasm");
    fs::create_dir_all(&base).at(&base)?;
    let toolchain = ["rustc-web", "cargo-web", "rust-web-src", "lld"];
    packages::install(&base, &[&toolchain[..], &["nodejs", "chromium", "python3"]].concat())?;
    let mut build = cargo("build", TARGET, "core,alloc", &base);
    build.args(["--quiet", "--locked", "--release", "--manifest-path", "examples/wasm/Cargo.toml"]);
    build.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld");
    succeed(build.env("RUSTFLAGS", "-D warnings"))?;
    let module = base.join(TARGET).join("release").join(MODULE);
    let bytes = fs::metadata(&module).at(&module)?.len();
    println!("{MODULE}: {bytes} bytes");

    let said = read(program_within(60, "node").arg("examples/wasm/node.mjs").arg(&module))?;
    if said.lines().ne(STORY) {
        return fail(format!("node should say {STORY:?}, and says {said:?}"));
    }
    println!("node:\n{said}");
    let site = base.join("site");
    fs::create_dir_all(&site).at(&site)?;
    fs::copy(&module, site.join(MODULE)).at(&module)?;
    for file in PAGE {
        fs::copy(Path::new("examples/wasm").join(file), site.join(file)).at(file)?;
    }
    browse(&site)
}

/// Opens the page in a browser, and looks for the story and the picture.
fn browse(site: &Path) -> Result {
    // The port is free again once the listener is gone; whoever takes it meanwhile makes the page fail.
    let listener = TcpListener::bind("127.0.0.1:0").at("127.0.0.1")?;
    let port = listener.local_addr().at("127.0.0.1")?.port().to_string();
    drop(listener);
    let server = program("python3")
        .args(["-m", "http.server", "--bind", "127.0.0.1", &port])
        .current_dir(site)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let _server = Server(server.at("python3")?);
    let mut browser = program_within(120, "chromium");
    browser.args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]);
    browser.args(["--virtual-time-budget=10000", &format!("http://127.0.0.1:{port}/")]);
    let mut page = String::new();
    // The server takes a moment.
    for _ in 0..5 {
        sleep(Duration::from_secs(1));
        page = read(&mut browser)?;
        if page.contains("</li>") {
            break;
        }
    }
    let told = STORY.iter().all(|line| page.contains(&format!("<li>{line}</li>")));
    if !told || !page.contains("#[brk_heap(source") || !page.contains("|####") {
        return fail(format!("the page should tell {STORY:?} and draw the heap, and is {page}"));
    }
    println!("chromium: the same, and a picture of the heap");
    Ok(())
}

/// Serves files until it is dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
