//! The rooms of the runtime: no module imports from a room above its own, few files stand at the root, and none is
//! long.

use std::fs;
use std::path::{Path, PathBuf};

/// From the highest to the lowest, as ARCHITECTURE.md draws them.
const ROOMS: [&str; 5] = ["heap", "layers", "arena", "sys", "diag"];

/// Lines that a file may have, tests aside.
const LENGTH: usize = 400;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../brkalloc/src")
}

/// Every source below `folder`, with its path from there.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("it is a folder") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(folder).expect("it lies below");
                let text = fs::read_to_string(&path).expect("it is text");
                found.push((name.to_str().expect("it is ASCII").to_owned(), text));
            }
        }
    }
    found
}

/// The code of a source: without its tests, and without comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().take_while(|line| !line.starts_with("mod tests {"));
    lines.filter(|line| !line.trim_start().starts_with("//"))
}

/// The items of the crate's root that a line of a module so deep below it names, by `crate::` or by as many `super::`.
fn paths(line: &str, depth: usize) -> impl Iterator<Item = &str> {
    let up = "super::".repeat(depth);
    let starts = ["crate::".to_owned(), up];
    let behind = starts.map(|start| line.split(&*start).skip(1).collect::<Vec<_>>());
    let word = |rest: &str| rest.find(|c: char| !c.is_alphanumeric() && c != '_');
    behind.into_iter().flatten().map(move |rest| &rest[..word(rest).unwrap_or(rest.len())])
}

/// How deep below the crate's root the module of a file is.
fn depth(name: &str) -> usize {
    name.trim_end_matches("/mod.rs").split('/').count()
}

#[test]
fn no_module_imports_from_a_room_above_its_own() {
    let (mut files, mut imports, mut wrong) = (0, 0, Vec::new());
    for (name, text) in sources(&root()) {
        let Some((room, _)) = name.split_once('/') else { continue };
        if name.ends_with("/tests.rs") {
            continue;
        }
        let own = ROOMS.iter().position(|known| *known == room);
        let own = own.unwrap_or_else(|| panic!("{room} is a room that ARCHITECTURE.md draws"));
        files += 1;
        let depth = depth(&name);
        for line in code(&text) {
            for path in paths(line, depth) {
                let target = ROOMS.iter().position(|known| *known == path);
                imports += 1;
                // What the root shows again belongs to a room; the expansion's own names are `__private`.
                if target.is_none_or(|target| target < own) && !path.starts_with("__") {
                    wrong.push(format!("{name}: {}", line.trim()));
                }
            }
        }
    }
    assert!(70 < files && 200 < imports, "{files} files with {imports} imports");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn few_files_stand_at_the_root_and_none_is_long() {
    let sources = sources(&root());
    let at_root: Vec<_> = sources.iter().filter(|(name, _)| !name.contains('/')).collect();
    assert!(at_root.len() <= 3, "{at_root:?}");
    let long: Vec<_> = sources
        .iter()
        .filter(|(name, _)| !name.ends_with("/tests.rs"))
        .map(|(name, text)| {
            (name, text.lines().take_while(|it| !it.starts_with("mod tests {")).count())
        })
        .filter(|(_, length)| LENGTH < *length)
        .collect();
    assert!(long.is_empty(), "{long:?}");
}
