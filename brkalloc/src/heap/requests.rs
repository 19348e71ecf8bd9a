//! What every heap does for a user, above its layers: pointers become those of the whole window, and
//! blocks move.
//!
//! This is the one place that copies a block.

use crate::arena::chunk::{Window, whole};
use crate::layers::{Layer, Resized};
use core::alloc::Layout;
use core::ptr::NonNull;

/// Frees a block, of `layout` if the caller knows it.
///
/// # Safety
///
/// As for [`Layer::free`].
#[inline]
pub(super) unsafe fn free<L: Layer>(heap: &L, block: NonNull<u8>, layout: Option<Layout>) {
    // SAFETY: the caller vouches for the block.
    unsafe { heap.free(whole(block), layout) };
}

/// The block, with its bytes up to the lesser of both sizes, as `wanted` has it: where it stands if
/// that is possible. `None`, with the block as it was, if there is no room.
///
/// # Safety
///
/// As for [`Layer::free`].
#[inline]
pub(super) unsafe fn reallocate<L: Layer>(
    heap: &L,
    block: NonNull<u8>,
    layout: Option<Layout>,
    wanted: Layout,
) -> Option<NonNull<u8>> {
    let block = whole(block);
    // SAFETY: the caller vouches for the block.
    match unsafe { heap.resize(block, layout, wanted) }? {
        Resized::InPlace(block) => {
            let has_shrunk = layout.is_none_or(|layout| wanted.size() < layout.size());
            if Window::<L::Params>::CLEARS && !Window::<L::Params>::CHECKSUMMED && has_shrunk {
                // SAFETY: the block has this layout now.
                unsafe { clear_behind(heap, block, wanted) };
            }
            Some(block)
        }
        Resized::Elsewhere(room) => {
            // SAFETY: the caller vouches for the block, and the room is new.
            unsafe { relocate(heap, block, layout, room, wanted) };
            Some(room)
        }
    }
}

/// The block at another layout, which may have another alignment. `None`, with the block as it was,
/// if there is no room.
///
/// # Safety
///
/// As for [`Layer::free`].
#[cfg(feature = "allocator-api2")]
pub(super) unsafe fn realign<L: Layer>(
    heap: &L,
    block: NonNull<u8>,
    layout: Layout,
    wanted: Layout,
) -> Option<NonNull<u8>> {
    if layout.align() == wanted.align() {
        // SAFETY: the caller vouches for the block.
        return unsafe { reallocate(heap, block, Some(layout), wanted) };
    }
    let room = heap.allocate(wanted)?;
    // SAFETY: the caller vouches for the block, and the room is new.
    unsafe { relocate(heap, whole(block), Some(layout), room, wanted) };
    Some(room)
}

/// The bytes that may be used at `block`.
///
/// # Safety
///
/// As for [`Layer::usable_size`].
pub(super) unsafe fn usable_size<L: Layer>(heap: &L, block: NonNull<u8>) -> usize {
    // SAFETY: the caller vouches for the block.
    unsafe { heap.usable_size(whole(block), None) }
}

/// Copies a block to `room`, and frees it.
///
/// # Safety
///
/// As for [`Layer::free`]; `room` was handed out for `wanted`, and is nobody's.
#[inline]
unsafe fn relocate<L: Layer>(
    heap: &L,
    block: NonNull<u8>,
    layout: Option<Layout>,
    room: NonNull<u8>,
    wanted: Layout,
) {
    let size = match layout {
        // What is to be checked is not believed.
        Some(layout) if !Window::<L::Params>::CHECKSUMMED => layout.size(),
        // SAFETY: the caller vouches for the block.
        _ => unsafe { heap.usable_size(block, None) },
    };
    // SAFETY: both have as many bytes, and the block is still in use, so they are two.
    unsafe { room.copy_from_nonoverlapping(block, size.min(wanted.size())) };
    // SAFETY: the caller vouches for the block, which nobody needs now.
    unsafe { heap.free(block, layout) };
}

/// Clears what a block has behind the bytes that are in use.
///
/// # Safety
///
/// As for [`Layer::free`].
#[cold]
unsafe fn clear_behind<L: Layer>(heap: &L, block: NonNull<u8>, layout: Layout) {
    // By its layout, as whoever served it decided: where a configuration names another heap now, the
    // address would tell of a mapping that is none.
    // SAFETY: the caller vouches for the block.
    let usable = unsafe { heap.usable_size(block, Some(layout)) };
    // SAFETY: the block has at least its size.
    let behind = unsafe { block.add(layout.size()) };
    // SAFETY: these are the block's last bytes, of which its owner asked for none.
    unsafe { behind.write_bytes(0, usable.saturating_sub(layout.size())) };
}
