//! How much a heap checks at run time, and which memory it clears.

/// How much a heap checks at run time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Harden {
    /// Nothing: a wrong free is undefined behavior.
    None,
    /// Invalid and double frees, corrupt links, and tags that differ from their neighbor's footer,
    /// wherever an operation touches them anyway.
    Basic,
    /// Everything that checksums reveal: layouts that are not the block's, writes past the end of a
    /// block and into freed memory, and all that [`Basic`](Harden::Basic) detects, wherever it
    /// happens.
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

/// A [`Harden`] as a type.
///
/// Only [`Unchecked`], [`Basic`] and [`Full`] implement it.
pub trait Level: sealed::Sealed + 'static {
    /// The level.
    const LEVEL: Harden;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Unchecked {}
    impl Sealed for super::Basic {}
    impl Sealed for super::Full {}
}

/// `harden = "none"`.
#[derive(Debug)]
pub enum Unchecked {}

/// `harden = "basic"`.
#[derive(Debug)]
pub enum Basic {}

/// `harden = "full"`.
#[derive(Debug)]
pub enum Full {}

impl Level for Unchecked {
    const LEVEL: Harden = Harden::None;
}

impl Level for Basic {
    const LEVEL: Harden = Harden::Basic;
}

impl Level for Full {
    const LEVEL: Harden = Harden::Full;
}

/// Which memory a heap clears of its own accord.
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
