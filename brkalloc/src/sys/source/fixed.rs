//! Memory that the program already has: a static array, lent once, or bytes that a caller lends.
//!
//! ```text
//!   StaticArena<N>, in .bss, aligned to 16                          PlacedArena<N>, in a section of the user's
//!  +----------------------------------------------+-------+-----+  +---------------------------------+
//!  | N bytes, all of them the arena: zeros         | claim | pad |  | N bytes: whatever was there      |
//!  +----------------------------------------------+-------+-----+  +---------------------------------+
//! ```
//!
//! The arena lends its array as a [`Lent`], which anybody may copy. The first to open it gets it,
//! for good. What runs before `main` fills neither a section that is not loaded nor the claim of an
//! array in it, so the claim of a placed array is a static of its own. Nothing here grows, and this
//! module calls no system.

use super::claim::Claim;
use super::{Origin, Region, Source};
use crate::diag::report;
use core::cell::UnsafeCell;
use core::fmt;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
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
    pub fn lend(&'static self) -> Lent<true> {
        let base = NonNull::from(&self.bytes).cast();
        Lent { base, size: N, claim: &self.claim }
    }
}

/// An arena of exactly `N` bytes, for a static in a section that `link_section` names. What the bytes
/// hold at first is the section's business.
///
/// # Invariant
///
/// The bytes belong to the winner of the one claim with which they are lent.
#[repr(C, align(16))]
pub struct PlacedArena<const N: usize>(UnsafeCell<MaybeUninit<[u8; N]>>);

// SAFETY: as for `StaticArena`.
unsafe impl<const N: usize> Sync for PlacedArena<N> {}

impl<const N: usize> PlacedArena<N> {
    /// Returns an arena of any bytes.
    #[must_use]
    pub const fn new() -> Self {
        Self(UnsafeCell::new(MaybeUninit::uninit()))
    }

    /// Lends the arena's bytes to the first who opens them.
    ///
    /// # Safety
    ///
    /// No other claim is ever given for this arena.
    #[must_use]
    pub unsafe fn lend(&'static self, claim: &'static Claim) -> Lent<false> {
        let base = NonNull::from(&self.0).cast();
        Lent { base, size: N, claim }
    }
}

impl<const N: usize> Default for PlacedArena<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> fmt::Debug for PlacedArena<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlacedArena").field("size", &N).finish_non_exhaustive()
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

/// The bytes of a [`StaticArena`] or a [`PlacedArena`], for the first who opens them.
///
/// # Invariant
///
/// Base, size and claim are those of one arena, which lives for ever; the base covers all `size`
/// bytes. They are zero until the claim is won, if they are `ZEROED`.
#[derive(Clone, Copy, Debug)]
pub struct Lent<const ZEROED: bool> {
    base: NonNull<u8>,
    size: usize,
    claim: &'static Claim,
}

impl<const ZEROED: bool> Lent<ZEROED> {
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
/// Safe to implement: a [`Lent`] only comes from a static arena, and opens once.
pub trait Storage<const ZEROED: bool>: 'static {
    /// Returns the arena. The heap calls this when it first allocates: a panic here ends the
    /// process.
    fn storage() -> Lent<ZEROED>;
}

/// A static array of the program, all of it committed, whatever sizes the heap asks for.
#[derive(Debug)]
pub struct Static<S, const ZEROED: bool>(PhantomData<S>);

// SAFETY:
// - By the invariants of `Lent` and of both arenas, the bytes belong to the first who opens them,
//   for ever.
// - They are part of a static value within an `UnsafeCell`: valid for reads and writes.
// - With `ZEROED`, they are zero until then.
unsafe impl<S: Storage<ZEROED>, const ZEROED: bool> Source for Static<S, ZEROED> {
    const ZEROED: bool = ZEROED;
    const GROWS: bool = false;
    const OPTION: &'static str = "static";

    fn open(_arena: usize, _limit: usize) -> Option<Region> {
        report::without_unwinding(|| "`Storage::storage`", S::storage).open()
    }
}

/// Bytes that a caller lent to one heap. The heap never opens this source: who lends them opens the
/// heap over them.
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
}
