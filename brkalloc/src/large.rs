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
//! The heap's lock has no part in it. Nothing is kept in reserve.

use crate::config::Config;
use crate::report;
use crate::source::Source;
use core::alloc::Layout;
use core::fmt::Debug;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Whether large requests get mappings of their own.
///
/// Implemented by [`Unmapped`] and [`Mapped`] alone.
pub trait Large: sealed::Sealed + Debug + Sync + 'static {
    /// Nothing mapped.
    #[doc(hidden)]
    const NEW: Self;
    /// Whether there are such requests at all.
    #[doc(hidden)]
    const MAPS: bool;
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
    impl Sealed for super::Mapped {}
}

/// Every request is the arena's.
#[derive(Debug)]
pub struct Unmapped;

impl Large for Unmapped {
    const NEW: Self = Self;
    const MAPS: bool = false;
    fn mapped(&self) -> Option<usize> {
        None
    }
    fn note(&self, _: usize) {}
}

/// Large requests get mappings, of so many bytes together now.
#[derive(Debug)]
pub struct Mapped(AtomicUsize);

impl Large for Mapped {
    const NEW: Self = Self(AtomicUsize::new(0));
    const MAPS: bool = true;
    fn mapped(&self) -> Option<usize> {
        Some(self.0.load(Relaxed))
    }
    fn note(&self, change: usize) {
        self.0.fetch_add(change, Relaxed);
    }
}

/// Whether a request of `size` bytes gets a mapping.
#[inline]
pub(crate) const fn is_large<C: Config>(size: usize) -> bool {
    <C::Large as Large>::MAPS && C::LARGE <= size
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

/// The padding of every payload whose alignment it is a multiple of.
const PADDING: usize = 64;

impl Block {
    /// The block whose payload is `payload`; the program ends if there is none.
    ///
    /// # Safety
    ///
    /// A heap handed `payload` out as a mapping's, and it has not been freed since.
    unsafe fn at<C: Config>(payload: NonNull<u8>) -> Self {
        // SAFETY: the caller vouches for the payload, below which its header stands.
        let header = unsafe { header_of(payload).read() };
        let page = <C::Source as Source>::page_size();
        let is_whole = header.bytes % page == 0 && header.padding < header.bytes;
        let base = payload.addr().get().wrapping_sub(header.padding);
        if !is_whole || base % page != 0 {
            report::fatal(
                C::NAME,
                format_args!(
                    "free or realloc of a pointer that this heap never handed out, {payload:p}"
                ),
            );
        }
        Self { payload, header }
    }

    /// A mapping for `layout`, which the system fills with zeros.
    fn map<C: Config>(layout: Layout) -> Option<Self> {
        let page = <C::Source as Source>::page_size();
        let align = layout.align();
        // Above the least padding, a multiple of any larger alignment is at most that far; a smaller
        // one is there already, as the mapping begins with a page.
        let least = PADDING.min(page);
        let spare = if align <= least { PADDING } else { PADDING.checked_add(align)? };
        let bytes = layout.size().checked_add(spare)?.checked_next_multiple_of(page)?;
        let base = <C::Source as Source>::map(bytes)?;
        let lowest = base.addr().get() + PADDING;
        let padding = PADDING + (lowest.next_multiple_of(align) - lowest);
        // SAFETY: the padding is at most what was spared for it.
        let payload = unsafe { base.byte_add(padding) };
        Some(Self::new(payload, Header { bytes, padding }))
    }

    /// A block that its header describes from now on.
    fn new(payload: NonNull<u8>, header: Header) -> Self {
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
    let wanted = padding.checked_add(size)?.checked_next_multiple_of(page)?;
    if wanted == bytes {
        return Some(payload);
    }
    // Pages keep alignments up to a page wherever they move.
    let may_move = layout.align() <= page;
    // SAFETY: by the invariant the mapping is as large and the caller's.
    let base = unsafe { <C::Source as Source>::remap(block.base(), bytes, wanted, may_move) }?;
    count.note(wanted.wrapping_sub(bytes));
    // SAFETY: the payload lies as far above the base as before.
    let payload = unsafe { base.byte_add(padding) };
    Some(Block::new(payload, Header { bytes: wanted, padding }).payload)
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

const _: () = assert!(HEADER <= PADDING && PADDING.is_power_of_two(), "a header fits the padding");
