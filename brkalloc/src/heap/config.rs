//! A heap's configuration is a type, so the compiler knows every option of the attribute.
//!
//! Options you don't select cost nothing: no branch, no byte and no symbol, because every option is
//! an associated type or constant of [`Config`]. `#[brk_heap]` writes the one implementation that a
//! static needs. This module holds no state.

use super::brk_heap::BrkHeap;
use super::configuration::Configuration;
use crate::arena::coalesce::Coalesce;
use crate::arena::counters::Counters;
use crate::arena::harden::{Harden, Level, Zero};
use crate::arena::index::Index;
use crate::arena::params::Params as ArenaParams;
use crate::diag::report::{self, Named};
use crate::layers::cached::Cache;
use crate::layers::guarded::Hardening;
use crate::layers::locked::Locked;
use crate::layers::mapped::Large;
use crate::layers::quarantine::Quarantine;
use crate::layers::recorded::Recorder;
use crate::layers::{Layer, Params};
use crate::sys::lock::Lock;
use crate::sys::source::Source;
use core::fmt;

/// All that `#[brk_heap]` determines about one heap.
///
/// The trait is safe to implement: whatever the values, a heap either serves memory of its own or
/// serves none. The parts that could break this (a source that lends memory twice, a lock that does
/// not lock) are behind `unsafe` traits and constructors of their own.
pub trait Config: Sized + 'static {
    /// The source of the arena's memory.
    type Source: Source;
    /// Which free chunk a request gets, where a freed chunk stands in the sequence, and how the
    /// heap finds either.
    type Index: Index;
    /// When free neighbors merge.
    type Coalesce: Coalesce;
    /// How threads share the heap.
    type Lock: Lock;
    /// What each thread caches of the blocks it frees.
    type Cache: Cache<Self>;
    /// Whether large requests get mappings of their own.
    type Large: Large;
    /// What the heap checks at run time.
    type Harden: Hardening;
    /// Whether freed blocks wait in a quarantine. Without effect unless `Harden` is
    /// [`Harden::Full`].
    type Quarantine: Quarantine;
    /// What the heap counts beyond the figures that a walk finds.
    type Counters: Counters;

    /// The static's name, for messages.
    const NAME: &'static str;
    /// Bytes committed at the first allocation.
    const ARENA: usize;
    /// The minimum growth step of the arena, in bytes; 0 for a fixed arena.
    const GROW: usize;
    /// The greatest size of the arena, in bytes.
    const LIMIT: usize;
    /// Bytes of dirty top beyond which pages go back to the system; `usize::MAX` for never.
    const TRIM: usize;
    /// What the heap clears.
    const ZERO: Zero = Zero::None;
    /// Which functions of C the heap defines. (The attribute defines them; this only says so.)
    const EXPORT: Export = Export::None;
    /// The lock in its initial state.
    const LOCK: Self::Lock;
    /// The lock, as the attribute spells it.
    const LOCK_OPTION: &'static str = <Self::Lock as Lock>::OPTION;
    /// The path to this crate, if the attribute names one; empty otherwise.
    const CRATE: &'static str = "";

    /// The path of the recording, as the attribute has it.
    const RECORD: Option<&'static str> = None;

    /// Returns the recorder of every request, if there is one.
    #[must_use]
    #[inline]
    fn recorder() -> Option<&'static Recorder> {
        None
    }

    /// Returns the one static that this configuration describes. A [`BrkHeap`] elsewhere serves
    /// nothing.
    ///
    /// The heap calls this when it first allocates: a panic here ends the process.
    fn heap() -> &'static BrkHeap<Self>;
}

impl<C: Config> Named for C {
    const NAME: &'static str = <C as Config>::NAME;
    const SHOWS: bool = matches!(<<C as Config>::Harden as Level>::LEVEL, Harden::Full);

    fn show(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Configuration::of::<C>(), f)
    }
}

impl<C: Config> ArenaParams for C {
    type Index = <C as Config>::Index;
    type Coalesce = <C as Config>::Coalesce;
    type Counters = <C as Config>::Counters;
    type Harden = <C as Config>::Harden;
    const ZERO: Zero = <C as Config>::ZERO;
    const MAY_WAIT: bool = <<C as Config>::Cache as Cache<C>>::KEEPS.is_none();
    const GROW: usize = <C as Config>::GROW;
    const TRIM: usize = <C as Config>::TRIM;
}

impl<C: Config> Params for C {
    type Source = <C as Config>::Source;
    type Lock = <C as Config>::Lock;
    type Depot = <<C as Config>::Cache as Cache<C>>::Depot;
    type Aside = <<C as Config>::Cache as Cache<C>>::Aside;
    type Quarantine = <C as Config>::Quarantine;
    const ARENA: usize = <C as Config>::ARENA;
    const LIMIT: usize = <C as Config>::LIMIT;
    const KEEPS: Option<usize> = <<C as Config>::Cache as Cache<C>>::KEEPS;
    const TOTAL: usize = <<C as Config>::Cache as Cache<C>>::TOTAL;
    const IS_MALLOC: bool = matches!(<C as Config>::EXPORT, Export::Malloc);
    const LOCK: Self::Lock = <C as Config>::LOCK;

    #[inline]
    fn recorder() -> Option<&'static Recorder> {
        <C as Config>::recorder()
    }

    #[inline]
    fn base() -> &'static Locked<C> {
        report::without_unwinding(|| <C as Config>::NAME, C::heap).stack.base()
    }
}

/// The greatest size of an arena, if the attribute names no limit: the range of four-byte links.
#[cfg(target_pointer_width = "64")]
pub const LARGEST_LIMIT: u64 = 64 << 30;
/// The greatest size of an arena, if the attribute names no limit: half of the address space.
#[cfg(not(target_pointer_width = "64"))]
pub const LARGEST_LIMIT: u64 = usize::MAX as u64 / 2 + 1;

/// Which functions of C a heap defines for the whole process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Export {
    /// None.
    None,
    /// `malloc`, `free` and their kin.
    Malloc,
}

impl Export {
    /// The word that names it in an attribute.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Malloc => "malloc",
        }
    }
}
