//! The configuration of `BrkHeap` before an attribute declares one.
//!
//! `BrkHeap` without a parameter names a heap of this configuration, so that the attribute can ask
//! for the type of `static HEAP: BrkHeap;`. No value of it ever serves anything.

use crate::arena::coalesce::Immediate;
use crate::arena::counters::Uncounted;
use crate::arena::harden::Unchecked;
use crate::arena::index::List;
use crate::arena::order::Address;
use crate::arena::policy::FirstFit;
use crate::heap::brk_heap::BrkHeap;
use crate::heap::config::Config;
use crate::layers::cached::Uncached;
use crate::layers::mapped::Unmapped;
use crate::layers::quarantine::Unquarantined;
use crate::sys::lock::DefaultLock;
use crate::sys::source::Slice;

/// The configuration of a heap that no `#[brk_heap]` declares: it has no memory.
///
/// Its name is what rustc shows to a user who writes `&BrkHeap` for a parameter: there belongs
/// `&BrkHeap<HEAP>`.
#[derive(Debug)]
pub enum WriteTheNameOfTheStaticHere {}

impl Config for WriteTheNameOfTheStaticHere {
    type Source = Slice;
    type Index = List<FirstFit, Address>;
    type Coalesce = Immediate;
    type Lock = DefaultLock;
    type Cache = Uncached;
    type Large = Unmapped;
    type Harden = Unchecked;
    type Quarantine = Unquarantined;
    type Counters = Uncounted;
    const NAME: &'static str = "a heap without #[brk_heap]";
    const ARENA: usize = 0;
    const GROW: usize = 0;
    const LIMIT: usize = 0;
    const TRIM: usize = usize::MAX;
    #[cfg_attr(
        target_has_atomic = "8",
        expect(
            clippy::declare_interior_mutable_const,
            reason = "where each heap's lock comes from"
        )
    )]
    const LOCK: Self::Lock = DefaultLock::new();

    fn heap() -> &'static BrkHeap<Self> {
        static NOWHERE: BrkHeap<WriteTheNameOfTheStaticHere> = BrkHeap::__new();
        &NOWHERE
    }
}

/// The bound of `BrkHeap::new`, which no configuration meets.
#[diagnostic::on_unimplemented(
    message = "a `BrkHeap` is made by `#[brk_heap]`, not by `BrkHeap::new`",
    label = "this static needs the attribute",
    note = "write `#[brk_heap]` above it, and end it after its type: `static HEAP: BrkHeap;`"
)]
pub trait Newable {}

impl<C: Config> BrkHeap<C> {
    /// Does not compile: the error tells that the static lacks its attribute.
    #[doc(hidden)]
    #[must_use]
    pub const fn new() -> Self
    where
        C: Newable,
    {
        Self::__new()
    }
}
