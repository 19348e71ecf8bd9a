//! Memory that the program already has: a static array, lent once, or bytes that a caller lends.
//!
//! ```text
//!   StaticArena<N>, in .bss, aligned to 16
//!  +----------------------------------------------+-------+-----+
//!  | N bytes, all of them the arena                | claim | pad |
//!  +----------------------------------------------+-------+-----+
//! ```
//!
//! The arena lends its array as a [`Lent`], which anybody may copy. The first to open it gets it,
//! for good. Nothing here grows, and this module calls no system.

use super::claim::Claim;
use super::{Origin, Region, Source};
use crate::diag::report;
use core::cell::UnsafeCell;
use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// An arena of exactly `N` bytes, for a static of its own.
///
/// # Invariant
///
/// The bytes are zero until somebody wins the claim, and from then on belong to the winner.
#[repr(C, align(16))]
pub struct StaticArena<const N: usize> {
    bytes: UnsafeCell<[u8; N]>,
    claim: Claim,
}

// SAFETY: a shared arena only gives out the address of its bytes; by the invariant, only one thread
// may use them.
unsafe impl<const N: usize> Sync for StaticArena<N> {}

impl<const N: usize> StaticArena<N> {
    /// Returns an arena of zeros, lent to nobody.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: UnsafeCell::new([0; N]), claim: Claim::new() }
    }

    /// Lends the arena's bytes to the first who opens them.
    #[must_use]
    pub fn lend(&'static self) -> Lent {
        let base = NonNull::from(&self.bytes).cast();
        Lent { base, size: N, claim: &self.claim }
    }
}

impl<const N: usize> Default for StaticArena<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> fmt::Debug for StaticArena<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaticArena")
            .field("size", &N)
            .field("claim", &self.claim)
            .finish_non_exhaustive()
    }
}

/// The bytes of a [`StaticArena`], for the first who opens them.
///
/// # Invariant
///
/// Base, size and claim are those of one arena, which lives for ever; the base covers all `size`
/// bytes.
#[derive(Clone, Copy, Debug)]
pub struct Lent {
    base: NonNull<u8>,
    size: usize,
    claim: &'static Claim,
}

impl Lent {
    /// Returns the bytes to the first caller among all copies of this handle.
    fn open(self) -> Option<Region> {
        if !self.claim.win() || self.size == 0 {
            return None;
        }
        let Self { base, size, .. } = self;
        Some(Region { base, committed: size, reserved: size, origin: Origin::Static })
    }
}

/// Where the bytes of a [`Static`] are.
///
/// Safe to implement: a [`Lent`] only comes from a [`StaticArena`], and opens once.
pub trait Storage: 'static {
    /// Returns the arena. The heap calls this when it first allocates: a panic here ends the
    /// process.
    fn storage() -> Lent;
}

/// A static array of the program, all of it committed, whatever sizes the heap asks for.
#[derive(Debug)]
pub struct Static<S>(PhantomData<S>);

// SAFETY:
// - By the invariants of `Lent` and `StaticArena`, the bytes belong to the first who opens them,
//   for ever.
// - They are part of a static value within an `UnsafeCell`: valid for reads and writes.
// - They are zero until then.
unsafe impl<S: Storage> Source for Static<S> {
    const ZEROED: bool = true;
    const GROWS: bool = false;
    const OPTION: &'static str = "static";

    fn open(_arena: usize, _limit: usize) -> Option<Region> {
        report::without_unwinding(|| "`Storage::storage`", S::storage).open()
    }

    fn page_size() -> usize {
        NO_PAGES
    }

    unsafe fn commit(_base: NonNull<u8>, _from: usize, _to: usize) -> bool {
        false
    }

    unsafe fn discard(_base: NonNull<u8>, _from: usize, _to: usize) -> bool {
        false
    }
}

/// Bytes that a caller lent to one heap. The heap never opens this source: its owner gives it the
/// region.
#[derive(Debug)]
pub enum Slice {}

// SAFETY: `open` and `commit` grant nothing.
unsafe impl Source for Slice {
    const ZEROED: bool = false;
    const GROWS: bool = false;
    const OPTION: &'static str = "slice";

    fn open(_arena: usize, _limit: usize) -> Option<Region> {
        None
    }

    fn page_size() -> usize {
        NO_PAGES
    }

    unsafe fn commit(_base: NonNull<u8>, _from: usize, _to: usize) -> bool {
        false
    }

    unsafe fn discard(_base: NonNull<u8>, _from: usize, _to: usize) -> bool {
        false
    }
}

/// The page size of memory without pages: the least that a source may name.
pub(super) const NO_PAGES: usize = 16;
