//! A policy of the user's own: a safe trait that chooses among the chunks of a list.
//!
//! ```text
//!   request ─► List: walks its chunks ─► Candidate<'s> … ─► Placement::choose ─► one of them, or none
//!                                                                                none: the top serves
//! ```
//!
//! The lifetime `'s` is that of one search and of no other: nothing but the search makes a
//! candidate, and a rule has to serve every `'s`. So the type of its answer says that the answer is
//! a chunk of this search that fits, and the heap need not look.
//!
//! ```text
//! HEAP ─ ByPlacement ─► Mine: Placement     the only place that requires the user's type to be a rule
//!   ▲
//! PathPolicy<HEAP>: Policy                  holds for every type
//! ```
//!
//! So a path that leads to something else is one error, at the path. This module walks nothing.

use crate::arena::index::{Fit, Request};
use crate::arena::policy::{Choice, Policy};
use crate::arena::tag::GRANULE;
use core::fmt;
use core::marker::PhantomData;

/// A placement rule of your own: which of the free chunks that fit gets a request.
///
/// The attribute takes the path of a type that implements it, without quotes: `policy = Snug`.
/// The heap keeps its free chunks in a list then, in any `order`.
///
/// ```
/// use brkalloc::{BrkHeap, Candidate, Heap, Placement, Request, brk_heap};
/// use core::alloc::Layout;
/// use core::mem::MaybeUninit;
///
/// /// Best fit: the smallest; of equals the first.
/// struct Snug;
///
/// impl Placement for Snug {
///     fn choose<'s>(
///         _: Request,
///         fits: impl Iterator<Item = Candidate<'s>>,
///     ) -> Option<Candidate<'s>> {
///         fits.min_by_key(Candidate::size)
///     }
/// }
///
/// #[brk_heap(policy = Snug, order = "lifo")]
/// static HEAP: BrkHeap;
///
/// assert_eq!(HEAP.config().policy, "Snug");
/// let mut bytes = [MaybeUninit::uninit(); 4096];
/// let heap = Heap::<HEAP>::over(&mut bytes);
/// assert!(heap.allocate(Layout::new::<[u64; 8]>()).is_some());
/// ```
///
/// A rule has no value: what it remembers is in statics of its own, such as atomics.
///
/// # What a rule must not do
///
/// `choose` runs within the heap, under its lock. It is safe code, so no answer breaks the heap. But it
/// ends the process, with one line on standard error, if it
///
/// - panics, because an allocator must not unwind;
/// - uses the heap that it chooses for: allocates from it, frees, or looks at it. (Where there is no
///   Unix, it waits for the lock forever instead. What the `cache` of the heap serves, takes no lock
///   and is served.) On a heap that is the global allocator, that is every `Vec` and `String`.
///
/// Nor may it use a heap that was first used after this one: a `fork` may wait for both locks.
#[diagnostic::on_unimplemented(
    message = "`policy` takes the path of a `brkalloc::Placement`, and `{Self}` is none",
    label = "not a `brkalloc::Placement`",
    note = "implement `brkalloc::Placement` for it, or write a policy in quotes, such as `policy = \"best_fit\"`"
)]
pub trait Placement {
    /// Chooses one of the free chunks that fit `request`, which come in the order of the list; or
    /// none.
    ///
    /// With `None` the request is served from the top, the last chunk of the arena, though chunks
    /// fit. If the top does not suffice, it grows; if it cannot, the request fails. With `coalesce =
    /// "deferred"`, neighbors merge before that, and the rule is asked again.
    ///
    /// The heap walks only as far as the rule does: `stats = "counters"` counts each chunk that the
    /// walk passed, those too small included. It does not ask where the list is empty.
    fn choose<'s>(
        request: Request,
        fits: impl Iterator<Item = Candidate<'s>>,
    ) -> Option<Candidate<'s>>;
}

/// A free chunk that fits the request of the search `'s`.
#[derive(Clone, Copy)]
pub struct Candidate<'s> {
    pub(super) fit: Fit<()>,
    pub(super) address: usize,
    pub(super) search: Search<'s>,
}

/// One search: neither longer nor shorter than itself.
pub(super) type Search<'s> = PhantomData<fn(&'s ()) -> &'s ()>;

impl Candidate<'_> {
    /// Returns the address of the chunk, which is that of its tag: the word below its payload. It is
    /// the [`address`](crate::ChunkInfo::address) of a walk over the chunks.
    #[must_use]
    pub const fn address(&self) -> usize {
        self.address
    }

    /// Returns the bytes of the chunk, its tag included.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.fit.granules as usize * GRANULE
    }

    /// Returns the bytes that the alignment of the request leaves free at the chunk's low end; 0 for
    /// alignments up to a granule: 16 bytes, or 8 on microcontrollers of 32 bits.
    #[must_use]
    pub const fn padding(&self) -> usize {
        self.fit.padding as usize * GRANULE
    }
}

impl fmt::Debug for Candidate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("Candidate");
        text.field("address", &format_args!("{:#x}", self.address()));
        text.field("size", &self.size()).field("padding", &self.padding()).finish()
    }
}

/// The configuration of a heap that names its policy by a path.
pub trait ByPlacement: 'static {
    /// The type that the path leads to.
    type Placement: Placement;
    /// The path, as the attribute spells it.
    const PATH: &'static str;
}

/// The policy of a heap with the configuration `C`.
pub struct PathPolicy<C>(PhantomData<fn() -> C>);

impl<C: ByPlacement> Policy for PathPolicy<C> {
    const NAME: &'static str = C::PATH;
    const IS_PATH: bool = true;
    const CHOICE: Choice = Choice::Own;
    type Rover = ();

    #[inline]
    fn choose<'s>(
        request: Request,
        fits: impl Iterator<Item = Candidate<'s>>,
    ) -> Option<Candidate<'s>> {
        C::Placement::choose(request, fits)
    }
}

impl<C> fmt::Debug for PathPolicy<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PathPolicy").finish_non_exhaustive()
    }
}
