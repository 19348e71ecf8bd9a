//! Which addresses are in use: no two blocks may share one.

use core::ptr::NonNull;
use std::collections::BTreeMap;

/// Blocks by their address, each with its size.
#[derive(Debug, Default)]
pub struct Places(BTreeMap<usize, usize>);

impl Places {
    /// Notes a block that was handed out.
    ///
    /// # Panics
    ///
    /// If it overlaps another.
    pub fn enter(&mut self, place: NonNull<u8>, size: usize) {
        let overlapped = self.overlapped(place, size);
        assert_eq!(overlapped, None, "{size} bytes at {place:p} overlap what is in use");
        self.0.insert(place.addr().get(), size);
    }

    /// The block that `size` bytes at `place` would overlap, if there is one.
    #[must_use]
    pub fn overlapped(&self, place: NonNull<u8>, size: usize) -> Option<usize> {
        let start = place.addr().get();
        let (&lower, &size_of_lower) = self.0.range(..start + size).next_back()?;
        (start < lower + size_of_lower).then_some(lower)
    }

    /// Notes that a block was freed.
    ///
    /// # Panics
    ///
    /// If it was not there.
    pub fn leave(&mut self, place: NonNull<u8>) {
        let left = self.0.remove(&place.addr().get());
        assert!(left.is_some(), "nothing is in use at {place:p}");
    }
}
