//! The items that the expansion of `#[brk_heap]`, and this project's own tests, may name.
//!
//! Nothing here is for anybody else; it changes without notice. Constant functions make the checks
//! that only the target can decide: the expansion calls them where the size was written, and they
//! panic there.

pub use crate::__caches as caches;
#[cfg(not(target_arch = "wasm32"))]
pub use crate::__caches as caches_by_default;
#[cfg(target_arch = "wasm32")]
pub use crate::__caches_by_default as caches_by_default;
pub use crate::arena::coalesce::{Coalesce, Deferred, Immediate, Never};
pub use crate::arena::counters::{Counted, Counters, Uncounted};
pub use crate::arena::harden::{Basic, Full, Harden, Level, Unchecked, Zero};
pub use crate::arena::index::{Bins, Index, Links, List, Planted, Tree, classes};
pub use crate::arena::order::{Address, Fifo, Lifo, Order};
pub use crate::arena::placement::{ByPlacement, PathPolicy};
pub use crate::arena::policy::{BestFit, FirstFit, NextFit, Policy, WorstFit};
pub use crate::heap::config::{Config, Export, LARGEST_LIMIT};
pub use crate::heap::target::{
    require_cache, require_large, require_lock, require_record, require_source,
};
pub use crate::heap::undeclared::{Newable, WriteTheNameOfTheStaticHere};
pub use crate::layers::cached::{
    Cache, Cached, CachedByDefault, PerThread, ThreadCache, ThreadEnd, Uncached,
};
pub use crate::layers::guarded::Hardening;
pub use crate::layers::mapped::{Large, Mapped, Unmapped};
pub use crate::layers::quarantine::{Quarantine, Quarantined, Unquarantined};
pub use crate::layers::recorded::Recorder;
pub use crate::sys::lock::{
    ByPath, CriticalSection, DefaultLock, Lock, Mutex, Noticing, OsLock, PathLock, RawLock,
    SpinLock, Unlocked,
};
pub use crate::sys::source::{
    Brk, ByScript, Claim, Lent, Linker, Mmap, PlacedArena, Region, Script, Slice, Source, Static,
    StaticArena, Storage,
};
#[cfg(unix)]
pub use crate::sys::source::{Libc, System};

#[cfg(all(feature = "std", any(unix, windows)))]
pub extern crate std;

use crate::BrkHeap;

/// C's allocation functions, over the heap of a configuration.
#[cfg(unix)]
pub mod export {
    pub use crate::arena::counters::calls;
    pub use crate::heap::malloc::{
        aligned_alloc, calloc, free, free_aligned_sized, free_sized, malloc, malloc_trim,
        malloc_usable_size, memalign, posix_memalign, pvalloc, realloc, valloc,
    };
}

/// The caches of a heap that defines them.
#[cfg(unix)]
pub mod exported {
    pub use crate::__cache_of_malloc as cache;
    pub use crate::__caches_of_malloc as caches;
    pub use crate::layers::cached::exported::{ALIGNMENT, EndKey, SIZE, fits};
}

/// The least useful arena, in bytes.
const LEAST_ARENA: u64 = 256;

/// The least cache that can keep more than it hands out, in bytes.
const LEAST_CACHE: u64 = 16 << 10;

/// The least request that is worth a mapping, in bytes.
const LEAST_LARGE: u64 = 4 << 10;

/// Converts a size for the target; the checks below refuse one that it cannot represent.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "compared with the type's range just before")]
pub const fn bytes(size: u64) -> usize {
    if usize::MAX as u64 <= size { usize::MAX } else { size as usize }
}

const fn fits(size: u64) -> bool {
    size <= isize::MAX as u64
}

/// Fails to compile where `arena` cannot be.
#[track_caller]
pub const fn check_arena(size: u64) {
    assert!(
        LEAST_ARENA <= size,
        "`arena` is too small to hold one chunk; the least is 256 bytes: `arena = \"256B\"`"
    );
    assert!(fits(size), "`arena` does not fit in this target's address space");
}

/// Fails to compile where `limit` cannot be.
#[track_caller]
pub const fn check_limit(size: u64) {
    assert!(
        LEAST_ARENA <= size,
        "`limit` is too small to hold one chunk; the least is 256 bytes: `limit = \"256B\"`"
    );
    assert!(fits(size), "`limit` does not fit in this target's address space");
}

/// Fails to compile where `grow` cannot be.
#[track_caller]
pub const fn check_grow(size: u64) {
    assert!(fits(size), "`grow` does not fit in this target's address space");
}

/// Fails to compile where `trim` cannot be.
#[track_caller]
pub const fn check_trim(size: u64) {
    assert!(fits(size), "`trim` does not fit in this target's address space");
}

/// Fails to compile where `large` cannot be.
pub const fn check_large(size: u64) {
    assert!(
        LEAST_LARGE <= size,
        "`large` is too small for mappings of whole pages; the least is 4 KiB: `large = \"4KiB\"`"
    );
    assert!(fits(size), "`large` does not fit in this target's address space");
}

/// Fails to compile where `cache` cannot be.
pub const fn check_cache(size: u64) {
    assert!(
        LEAST_CACHE <= size,
        "`cache` is too small to keep a batch of objects; the least is 16 KiB: `cache = \"16KiB\"`"
    );
    assert!(fits(size), "`cache` does not fit in this target's address space");
}

/// Fails to compile where `cache_total` cannot be.
pub const fn check_cache_total(size: u64) {
    assert!(fits(size), "`cache_total` does not fit in this target's address space");
}

/// Fails to compile where `quarantine` cannot be.
pub const fn check_quarantine(size: u64) {
    assert!(fits(size), "`quarantine` does not fit in this target's address space");
}

/// Fails to compile where the static's type is not [`BrkHeap`].
pub const fn declared<T: Declared>() {}

/// The type of the static below `#[brk_heap]`.
#[diagnostic::on_unimplemented(
    message = "`#[brk_heap]` declares a `brkalloc::BrkHeap`, but this static has type `{Self}`",
    label = "expected `BrkHeap`",
    note = "write `static HEAP: BrkHeap;` and let the attribute fill in the configuration"
)]
pub trait Declared {}

#[diagnostic::do_not_recommend]
impl Declared for BrkHeap {}

/// Takes the written options' names, each as a type: what imports them would need an `allow`.
pub const fn named<T>() {}

/// The options' names, for editors: hover and go-to-definition.
#[expect(non_camel_case_types, reason = "named as the options are")]
#[expect(missing_debug_implementations, reason = "they are never values")]
pub mod options {
    /// Options for a kind of program: `"fast"`, `"lean"`, `"embedded"`, `"hardened"` or
    /// `"textbook"`.
    pub enum preset {}
    /// Where the arena gets its memory: `"brk"`, `"mmap"`, `"static"`, `"slice"`, or
    /// `unsafe(source = "linker")`.
    pub enum source {}
    /// Arena at the first allocation: a size.
    pub enum arena {}
    /// Minimum growth step: a size or `"none"`.
    pub enum grow {}
    /// Maximum of the arena: a size.
    pub enum limit {}
    /// Trim threshold: a size or `"never"`.
    pub enum trim {}
    /// Minimum request that gets its own mapping: a size or `"none"`.
    pub enum large {}
    /// Which free chunk serves a request: `"first_fit"`, `"next_fit"`, `"best_fit"`, `"worst_fit"`,
    /// `"segregated_fit"`, or a path.
    pub enum policy {}
    /// How free chunks are ordered: `"address"`, `"lifo"` or `"fifo"`.
    pub enum order {}
    /// Data structure that finds the chunk: `"list"` or `"tree"`.
    pub enum index {}
    /// When free neighbors merge: `"immediate"`, `"deferred"` or `"never"`.
    pub enum coalesce {}
    /// Per-thread cache: a size or `"none"`.
    pub enum cache {}
    /// What the caches of all threads may hold together: a size.
    pub enum cache_total {}
    /// How threads share the heap: `"os"`, `"spin"`, `"critical_section"`, a path, or
    /// `unsafe(lock = "none")`.
    pub enum lock {}
    /// How much the heap checks at run time: `"none"`, `"basic"` or `"full"`.
    pub enum harden {}
    /// Bytes of freed blocks held back from reuse: a size or `"none"`.
    pub enum quarantine {}
    /// Whether the heap clears freed memory: `"free"` or `"none"`.
    pub enum zero {}
    /// Whether the heap counts its operations: `"none"` or `"counters"`.
    pub enum stats {}
    /// Whether the heap defines the C allocation functions: `"malloc"` or `"none"`.
    pub enum export {}
    /// Where the heap records every request: the path with which its files begin, or `"none"`.
    pub enum record {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::catch_unwind;
    use std::string::String;

    type Check = fn(u64);

    /// Returns what a check says about `size`; empty for nothing.
    fn complaint(check: Check, size: u64) -> String {
        let panic = catch_unwind(|| check(size)).err();
        panic
            .and_then(|text| text.downcast_ref::<&str>().map(|text| String::from(*text)))
            .unwrap_or_default()
    }

    #[test]
    fn sizes_that_the_target_has_are_taken() {
        for check in [check_arena, check_limit, check_grow, check_trim] {
            assert_eq!(complaint(check, LEAST_ARENA), "");
            assert_eq!(complaint(check, isize::MAX as u64), "");
        }
        assert_eq!([complaint(check_grow, 1), complaint(check_trim, 1)], ["", ""]);
    }

    #[test]
    fn sizes_beyond_the_address_space_are_refused() {
        let checks: [(Check, &str); 4] = [
            (check_arena, "arena"),
            (check_limit, "limit"),
            (check_grow, "grow"),
            (check_trim, "trim"),
        ];
        for (check, name) in checks {
            let said = complaint(check, isize::MAX as u64 + 1);
            assert_eq!(said, std::format!("`{name}` does not fit in this target's address space"));
        }
    }

    #[test]
    fn arenas_too_small_for_a_chunk_are_told_the_least_that_would_do() {
        for (check, name) in [(check_arena as Check, "arena"), (check_limit, "limit")] {
            let said = complaint(check, LEAST_ARENA - 1);
            let help =
                std::format!("the least is {LEAST_ARENA} bytes: `{name} = \"{LEAST_ARENA}B\"`");
            assert!(said.ends_with(&help), "{said}");
        }
    }
}
