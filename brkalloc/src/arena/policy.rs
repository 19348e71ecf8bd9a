//! Policies: which of the fitting free chunks a request gets.
//!
//! A policy is a type without a value. The index turns it into a search. Good fit from segregated
//! lists is an index of its own ([`Bins`](crate::arena::index::Bins)), because there the classes
//! are the policy. A policy of the user's own is a [`Placement`](crate::Placement), by its path.
//!
//! The names are those of Knuth, *The Art of Computer Programming* 1, section 2.5 (1968), and of
//! Wilson, Johnstone, Neely and Boles, *Dynamic Storage Allocation: A Survey and Critical Review*
//! (1995).

use crate::arena::chunk::Link;
use crate::arena::index::Request;
use crate::arena::placement::{ByPlacement, Candidate, PathPolicy};

/// Which chunk of the sequence a request gets.
///
/// Only [`FirstFit`], [`NextFit`], [`BestFit`], [`WorstFit`] and [`PathPolicy`] implement it.
pub trait Policy: sealed::Sealed + 'static {
    /// The word, or the path, that names the policy in an attribute.
    const NAME: &'static str;
    /// Whether it is a path.
    const IS_PATH: bool = false;
    #[doc(hidden)]
    const CHOICE: Choice;
    #[doc(hidden)]
    type Rover: Rover;

    /// Chooses among the chunks that fit, where the rule is [`Choice::Own`].
    #[doc(hidden)]
    #[inline]
    fn choose<'s>(
        _: Request,
        mut fits: impl Iterator<Item = Candidate<'s>>,
    ) -> Option<Candidate<'s>> {
        fits.next()
    }
}

/// The rule of a policy, for an index to follow.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The first that fits.
    First,
    /// The first that fits from where the last search ended, then from the start.
    Next,
    /// The smallest that fits; of equals the first.
    Smallest,
    /// The largest that fits; of equals the first.
    Largest,
    /// What the policy's own code says. No tree serves it.
    Own,
}

/// Where the next search begins. Only next fit has one.
///
/// A rover without a place stands at the end of the sequence.
#[doc(hidden)]
pub trait Rover: sealed::Sealed + Copy {
    /// A rover at the end.
    const START: Self;
    /// Returns the chunk that it stands at.
    fn place(self) -> Link;
    /// Returns the rover moved to `place`.
    fn moved(self, place: Link) -> Self;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::FirstFit {}
    impl Sealed for super::NextFit {}
    impl Sealed for super::BestFit {}
    impl Sealed for super::WorstFit {}
    impl<C: super::ByPlacement> Sealed for super::PathPolicy<C> {}
    impl Sealed for () {}
    impl Sealed for super::Standing {}
}

/// The first chunk that fits.
#[derive(Clone, Copy, Debug)]
pub struct FirstFit;

/// The first chunk that fits from where the last search ended on, then from the start (Knuth's
/// rover).
#[derive(Clone, Copy, Debug)]
pub struct NextFit;

/// The smallest chunk that fits; of equals the first.
#[derive(Clone, Copy, Debug)]
pub struct BestFit;

/// The largest chunk that fits; of equals the first.
#[derive(Clone, Copy, Debug)]
pub struct WorstFit;

impl Policy for FirstFit {
    const NAME: &'static str = "first_fit";
    const CHOICE: Choice = Choice::First;
    type Rover = ();
}

impl Policy for NextFit {
    const NAME: &'static str = "next_fit";
    const CHOICE: Choice = Choice::Next;
    type Rover = Standing;
}

impl Policy for BestFit {
    const NAME: &'static str = "best_fit";
    const CHOICE: Choice = Choice::Smallest;
    type Rover = ();
}

impl Policy for WorstFit {
    const NAME: &'static str = "worst_fit";
    const CHOICE: Choice = Choice::Largest;
    type Rover = ();
}

impl Rover for () {
    const START: Self = ();
    #[inline]
    fn place(self) -> Link {
        None
    }
    #[inline]
    fn moved(self, _: Link) -> Self {}
}

/// A rover that stands at a chunk of the sequence, or at its end.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Standing(Link);

impl Rover for Standing {
    const START: Self = Self(None);
    #[inline]
    fn place(self) -> Link {
        self.0
    }
    #[inline]
    fn moved(self, place: Link) -> Self {
        Self(place)
    }
}
