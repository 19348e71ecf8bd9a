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

mod pattern;
mod resize;
mod room;
mod top;
mod walk;

pub(crate) use pattern::written_to;
pub use walk::ChunkState;

use crate::arena::chunk::{Chunk, Window};
use crate::arena::coalesce::Coalesce;
use crate::arena::counters::Counters;
use crate::arena::index::{Fit, Neighbors, Operations, Pieces, Request};
use crate::arena::params::Params;
use crate::arena::tag::{GRANULE, LEAST, Tag};
use crate::diag::report::{self, ensure};
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
type Place<C> = <<C as Params>::Index as Operations>::Place;

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
    pub(crate) const REACH: u32 = <C::Index as Operations>::REACH;

    /// Opens the heap over the memory from one word below `first` to the tag at `end`, which may
    /// move up to `limit`.
    ///
    /// # Safety
    ///
    /// `first` is a multiple of a granule. From one word below it to the end of the tag at `end`,
    /// all bytes are valid for reads and writes and are this heap's alone from now on; with
    /// `S::ZEROED` they read as zero. If `end < limit`, `first` is one granule above the base of a
    /// window of the source `S`, which may commit up to `limit`.
    pub(crate) unsafe fn open(
        &mut self,
        first: NonNull<u8>,
        end: Chunk,
        limit: Chunk,
        origin: Origin,
    ) {
        ensure!(!self.window.is_open(), "a heap is opened once");
        ensure!(end <= limit && limit.offset() <= Self::REACH, "the index reaches the whole arena");
        // SAFETY: the caller vouches for the memory.
        self.window = unsafe { Window::open(first, end) };
        self.top = Chunk::FIRST;
        self.limit = limit;
        self.dirty = if S::ZEROED { Chunk::FIRST } else { limit };
        self.origin = origin;
        self.fill_window();
        self.window.set_tag(end, Tag::end(false));
        self.set_top(Chunk::FIRST, true);
    }

    /// Opens the heap over a window of its source, of which `arena` bytes are committed and that
    /// may reach `limit`; whether there was one.
    pub(crate) fn open_window(&mut self, arena: usize, limit: usize) -> bool {
        let reach = (Self::REACH as usize).saturating_mul(GRANULE);
        let limit = limit.min(reach);
        // Room for two tags, so that every window that is opened can be used.
        let arena = arena.max(2 * GRANULE);
        let arena = arena.min(reach);
        let wanted = limit.max(arena).saturating_add(Self::room_for(limit.max(arena)));
        let Some(region) = S::open(arena, wanted) else { return false };
        let (limit, has_room) = Self::divide(region, limit.max(arena));
        let place = |bytes: usize| {
            let offset = u32::try_from(bytes / GRANULE).unwrap_or(u32::MAX).min(Self::REACH);
            // SAFETY: the end tag comes no higher than the bytes that are the region's.
            unsafe { Chunk::at(offset) }
        };
        let (Some(end), Some(limit)) = (place(region.committed), place(limit)) else {
            return false;
        };
        // SAFETY: the window's base is a multiple of a granule, and a granule above it is within
        // the window or at its end, because `end` is not 0.
        let first = unsafe { region.base.byte_add(GRANULE) };
        // SAFETY: by the source's contract, the window's committed bytes are this heap's alone.
        unsafe { self.open(first, end, limit.max(end), region.origin) };
        if has_room {
            // SAFETY: it is the region, and there is room in it.
            unsafe { self.furnish(region.base) };
        }
        true
    }

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
            tag.is_used() && (granules..granules + LEAST).contains(&tag.granules())
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
        // SAFETY: the caller vouches for the payload.
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
        // SAFETY: the caller vouches for the payload.
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
            // SAFETY: the caller vouches for the payload.
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

    /// What the policy takes for `request`.
    fn search(&mut self, request: Request) -> Option<Fit<Place<C>>> {
        let mut fit = self.index.find(self.window, request, &mut self.counters);
        if fit.is_none() {
            fit = self.index.find_elsewhere(self.window, request, &mut self.counters);
        }
        self.counters.search();
        fit
    }

    /// Takes `need` granules out of the chunk that a search found, at its low end.
    #[inline(always)]
    fn take(&mut self, fit: Fit<Place<C>>, need: u32) -> Chunk {
        self.check_free(fit.chunk, fit.granules);
        self.verify_chunk(fit.chunk, 0, need, fit.granules);
        let (window, chunk) = (self.window, fit.chunk);
        let tag = window.tag(chunk);
        let rest = fit.granules - need;
        // What stays free is a chunk before the index hears of it; its links are where they were.
        if LEAST <= rest {
            // SAFETY: the place is within the chunk that was found.
            let upper = unsafe { chunk.plus(need) };
            window.write_free(upper, rest, true);
            self.index.take_found(window, fit, Some((upper, rest)));
            window.set_tag(chunk, tag.resized(need).used());
        } else {
            // SAFETY: it is where the chunk that was found ends.
            let above = unsafe { chunk.plus(fit.granules) };
            window.set_prev_used(above, true);
            self.index.take_found(window, fit, None);
            window.set_tag(chunk, tag.used());
        }
        chunk
    }

    /// The same, above the padding, if there is any.
    #[inline(never)]
    fn take_above(&mut self, fit: Fit<Place<C>>, need: u32) -> Chunk {
        let window = self.window;
        self.check_free(fit.chunk, fit.granules);
        self.verify_chunk(fit.chunk, fit.padding, need, fit.granules);
        // SAFETY: the place lies within the chunk that was found.
        let chunk = unsafe { fit.chunk.plus(fit.padding) };
        let rest = fit.granules - fit.padding - need;
        // SAFETY: so does this one, or it is where that chunk ends.
        let behind = unsafe { chunk.plus(need) };
        let upper = (LEAST <= rest).then_some((behind, rest));
        let granules = if upper.is_some() { need } else { need + rest };
        let lower = (0 < fit.padding).then_some(fit.padding);
        let prev_used = window.tag(fit.chunk).is_prev_used();
        if let Some(padding) = lower {
            window.write_free(fit.chunk, padding, prev_used);
        }
        if let Some((upper, rest)) = upper {
            window.write_free(upper, rest, true);
        } else {
            // SAFETY: it is where the chunk that was found ends.
            window.set_prev_used(unsafe { chunk.plus(granules) }, true);
        }
        self.index.take(window, fit, Pieces { lower, upper });
        window.set_tag(chunk, Tag::free(granules, prev_used && lower.is_none()).used());
        chunk
    }

    /// Frees a chunk, or the tail of one, of which the tag and the place above are known.
    #[inline(always)]
    fn release(&mut self, chunk: Chunk, own: Tag, above: Chunk) {
        let (window, granules) = (self.window, own.granules());
        self.coalesce.note_free();
        if !C::Coalesce::AT_ONCE {
            self.index.insert(window, chunk, granules);
            window.write_free(chunk, granules, own.is_prev_used());
            window.set_prev_used(above, false);
            return;
        }
        if above == self.top {
            return self.join_top(chunk, granules, own.is_prev_used());
        }
        let mut merged = (chunk, granules);
        let mut neighbors = Neighbors { lower: None, upper: None };
        let tag = window.tag(above);
        if tag.is_used() {
            window.set_tag(above, tag.above(false));
        } else {
            self.check_free(above, tag.granules());
            self.index.part(window, above, tag.granules());
            neighbors.upper = Some((above, tag.granules()));
            merged.1 += tag.granules();
        }
        if !own.is_prev_used() {
            // Not in use any more, whoever looks at it later.
            window.set_tag(chunk, Tag::free(granules, false));
            let (lower, below) = self.free_below(chunk);
            self.index.part(window, lower, below);
            neighbors.lower = Some((lower, below));
            merged = (lower, merged.1 + below);
        }
        self.index.merge(window, neighbors, merged);
        let above = neighbors.upper.map(|(above, _)| above);
        self.scrub_seams(chunk, neighbors.lower.is_some(), above);
        // Below a free chunk is a used one.
        window.write_free(merged.0, merged.1, true);
    }

    /// Frees a chunk that ends at the top.
    #[inline(never)]
    fn join_top(&mut self, chunk: Chunk, granules: u32, prev_used: bool) {
        if prev_used {
            self.scrub_joined(chunk);
            return self.retreat(chunk, true);
        }
        // Not in use any more, whoever looks at it later.
        self.window.set_tag(chunk, Tag::free(granules, false));
        let (lower, below) = self.free_below(chunk);
        self.index.remove(self.window, lower, below);
        self.scrub_seams(chunk, true, None);
        self.scrub_joined(lower);
        self.retreat(lower, true);
    }

    /// The free chunk just below `chunk`, where neighbors merge at once, and its granules.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a free chunk's size has 32 bits")]
    fn free_below(&self, chunk: Chunk) -> (Chunk, u32) {
        let window = self.window;
        let size = window.granules_below(chunk);
        if Window::<C>::CHECKED && (size < LEAST as usize || chunk.offset() as usize <= size) {
            disagrees::<C>(window.payload(chunk));
        }
        let granules = size as u32;
        // SAFETY: a free chunk repeats its size, which is less than how far it reaches; what the
        // program has overwritten there was just compared, unless nothing is.
        let lower = unsafe { chunk.minus(granules) };
        if Window::<C>::CHECKED && !window.tag(lower).is_free_of(size) {
            disagrees::<C>(window.payload(lower));
        }
        (lower, granules)
    }

    /// Checks that `chunk`, of which the index or a neighbor said that it is free and has
    /// `granules`, says so too at both its ends.
    #[inline]
    fn check_free(&self, chunk: Chunk, granules: u32) {
        if !Window::<C>::CHECKED {
            return;
        }
        let (window, tag) = (self.window, self.window.tag(chunk));
        // Where neighbors merge at once, a used chunk is below.
        let prev_used = C::Coalesce::AT_ONCE || tag.is_prev_used();
        let agrees = tag.granules() == granules && tag.is_plainly_free(prev_used);
        let Some(above) = chunk.above(tag, self.top) else { disagrees::<C>(window.payload(chunk)) };
        if !agrees || !window.is_above(above, granules) {
            disagrees::<C>(window.payload(chunk));
        }
    }

    /// Takes a chunk of `need` granules, which every place aligns.
    #[inline(always)]
    fn take_plain(&mut self, need: u32) -> Option<Chunk> {
        let request = Request { need, align: 1 };
        if let Some(fit) = self.index.find(self.window, request, &mut self.counters) {
            self.counters.search();
            return Some(self.take(fit, need));
        }
        if !self.index.is_searched(request) {
            return self.take_elsewhere(request);
        }
        self.counters.search();
        self.take_top_low(need).or_else(|| self.take_top_or_more(request))
    }

    /// Takes `request`, with padding below it if need be.
    #[inline(never)]
    fn take_aligned(&mut self, request: Request) -> Option<Chunk> {
        match self.index.find(self.window, request, &mut self.counters) {
            Some(fit) => {
                self.counters.search();
                let is_aligned = fit.padding == 0;
                Some(if is_aligned {
                    self.take(fit, request.need)
                } else {
                    self.take_above(fit, request.need)
                })
            }
            None => self.take_elsewhere(request),
        }
    }

    /// Takes `request` from where the common way of the index did not look, from the top, or from a
    /// top that has grown.
    #[inline(never)]
    fn take_elsewhere(&mut self, request: Request) -> Option<Chunk> {
        let fit = self.index.find_elsewhere(self.window, request, &mut self.counters);
        self.counters.search();
        match fit {
            Some(fit) => Some(self.take_above(fit, request.need)),
            None => self.take_top_or_more(request),
        }
    }

    /// Takes `request` from the top, or from a top that has grown.
    #[inline(never)]
    fn take_top_or_more(&mut self, request: Request) -> Option<Chunk> {
        self.take_top(request).or_else(|| self.last_resort(request))
    }

    /// Where neither the index nor the top serves `request`.
    #[cold]
    fn last_resort(&mut self, request: Request) -> Option<Chunk> {
        if self.coalesce.take_due() {
            self.pass();
            if let Some(fit) = self.search(request) {
                return Some(self.take_above(fit, request.need));
            }
            if let Some(chunk) = self.take_top(request) {
                return Some(chunk);
            }
        }
        let wanted = request.padding(self.window, self.top).checked_add(request.need)?;
        let lack = wanted.checked_sub(self.top.until(self.window.end()))?;
        if self.grow(lack) { self.take_top(request) } else { None }
    }

    /// Merges all free neighbors, and lets them enter the index in address order.
    fn pass(&mut self) {
        let window = self.window;
        self.index.clear();
        let mut place = Chunk::FIRST;
        while place < self.top {
            let tag = window.tag(place);
            let mut above = self.step(place);
            if !tag.is_used() {
                while above < self.top && !window.tag(above).is_used() {
                    let merged = above;
                    above = self.step(merged);
                    self.scrub_seams(merged, true, None);
                }
                if above == self.top {
                    self.scrub_joined(place);
                    self.retreat(place, tag.is_prev_used());
                    break;
                }
                let granules = place.until(above);
                window.write_free(place, granules, tag.is_prev_used());
                self.index.append(window, place, granules);
            }
            place = above;
        }
        self.index.finish(window);
    }

    /// The chunk above `chunk`, which is below the top.
    #[inline]
    fn step(&self, chunk: Chunk) -> Chunk {
        let tag = self.window.tag(chunk);
        match chunk.above(tag, self.top) {
            Some(above) => above,
            None => self.window.broken("a tag that reaches out of the arena", chunk),
        }
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

/// Ends the program: what the tag at `payload` says of a free chunk is not what its last word, or
/// the index, says.
#[cold]
#[inline(never)]
fn disagrees<C: Params>(payload: *mut u8) -> ! {
    let what = "a free chunk that disagrees with its neighbor";
    report::fatal_in::<C>(format_args!("{what} at {payload:p}"))
}
