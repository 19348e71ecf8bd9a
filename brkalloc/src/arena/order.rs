//! Orders: where a free chunk stands in the sequence that a policy searches.
//!
//! An order is a type without a value. It decides placement, never how fast the heap finds a place.
//! It sorts by the place at which a chunk enters its sequence, and knows no sizes.

/// Where a freed chunk stands in its sequence.
///
/// Only [`Address`], [`Lifo`] and [`Fifo`] implement it.
pub trait Order: sealed::Sealed + 'static {
    /// The word that names the order in an attribute.
    const NAME: &'static str;
    #[doc(hidden)]
    const INSERTION: Insertion;
}

/// Where a freed chunk enters its sequence.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Insertion {
    /// Below the first chunk that lies above it.
    Sorted,
    /// Before all others.
    Front,
    /// Behind all others.
    Back,
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Address {}
    impl Sealed for super::Lifo {}
    impl Sealed for super::Fifo {}
}

/// Free chunks stand in the order of their addresses.
#[derive(Clone, Copy, Debug)]
pub struct Address;

/// A freed chunk goes to the front: last in, first out.
#[derive(Clone, Copy, Debug)]
pub struct Lifo;

/// A freed chunk goes to the back: first in, first out.
#[derive(Clone, Copy, Debug)]
pub struct Fifo;

impl Order for Address {
    const NAME: &'static str = "address";
    const INSERTION: Insertion = Insertion::Sorted;
}

impl Order for Lifo {
    const NAME: &'static str = "lifo";
    const INSERTION: Insertion = Insertion::Front;
}

impl Order for Fifo {
    const NAME: &'static str = "fifo";
    const INSERTION: Insertion = Insertion::Back;
}
