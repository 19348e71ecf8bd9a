//! Every input of the corpus, on the stable compiler and without a sanitizer: what once was found is
//! never found again.

use std::fs;
use std::path::Path;

/// Hands a target all that its corpus holds.
fn replay(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut count = 0;
    for entry in fs::read_dir(&folder).expect("each target has a corpus") {
        let path = entry.expect("a folder can be read").path();
        let named = Named(&path);
        target(&fs::read(&path).expect("an input can be read"));
        core::mem::forget(named);
        count += 1;
    }
    assert!(0 < count, "{} is empty", folder.display());
}

/// Prints whose input it was, if a panic drops it.
struct Named<'a>(&'a Path);

impl Drop for Named<'_> {
    fn drop(&mut self) {
        eprintln!("the input: {}", self.0.display());
    }
}

#[test]
fn the_core_holds() {
    replay("core", brkalloc_fuzz::core::run);
}

#[test]
fn whole_heaps_hold() {
    replay("heap", brkalloc_fuzz::heap::run);
}

#[test]
fn the_attribute_holds() {
    replay("attribute", brkalloc_fuzz::attribute::run);
}

#[test]
fn traces_are_read_or_refused() {
    replay("trace", brkalloc_fuzz::trace::run);
}

#[test]
fn recordings_of_others_are_read_or_refused() {
    replay("imports", brkalloc_fuzz::imports::run);
}

#[test]
fn damage_is_found_or_does_none() {
    replay("corruption", brkalloc_fuzz::corruption::run);
}
