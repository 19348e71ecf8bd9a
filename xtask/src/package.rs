//! What would be published: every package, packed by cargo and unpacked where the repository is not.
//!
//! ```text
//!   cargo publish --dry-run
//!   cargo package ─► target/rehearsal/package/*.crate ─► a temporary folder ─► files: there, and those of the repository
//!                                                                ├─► links: each leads somewhere
//!                                                                └─► cargo build, doc, test --doc
//! ```

use crate::command::{log, program, run as succeed, tail};
use crate::failure::{At, Result, fail};
use lexopt::Arg::Long;
use lexopt::Parser;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The version of all packages, which is the workspace's.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A package, its files that are the repository's, and those that are its own.
struct Package {
    name: &'static str,
    of_the_repository: &'static [&'static str],
    own: &'static [&'static str],
    /// Whether its README has programs.
    has_programs: bool,
}

/// In the order in which they are published.
const PACKAGES: [Package; 4] = [
    Package {
        name: "brkalloc-macros",
        of_the_repository: &["LICENSE-APACHE", "LICENSE-MIT"],
        own: &["Cargo.toml", "README.md", "src/brk_heap.md"],
        has_programs: true,
    },
    Package {
        name: "brkalloc",
        of_the_repository: &[
            "LICENSE-APACHE",
            "LICENSE-MIT",
            "README.md",
            "ARCHITECTURE.md",
            "CHANGELOG.md",
            "SECURITY.md",
            "docs/bare-metal.md",
            "docs/c-programs.md",
            "docs/cache.md",
            "docs/checks.md",
            "docs/development.md",
            "docs/expansion.md",
            "docs/images/map-dark.png",
            "docs/images/map-light.png",
            "docs/memory.md",
            "docs/own-policy.md",
            "docs/policies.md",
            "docs/trace-format.md",
            "docs/tune.md",
        ],
        own: &["Cargo.toml"],
        has_programs: true,
    },
    Package {
        name: "brkalloc-trace",
        of_the_repository: &["LICENSE-APACHE", "LICENSE-MIT"],
        own: &["Cargo.toml", "README.md"],
        has_programs: true,
    },
    Package {
        name: "cargo-brkalloc",
        of_the_repository: &["LICENSE-APACHE", "LICENSE-MIT"],
        own: &[
            "Cargo.toml",
            "README.md",
            "recorder/manifest.toml",
            "recorder/recorder/mod.rs",
            "recorder/recorder/file.rs",
            "recorder/recorder/piece.rs",
        ],
        has_programs: false,
    },
];

pub(crate) fn run(mut arguments: Parser, target: &Path) -> Result {
    let mut options = vec!["--locked"];
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("allow-dirty") => options.push("--allow-dirty"),
            other => return Err(other.unexpected().into()),
        }
    }
    for package in &PACKAGES {
        options.extend(["-p", package.name]);
    }
    let rehearsal = target.join("rehearsal");
    forget(&rehearsal)?;
    let mut publish = program("cargo");
    publish.args(["publish", "--dry-run"]).args(&options);
    succeed(publish.env("CARGO_TARGET_DIR", &rehearsal))?;
    // The rehearsal keeps no archive, so cargo packs once more.
    let mut pack = program("cargo");
    pack.args(["package", "--no-verify"]).args(&options);
    succeed(pack.env("CARGO_TARGET_DIR", &rehearsal))?;

    let folder = Folder::new()?;
    let members = PACKAGES.each_ref().map(|package| format!("{:?}", package.folder()));
    let patch =
        |package: &Package| format!("{} = {{ path = {:?} }}", package.name, package.folder());
    let patches = PACKAGES.each_ref().map(patch).join("\n");
    let manifest = format!(
        "[workspace]\nresolver = \"3\"\nmembers = [{}]\n\n[patch.crates-io]\n{patches}\n",
        members.join(", "),
    );
    fs::write(folder.0.join("Cargo.toml"), manifest).at(&folder.0)?;
    fs::copy("Cargo.lock", folder.0.join("Cargo.lock")).at("Cargo.lock")?;
    for package in &PACKAGES {
        package.unpack(&rehearsal, &folder.0)?;
        package.look_at_files(&folder.0)?;
        package.look_at_links(&folder.0)?;
    }
    for package in &PACKAGES {
        package.build(target, &folder.0)?;
    }
    // Cargo packs no dependency for tests that has a path alone; what the attribute's page shows needs this one.
    let manifest = folder.0.join(PACKAGES[0].folder()).join("Cargo.toml");
    let completed = format!(
        "{}\n[dev-dependencies.brkalloc]\npath = \"../{}\"\n",
        fs::read_to_string(&manifest).at(&manifest)?,
        PACKAGES[1].folder()
    );
    fs::write(&manifest, completed).at(&manifest)?;
    for package in &PACKAGES {
        package.test_documentation(target, &folder.0)?;
    }
    Ok(())
}

/// Removes what an earlier rehearsal left. Cargo builds each package against those that it would publish before it, and
/// takes those for what a registry has, which never changes: it looks neither into the sources that it unpacked below its
/// home, nor for changes since it built them. Folders of real registries begin with a name, those of rehearsals with a dash.
fn forget(rehearsal: &Path) -> Result {
    if rehearsal.exists() {
        fs::remove_dir_all(rehearsal).at(rehearsal)?;
    }
    let below_home = || Some(std::env::home_dir()?.join(".cargo"));
    let Some(home) = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(below_home) else {
        return Ok(());
    };
    let sources = home.join("registry/src");
    if !sources.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(&sources).at(&sources)? {
        let entry = entry.at(&sources)?;
        if !entry.file_name().as_encoded_bytes().starts_with(b"-") {
            continue;
        }
        for package in &PACKAGES {
            let unpacked = entry.path().join(package.folder());
            if unpacked.is_dir() {
                fs::remove_dir_all(&unpacked).at(&unpacked)?;
            }
        }
    }
    Ok(())
}

impl Package {
    /// The folder that its archive holds.
    fn folder(&self) -> String {
        format!("{}-{VERSION}", self.name)
    }

    fn unpack(&self, rehearsal: &Path, folder: &Path) -> Result {
        let archive = rehearsal.join("package").join(self.folder() + ".crate");
        // Cargo goes by the times of files, and those in an archive are all the same: these are new.
        succeed(program("tar").arg("-xmzf").arg(archive).arg("-C").arg(folder))
    }

    /// Fails unless every file is there, and says what the repository's says: a link that was not followed would not.
    fn look_at_files(&self, folder: &Path) -> Result {
        let inside = |file: &str| folder.join(self.folder()).join(file);
        for file in self.own {
            if !inside(file).is_file() {
                return fail(format!("{} has no {file}", self.folder()));
            }
        }
        for file in self.of_the_repository {
            let Ok(packed) = fs::read(inside(file)) else {
                return fail(format!("{} has no {file}", self.folder()));
            };
            if packed != fs::read(file).at(file)? {
                let name = self.folder();
                return fail(format!("{name} has another {file} than the repository"));
            }
        }
        println!("{}: {}", self.folder(), [self.own, self.of_the_repository].concat().join(" "));
        Ok(())
    }

    /// Fails unless every link of its documents leads to an address, a heading or a file of the package. A registry shows
    /// the README alone, so that one may not lead to files.
    fn look_at_links(&self, folder: &Path) -> Result {
        let root = folder.join(self.folder());
        for file in [self.own, self.of_the_repository].concat() {
            if Path::new(file).extension().is_none_or(|extension| extension != "md") {
                continue;
            }
            let text = fs::read_to_string(root.join(file)).at(file)?;
            let links = links(&text);
            for link in &links {
                let leads_on = match link.strip_prefix('#') {
                    Some(anchor) => anchors(&text).iter().any(|known| known == anchor),
                    None if link.starts_with("https://") => true,
                    None => file != "README.md" && root.join(file).with_file_name(link).is_file(),
                };
                if !leads_on {
                    let name = self.folder();
                    return fail(format!("{name}, {file}: `{link}` leads nowhere on a registry"));
                }
            }
            println!("{}: {file}: links looked at: {}", self.folder(), links.len());
        }
        Ok(())
    }

    fn cargo(&self, command: &str, target: &Path, folder: &Path) -> Command {
        let mut cargo = program("cargo");
        cargo
            .args([command, "--quiet", "--offline", "--all-features", "-p", self.name])
            .current_dir(folder)
            .env("CARGO_TARGET_DIR", target.join("unpacked"))
            .env("RUSTDOCFLAGS", "-D warnings");
        cargo
    }

    fn build(&self, target: &Path, folder: &Path) -> Result {
        succeed(&mut self.cargo("build", target, folder))?;
        succeed(self.cargo("doc", target, folder).arg("--no-deps"))?;
        println!("{}: cargo build and cargo doc: well", self.folder());
        Ok(())
    }

    /// Fails unless every program of the documentation passes, the README's among them.
    fn test_documentation(&self, target: &Path, folder: &Path) -> Result {
        let mut cargo = self.cargo("test", target, folder);
        cargo.env_remove("RUSTDOCFLAGS");
        cargo.args(["--doc", "--", "--format=pretty"]);
        let file = target.join("unpacked").join(format!("{}.log", self.name));
        let (status, said) = log(&mut cargo, &file)?;
        if !status.success() {
            let (file, said) = (file.display(), tail(&said, 30));
            return fail(format!("{}: cargo test --doc ({file}):\n{said}", self.folder()));
        }
        let passed: Vec<&str> =
            said.lines().filter(|line| line.starts_with("test ") && line.ends_with("ok")).collect();
        let of_the_readme = passed.iter().filter(|line| line.contains(" Readme ")).count();
        if self.has_programs && of_the_readme == 0 {
            return fail(format!("{}: no program of README.md was tested", self.folder()));
        }
        let (name, all) = (self.folder(), passed.len());
        println!("{name}: cargo test --doc: {all} passed, {of_the_readme} of them of README.md");
        Ok(())
    }
}

/// An empty folder outside of the repository, which goes with the value.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("brkalloc-package-{}", std::process::id()));
        fs::create_dir(&path).at(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left there harms nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The lines of a document that are no program and no output.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    text.lines().filter(move |line| {
        let is_fence = line.starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// Where the links and images of a document lead.
fn links(text: &str) -> Vec<&str> {
    let behind = prose(text).flat_map(|line| line.split("](").skip(1));
    behind.filter_map(|rest| Some(rest.split_once(')')?.0)).collect()
}

/// The names of a document's headings, as registries write them.
fn anchors(text: &str) -> Vec<String> {
    let headings = prose(text).filter(|line| line.starts_with('#'));
    let name = |heading: &str| {
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, '-' | '_' | ' ');
        let words: String = heading.trim_start_matches('#').trim().chars().filter(kept).collect();
        words.to_lowercase().replace(' ', "-")
    };
    headings.map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# A `b` c!\n[one](#a-b-c), ![two](a.svg)\n```text\n[no](link)\n```\n";

    #[test]
    fn links_and_headings_are_found_outside_of_code() {
        assert_eq!(links(TEXT), ["#a-b-c", "a.svg"]);
        assert_eq!(anchors(TEXT), ["a-b-c"]);
    }
}
