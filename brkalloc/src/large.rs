//! Large requests: a mapping each, beside the arena.
//!
//! ```text
//!   mapping │ … padding … │ bytes │ padding │ payload ………………………………………………… │
//!           ^ base        '--- header: 16 --'^ base + padding, aligned    ^ base + bytes
//! ```
//!
//! A request of `large` bytes or more never touches a chunk: it gets pages of its own, which grow and
//! shrink by moving page tables instead of bytes where the system can do that, and which go back to
//! it at once when they are freed. What a block is follows from its layout, and by the address alone
//! from where it lies: no mapping is in the arena. Fresh pages are zero, so they are not cleared.
//!
//! With `harden = "full"` a sealed note below the header says what was asked for, what is behind that
//! is canary, and an address is looked at by the system before it is read: a mapping that was given
//! back, or never was one, ends the program with a line.
//!
//! The heap's lock has no part in it. Nothing is kept in reserve.

use crate::chunk::Window;
use crate::config::Config;
use crate::counters::Tally;
use crate::guard;
use crate::report;
use crate::seal::seal;
use crate::source::{Source, is_readable};
use core::alloc::Layout;
use core::fmt::Debug;
use core::ptr::NonNull;

/// Whether large requests get mappings of their own.
///
/// Implemented by [`Unmapped`] and [`Mapped`] alone.
pub trait Large: sealed::Sealed + Debug + Sync + 'static {
    /// Nothing mapped.
    #[doc(hidden)]
    const NEW: Self;
    /// The least number of bytes of such a request; `None` where there are none.
    const LEAST: Option<usize>;
    /// Bytes in mappings; `None` where there are none.
    #[doc(hidden)]
    fn mapped(&self) -> Option<usize>;
    /// Notes a change of them.
    #[doc(hidden)]
    fn note(&self, change: usize);
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Unmapped {}
    impl<const LEAST: usize> Sealed for super::Mapped<LEAST> {}
}

/// Every request is the arena's.
#[derive(Debug)]
pub struct Unmapped;

impl Large for Unmapped {
    const NEW: Self = Self;
    const LEAST: Option<usize> = None;
    fn mapped(&self) -> Option<usize> {
        None
    }
    fn note(&self, _: usize) {}
}

/// Requests of `LEAST` bytes or more get mappings, of so many bytes together now.
#[derive(Debug)]
pub struct Mapped<const LEAST: usize>(Tally);

impl<const LEAST: usize> Large for Mapped<LEAST> {
    const NEW: Self = Self(Tally::NEW);
    const LEAST: Option<usize> = Some(LEAST);
    fn mapped(&self) -> Option<usize> {
        Some(self.0.get())
    }
    fn note(&self, change: usize) {
        self.0.add(change);
    }
}

/// Whether a request of `size` bytes gets a mapping.
#[inline]
pub(crate) const fn is_large<C: Config>(size: usize) -> bool {
    match <C::Large as Large>::LEAST {
        Some(least) => least <= size,
        None => false,
    }
}

/// What stands before a payload, in the two words below it.
#[derive(Clone, Copy)]
#[repr(C)]
struct Header {
    /// Bytes of the mapping.
    bytes: usize,
    /// How far the payload lies above the mapping's base.
    padding: usize,
}

/// One block in a mapping of its own.
///
/// # Invariant
///
/// The mapping begins `padding` bytes below `payload`, is `bytes` long and nobody else's.
struct Block {
    payload: NonNull<u8>,
    header: Header,
}

const HEADER: usize = size_of::<Header>();

/// What stands below a header of a heap with `harden = "full"`.
#[derive(Clone, Copy)]
#[repr(C)]
struct Note {
    /// What was asked for.
    size: usize,
    align: usize,
    /// Over header and note.
    seal: u64,
}

impl Note {
    fn of(payload: NonNull<u8>, header: Header, size: usize, align: usize) -> Self {
        let words = [header.bytes, header.padding, size, align].map(|word| word as u64);
        Self { size, align, seal: seal(payload.addr().get(), words) }
    }

    fn layout(self) -> Option<Layout> {
        Layout::from_size_align(self.size, self.align).ok()
    }
}

/// The least number of bytes behind a payload of a heap with `harden = "full"`, and the most of them
/// that are canary.
const CANARIES: core::ops::RangeInclusive<usize> = 8..=4096;

/// The padding of every payload whose alignment it is a multiple of.
const PADDING: usize = 64;

impl Block {
    /// The block whose payload is `payload`; the program ends if there is none.
    ///
    /// # Safety
    ///
    /// A heap handed `payload` out as a mapping's, and it has not been freed since. (What a checked
    /// heap can see to be otherwise ends the program.)
    unsafe fn at<C: Config>(payload: NonNull<u8>) -> Self {
        if Window::<C>::SEALED {
            // A header never lies on two pages.
            let is_possible = payload.addr().get() % PADDING == 0;
            if !is_possible || !is_readable(header_of(payload).cast()) {
                foreign::<C>(payload);
            }
        }
        // SAFETY: the caller vouches for the payload, below which its header stands.
        let header = unsafe { header_of(payload).read() };
        let page = <C::Source as Source>::page_size();
        let is_whole = header.bytes % page == 0 && header.padding < header.bytes;
        let base = payload.addr().get().wrapping_sub(header.padding);
        if !is_whole || base % page != 0 {
            foreign::<C>(payload);
        }
        Self { payload, header }
    }

    /// What was asked for, as the note says it. What is not as it was left ends the program.
    fn vouch<C: Config>(&self) -> Layout {
        // SAFETY: a heap that seals wrote it when it handed the block out; any bytes are a note.
        let note = unsafe { note_of(self.payload).read() };
        let Some(layout) = note.layout() else { foreign::<C>(self.payload) };
        let room = self.header.bytes - self.header.padding;
        let is_sealed =
            note.seal == Note::of(self.payload, self.header, note.size, note.align).seal;
        if !is_sealed || room < layout.size() {
            foreign::<C>(self.payload);
        }
        let canaries = (room - layout.size()).min(*CANARIES.end());
        guard::check_canary::<C>(self.payload, layout.size(), layout.size() + canaries);
        layout
    }

    /// Writes what a heap with `harden = "full"` has around the block, for so many bytes.
    fn arm<C: Config>(&self, size: usize, align: usize) {
        if Window::<C>::SEALED {
            let room = self.header.bytes - self.header.padding - size;
            let behind = self.payload.as_ptr().wrapping_add(size);
            // SAFETY: so many bytes of the mapping, or more, are behind what was asked for.
            unsafe { behind.write_bytes(guard::CANARY, room.min(*CANARIES.end())) };
            let note = Note::of(self.payload, self.header, size, align);
            // SAFETY: by the invariant the padding below the header is this block's.
            unsafe { note_of(self.payload).write(note) };
        }
    }

    /// A mapping for `layout`, which the system fills with zeros.
    fn map<C: Config>(layout: Layout) -> Option<Self> {
        let page = <C::Source as Source>::page_size();
        let align = layout.align();
        // Above the least padding, a multiple of any larger alignment is at most that far; a smaller
        // one is there already, as the mapping begins with a page.
        let least = PADDING.min(page);
        let spare = if align <= least { PADDING } else { PADDING.checked_add(align)? };
        let size = padded::<C>(layout.size())?;
        let bytes = size.checked_add(spare)?.checked_next_multiple_of(page)?;
        let base = <C::Source as Source>::map(bytes)?;
        let lowest = base.addr().get() + PADDING;
        let padding = PADDING + (lowest.next_multiple_of(align) - lowest);
        // SAFETY: the padding is at most what was spared for it.
        let payload = unsafe { base.byte_add(padding) };
        let block = Self::new(payload, Header { bytes, padding });
        block.arm::<C>(layout.size(), align);
        Some(block)
    }

    /// A block that its header describes from now on, `payload` by the mapping's own pointer.
    fn new(payload: NonNull<u8>, header: Header) -> Self {
        // For `chunk::whole`: the header lies beyond the block's own bytes.
        payload.as_ptr().expose_provenance();
        // SAFETY: the mapping is the caller's, and the padding leaves room for a header.
        unsafe { header_of(payload).write(header) };
        Self { payload, header }
    }

    fn base(&self) -> NonNull<u8> {
        // SAFETY: by the invariant the mapping begins there.
        unsafe { self.payload.byte_sub(self.header.padding) }
    }
}

/// Where the header of a payload stands.
#[expect(clippy::cast_ptr_alignment, reason = "a payload is a multiple of 64")]
fn header_of(payload: NonNull<u8>) -> *mut Header {
    payload.as_ptr().cast::<Header>().wrapping_sub(1)
}

/// Where the note of a payload stands.
#[expect(clippy::cast_ptr_alignment, reason = "a payload is a multiple of 64")]
fn note_of(payload: NonNull<u8>) -> *mut Note {
    payload.as_ptr().wrapping_sub(HEADER).cast::<Note>().wrapping_sub(1)
}

/// The bytes of a payload that hold `size` and what has to be behind.
fn padded<C: Config>(size: usize) -> Option<usize> {
    if Window::<C>::SEALED { size.checked_add(*CANARIES.start()) } else { Some(size) }
}

/// Ends the program: no block of a mapping is at `payload`.
#[cold]
#[inline(never)]
fn foreign<C: Config>(payload: NonNull<u8>) -> ! {
    report::fatal_in::<C>(format_args!(
        "free or realloc of a pointer that this heap never handed out, {payload:p}"
    ))
}

/// What was asked for when `payload` was handed out. With `harden = "full"`, what is no block of a
/// mapping, is one of another layout than `said`, or was written past its end, ends the program.
///
/// # Safety
///
/// As for [`free`].
pub(crate) unsafe fn vouch<C: Config>(payload: NonNull<u8>, said: Option<Layout>) -> Layout {
    // SAFETY: the caller vouches for the payload.
    let had = unsafe { Block::at::<C>(payload) }.vouch::<C>();
    guard::compare::<C>(payload, said, had);
    had
}

/// A block of zeros in a mapping of its own; `None` if there is none.
pub(crate) fn allocate<C: Config>(count: &C::Large, layout: Layout) -> Option<NonNull<u8>> {
    let block = Block::map::<C>(layout)?;
    count.note(block.header.bytes);
    Some(block.payload)
}

/// Frees a block.
///
/// # Safety
///
/// [`allocate`] or [`resize`] returned `payload`, and it has not been freed since.
pub(crate) unsafe fn free<C: Config>(count: &C::Large, payload: NonNull<u8>) {
    // SAFETY: the caller vouches for the payload.
    let block = unsafe { Block::at::<C>(payload) };
    count.note(block.header.bytes.wrapping_neg());
    // SAFETY: by the invariant the mapping is nobody else's, and the caller gives it up.
    unsafe { <C::Source as Source>::unmap(block.base(), block.header.bytes) };
}

/// The block at another size, with its bytes up to the lesser of both; `None`, with the block as it
/// was, where the system does not move pages.
///
/// # Safety
///
/// As for [`free`]; the block was allocated for `layout`.
pub(crate) unsafe fn resize<C: Config>(
    count: &C::Large,
    payload: NonNull<u8>,
    layout: Layout,
    size: usize,
) -> Option<NonNull<u8>> {
    // SAFETY: the caller vouches for the payload.
    let block = unsafe { Block::at::<C>(payload) };
    let page = <C::Source as Source>::page_size();
    let Header { bytes, padding } = block.header;
    let wanted = padding.checked_add(padded::<C>(size)?)?.checked_next_multiple_of(page)?;
    if wanted == bytes {
        block.arm::<C>(size, layout.align());
        return Some(payload);
    }
    // Pages keep alignments up to a page wherever they move.
    let may_move = layout.align() <= page;
    // SAFETY: by the invariant the mapping is as large and the caller's.
    let base = unsafe { <C::Source as Source>::remap(block.base(), bytes, wanted, may_move) }?;
    count.note(wanted.wrapping_sub(bytes));
    // SAFETY: the payload lies as far above the base as before.
    let payload = unsafe { base.byte_add(padding) };
    let block = Block::new(payload, Header { bytes: wanted, padding });
    block.arm::<C>(size, layout.align());
    Some(block.payload)
}

/// The bytes that may be used at `payload`.
///
/// # Safety
///
/// As for [`free`].
pub(crate) unsafe fn usable_size<C: Config>(payload: NonNull<u8>) -> usize {
    // SAFETY: the caller vouches for the payload.
    let block = unsafe { Block::at::<C>(payload) };
    block.header.bytes - block.header.padding
}

const _: () = assert!(
    HEADER + size_of::<Note>() <= PADDING && PADDING.is_power_of_two(),
    "a header fits the padding"
);
