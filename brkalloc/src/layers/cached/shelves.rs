//! Shelves: the lists of objects that threads hand to each other, one shelf a class.
//!
//! ```text
//!   class 0   lock │ top ──► list                     a line of the processor's cache each
//!                  │          └below─► list
//!   class 1   lock │ top ──► …
//! ```
//!
//! A thread gives half of a magazine, or a whole batch; the next thread that asks gets the list as it is.
//! Each shelf has a lock of its own, held for a few loads and stores. So threads wait for each other only if
//! they use the same class at the same moment, and hardly then.
//!
//! A shelf may have so many bytes as the [depot](super::depot) has granted it. The holder of a shelf's lock waits for no
//! other lock, so a thread may take one while it holds the heap's.
//!
//! After Bonwick and Adams, *Magazines and Vmem* (2001). This module knows no threads and no slabs.

use super::class::{CLASSES, Class};
use super::object::{Objects, WRONG_LENGTH, height};
use crate::arena::counters::{Counters, LockStats};
use crate::diag::report;
use crate::layers::Params;
use crate::sys::lock::Guarded;

/// The lists of one class that belong to no thread.
///
/// # Invariant
///
/// The first object of each list leads to the list below it in place of the list's length.
pub(super) struct Shelf<C: Params> {
    /// The topmost list.
    top: Objects,
    /// Bytes in all lists, at most `granted`.
    bytes: usize,
    /// Bytes that they may have. Changes only under the heap's lock, too.
    granted: usize,
    /// 2 since a thread asked for a list, 1 after one sweep, then 0.
    wanted: u8,
    /// How often the lock was taken.
    stats: <C::Counters as Counters>::LockStats,
}

// SAFETY: objects on a shelf belong to no thread.
unsafe impl<C: Params> Send for Shelf<C> {}

impl<C: Params> Shelf<C> {
    const EMPTY: Self = Self {
        top: None,
        bytes: 0,
        granted: 0,
        wanted: 0,
        stats: <C::Counters as Counters>::UNTAKEN,
    };

    /// Puts a list of so many bytes on top, if the shelf may have them. Returns whether it did.
    pub(super) fn push(&mut self, list: Objects, bytes: usize) -> bool {
        let fits = self.bytes.saturating_add(bytes) <= self.granted;
        if let (true, Some(first)) = (fits, list) {
            first.set_below::<C>(self.top);
            self.top = list;
            self.bytes += bytes;
        }
        fits
    }

    /// Takes the topmost list.
    pub(super) fn pop(&mut self, class: Class) -> Objects {
        let first = self.top?;
        self.top = first.below::<C>();
        let others = first.next::<C>();
        let length = height::<C>(others).checked_add(1);
        let bytes = length.and_then(|length| length.checked_mul(class.size()));
        let has = bytes.and_then(|bytes| self.bytes.checked_sub(bytes));
        let (Some(length), Some(has)) = (length, has) else {
            report::fatal_at::<C>(WRONG_LENGTH, first.payload().as_ptr())
        };
        first.set_above::<C>(others, length);
        self.bytes = has;
        Some(first)
    }

    /// Returns the topmost list, which stays.
    pub(super) fn top(&self) -> Objects {
        self.top
    }

    /// Returns the bytes in all lists, and those that they may have.
    pub(super) fn bytes(&self) -> (usize, usize) {
        (self.bytes, self.granted)
    }

    /// Grants `more` bytes. The heap's lock is held.
    pub(super) fn grant(&mut self, more: usize) {
        self.granted += more;
    }

    /// Takes back the bytes that it may have and has not, and returns how many. The heap's lock is held.
    pub(super) fn settle(&mut self) -> usize {
        let more = self.granted - self.bytes;
        self.granted = self.bytes;
        more
    }

    /// Whether a thread has asked for a list since the last sweep but one.
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted != 0
    }

    /// Counts a sweep. Returns whether it has, or may have, lists that nobody has asked for since the one before.
    pub(super) fn is_idle(&mut self) -> bool {
        self.wanted = self.wanted.saturating_sub(1);
        !self.is_wanted() && self.granted != 0
    }
}

/// Returns the bytes of a list of the class, as its first object says.
pub(super) fn bytes_of<C: Params>(list: Objects, class: Class) -> usize {
    height::<C>(list).saturating_mul(class.size())
}

/// A shelf on a line of its own.
#[repr(align(64))]
struct Line<C: Params>(Guarded<C::Lock, Shelf<C>>);

/// The shelves of all classes.
pub(super) struct Shelves<C: Params>([Line<C>; CLASSES]);

impl<C: Params> Shelves<C> {
    #[expect(
        clippy::declare_interior_mutable_const,
        reason = "where each heap's shelves come from"
    )]
    pub(super) const EMPTY: Self =
        Self([const { Line(Guarded::new(C::LOCK, Shelf::EMPTY)) }; CLASSES]);

    /// Calls `f` with the shelf of a class, under its lock. `f` must take no lock.
    #[inline]
    pub(super) fn with<R>(&self, class: Class, f: impl FnOnce(&mut Shelf<C>) -> R) -> R {
        let counted = |shelf: &mut Shelf<C>| {
            let taken = C::Counters::taken();
            let result = f(shelf);
            C::Counters::count_lock(&mut shelf.stats, taken);
            result
        };
        self.0[class.number()].0.with(counted)
    }

    /// Takes a list of the class.
    pub(super) fn take(&self, class: Class) -> Objects {
        self.with(class, |shelf| {
            shelf.wanted = 2;
            shelf.pop(class)
        })
    }

    /// Puts the list of objects of the class that `unload` returns onto the shelf. Returns the list, unless the shelf may
    /// have it. `unload` must take no lock.
    pub(super) fn give(&self, class: Class, unload: impl FnOnce() -> Objects) -> Objects {
        self.with(class, |shelf| {
            let list = unload();
            let bytes = bytes_of::<C>(list, class);
            list.filter(|_| !shelf.push(list, bytes))
        })
    }

    /// Takes the locks of all shelves, for a fork.
    ///
    /// # Safety
    ///
    /// As for [`Lock::lock`](crate::sys::lock::Lock::lock).
    pub(super) unsafe fn lock(&self) {
        for Line(shelf) in &self.0 {
            // SAFETY: the caller guarantees it.
            unsafe { shelf.lock() };
        }
    }

    /// Releases the locks of all shelves, the last one first: critical sections nest.
    ///
    /// # Safety
    ///
    /// The caller holds them.
    pub(super) unsafe fn unlock(&self) {
        for Line(shelf) in self.0.iter().rev() {
            // SAFETY: the caller guarantees it.
            unsafe { shelf.unlock() };
        }
    }

    /// Returns what was counted of each lock, without counting this look.
    pub(super) fn lock_stats(&self) -> impl Iterator<Item = LockStats> {
        self.0.iter().map(|Line(shelf)| shelf.with(|shelf| C::Counters::lock_stats(&shelf.stats)))
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::diag::report::tests::last_words;
    use crate::{BrkHeap, brk_heap};
    use core::alloc::{GlobalAlloc, Layout};
    use std::vec::Vec;

    #[brk_heap(source = "mmap", cache = "1MiB", crate = crate)]
    static HEAP: BrkHeap;

    #[test]
    fn a_list_that_says_a_wrong_length_is_noticed() {
        const LAYOUT: Layout = Layout::new::<[u64; 8]>();
        let class = Class::of(LAYOUT).expect("it is small");
        // SAFETY: the layout has a size.
        let blocks: Vec<_> = (0..1000).map(|_| unsafe { HEAP.alloc(LAYOUT) }).collect();
        for block in blocks {
            // SAFETY: each block is freed once.
            unsafe { HEAP.dealloc(block, LAYOUT) };
        }
        let shelves = &<HEAP as Params>::base().aside.shelves;
        let top = shelves.with(class, |shelf| shelf.top);
        let second =
            top.expect("lists were given").next::<HEAP>().expect("a batch has more than one");
        assert_eq!(second.height::<HEAP>(), 127);
        for length in [usize::MAX, usize::MAX / 64, 1 << 20] {
            let words = last_words(|| {
                second.set_above::<HEAP>(second.next::<HEAP>(), length);
                shelves.take(class);
            });
            let what = "brkalloc: HEAP: corrupt free object: length of its list is wrong at 0x";
            assert!(words.starts_with(what), "{length}: {words}");
        }
    }
}
