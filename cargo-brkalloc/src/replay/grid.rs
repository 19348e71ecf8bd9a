//! Every configuration that is replayed: policy × order × index × when free neighbors merge, each the
//! crate's own code, instantiated twice.
//!
//! One heap of a cell counts, and the other is the one that a program would have, for its time. Both
//! grow in windows of their own, as a program's heap does.

use super::serve::Arena;
use crate::command::Failure;
use brkalloc::__private::{Config, Mmap};
use brkalloc::{BrkHeap, Configuration, Heap};

/// Opens a heap of `arena` bytes that grows up to `limit`; `None` if the system has no room.
type Open = fn(arena: usize, limit: usize) -> Option<Box<dyn Arena>>;

/// One configuration, and its two heaps.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    /// The options of the heap whose time counts.
    pub configuration: &'static Configuration,
    count: Open,
    time: Open,
}

impl Cell {
    /// Makes a cell of two configurations that place alike; `N` has `stats = "counters"`.
    ///
    /// ```
    /// use brkalloc::{BrkHeap, brk_heap};
    /// use cargo_brkalloc::replay::Cell;
    ///
    /// #[brk_heap(source = "mmap", policy = "best_fit")]
    /// static TIMED: BrkHeap;
    /// #[brk_heap(source = "mmap", policy = "best_fit", stats = "counters")]
    /// static COUNTED: BrkHeap;
    ///
    /// let cell = Cell::of::<TIMED, COUNTED>();
    /// assert_eq!(cell.configuration.policy, "best_fit");
    /// ```
    #[must_use]
    pub fn of<T: Config, N: Config>() -> Self {
        let configuration = BrkHeap::<T>::__new().config();
        Self { configuration, count: open::<N>, time: open::<T> }
    }

    /// Opens the heap that counts, up to `limit` bytes.
    #[must_use]
    pub fn counting(&self, limit: usize) -> Option<Box<dyn Arena>> {
        (self.count)(self.configuration.arena.min(limit), limit)
    }

    /// Opens the heap whose time counts.
    #[must_use]
    pub fn timed(&self) -> Option<Box<dyn Arena>> {
        (self.time)(self.configuration.arena, self.configuration.limit)
    }

    /// Returns the configuration in words: policy, order, index, and how it merges unless at once.
    #[must_use]
    pub fn name(&self) -> String {
        let Configuration { policy, order, coalesce, .. } = self.configuration;
        let index = self.index();
        match *coalesce {
            "immediate" => format!("{policy} {order} {index}"),
            coalesce => format!("{policy} {order} {index} {coalesce}"),
        }
    }

    /// Returns how the heap finds a chunk.
    #[must_use]
    pub fn index(&self) -> &'static str {
        self.configuration.index.unwrap_or("bins")
    }
}

fn open<C: Config>(arena: usize, limit: usize) -> Option<Box<dyn Arena>> {
    Some(Box::new(Heap::<C, Mmap>::__of_source(arena, limit)?))
}

/// Two heaps of one placement: the one whose time counts, and the one that counts. Options after the
/// semicolon are those of both.
#[macro_export]
macro_rules! cell {
    ($($option:ident = $value:tt),+) => {{
        #[brkalloc::brk_heap(source = "mmap", $($option = $value),+)]
        static TIMED: brkalloc::BrkHeap;
        #[brkalloc::brk_heap(source = "mmap", $($option = $value),+, stats = "counters")]
        static COUNTED: brkalloc::BrkHeap;
        $crate::replay::Cell::of::<TIMED, COUNTED>()
    }};
}

macro_rules! cells {
    ($($rest:ident = $value:tt),+) => {
        vec![
            cells!(@ "first_fit", "address", "tree", $($rest = $value),+),
            cells!(@ "first_fit", "address", "list", $($rest = $value),+),
            cells!(@ "first_fit", "lifo", "list", $($rest = $value),+),
            cells!(@ "first_fit", "fifo", "list", $($rest = $value),+),
            cells!(@ "next_fit", "address", "tree", $($rest = $value),+),
            cells!(@ "next_fit", "address", "list", $($rest = $value),+),
            cells!(@ "next_fit", "lifo", "list", $($rest = $value),+),
            cells!(@ "next_fit", "fifo", "list", $($rest = $value),+),
            cells!(@ "best_fit", "address", "tree", $($rest = $value),+),
            cells!(@ "best_fit", "address", "list", $($rest = $value),+),
            cells!(@ "best_fit", "lifo", "list", $($rest = $value),+),
            cells!(@ "best_fit", "fifo", "list", $($rest = $value),+),
            cells!(@ "worst_fit", "address", "tree", $($rest = $value),+),
            cells!(@ "worst_fit", "address", "list", $($rest = $value),+),
            cells!(@ "worst_fit", "lifo", "list", $($rest = $value),+),
            cells!(@ "worst_fit", "fifo", "list", $($rest = $value),+),
            $crate::cell!(policy = "segregated_fit", order = "address", $($rest = $value),+),
            $crate::cell!(policy = "segregated_fit", order = "lifo", $($rest = $value),+),
            $crate::cell!(policy = "segregated_fit", order = "fifo", $($rest = $value),+),
        ]
    };
    (@ $policy:tt, $order:tt, $index:tt, $($rest:ident = $value:tt),+) => {
        $crate::cell!(policy = $policy, order = $order, index = $index, $($rest = $value),+)
    };
}

/// Returns every policy × order × index that merges free neighbors at once: 19 cells.
#[must_use]
#[inline(never)]
pub fn immediate() -> Vec<Cell> {
    cells!(coalesce = "immediate")
}

/// Returns every policy × order × index that merges free neighbors when a search has failed. When
/// that is depends on the growth, so these never trim.
#[must_use]
#[inline(never)]
pub fn deferred() -> Vec<Cell> {
    cells!(coalesce = "deferred", trim = "never")
}

/// Returns every policy × order × index that never merges.
#[must_use]
#[inline(never)]
pub fn never() -> Vec<Cell> {
    cells!(coalesce = "never")
}

/// Returns all of them.
#[must_use]
pub fn all() -> Vec<Cell> {
    [immediate(), deferred(), never()].concat()
}

/// Returns the cell that a user names: words of `policy order index`, of which any may be missing,
/// as far as the first cell that has them all.
///
/// # Errors
///
/// No cell has these words.
pub fn named(name: &str) -> Result<Cell, Failure> {
    let words: Vec<&str> =
        name.split([' ', ',', '+', '/']).filter(|word| !word.is_empty()).collect();
    let has = |cell: &Cell, word: &str| {
        let configuration = cell.configuration;
        [configuration.policy, configuration.order, cell.index(), configuration.coalesce]
            .contains(&word)
    };
    let mut cells = all();
    // What the attribute makes of a segregated fit without an order stands first.
    cells.sort_by_key(|cell| {
        cell.configuration.policy == "segregated_fit" && cell.configuration.order != "fifo"
    });
    let found = cells.into_iter().find(|cell| words.iter().all(|word| has(cell, word)));
    found.filter(|_| !words.is_empty()).ok_or_else(|| {
        Failure::usage(format_args!(
            "no heap is `{name}`; write words of one row of `cargo brkalloc replay`, \
             as in `best_fit address tree`"
        ))
    })
}
