//! One block in a mapping of its own: its header, and its guard with `harden = "full"`.

use crate::arena::chunk::Window;
use crate::diag::checksum::checksum;
use crate::diag::report;
use crate::layers::{Params, guarded};
use crate::sys::source::{Source, is_readable};
use core::alloc::Layout;
use core::ptr::NonNull;

/// The two words below a payload.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Header {
    /// Bytes of the mapping.
    pub(super) bytes: usize,
    /// The payload's distance from the mapping's base, in bytes.
    pub(super) padding: usize,
}

/// One block in a mapping of its own.
///
/// # Invariant
///
/// The mapping begins `padding` bytes below `payload`, is `bytes` long and belongs to this block
/// only.
pub(super) struct Block {
    pub(super) payload: NonNull<u8>,
    pub(super) header: Header,
}

const HEADER: usize = size_of::<Header>();

/// The words below a header in a heap with `harden = "full"`.
#[derive(Clone, Copy)]
#[repr(C)]
struct Note {
    /// The layout asked for.
    size: usize,
    align: usize,
    /// Covers header and note.
    checksum: u64,
}

impl Note {
    fn of(payload: NonNull<u8>, header: Header, size: usize, align: usize) -> Self {
        let words = [header.bytes, header.padding, size, align].map(|word| word as u64);
        Self { size, align, checksum: checksum(payload.addr().get(), words) }
    }

    fn layout(self) -> Option<Layout> {
        Layout::from_size_align(self.size, self.align).ok()
    }
}

/// The fewest bytes behind a payload in a heap with `harden = "full"`, and the most of them that
/// are canary.
const CANARIES: core::ops::RangeInclusive<usize> = 8..=4096;

/// The padding of a payload whose alignment divides it.
const PADDING: usize = 64;

impl Block {
    /// Returns the block whose payload is `payload`. Ends the program if there is none.
    ///
    /// # Safety
    ///
    /// A heap handed out `payload` from a mapping, and nobody has freed it since. (With
    /// `harden = "full"`, ends the program where the heap can see that this does not hold.)
    pub(super) unsafe fn at<C: Params>(payload: NonNull<u8>) -> Self {
        if Window::<C>::CHECKSUMMED {
            // A header never crosses a page border.
            let is_possible = payload.addr().get() % PADDING == 0;
            if !is_possible || !is_readable(header_of(payload).cast()) {
                foreign::<C>(payload);
            }
        }
        // SAFETY: the caller guarantees the payload, by the pointer of its whole mapping, in which its
        // header stands below it.
        let header = unsafe { header_of(payload).read() };
        let page = C::Source::page_size();
        let is_whole = header.bytes % page == 0 && header.padding < header.bytes;
        let base = payload.addr().get().wrapping_sub(header.padding);
        if !is_whole || base % page != 0 {
            foreign::<C>(payload);
        }
        Self { payload, header }
    }

    /// With `harden = "full"`, returns the layout asked for, from the note. Ends the program if
    /// guard or note was overwritten, or if the layout is not `said`.
    pub(super) fn verify<C: Params>(&self, said: Option<Layout>) -> Option<Layout> {
        if !Window::<C>::CHECKSUMMED {
            return None;
        }
        // SAFETY: a checksummed heap wrote the note when it handed out the block; any bytes are a
        // note.
        let note = unsafe { note_of(self.payload).read() };
        let Some(layout) = note.layout() else { foreign::<C>(self.payload) };
        let room = self.header.bytes - self.header.padding;
        let is_intact =
            note.checksum == Note::of(self.payload, self.header, note.size, note.align).checksum;
        if !is_intact || room < layout.size() {
            foreign::<C>(self.payload);
        }
        let canaries = (room - layout.size()).min(*CANARIES.end());
        guarded::check_canary::<C>(self.payload, layout.size(), layout.size() + canaries);
        guarded::compare::<C>(self.payload, said, layout);
        Some(layout)
    }

    /// Writes note and canary around a block for `layout`, with `harden = "full"`.
    pub(super) fn arm<C: Params>(&self, layout: Layout) {
        if Window::<C>::CHECKSUMMED {
            let (size, align) = (layout.size(), layout.align());
            let room = self.header.bytes - self.header.padding - size;
            let behind = self.payload.as_ptr().wrapping_add(size);
            // SAFETY: the mapping has `room` bytes behind the payload.
            unsafe { behind.write_bytes(guarded::CANARY, room.min(*CANARIES.end())) };
            let note = Note::of(self.payload, self.header, size, align);
            // SAFETY: by the invariant the padding below the header belongs to this block.
            unsafe { note_of(self.payload).write(note) };
        }
    }

    /// Makes a block for `layout` of what `map` returns for a number of bytes: the base of a mapping of
    /// zeros that nobody else has, and its size, in whole pages, at least that.
    pub(super) fn map<C: Params>(
        layout: Layout,
        map: impl FnOnce(usize) -> Option<(NonNull<u8>, usize)>,
    ) -> Option<Self> {
        let page = C::Source::page_size();
        let align = layout.align();
        // A multiple of a larger alignment lies at most that far above the minimum padding. A
        // smaller alignment holds there already, because the mapping begins at a page.
        let least = PADDING.min(page);
        let spare = if align <= least { PADDING } else { PADDING.checked_add(align)? };
        let size = padded::<C>(layout.size())?;
        let bytes = size.checked_add(spare)?.checked_next_multiple_of(page)?;
        let (base, bytes) = map(bytes)?;
        let lowest = base.addr().get() + PADDING;
        let padding = PADDING + (lowest.next_multiple_of(align) - lowest);
        // SAFETY: the padding is at most the spare bytes.
        let payload = unsafe { base.byte_add(padding) };
        // SAFETY: the mapping is nobody else's; the padding is at least `PADDING`.
        let block = unsafe { Self::new(payload, Header { bytes, padding }) };
        block.arm::<C>(layout);
        Some(block)
    }

    /// Writes the header of a block.
    ///
    /// # Safety
    ///
    /// `payload` has the provenance of a mapping that is as the header says, and that nobody else has; its
    /// padding has room for a header.
    pub(super) unsafe fn new(payload: NonNull<u8>, header: Header) -> Self {
        // For `chunk::whole`, because the header lies outside the block's own bytes.
        payload.as_ptr().expose_provenance();
        // SAFETY: by the contract, a header's bytes lie below the payload, and are this block's.
        unsafe { header_of(payload).write(header) };
        Self { payload, header }
    }

    /// Clears the header, so that no later free finds one, whatever becomes of the mapping.
    pub(super) fn disown<C: Params>(&self) {
        if Window::<C>::CHECKSUMMED {
            // SAFETY: by the invariant the header's bytes are this block's.
            unsafe { header_of(self.payload).write(Header { bytes: 0, padding: 0 }) };
        }
    }

    pub(super) fn base(&self) -> NonNull<u8> {
        // SAFETY: by the invariant the mapping begins there.
        unsafe { self.payload.byte_sub(self.header.padding) }
    }
}

/// The address of a payload's header.
#[expect(clippy::cast_ptr_alignment, reason = "a payload is a multiple of 64")]
fn header_of(payload: NonNull<u8>) -> *mut Header {
    payload.as_ptr().cast::<Header>().wrapping_sub(1)
}

/// The address of a payload's note.
#[expect(clippy::cast_ptr_alignment, reason = "a payload is a multiple of 64")]
fn note_of(payload: NonNull<u8>) -> *mut Note {
    payload.as_ptr().wrapping_sub(HEADER).cast::<Note>().wrapping_sub(1)
}

/// Returns the bytes of a payload that holds `size` and the fewest canaries behind it.
pub(super) fn padded<C: Params>(size: usize) -> Option<usize> {
    if Window::<C>::CHECKSUMMED { size.checked_add(*CANARIES.start()) } else { Some(size) }
}

/// Ends the program: there is no mapped block at `payload`.
#[cold]
#[inline(never)]
fn foreign<C: Params>(payload: NonNull<u8>) -> ! {
    report::fatal_at::<C>("invalid free: pointer from outside this heap", payload.as_ptr())
}

const _: () = assert!(
    HEADER + size_of::<Note>() <= PADDING && PADDING.is_power_of_two(),
    "a header fits the padding"
);
