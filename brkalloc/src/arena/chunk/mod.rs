//! A chunk: a tag in memory, and the way to its neighbors.
//!
//! ```text
//!   used   | tag | payload .................................. |   next tag
//!   free   | tag | four links of 4 bytes | ........... | size |   next tag
//!          ^     ^ payload: a multiple of a granule       ^ one word: the size again, in granules
//!          one word below it
//!
//!   origin                   origin + granule * g               origin + granule * (g + size)
//!   v                        v                                  v
//!   | .. | first tag | ... | tag | payload                | tag | payload ...
//! ```
//!
//! The name of a chunk is its *granule offset* g: its payload's distance above the window's origin,
//! in granules. Offset 0 is below the first chunk, so it stands for *none*, and a link takes four
//! bytes. Every pointer into an arena is the origin plus a granule offset, so all have one
//! provenance. A user's pointer may cover its block only. So a heap takes just its address, and
//! turns it into an offset or, with the provenance that each window exposes, into a pointer
//! [anew](whole). Only this module turns sizes into addresses. It does not know which chunks are in
//! an index, nor where an arena's memory comes from.

mod checksummed;
mod name;

pub(crate) use checksummed::{LINKS, first_other};
pub(crate) use name::{Chunk, Link, Node, SizedLink};

use crate::arena::harden::{Harden, Level, Zero};
use crate::arena::params::Params;
use crate::arena::tag::{GRANULE, Tag, WORD};
use crate::diag::report::{self, ensure};
use crate::diag::sanitizer;
use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// The memory of one heap, as its chunks see it.
///
/// # Invariant
///
/// In an open window, every word of a tag from the first to the one at `end`, and all between, is
/// valid for reads and writes through `origin`'s provenance. Only the heap that owns the window
/// touches it and, in their payloads, the users of its used chunks.
pub struct Window<C> {
    origin: *mut u8,
    end: Chunk,
    configuration: PhantomData<fn() -> C>,
}

impl<C> fmt::Debug for Window<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Window").field("origin", &self.origin).field("end", &self.end).finish()
    }
}

impl<C> Clone for Window<C> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}
impl<C> Copy for Window<C> {}

impl<C> Window<C> {
    /// A window that is not open.
    pub(crate) const CLOSED: Self =
        Self { origin: core::ptr::null_mut(), end: Chunk::FIRST, configuration: PhantomData };

    /// Opens the window from the tag one word below `first` up to the tag one word below `end`, the
    /// granule offset of the end tag.
    ///
    /// # Safety
    ///
    /// `first` is a multiple of [`GRANULE`] and larger than that. The bytes from one word below it
    /// up to the end of the end tag are valid for reads and writes, and nothing else uses them
    /// while the window is in use.
    pub(crate) unsafe fn open(first: NonNull<u8>, end: Chunk) -> Self {
        ensure!(first.addr().get() % GRANULE == 0, "a window begins at a granule");
        let origin = first.as_ptr().wrapping_sub(GRANULE);
        // For `whole`.
        origin.expose_provenance();
        Self { origin, end, configuration: PhantomData }
    }

    /// Whether the window is open.
    #[inline]
    pub(crate) fn is_open(self) -> bool {
        !self.origin.is_null()
    }

    /// Returns the place of the end tag.
    #[inline]
    pub(crate) const fn end(self) -> Chunk {
        self.end
    }

    /// Returns this window with its end tag at `end`.
    ///
    /// # Safety
    ///
    /// The bytes up to the end of the tag at `end` are valid for reads and writes, as the invariant
    /// says.
    pub(crate) unsafe fn reaching(self, end: Chunk) -> Self {
        // With the provenance of what the source has added, too.
        let origin = core::ptr::with_exposed_provenance_mut(self.origin.addr());
        Self { origin, end, ..self }
    }

    /// Returns the origin as a source takes it; dangling while the window is closed.
    pub(crate) fn origin_pointer(self) -> NonNull<u8> {
        NonNull::new(self.origin).unwrap_or(NonNull::dangling())
    }

    /// Returns the address of granule offset 0.
    #[inline]
    pub(crate) fn origin(self) -> *mut u8 {
        self.origin
    }

    /// Returns the payload of `chunk`. A handle read from overwritten memory may yield an address
    /// outside the window, which is only for messages.
    #[inline]
    pub(crate) fn payload(self, chunk: Chunk) -> *mut u8 {
        self.origin.wrapping_add((chunk.offset() as usize).wrapping_mul(GRANULE))
    }

    /// Returns the place below `limit` whose payload begins at `payload`, if there is one: at a
    /// multiple of a granule.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "it is below another place")]
    pub(crate) fn chunk_below(self, limit: Chunk, payload: *mut u8) -> Option<Chunk> {
        // A distance that is no whole number of granules becomes huge, and so names no place
        // either.
        let distance = payload.addr().wrapping_sub(self.origin.addr());
        let granules = distance.rotate_right(GRANULE.ilog2());
        if (limit.offset() as usize) <= granules {
            return None;
        }
        // SAFETY: it is below another place of the window.
        unsafe { Chunk::at(granules as u32) }
    }

    /// Returns the place at granule offset `offset`, if that is below the end tag.
    #[inline]
    pub(crate) const fn place(self, offset: u32) -> Link {
        if self.end.offset() <= offset {
            return None;
        }
        // SAFETY: it is below the end tag.
        unsafe { Chunk::at(offset) }
    }

    /// Returns the place of `payload`, which this heap handed out.
    ///
    /// # Safety
    ///
    /// `payload` is that of a used chunk of this window.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the window has fewer than 2^32 granules")]
    pub(crate) unsafe fn chunk_at_unchecked(self, payload: *mut u8) -> Chunk {
        let distance = payload.addr().wrapping_sub(self.origin.addr());
        // SAFETY: the payload of a used chunk lies at least one granule above the origin.
        unsafe { Chunk::of((distance / GRANULE) as u32) }
    }

    #[inline]
    #[expect(clippy::cast_ptr_alignment, reason = "a payload is a multiple of a granule")]
    fn tag_pointer(self, chunk: Chunk) -> *mut Tag {
        self.payload(chunk).cast::<Tag>().wrapping_sub(1)
    }

    #[inline]
    fn entries_pointer(self, chunk: Chunk) -> *mut SizedLink {
        self.payload(chunk).cast()
    }

    #[inline]
    fn links_pointer(self, chunk: Chunk) -> *mut Link {
        self.payload(chunk).cast()
    }

    /// Clears `bytes` bytes from the payload of `chunk` on.
    ///
    /// # Safety
    ///
    /// The bytes lie in the window, and nobody needs their contents.
    pub(crate) unsafe fn clear(self, chunk: Chunk, bytes: usize) {
        sanitizer::allowed(self.payload(chunk), bytes);
        // SAFETY: the caller guarantees the bytes.
        unsafe { self.payload(chunk).write_bytes(0, bytes) }
    }
}

impl<C: Params> Window<C> {
    /// Whether the heap checks links and tags as it follows them.
    pub(crate) const CHECKED: bool = (<C::Harden as Level>::LEVEL as u8) >= (Harden::Basic as u8);

    /// Whether the heap clears freed memory.
    pub(crate) const CLEARS: bool = matches!(C::ZERO, Zero::Free);

    /// Whether the heap makes sanitizer annotations.
    #[cfg(feature = "watch")]
    pub(crate) const ANNOTATED: bool = !Self::CLEARS && !Self::CHECKSUMMED;

    /// Returns the tag of `chunk`, after verifying its checksum, if it has one.
    #[inline]
    pub(crate) fn tag(self, chunk: Chunk) -> Tag {
        let tag = self.raw_tag(chunk);
        if Self::CHECKSUMMED { self.verified(chunk, tag) } else { tag }
    }

    /// Returns the tag of `chunk` as it stands in memory, with its checksum, if it has one.
    #[inline]
    pub(crate) fn raw_tag(self, chunk: Chunk) -> Tag {
        // SAFETY: by the handle's invariant the tag lies in the window, which is valid for reads;
        // it is aligned because payloads are.
        unsafe { self.tag_pointer(chunk).read() }
    }

    /// Writes the tag of `chunk`.
    #[inline]
    pub(crate) fn set_tag(self, chunk: Chunk, tag: Tag) {
        let tag = if Self::CHECKSUMMED { self.with_checksum(chunk, tag) } else { tag };
        let place = self.tag_pointer(chunk);
        sanitizer::allowed(place.cast(), WORD);
        // SAFETY: by the handle's invariant the tag lies in the window, which is valid for writes;
        // it is aligned because payloads are.
        unsafe { place.write(tag) }
    }

    /// Sets in the tag of `chunk` whether the chunk just below it is in use.
    #[inline]
    pub(crate) fn set_prev_used(self, chunk: Chunk, prev_used: bool) {
        self.set_tag(chunk, self.tag(chunk).above(prev_used));
    }

    /// Returns the footer below `chunk`: the granules of the free chunk just below it.
    ///
    /// Meaningless unless the chunk below is free.
    #[inline]
    pub(crate) fn granules_below(self, chunk: Chunk) -> usize {
        // SAFETY: above the first tag, the word below a tag belongs to the chunk below, so it is in
        // the window. Below the first tag nobody reads it, unless a tag says that a free chunk is
        // there.
        unsafe { self.tag_pointer(chunk).cast::<usize>().wrapping_sub(1).read() }
    }

    /// Whether the footer below `chunk` says that a free chunk of `granules` is there.
    #[inline]
    pub(crate) fn is_above(self, chunk: Chunk, granules: u32) -> bool {
        self.granules_below(chunk) == granules as usize
    }

    /// Writes the footer of the free chunk just below `chunk`: its size.
    #[inline]
    fn set_granules_below(self, chunk: Chunk, granules: u32) {
        let place = self.tag_pointer(chunk).cast::<usize>().wrapping_sub(1);
        sanitizer::allowed(place.cast(), WORD);
        // SAFETY: the chunk below is free and at least two granules large, so its last word is in
        // the window and belongs to no user.
        unsafe { place.write(granules as usize) }
    }

    /// Makes `chunk` a free chunk of `granules`: writes its tag and its footer.
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline)]
    pub(crate) fn write_free(self, chunk: Chunk, granules: u32, prev_used: bool) {
        self.set_tag(chunk, Tag::free(granules, prev_used));
        // SAFETY: the chunk ends in the window.
        let above = unsafe { chunk.plus(granules) };
        self.set_granules_below(above, granules);
    }

    /// Returns link `number` (0 to 3) of the free chunk `chunk`.
    #[inline]
    pub(crate) fn link(self, chunk: Chunk, number: usize) -> Link {
        ensure!(number < 4, "a chunk has four links");
        self.verify_checksum(chunk);
        // SAFETY: by the handle's invariant the chunk's first 16 payload bytes lie in the window.
        let place = unsafe { self.links_pointer(chunk).add(number) };
        // SAFETY: likewise; every bit pattern is a link.
        unsafe { place.read() }
    }

    /// Writes link `number` (0 to 3) of the free chunk `chunk`.
    #[inline]
    pub(crate) fn set_link(self, chunk: Chunk, number: usize, link: Link) {
        ensure!(number < 4, "a chunk has four links");
        self.change(chunk, || {
            // SAFETY: by the handle's invariant the chunk's first 16 payload bytes lie in the window.
            let place = unsafe { self.links_pointer(chunk).add(number) };
            sanitizer::allowed(place.cast(), size_of::<Link>());
            // SAFETY: likewise, and no user has them while the chunk is free.
            unsafe { place.write(link) };
        });
    }

    /// Returns the four links of the free chunk `chunk` as a tree uses them.
    ///
    /// It reads halves, as they are written: a wide load of halves just stored would wait for both.
    #[inline]
    pub(crate) fn node(self, chunk: Chunk) -> Node {
        [self.child(chunk, 0), self.child(chunk, 1)]
    }

    /// Writes the four links of the free chunk `chunk` as a tree uses them.
    #[inline]
    pub(crate) fn set_node(self, chunk: Chunk, [left, right]: Node) {
        self.set_child(chunk, 0, left);
        self.set_child(chunk, 1, right);
    }

    /// Returns one side (0 or 1) of the node of `chunk`.
    #[inline]
    pub(crate) fn child(self, chunk: Chunk, side: usize) -> SizedLink {
        ensure!(side < 2, "a node has two sides");
        self.verify_checksum(chunk);
        // SAFETY: by the handle's invariant the chunk's first 16 payload bytes lie in the window,
        // at a multiple of a granule, 8 or more; every bit pattern is an entry.
        unsafe { self.entries_pointer(chunk).wrapping_add(side).read() }
    }

    /// Writes one side (0 or 1) of the node of `chunk`.
    #[inline]
    pub(crate) fn set_child(self, chunk: Chunk, side: usize, entry: SizedLink) {
        ensure!(side < 2, "a node has two sides");
        self.change(chunk, || {
            let place = self.entries_pointer(chunk).wrapping_add(side);
            sanitizer::allowed(place.cast(), size_of::<SizedLink>());
            // SAFETY: by the handle's invariant the chunk's first 16 payload bytes lie in the
            // window, at a multiple of a granule, 8 or more, and no user has them while the chunk is free.
            unsafe { place.write(entry) };
        });
    }

    /// Clears the word of the tag at `chunk`, which growth has made part of the top.
    pub(crate) fn clear_tag(self, chunk: Chunk) {
        let place = self.tag_pointer(chunk).cast::<usize>();
        sanitizer::allowed(place.cast(), WORD);
        // SAFETY: by the handle's invariant the word lies in the window.
        unsafe { place.write(0) }
    }

    /// Ends the program: `what` was found at `chunk`.
    #[cold]
    #[inline(never)]
    pub(crate) fn broken(self, what: &str, chunk: Chunk) -> ! {
        report::fatal_at::<C>(what, self.payload(chunk))
    }

    /// Checks that `found`, read from the memory of `holder`, names a place of the window.
    #[inline]
    pub(crate) fn check_link(self, found: Link, holder: Chunk) {
        if Self::CHECKED && found.is_some_and(|chunk| self.end <= chunk) {
            broken_link::<C>(self.payload(holder));
        }
    }
}

/// Returns a pointer to `block` with the provenance of the whole window or mapping around it. The
/// pointer's own provenance is the owner's, which may cover the block's own bytes only.
#[inline]
pub(crate) fn whole(block: NonNull<u8>) -> NonNull<u8> {
    let pointer = core::ptr::with_exposed_provenance_mut(block.addr().get());
    // SAFETY: it is the address of a block, which is not null.
    unsafe { NonNull::new_unchecked(pointer) }
}

/// Prefetches the tag above the chunk of `payload`, if the chunk has just the granules that `size`
/// bytes need.
///
/// A chunk's own tag says where the next one is; a caller that knows the size need not wait for it.
/// This is a hint: it reads nothing, and nothing depends on it.
#[inline]
pub(crate) fn fetch_above(payload: *const u8, size: usize) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let above = size.wrapping_add(WORD + GRANULE - 1) / GRANULE * GRANULE;
        let tag = payload.wrapping_add(above).wrapping_sub(WORD);
        // SAFETY: the instruction has no effect but on caches, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(tag.cast()) };
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = (payload, size);
}

/// Ends the program: the free chunk at `payload` has a link that leads out of the window.
///
/// It takes one argument, as every failed check on a fast path does: the code keeps the arguments
/// of such a call at hand until then.
#[cold]
#[inline(never)]
fn broken_link<C: Params>(payload: *mut u8) -> ! {
    report::fatal_at::<C>("corrupt free chunk: a link leads out of the arena", payload)
}
