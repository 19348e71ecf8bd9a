//! Programs that a test writes, and has cargo build: each a program of one package, which lies in the
//! target directory and depends on brkalloc as a user's does.
//!
//! ```text
//! target/tmp/NAME/     Cargo.toml, src/bin/PROGRAM.rs …
//! target/tmp/target/   what cargo built for all of them
//! ```
//!
//! Nothing is downloaded: the versions are those of the workspace.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A package of programs.
#[derive(Debug)]
pub(crate) struct Project {
    directory: PathBuf,
}

/// One thing that rustc said about a program.
#[derive(Debug)]
pub(crate) struct Message {
    /// `error`, `warning` or a kind of note.
    pub(crate) level: String,
    /// Its first lines.
    pub(crate) text: String,
    /// Where it points first: line and column.
    pub(crate) place: Option<(u64, u64)>,
}

impl Project {
    /// The package `name` of one `edition`, without a program.
    pub(crate) fn new(name: &str, edition: &str) -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        if directory.exists() {
            fs::remove_dir_all(&directory).expect("an old project can be removed");
        }
        fs::create_dir_all(directory.join("src/bin")).expect("the target directory can be written");
        fs::copy(workspace.join("Cargo.lock"), directory.join("Cargo.lock")).expect("there is one");
        let manifest = format!(
            "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = {edition:?}\n\n\
             [workspace]\n\n[dependencies]\n\
             brkalloc = {{ path = \"{brkalloc}\" }}\n\
             spin = {{ version = \"0.12\", default-features = false, \
             features = [\"spin_mutex\", \"lock_api\"] }}\n",
            brkalloc = workspace.join("brkalloc").display(),
        );
        fs::write(directory.join("Cargo.toml"), manifest).expect("the manifest can be written");
        Self { directory }
    }

    /// The package with brkalloc's default features off.
    #[allow(dead_code, reason = "not every test needs it")]
    pub(crate) fn without_std(self) -> Self {
        let file = self.directory.join("Cargo.toml");
        let manifest = fs::read_to_string(&file).expect("it was written");
        let manifest = manifest.replace("brkalloc\" }", "brkalloc\", default-features = false }");
        assert!(manifest.contains("default-features = false }\nspin"), "{manifest}");
        fs::write(file, manifest).expect("the manifest can be written");
        self
    }

    /// Adds a program.
    pub(crate) fn program(&self, name: &str, source: &str) {
        let file = self.directory.join("src/bin").join(name).with_extension("rs");
        fs::write(file, source).expect("a program can be written");
    }

    /// What cargo does when told `arguments`.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO"))
            .args(arguments)
            .arg("--offline")
            .current_dir(&self.directory)
            .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("target"))
            .env("CARGO_TERM_COLOR", "never")
            .env_remove("RUSTFLAGS")
            .env_remove("RUSTDOCFLAGS")
            .stdin(Stdio::null())
            .output()
            .expect("there is a cargo")
    }

    /// What rustc says to each program when it is told `check` or `clippy`.
    pub(crate) fn messages(&self, command: &str) -> BTreeMap<String, Vec<Message>> {
        let output = self.cargo(&[command, "--bins", "--keep-going", "--message-format=json"]);
        let mut all: BTreeMap<String, Vec<Message>> = BTreeMap::new();
        for line in output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let report: serde_json::Value =
                serde_json::from_slice(line).expect("cargo writes JSON");
            let program = report["target"]["name"].as_str().unwrap_or_default().to_owned();
            if report["target"]["kind"][0] != "bin" {
                continue;
            }
            let messages = all.entry(program).or_default();
            let message = &report["message"];
            let text = message["message"].as_str().unwrap_or_default();
            // The last line of every failed build is none of the mistakes.
            if report["reason"] == "compiler-message" && !text.starts_with("aborting due to") {
                let mut spans = message["spans"].as_array().into_iter().flatten();
                let first = spans.find(|span| span["is_primary"] == true);
                let number = |span: &serde_json::Value, name: &str| span[name].as_u64();
                messages.push(Message {
                    level: message["level"].as_str().unwrap_or_default().to_owned(),
                    text: text.to_owned(),
                    place: first.and_then(|span| {
                        number(span, "line_start").zip(number(span, "column_start"))
                    }),
                });
            }
        }
        assert!(!all.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        all
    }
}
