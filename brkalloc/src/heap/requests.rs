//! The operations of every heap above its layers: they extend a user's pointer to the whole window,
//! and move blocks.
//!
//! Only this module copies blocks.

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
    // SAFETY: the caller guarantees that the block is in use.
    unsafe { heap.free(whole(block), layout) };
}

/// Resizes a block to `wanted`, in place if possible, and keeps its bytes up to the lesser size.
/// Returns `None` and leaves the block as it was if there is no room.
///
/// # Safety
///
/// As for [`Layer::resize`].
#[inline]
pub(super) unsafe fn reallocate<L: Layer>(
    heap: &L,
    block: NonNull<u8>,
    layout: Option<Layout>,
    wanted: Layout,
) -> Option<NonNull<u8>> {
    let block = whole(block);
    // SAFETY: the caller guarantees that the block is in use.
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
            // SAFETY: the caller guarantees that the block is in use; the room is new.
            unsafe { relocate(heap, block, layout, room, wanted) };
            Some(room)
        }
    }
}

/// Resizes a block to a layout that may have another alignment. Returns `None` and leaves the block
/// as it was if there is no room.
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
        // SAFETY: the caller guarantees that the block is in use.
        return unsafe { reallocate(heap, block, Some(layout), wanted) };
    }
    let room = heap.allocate(wanted)?;
    // SAFETY: the caller guarantees that the block is in use; the room is new.
    unsafe { relocate(heap, whole(block), Some(layout), room, wanted) };
    Some(room)
}

/// Returns how many bytes may be used at `block`.
///
/// # Safety
///
/// As for [`Layer::usable_size`].
pub(super) unsafe fn usable_size<L: Layer>(heap: &L, block: NonNull<u8>) -> usize {
    // SAFETY: the caller guarantees that the block is in use.
    unsafe { heap.usable_size(whole(block), None) }
}

/// Copies a block to `room`, and frees it.
///
/// # Safety
///
/// As for [`Layer::free`]; the heap handed out `room` for `wanted`, and it belongs to nobody.
#[inline]
unsafe fn relocate<L: Layer>(
    heap: &L,
    block: NonNull<u8>,
    layout: Option<Layout>,
    room: NonNull<u8>,
    wanted: Layout,
) {
    let size = match layout {
        // A heap with `harden = "full"` does not trust the layout.
        Some(layout) if !Window::<L::Params>::CHECKSUMMED => layout.size(),
        // SAFETY: the caller guarantees that the block is in use.
        _ => unsafe { heap.usable_size(block, None) },
    };
    // SAFETY: both have that many bytes; they are distinct, because the block is still in use.
    unsafe { room.copy_from_nonoverlapping(block, size.min(wanted.size())) };
    // SAFETY: the caller guarantees that the block was in use; nobody needs it now.
    unsafe { heap.free(block, layout) };
}

/// Clears the bytes of a block behind those in use.
///
/// # Safety
///
/// As for [`Layer::free`].
#[cold]
unsafe fn clear_behind<L: Layer>(heap: &L, block: NonNull<u8>, layout: Layout) {
    // The layout decides, as it did when the block was handed out. If the configuration names
    // another heap now, the address would claim a mapping where there is none.
    // SAFETY: the caller guarantees that the block is in use.
    let usable = unsafe { heap.usable_size(block, Some(layout)) };
    // SAFETY: the block has at least its size.
    let behind = unsafe { block.add(layout.size()) };
    // SAFETY: these are the block's last bytes, which its owner did not ask for.
    unsafe { behind.write_bytes(0, usable.saturating_sub(layout.size())) };
}
