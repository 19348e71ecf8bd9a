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
//! (Lea's wilderness): it is free, may be empty, and is in no index. A request gets a chunk from
//! the index, else from the top, else from a top that has grown. The configured policy, order and
//! coalescing determine placement exactly, after Knuth (*The Art of Computer Programming* 1, 2.5)
//! and Lea (*A Memory Allocator*, 1996).
//!
//! A heap here knows neither threads nor `Layout`s: [`BrkHeap`](crate::BrkHeap) and
//! [`Heap`](crate::Heap) stand in front of it.

mod again;
mod extent;
mod open;
mod pattern;
mod release;
mod resize;
mod retaken;
mod take;
mod top;
mod trim;
mod walk;

pub(crate) use pattern::written_to;
pub use walk::ChunkState;

use crate::arena::SMALL;
use crate::arena::chunk::{Chunk, Link, Window};
use crate::arena::coalesce::Coalesce;
use crate::arena::counters::Counters;
use crate::arena::index::{Operations, Request};
use crate::arena::params::Params;
use crate::arena::tag::{GRANULE, MIN_GRANULES, Tag};
use crate::diag::report;
use crate::sys::clock::Ticks;
use crate::sys::source::{Origin, Source};
use core::marker::PhantomData;
use core::ptr::NonNull;
use extent::Extent;
use retaken::Retaken;

/// The chunks of one window, over memory of the source `S`.
///
/// # Invariant
///
/// In an open heap, tags tile the window from its first chunk to its end tag. Each tag knows
/// whether the chunk below it is in use. Each free chunk but the top is in the index once, and
/// repeats its size in its last word. With immediate coalescing no two free chunks touch.
#[expect(missing_debug_implementations, reason = "a heap shows its configuration")]
pub struct RawHeap<C: Params, S> {
    window: Packed<Window<C>>,
    /// The place of the top; that of the end tag, if the top is empty.
    top: Chunk,
    /// The highest place that the end tag may have.
    limit: Chunk,
    /// What the source has committed and reserved.
    extent: Extent,
    /// The highest end that a used chunk ever had.
    high_water: Chunk,
    /// The [dirty mark](RawHeap::dirty), where pages go back.
    dirty: Chunk,
    /// The block that was served last, or freed: see `again`.
    last: Link,
    /// Granules that may become part of large free chunks, beyond those taken of them, before these
    /// give back their pages.
    quota: u32,
    /// Kibibytes that may become so before the heap looks at the clock.
    unseen: u16,
    /// When the pages go back otherwise.
    due: Ticks,
    /// Whether the program takes them again.
    again: Retaken,
    origin: Origin,
    coalesce: C::Coalesce,
    index: C::Index,
    counters: C::Counters,
    source: PhantomData<fn() -> S>,
}

/// A value without padding, so that a smaller one can stand beside it.
#[derive(Clone, Copy)]
#[repr(Rust, packed(4))]
struct Packed<T>(T);

// SAFETY: by the contract of `open`, only this heap owns its window, and no part of it is tied to a
// thread.
unsafe impl<C: Params, S> Send for RawHeap<C, S> {}

/// Where the index of `C` found a chunk.
type Position<C> = <<C as Params>::Index as Operations>::Position;

impl<C: Params, S: Source> RawHeap<C, S> {
    /// A heap without memory: it serves nothing.
    pub(crate) const CLOSED: Self = Self {
        window: Packed(Window::CLOSED),
        top: Chunk::FIRST,
        limit: Chunk::FIRST,
        extent: Extent::NONE,
        high_water: Chunk::FIRST,
        dirty: Chunk::FIRST,
        last: None,
        quota: 0,
        unseen: 0,
        due: Ticks::START,
        again: Retaken::NEW,
        origin: Origin::Slice,
        coalesce: C::Coalesce::NEW,
        index: <C::Index as Operations>::EMPTY,
        counters: C::Counters::NEW,
        source: PhantomData,
    };

    /// The greatest granule offset of an end tag.
    pub(crate) const MAX_OFFSET: u32 = <C::Index as Operations>::MAX_OFFSET;

    /// Returns the window.
    #[inline(always)]
    fn window(&self) -> Window<C> {
        self.window.0
    }

    /// Returns where the window begins.
    pub(crate) fn base(&self) -> *mut u8 {
        self.window().origin()
    }

    /// Returns how many bytes of the window may be payloads, from its origin on.
    pub(crate) fn reach(&self) -> usize {
        self.window().end().offset() as usize * GRANULE
    }

    /// The dirty mark: from here on, all bytes but the end tag read as zero.
    pub(super) fn dirty(&self) -> Chunk {
        if S::RETURNS {
            self.dirty
        } else if S::ZEROED {
            // Where no page goes back, what was used once is dirty.
            self.high_water
        } else {
            self.limit
        }
    }

    /// Whether `payload` lies in the window.
    pub(crate) fn covers(&self, payload: NonNull<u8>) -> bool {
        self.window().chunk_below(self.window().end(), payload.as_ptr()).is_some()
    }

    /// Whether a chunk below the top could have its payload at `payload`.
    pub(crate) fn reaches(&self, payload: NonNull<u8>) -> bool {
        self.window().chunk_below(self.top, payload.as_ptr()).is_some()
    }

    /// Whether `payload` belongs to a used chunk that was allocated for `granules`.
    pub(crate) fn is_used(&self, payload: NonNull<u8>, granules: u32) -> bool {
        self.window().chunk_below(self.top, payload.as_ptr()).is_some_and(|chunk| {
            let tag = self.window().tag(chunk);
            // A rest too small for a chunk belongs to the block.
            tag.is_used() && (granules..granules + MIN_GRANULES).contains(&tag.granules())
        })
    }

    /// Whether `payload` belongs to a used chunk that has room for `granules`.
    pub(crate) fn is_used_for(&self, payload: NonNull<u8>, granules: u32) -> bool {
        self.window().chunk_below(self.top, payload.as_ptr()).is_some_and(|chunk| {
            let tag = self.window().tag(chunk);
            tag.is_used() && granules <= tag.granules()
        })
    }

    /// Whether the heap has memory.
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        self.window().is_open()
    }

    /// Allocates a payload for `request`. On failure returns `None` and leaves the heap unchanged.
    #[inline(always)]
    pub(crate) fn allocate(&mut self, request: Request) -> Option<NonNull<u8>> {
        if Self::WAITS {
            if let Some(served) = self.serve_again(request) {
                return Some(served);
            }
        }
        self.allocate_settled(request)
    }

    /// Allocates as [`allocate`](RawHeap::allocate) does, where no block waits.
    #[inline(always)]
    fn allocate_settled(&mut self, request: Request) -> Option<NonNull<u8>> {
        let window = self.window();
        let chunk = if request.align <= 1 {
            self.take_plain(request.need)?
        } else {
            self.take_aligned(request)?
        };
        self.counters.allocation();
        // SAFETY: a window that holds chunks is open, so its origin is not null, and no chunk
        // reaches beyond the last address.
        Some(unsafe { NonNull::new_unchecked(window.payload(chunk)) })
    }

    /// Takes a chunk of `need` granules, without further alignment.
    #[inline(always)]
    fn take_plain(&mut self, need: u32) -> Option<Chunk> {
        let request = Request { need, align: 1 };
        if let Some(fit) = self.index.find(self.window(), request, &mut self.counters) {
            self.counters.search();
            return Some(self.take(fit, need));
        }
        if !self.index.is_searched(request) {
            return self.take_elsewhere(request);
        }
        self.counters.search();
        if !SMALL {
            if let Some(chunk) = self.take_top_low(need) {
                return Some(chunk);
            }
        }
        self.take_top_or_more(request)
    }

    /// Allocates as [`allocate`](RawHeap::allocate) does, out of line: for operations that do more
    /// than allocate.
    #[inline(never)]
    pub(crate) fn allocate_instead(&mut self, request: Request) -> Option<NonNull<u8>> {
        self.allocate(request)
    }

    /// Allocates a payload. Also returns how many of its first bytes may be nonzero.
    pub(crate) fn allocate_zeroed(&mut self, request: Request) -> Option<(NonNull<u8>, usize)> {
        let dirty = self.dirty();
        let payload = self.allocate_instead(request)?;
        let end = self.window().payload(dirty).addr();
        Some((payload, end.saturating_sub(payload.addr().get())))
    }

    /// Frees the chunk whose payload begins at `payload`.
    ///
    /// # Safety
    ///
    /// This heap handed out `payload`, and nobody has freed it since.
    #[inline]
    pub(crate) unsafe fn free(&mut self, payload: NonNull<u8>) {
        // SAFETY: the caller guarantees the payload.
        let (chunk, tag, above) = unsafe { self.used_chunk(payload) };
        if !self.let_wait(chunk, tag) {
            // SAFETY: it is a used chunk, which the caller gives up.
            unsafe { self.free_chunk(chunk, tag, above) };
        }
    }

    /// Frees a used chunk, of that tag, up to `above`.
    ///
    /// # Safety
    ///
    /// [`used_chunk`](RawHeap::used_chunk) has returned them, nothing has happened since, and nobody
    /// needs the payload.
    #[inline]
    unsafe fn free_chunk(&mut self, chunk: Chunk, tag: Tag, above: Chunk) {
        // The block that waited may be just below.
        let tag = if self.settle() { self.window().tag(chunk) } else { tag };
        self.forget_last();
        self.counters.free();
        // SAFETY: the caller gives up the chunk.
        unsafe { self.fill_freed(chunk, tag.granules()) };
        self.release(chunk, tag, above);
    }

    /// Returns how many bytes may be used at `payload`.
    ///
    /// # Safety
    ///
    /// This heap handed out `payload`, and nobody has freed it since.
    pub(crate) unsafe fn usable_size(&self, payload: NonNull<u8>) -> usize {
        // SAFETY: the caller guarantees the payload.
        let (_, tag, _) = unsafe { self.used_chunk(payload) };
        walk::payload_bytes(tag.granules())
    }

    /// Returns the used chunk of `payload`, its tag, and the place above it.
    ///
    /// # Safety
    ///
    /// This heap handed out `payload`, and nobody has freed it since. (A checked heap ends the program
    /// where it can see that this does not hold.)
    #[inline]
    unsafe fn used_chunk(&self, payload: NonNull<u8>) -> (Chunk, Tag, Chunk) {
        let window = self.window();
        if !Window::<C>::CHECKED {
            // SAFETY: the caller guarantees the payload.
            let chunk = unsafe { window.chunk_at_unchecked(payload.as_ptr()) };
            let tag = window.tag(chunk);
            // SAFETY: a used chunk ends where another chunk, the top, or the end tag is.
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

    /// Ends the program: `payload` belongs to no chunk below the top.
    #[cold]
    #[inline(never)]
    pub(crate) fn foreign(&self, payload: NonNull<u8>) -> ! {
        if let Some(chunk) = self.window().chunk_below(self.window().end(), payload.as_ptr()) {
            self.window().broken("invalid free: memory is not in use (double free?)", chunk);
        }
        report::fatal_at::<C>("invalid free: pointer from outside this heap", payload.as_ptr())
    }
}

/// Ends the program: `tag`, at `payload` below the top, is not that of a used chunk.
#[cold]
#[inline(never)]
fn unsound<C: Params>(payload: *mut u8, tag: Tag) -> ! {
    let what = if tag.is_used() {
        "invalid free: no chunk header here, or it was overwritten,"
    } else {
        "invalid free: memory is not in use (double free?)"
    };
    report::fatal_at::<C>(what, payload)
}
