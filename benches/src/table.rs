//! A table of the harness: memory of its own, outside every heap, and counted, so that the figure
//! of a heap's memory can leave it out.
//!
//! All pages of a table are resident from its beginning: otherwise the count would not be what the
//! peak of the process has of it. A table ends without dropping what it holds.

use crate::machine::page_faults;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Bytes of the tables that are there, and the most that were there at one time.
static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// The most bytes that tables had at one time.
#[must_use]
pub fn peak() -> usize {
    PEAK.load(Ordering::Relaxed)
}

/// Page faults that tables took.
static FAULTS: AtomicU64 = AtomicU64::new(0);

/// The page faults that tables have taken.
#[must_use]
pub fn faults() -> u64 {
    FAULTS.load(Ordering::Relaxed)
}

/// Rows of one type.
///
/// # Invariant
///
/// `base` is a mapping of this table alone, with `count` rows in it, all of which are initialized.
#[derive(Debug)]
pub struct Table<T> {
    base: NonNull<T>,
    count: usize,
    rows: PhantomData<T>,
}

// SAFETY: a table owns its rows, as a vector does.
unsafe impl<T: Send> Send for Table<T> {}
// SAFETY: a shared table gives shared rows only, as a vector does.
unsafe impl<T: Sync> Sync for Table<T> {}

impl<T> Table<T> {
    /// A table of `count` rows, each made by `row` from its number.
    #[must_use]
    pub fn new(count: usize, mut row: impl FnMut(usize) -> T) -> Self {
        const { assert!(align_of::<T>() <= 4096) };
        let before = page_faults(libc::RUSAGE_THREAD);
        let base = map(Self::bytes(count), libc::MAP_POPULATE).cast::<T>();
        FAULTS.fetch_add(page_faults(libc::RUSAGE_THREAD) - before, Ordering::Relaxed);
        let live = LIVE.fetch_add(Self::bytes(count), Ordering::Relaxed) + Self::bytes(count);
        PEAK.fetch_max(live, Ordering::Relaxed);
        for index in 0..count {
            // SAFETY: the mapping has `count` rows, and this one is below that.
            let place = unsafe { base.add(index) };
            // SAFETY: the row is within the mapping, which is this table's and aligned to a page.
            unsafe { place.write(row(index)) };
        }
        Self { base, count, rows: PhantomData }
    }

    fn bytes(count: usize) -> usize {
        (count * size_of::<T>()).next_multiple_of(4096).max(4096)
    }
}

impl<T> Deref for Table<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        // SAFETY: by the invariant these rows are there and initialized.
        unsafe { core::slice::from_raw_parts(self.base.as_ptr(), self.count) }
    }
}

impl<T> DerefMut for Table<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: by the invariant these rows are there and initialized; the table is borrowed.
        unsafe { core::slice::from_raw_parts_mut(self.base.as_ptr(), self.count) }
    }
}

impl<T> Drop for Table<T> {
    fn drop(&mut self) {
        let bytes = Self::bytes(self.count);
        // SAFETY: by the invariant the mapping is this table's, and nobody borrows it any more.
        unsafe { libc::munmap(self.base.as_ptr().cast(), bytes) };
        LIVE.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// A new mapping, private and zeroed.
pub(crate) fn map(bytes: usize, flags: libc::c_int) -> NonNull<u8> {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = flags | libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: a new mapping touches nothing that is there.
    let base = unsafe { libc::mmap(core::ptr::null_mut(), bytes, protection, flags, -1, 0) };
    assert_ne!(base, libc::MAP_FAILED, "the system grants {bytes} bytes");
    NonNull::new(base.cast()).expect("no mapping lies at 0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_keeps_its_rows_and_is_counted() {
        let mut table = Table::new(10_000, |index| index * 3);
        table[9_999] += 1;
        assert_eq!(
            (table.len(), table[0], table[5_000], table[9_999]),
            (10_000, 0, 15_000, 29_998)
        );
        assert!(80_000 <= peak());
    }
}
