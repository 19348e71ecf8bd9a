//! The figures of one replay, and how its overhead splits.
//!
//! ```text
//!   peak = live + headers + rounding + holes        at the moment when the peak was reached
//!   over = peak / the most that ever lived - 1
//! ```
//!
//! *Holes* are the free chunks below the farthest used byte. The split is exact, because it is of
//! one moment; the most that ever lived may have lived at another.

/// The bytes of the arena at the moment when it reached its peak, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// The event at which the peak was reached.
    pub event: usize,
    /// Bytes that the program had asked for and not freed.
    pub live: usize,
    /// The tags of these blocks.
    pub headers: usize,
    /// What these blocks have beyond what was asked for.
    pub rounding: usize,
    /// Free chunks between them.
    pub holes: usize,
    /// The largest of these, if the replay came to look.
    pub largest_hole: Option<usize>,
}

/// Free chunks that searches looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Visited {
    /// Searches.
    pub searches: u64,
    /// All chunks that they visited.
    pub total: u64,
    /// The median.
    pub median: u32,
    /// The most that 99 of a hundred searches visited.
    pub percentile_99: u32,
    /// The worst search.
    pub worst: u32,
}

/// Why a replay ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It took more than its budget of time.
    Budget,
    /// Another configuration needs less memory and less time.
    Dominated,
    /// The user interrupted.
    Interrupted,
    /// The heap refused a request.
    Refused,
}

impl Stop {
    /// Returns the word that a table shows.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Budget => "too slow",
            Self::Dominated => "dominated",
            Self::Interrupted => "interrupted",
            Self::Refused => "refused",
        }
    }
}

/// What one configuration made of one recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// The farthest byte of the arena that ever was in a used chunk, from the first tag on.
    pub peak: usize,
    /// What was in these bytes at that moment.
    pub split: Split,
    /// What searches visited.
    pub visited: Visited,
    /// Bytes that reallocations copied.
    pub copied: u64,
    /// A digest of the address of every block: two heaps with one digest place alike.
    pub addresses: u64,
    /// The last address, as an offset from the arena's base.
    pub last_address: usize,
    /// The heap's own time per event, in nanoseconds, if it was measured.
    pub nanoseconds: Option<f64>,
    /// Why the replay ended early, if it did. Its figures are those up to there.
    pub stopped: Option<Stop>,
}

impl Figures {
    /// Returns how far the peak exceeds `live` bytes, in percent.
    #[must_use]
    pub fn over(&self, live: usize) -> f64 {
        percent_over(self.peak, live)
    }
}

/// Returns how far `bytes` exceed `live`, in percent.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "bytes of a recording are far below 2^53")]
pub fn percent_over(bytes: usize, live: usize) -> f64 {
    (bytes as f64 / live.max(1) as f64 - 1.0) * 100.0
}
