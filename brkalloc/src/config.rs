//! A heap's configuration is a type: everything the attribute chose, known to the compiler.
//!
//! What is not chosen leaves no branch, no byte and no symbol, because every choice is an
//! associated type or constant of [`Config`]. `#[brk_heap]` writes the one implementation that a
//! static needs. This module holds no state.

use crate::BrkHeap;
use crate::cache::Cache;
use crate::coalesce::Coalesce;
use crate::counters::Counters;
use crate::index::Index;
use crate::large::Large;
use crate::lock::Lock;
use crate::quarantine::Quarantine;
use crate::source::Source;

/// Everything that `#[brk_heap]` settles about one heap.
///
/// The trait is safe to implement: whatever the values, a heap either serves memory that is its own
/// or serves none. What could break that (a source that lends memory twice, a lock that does not
/// lock) is behind `unsafe` traits and constructors of their own.
pub trait Config: Sized + 'static {
    /// What the arena is made of.
    type Source: Source;
    /// Which free chunk is taken, where a freed one stands, and how either is found.
    type Index: Index;
    /// When free neighbors merge.
    type Coalesce: Coalesce;
    /// How threads share the heap.
    type Lock: Lock;
    /// What threads keep of what they free.
    type Cache: Cache<Self>;
    /// Whether large requests get mappings of their own.
    type Large: Large;
    /// Whether freed blocks wait before they are handed out again; without effect but with
    /// [`Harden::Full`].
    type Quarantine: Quarantine;
    /// What is counted beside the figures that a walk can tell.
    type Counters: Counters;

    /// The static's name, for messages.
    const NAME: &'static str;
    /// Bytes committed at the first allocation.
    const ARENA: usize;
    /// The least number of bytes by which the arena grows; 0 for a fixed arena.
    const GROW: usize;
    /// The most bytes that the arena may reach.
    const LIMIT: usize;
    /// Bytes of dirty top beyond which pages go back to the system; `usize::MAX` for never.
    const TRIM: usize;
    /// What is checked at run time.
    const HARDEN: Harden;
    /// What is cleared.
    const ZERO: Zero = Zero::None;
    /// What is defined for C. (The attribute defines it; this only says so.)
    const EXPORT: Export = Export::None;
    /// The lock, as it is before its first use.
    const LOCK: Self::Lock;
    /// The lock, as the attribute spells it.
    const LOCK_OPTION: &'static str = <Self::Lock as Lock>::OPTION;
    /// Where the attribute was told to find this crate; empty if it was not told.
    const CRATE: &'static str = "";

    /// The one static that this configuration describes. A [`BrkHeap`] elsewhere serves nothing.
    ///
    /// It is asked for when the heap first allocates: a panic here ends the process.
    fn heap() -> &'static BrkHeap<Self>;
}

/// What a heap checks at run time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Harden {
    /// Nothing: a wrong free is undefined behavior.
    None,
    /// Wrong and double frees, broken links and tags that disagree with their neighbor, where an
    /// operation touches them anyway.
    Basic,
    /// All that can be found by what only the heap can write: layouts that are not the block's,
    /// writes past the end of a block and into freed memory, and all of the former, wherever they
    /// hit.
    Full,
}

impl Harden {
    /// The word that names the level in an attribute.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Basic => "basic",
            Self::Full => "full",
        }
    }
}

/// What a heap clears of its own accord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Zero {
    /// Nothing.
    None,
    /// Memory that is freed.
    Free,
}

impl Zero {
    /// The word that names it in an attribute.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Free => "free",
        }
    }
}

/// Which functions of C's a heap defines for the whole process.
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
