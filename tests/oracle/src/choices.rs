//! The three choices that decide every address: policy, order and coalesce.
//!
//! Each has its variants in `ALL` and its spelling in the attribute as `name()`. No behavior lives
//! here.

/// Which chunk of the sequence a request takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Policy {
    /// The first that fits.
    FirstFit,
    /// The first that fits from where the last search ended.
    NextFit,
    /// The smallest that fits.
    BestFit,
    /// The largest.
    WorstFit,
    /// The first of a class of sizes that surely fits (good fit; Masmano et al. 2004).
    SegregatedFit,
}

impl Policy {
    /// Every policy.
    pub const ALL: [Self; 5] =
        [Self::FirstFit, Self::NextFit, Self::BestFit, Self::WorstFit, Self::SegregatedFit];

    /// The spelling in the attribute.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FirstFit => "first_fit",
            Self::NextFit => "next_fit",
            Self::BestFit => "best_fit",
            Self::WorstFit => "worst_fit",
            Self::SegregatedFit => "segregated_fit",
        }
    }
}

/// Where a freed chunk stands in the sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Order {
    /// At its address.
    Address,
    /// In front.
    Lifo,
    /// At the back.
    Fifo,
}

impl Order {
    /// Every order.
    pub const ALL: [Self; 3] = [Self::Address, Self::Lifo, Self::Fifo];

    /// The spelling in the attribute.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Lifo => "lifo",
            Self::Fifo => "fifo",
        }
    }
}

/// When free neighbors merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Coalesce {
    /// As soon as a chunk is freed.
    Immediate,
    /// All at once, when a search has failed.
    Deferred,
    /// Not at all.
    Never,
}

impl Coalesce {
    /// Every way to coalesce.
    pub const ALL: [Self; 3] = [Self::Immediate, Self::Deferred, Self::Never];

    /// The spelling in the attribute.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Immediate => "immediate",
            Self::Deferred => "deferred",
            Self::Never => "never",
        }
    }
}

/// All 45 combinations of the three.
pub fn combinations() -> impl Iterator<Item = (Policy, Order, Coalesce)> {
    Policy::ALL.into_iter().flat_map(|policy| {
        Order::ALL.into_iter().flat_map(move |order| {
            Coalesce::ALL.into_iter().map(move |coalesce| (policy, order, coalesce))
        })
    })
}
