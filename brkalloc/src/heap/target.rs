//! Compile errors for options that the target lacks: each says what to write instead.
//!
//! The macro runs on the host and does not know the target. So its expansion calls the functions
//! below during constant evaluation, and a panic there is the error. A source or lock that a target
//! lacks still has a type, which does nothing, so that no second error follows.

/// The parts of a target, and of this build, that an attribute can ask for.
#[derive(Clone, Copy, Debug)]
struct Target {
    system: System,
    /// Compare-and-swap, without which no lock can spin.
    swaps: bool,
    /// The feature that has the lock of critical sections.
    has_sections: bool,
    /// Linux, and counters of 64 bits: a file that a process shares with its memory.
    records: bool,
}

/// What gives memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum System {
    /// A Unix: memory on request, a lock that sleeps, C's functions.
    Unix,
    /// Windows: memory on request, and a lock that sleeps.
    Windows,
    /// The memory of a WebAssembly instance, which grows at its end.
    Wasm,
    /// Nothing.
    Nothing,
}

/// The target that this crate is compiled for.
const HERE: Target = Target {
    system: if cfg!(unix) {
        System::Unix
    } else if cfg!(windows) {
        System::Windows
    } else if cfg!(target_arch = "wasm32") {
        System::Wasm
    } else {
        System::Nothing
    },
    swaps: cfg!(target_has_atomic = "8"),
    has_sections: cfg!(feature = "critical-section"),
    records: cfg!(all(target_os = "linux", target_has_atomic = "64")),
};

impl Target {
    /// Whether a system gives memory on request, and locks that sleep.
    const fn is_hosted(self) -> bool {
        matches!(self.system, System::Unix | System::Windows)
    }

    /// Returns what to write instead of `source`, if the target lacks it.
    const fn lacks_source(self, source: &str, lock: &str) -> Option<&'static str> {
        let is_mmap = is(source, "mmap");
        if self.is_hosted() || !is_mmap && !is(source, "brk") {
            return None;
        }
        let lacks_both = !self.swaps && self.lacks_lock(lock).is_some();
        match (self.system, is_mmap, lacks_both) {
            (System::Wasm, false, _) => None,
            (System::Wasm, true, _) => Some(
                "`source = \"mmap\"` needs a Unix or Windows; on this target leave it out: `\"brk\"` grows the memory",
            ),
            (_, false, false) => Some(
                "`source = \"brk\"`, the default, needs a Unix or Windows; on this target write `source = \"static\", arena = \"64KiB\"`",
            ),
            (_, true, false) => Some(
                "`source = \"mmap\"` needs a Unix or Windows; on this target write `source = \"static\", arena = \"64KiB\"`",
            ),
            // The lock's error stays silent then, so this one covers both.
            (_, _, true) => Some(
                "this target has neither a system that gives memory nor compare-and-swap for a lock; write `source = \"static\", arena = \"64KiB\", unsafe(lock = \"none\")`",
            ),
        }
    }

    /// Returns what to write instead of `large`, if the target has no mappings.
    const fn lacks_large(self) -> Option<&'static str> {
        match self.system {
            System::Wasm => Some(
                "`large` needs mappings of their own for large requests, and WebAssembly has one memory, which only grows; leave the option out on this target",
            ),
            // Elsewhere, what gives the arena its memory is an error already.
            System::Unix | System::Windows | System::Nothing => None,
        }
    }

    /// Returns what to write instead of `cache`, if the target has none.
    const fn lacks_cache(self) -> Option<&'static str> {
        match self.system {
            System::Wasm => Some(
                "`cache` needs a Unix or Windows, for the ends of threads; leave the option out on this target",
            ),
            System::Unix | System::Windows | System::Nothing => None,
        }
    }

    /// Returns what to write instead of `record`, if the target cannot record.
    const fn lacks_record(self) -> Option<&'static str> {
        if self.records {
            return None;
        }
        Some(
            "`record` needs Linux, where a process shares a file with its memory; leave the option out on this target",
        )
    }

    /// Returns what to write instead of `lock`, if the target lacks it. `"default"` and `"none"`
    /// are words here.
    const fn lacks_lock(self, lock: &str) -> Option<&'static str> {
        if is(lock, "critical_section") {
            return if self.has_sections {
                None
            } else {
                Some(
                    "`lock = \"critical_section\"` needs a feature of this crate: `cargo add brkalloc --features critical-section`",
                )
            };
        }
        if is(lock, "os") && !self.is_hosted() && self.swaps {
            return Some(
                "`lock = \"os\"` needs a Unix or Windows; on this target write `lock = \"spin\"`, or leave it out",
            );
        }
        if self.swaps || is(lock, "none") {
            return None;
        }
        Some(
            "this target has no compare-and-swap, so no lock that spins; write `lock = \"critical_section\"`, with the feature `critical-section`, name a mutex of yours by its path, or write `unsafe(lock = \"none\")` if one thread uses the heap, and no interrupt",
        )
    }
}

/// Whether two words are the same.
const fn is(word: &str, other: &str) -> bool {
    let (word, other) = (word.as_bytes(), other.as_bytes());
    let mut place = 0;
    while place < word.len() && place < other.len() && word[place] == other[place] {
        place += 1;
    }
    place == word.len() && place == other.len()
}

/// Fails to compile where the target lacks `source`.
///
/// # Panics
///
/// If the target lacks it, during constant evaluation.
#[track_caller]
pub const fn require_source(source: &str, lock: &str) {
    if let Some(instead) = HERE.lacks_source(source, lock) {
        panic!("{}", instead);
    }
}

/// Fails to compile where the target lacks `lock`, unless the error for `source` already covers
/// locks.
///
/// # Panics
///
/// If the target lacks it, during constant evaluation.
#[track_caller]
pub const fn require_lock(source: &str, lock: &str) {
    if HERE.swaps || HERE.lacks_source(source, lock).is_none() {
        if let Some(instead) = HERE.lacks_lock(lock) {
            panic!("{}", instead);
        }
    }
}

/// Fails to compile where large requests can have no mappings.
///
/// # Panics
///
/// On such a target, during constant evaluation.
#[track_caller]
pub const fn require_large() {
    if let Some(instead) = HERE.lacks_large() {
        panic!("{}", instead);
    }
}

/// Fails to compile where threads can have no caches.
///
/// # Panics
///
/// On such a target, during constant evaluation.
#[track_caller]
pub const fn require_cache() {
    if let Some(instead) = HERE.lacks_cache() {
        panic!("{}", instead);
    }
}

/// Fails to compile where nothing can be recorded.
///
/// # Panics
///
/// On such a target, during constant evaluation.
#[track_caller]
pub const fn require_record() {
    if let Some(instead) = HERE.lacks_record() {
        panic!("{}", instead);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIX: Target =
        Target { system: System::Unix, swaps: true, has_sections: false, records: true };
    const WASM: Target = Target { system: System::Wasm, records: false, ..UNIX };
    const BARE: Target = Target { system: System::Nothing, ..WASM };
    const LEAST: Target = Target { swaps: false, ..BARE };

    #[test]
    fn a_unix_has_everything() {
        for source in ["brk", "mmap", "static"] {
            for lock in ["default", "os", "spin", "none"] {
                assert_eq!(UNIX.lacks_source(source, lock), None);
                assert_eq!(UNIX.lacks_lock(lock), None);
            }
        }
    }

    #[test]
    fn only_linux_records() {
        assert_eq!(UNIX.lacks_record(), None);
        let said = BARE.lacks_record().expect("it is lacking");
        assert!(said.contains("leave the option out"), "{said}");
    }

    #[test]
    fn a_static_arena_is_everywhere_and_what_the_system_gives_is_not() {
        for target in [BARE, LEAST] {
            for source in ["static", "slice", "linker"] {
                assert_eq!(target.lacks_source(source, "default"), None);
            }
            for source in ["brk", "mmap"] {
                let said = target.lacks_source(source, "none").expect("it is lacking");
                assert!(said.contains("`source = \"static\", arena = \"64KiB\"`"), "{said}");
            }
        }
        let said = BARE.lacks_source("brk", "os").expect("it is lacking");
        assert!(!said.contains("compare-and-swap"), "the lock speaks for itself there: {said}");
        let said = LEAST.lacks_source("brk", "default").expect("it is lacking");
        assert!(said.contains("unsafe(lock = \"none\")"), "it speaks for the lock, too: {said}");
    }

    #[test]
    fn a_lock_that_spins_needs_compare_and_swap_and_one_that_sleeps_a_system() {
        assert_eq!([BARE.lacks_lock("default"), BARE.lacks_lock("spin")], [None; 2]);
        assert_eq!(LEAST.lacks_lock("none"), None);
        assert!(BARE.lacks_lock("os").is_some_and(|said| said.contains("`lock = \"spin\"`")));
        for lock in ["default", "spin", "os"] {
            assert!(LEAST.lacks_lock(lock).is_some_and(|said| said.contains("by its path")));
        }
    }

    #[test]
    fn wasm_has_a_break_and_neither_mappings_nor_caches() {
        assert_eq!(WASM.lacks_source("brk", "default"), None);
        let said = WASM.lacks_source("mmap", "default").expect("it is lacking");
        assert!(said.contains("leave it out"), "{said}");
        for said in [WASM.lacks_large(), WASM.lacks_cache()] {
            assert!(said.expect("it is lacking").contains("leave the option out"));
        }
        for target in [UNIX, BARE, LEAST] {
            assert_eq!([target.lacks_large(), target.lacks_cache()], [None; 2]);
        }
    }

    #[test]
    fn a_critical_section_needs_its_feature_and_nothing_of_the_target() {
        for target in [UNIX, BARE, LEAST] {
            let said = target.lacks_lock("critical_section").expect("the feature is off");
            assert!(said.contains("--features critical-section"), "{said}");
            let with = Target { has_sections: true, ..target };
            assert_eq!(with.lacks_lock("critical_section"), None);
        }
    }

    #[test]
    fn words_are_compared_as_a_whole() {
        assert!(is("brk", "brk") && is("", ""));
        assert!(!is("brk", "br") && !is("br", "brk") && !is("brk", "bra"));
    }
}
