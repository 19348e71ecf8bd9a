//! One thread's allocate, free and resize over the chunks of one window.
//!
//! ```text
//!   origin         first chunk                             top                  end tag
//!   v              v                                       v                    v
//!   | .. | tag | used | tag | free | tag | used | … | tag | never used, or freed | tag |
//!        '------ tiled by chunks: used ones, and free ones, which are in the index ----' '- limit: may come later
//! ```
//!
//! The chunks tile the arena from the first tag to the end tag. The *top* is the last of them
//! (Lea's wilderness): it is free, may be empty, and is in no index. A request is served from the
//! index, then from the top, then from a top that has grown. Placement is exactly that of the
//! configured policy, order and way to coalesce, after Knuth (*The Art of Computer Programming* 1,
//! 2.5) and Lea (*A Memory Allocator*, 1996).
//!
//! A heap here knows neither threads nor layouts of the language: [`BrkHeap`](crate::BrkHeap) and
//! [`Heap`](crate::Heap) stand in front of it.

mod open;
mod pattern;
mod release;
mod resize;
mod room;
mod take;
mod top;
mod walk;

pub(crate) use pattern::written_to;
pub use walk::ChunkState;

use crate::arena::chunk::{Chunk, Window};
use crate::arena::coalesce::Coalesce;
use crate::arena::counters::Counters;
use crate::arena::index::{Operations, Request};
use crate::arena::params::Params;
use crate::arena::tag::{GRANULE, MIN_GRANULES, Tag};
use crate::diag::report;
use crate::sys::source::{Origin, Source};
use core::marker::PhantomData;
use core::ptr::NonNull;

/// The chunks of one window, over memory of the source `S`.
///
/// # Invariant
///
/// Of an open heap, tags tile the window from its first chunk to its end tag; each tag knows
/// whether the chunk below it is in use; each free chunk but the top is in the index once, and
/// repeats its size in its last word. With immediate coalescing no two free chunks touch.
#[expect(missing_debug_implementations, reason = "a heap shows its configuration")]
pub struct RawHeap<C: Params, S> {
    window: Window<C>,
    /// The top's place; where the end tag is, if the top is empty.
    top: Chunk,
    /// The farthest place that the end tag may have.
    limit: Chunk,
    /// The highest end that a used chunk ever had.
    high_water: Chunk,
    /// From here on, all bytes but the end tag read as zero.
    dirty: Chunk,
    origin: Origin,
    coalesce: C::Coalesce,
    index: C::Index,
    counters: C::Counters,
    source: PhantomData<fn() -> S>,
}

// SAFETY: a heap owns its window alone, by the contract of `open`, and no part of it is tied to a
// thread.
unsafe impl<C: Params, S> Send for RawHeap<C, S> {}

/// Where the index of `C` found a chunk.
type Position<C> = <<C as Params>::Index as Operations>::Position;

impl<C: Params, S: Source> RawHeap<C, S> {
    /// A heap without memory: it serves nothing.
    pub(crate) const CLOSED: Self = Self {
        window: Window::CLOSED,
        top: Chunk::FIRST,
        limit: Chunk::FIRST,
        high_water: Chunk::FIRST,
        dirty: Chunk::FIRST,
        origin: Origin::Slice,
        coalesce: C::Coalesce::NEW,
        index: <C::Index as Operations>::EMPTY,
        counters: C::Counters::NEW,
        source: PhantomData,
    };

    /// The granule offset that an end tag may have at most.
    pub(crate) const MAX_OFFSET: u32 = <C::Index as Operations>::MAX_OFFSET;

    /// Where the window begins, and how many bytes it may have.
    pub(crate) fn extent(&self) -> (*mut u8, usize) {
        (self.window.origin(), self.limit.offset() as usize * GRANULE)
    }

    /// Whether `payload` lies in the window.
    pub(crate) fn covers(&self, payload: NonNull<u8>) -> bool {
        self.window.chunk_below(self.limit, payload.as_ptr()).is_some()
    }

    /// Whether `payload` is where that of a chunk below the top could be.
    pub(crate) fn reaches(&self, payload: NonNull<u8>) -> bool {
        self.window.chunk_below(self.top, payload.as_ptr()).is_some()
    }

    /// Whether `payload` is that of a used chunk which was allocated for `granules`.
    pub(crate) fn is_used(&self, payload: NonNull<u8>, granules: u32) -> bool {
        self.window.chunk_below(self.top, payload.as_ptr()).is_some_and(|chunk| {
            let tag = self.window.tag(chunk);
            // What is too little for a chunk of its own belongs to the block.
            tag.is_used() && (granules..granules + MIN_GRANULES).contains(&tag.granules())
        })
    }

    /// Whether the heap has memory.
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        self.window.is_open()
    }

    /// A payload for `request`; `None` if there is none, with nothing lost.
    #[inline(always)]
    pub(crate) fn allocate(&mut self, request: Request) -> Option<NonNull<u8>> {
        let window = self.window;
        let chunk = if request.align <= 1 {
            self.take_plain(request.need)?
        } else {
            self.take_aligned(request)?
        };
        self.counters.allocation();
        // SAFETY: what holds chunks is open, so its origin is not null, and no chunk reaches beyond
        // the last address.
        Some(unsafe { NonNull::new_unchecked(window.payload(chunk)) })
    }

    /// The same, called, for what is more than an allocation.
    #[inline(never)]
    pub(crate) fn allocate_instead(&mut self, request: Request) -> Option<NonNull<u8>> {
        self.allocate(request)
    }

    /// The same, with the number of its first bytes that may not read as zero.
    pub(crate) fn allocate_zeroed(&mut self, request: Request) -> Option<(NonNull<u8>, usize)> {
        let dirty = self.dirty;
        let payload = self.allocate_instead(request)?;
        let end = self.window.payload(dirty).addr();
        Some((payload, end.saturating_sub(payload.addr().get())))
    }

    /// Frees the chunk whose payload begins at `payload`.
    ///
    /// # Safety
    ///
    /// This heap handed `payload` out, and it has not been freed since.
    #[inline]
    pub(crate) unsafe fn free(&mut self, payload: NonNull<u8>) {
        // SAFETY: the caller guarantees the payload.
        let (chunk, tag, above) = unsafe { self.used_chunk(payload) };
        self.counters.free();
        // SAFETY: the caller gives up the chunk.
        unsafe { self.fill_freed(chunk, tag.granules()) };
        self.release(chunk, tag, above);
    }

    /// The bytes that may be used at `payload`.
    ///
    /// # Safety
    ///
    /// This heap handed `payload` out, and it has not been freed since.
    pub(crate) unsafe fn usable_size(&self, payload: NonNull<u8>) -> usize {
        // SAFETY: the caller guarantees the payload.
        let (_, tag, _) = unsafe { self.used_chunk(payload) };
        walk::payload_bytes(tag.granules())
    }

    /// The used chunk of `payload`, its tag, and the place above it.
    ///
    /// # Safety
    ///
    /// This heap handed `payload` out, and it has not been freed since. (What a checked heap can
    /// see to be otherwise ends the program.)
    #[inline]
    unsafe fn used_chunk(&self, payload: NonNull<u8>) -> (Chunk, Tag, Chunk) {
        let window = self.window;
        if !Window::<C>::CHECKED {
            // SAFETY: the caller guarantees the payload.
            let chunk = unsafe { window.chunk_at_unchecked(payload.as_ptr()) };
            let tag = window.tag(chunk);
            // SAFETY: a used chunk ends where another begins, or the top, or the end tag is.
            return (chunk, tag, unsafe { chunk.plus(tag.granules()) });
        }
        let Some(chunk) = window.chunk_below(self.top, payload.as_ptr()) else {
            self.foreign(payload)
        };
        self.check_raw(chunk);
        let tag = window.tag(chunk);
        let Some(above) = chunk.above(tag, self.top) else { unsound::<C>(payload.as_ptr(), tag) };
        if !tag.is_plainly_used() || !window.tag(above).is_prev_used() {
            unsound::<C>(payload.as_ptr(), tag);
        }
        (chunk, tag, above)
    }

    /// Ends the program: `payload` is none of a chunk below the top.
    #[cold]
    #[inline(never)]
    pub(crate) fn foreign(&self, payload: NonNull<u8>) -> ! {
        if let Some(chunk) = self.window.chunk_below(self.window.end(), payload.as_ptr()) {
            self.window
                .broken("free or realloc of memory that is not in use (freed twice?)", chunk);
        }
        report::fatal_in::<C>(format_args!(
            "free or realloc of a pointer that this heap never handed out, {payload:p}"
        ))
    }
}

/// Ends the program: at `payload`, below the top, is no used chunk, but this tag.
#[cold]
#[inline(never)]
fn unsound<C: Params>(payload: *mut u8, tag: Tag) -> ! {
    let what = if tag.is_used() {
        "free or realloc of what is no chunk, or whose tag was overwritten,"
    } else {
        "free or realloc of memory that is not in use (freed twice?)"
    };
    report::fatal_in::<C>(format_args!("{what} at {payload:p}"))
}
