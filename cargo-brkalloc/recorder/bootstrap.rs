//! Blocks for the loader itself: `dlsym` may allocate before it has said where the next `malloc` is.
//!
//! A few bytes from an array, of zeros, never freed.

use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicUsize, Ordering};

const BYTES: usize = 16 << 10;

#[repr(align(16))]
struct Array(UnsafeCell<[u8; BYTES]>);

// SAFETY: each byte is handed out once, by the counter.
unsafe impl Sync for Array {}

static ARRAY: Array = Array(UnsafeCell::new([0; BYTES]));
static TAKEN: AtomicUsize = AtomicUsize::new(0);

/// A block of zeros; null if the array is used up.
pub(crate) fn take(size: usize) -> *mut c_void {
    let Some(rounded) = size.max(1).checked_next_multiple_of(16).filter(|size| *size <= BYTES)
    else {
        return null_mut();
    };
    let at = TAKEN.fetch_add(rounded, Ordering::Relaxed);
    if BYTES < at.saturating_add(rounded) {
        return null_mut();
    }
    ARRAY.0.get().cast::<u8>().wrapping_add(at).cast()
}

/// Whether a block is one of these.
#[inline]
pub(crate) fn has(block: *mut c_void) -> bool {
    block.addr().wrapping_sub(ARRAY.0.get().addr()) < BYTES
}

/// Copies a block of these to `room`, which has `size` bytes.
pub(crate) fn move_out(block: *mut c_void, room: *mut c_void, size: usize) -> *mut c_void {
    if !room.is_null() {
        let end = ARRAY.0.get().addr() + BYTES;
        // Its size is not known; what lies behind it are bytes of the array as well.
        let size = size.min(end - block.addr());
        // SAFETY: the room has so many bytes, and so has the array from there on. The room may be of
        // the array as well, so they may overlap.
        unsafe { room.copy_from(block, size) };
    }
    room
}
