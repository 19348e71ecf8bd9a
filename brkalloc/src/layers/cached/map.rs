//! The map: for each page of a window, which slab it belongs to, and that slab's state.
//!
//! ```text
//!   window   | page 0 | page 1 | page 2 | page 3 | page 4 | …
//!   map      |   –    | slab   | back 1 | back 2 |   –    | …     16 bytes a page
//!                       free, used, fresh, class; next, prev; with `harden = "full"`, checksums: 32 bytes
//!
//!   a slab   | used | free | used | free | never handed out ……… | tag of the next chunk |
//!                      └──────────►┘       ^ fresh
//! ```
//!
//! The map lies beside the window, in memory of its own, where no stray write of a program's
//! objects reaches it. It comes in parts, of which each has as many entries as all before it
//! together, and which never move:
//!
//! ```text
//!   part     0        1        2                 3
//!   page     0 …      1024 …   2048 …            4096 …            up to 16 Mi, in part 14
//! ```
//!
//! The heap maps a part when it makes the first slab there. The entry of a slab's first page holds
//! the slab's state; the other entries lead to the first. A thread that owns an object may ask for
//! its page's kind without the heap's lock: the kind does not change while the object is in use, and
//! entries are atomic, so other changes disturb no reader. Only a thread that holds the lock writes.
//!
//! With `harden = "full"` two [checksums](crate::diag::checksum) of 32 bits follow each entry: one
//! over the page's kind, which any thread may verify, and one over the whole entry, for the thread
//! that holds the lock. A page of no slab is zeros, and so are its checksums. This module knows no
//! objects.

use super::class::{Class, PAGE};
use super::state::{CLASS, State};
use crate::arena::chunk::Window;
use crate::diag::checksum::checksum;
use crate::diag::report;
use crate::layers::Params;
use crate::sys::source::Source;
use core::fmt;
use core::marker::PhantomData;
use core::ptr::{NonNull, null_mut};
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicPtr, AtomicU32};

/// The number of a page in the window. No slab begins at page 0, which stands for none.
pub(super) type Page = u32;

/// The entries of the first part.
const FIRST: u32 = 1024;

/// The parts of the map for the largest window: its 2^36 bytes are 2^24 pages.
const PARTS: usize = 15;

/// Returns the number of the part that has the entry of a page.
#[inline]
const fn part_of(page: Page) -> usize {
    (page / FIRST * 2 + 1).ilog2() as usize
}

/// Returns the first page of a part.
const fn start_of_part(part: usize) -> Page {
    if part == 0 { 0 } else { FIRST << (part - 1) }
}

/// The state of one slab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slab {
    /// The first object of the slab's own list: its offset in granules, plus 1; 0 for an empty
    /// list.
    pub(super) free: u16,
    /// How many objects are out of the slab.
    pub(super) used: u16,
    /// How many objects the slab has ever handed out, from its lowest up.
    pub(super) fresh: u16,
    pub(super) class: Class,
    /// Its neighbors in the list of partial slabs of its class.
    pub(super) next: Page,
    pub(super) prev: Page,
}

/// The kind of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Chunks.
    Chunks,
    /// The page `back` pages behind the first of a slab of the class.
    Slab { class: Class, back: u8 },
}

/// One page: its slab in four words of 32 bits, which every target with threads has as atomics.
#[derive(Debug)]
#[repr(C, align(16))]
pub(super) struct PageEntry {
    /// The objects of a [`State`].
    objects: AtomicU32,
    /// The kind of a [`State`].
    kind: AtomicU32,
    next: AtomicU32,
    prev: AtomicU32,
}

/// The words behind an entry in a checksummed heap.
#[repr(C, align(16))]
struct Checksums {
    /// Covers the page's kind.
    kind: AtomicU32,
    /// Covers the whole entry.
    all: AtomicU32,
}

/// The pages of one window, over memory of the source of `C`.
///
/// # Invariant
///
/// The window begins at `base`. A part is null, or where the entry of page 0 would be if the part's
/// first entry lies at its place: the entries of its pages are valid for reads and writes as long as
/// the program runs, and only this map uses them. Only a thread that holds the heap's lock changes
/// any of this, the entries included.
pub(super) struct Map<C> {
    base: AtomicPtr<u8>,
    parts: [AtomicPtr<PageEntry>; PARTS],
    configuration: PhantomData<fn() -> C>,
}

impl<C> fmt::Debug for Map<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map").field("base", &self.base).finish_non_exhaustive()
    }
}

impl<C: Params> Map<C> {
    /// Bytes of an entry and its checksums.
    const STRIDE: usize =
        size_of::<PageEntry>() + if Window::<C>::CHECKSUMMED { size_of::<Checksums>() } else { 0 };

    /// Returns an empty map.
    pub(super) const fn new() -> Self {
        Self {
            base: AtomicPtr::new(null_mut()),
            parts: [const { AtomicPtr::new(null_mut()) }; PARTS],
            configuration: PhantomData,
        }
    }

    /// Maps the window at `base`.
    ///
    /// # Safety
    ///
    /// As for [`Extra::open`](crate::layers::locked::Extra::open).
    pub(super) unsafe fn open(&self, base: *mut u8) {
        // The map's pages must be the window's pages, and its zeros must mean that a page belongs
        // to no slab.
        if base.addr() % PAGE == 0 && C::Source::ZEROED {
            self.base.store(base, Relaxed);
        }
    }

    /// Ensures that the pages from `page` up to `end` have entries. Returns whether they have.
    #[inline]
    pub(super) fn reach(&self, page: Page, end: Page) -> bool {
        (part_of(page)..=part_of(end - 1)).all(|part| self.has(part) || self.add(part))
    }

    #[inline]
    fn has(&self, part: usize) -> bool {
        self.parts.get(part).is_some_and(|part| !part.load(Relaxed).is_null())
    }

    /// Maps a part. Returns whether the system had room for it.
    #[cold]
    fn add(&self, part: usize) -> bool {
        let (Some(place), false) = (self.parts.get(part), self.base.load(Relaxed).is_null()) else {
            return false;
        };
        let start = start_of_part(part);
        let size = start.max(FIRST) as usize * Self::STRIDE;
        let Some(size) = size.checked_next_multiple_of(C::Source::page_size()) else {
            return false;
        };
        let Some(entries) = C::Source::map(size) else { return false };
        let entries = entries.cast::<PageEntry>().as_ptr();
        place.store(entries.wrapping_byte_sub(start as usize * Self::STRIDE), Release);
        true
    }

    /// Returns where a page's entry is, if it has one.
    #[inline]
    fn pointer(&self, page: Page) -> Option<*mut PageEntry> {
        let part = self.parts.get(part_of(page))?.load(Acquire);
        if part.is_null() {
            return None;
        }
        Some(part.wrapping_byte_add(page as usize * Self::STRIDE))
    }

    /// Iterates over the pages that have entries.
    pub(super) fn pages(&self) -> impl Iterator<Item = Page> + use<C> {
        let has = core::array::from_fn::<_, PARTS, _>(|part| self.has(part));
        (0..PARTS).filter(move |part| has[*part]).flat_map(|part| {
            let start = start_of_part(part);
            start..start + start.max(FIRST)
        })
    }

    #[inline]
    fn entry(&self, page: Page) -> Option<&PageEntry> {
        let entry = self.pointer(page)?;
        // SAFETY: by the invariant the part has an entry of the page; zeros are a valid entry, and
        // this map wrote all else.
        Some(unsafe { &*entry })
    }

    /// Returns the checksums of a page that has an entry, in a checksummed heap.
    fn checksums(&self, page: Page) -> &Checksums {
        let checksums = self.pointer(page).map_or(null_mut(), |entry| entry.wrapping_add(1));
        let checksums = checksums.cast::<Checksums>();
        // SAFETY: in a checksummed heap, checksums follow each entry and are as valid as the entry.
        unsafe { &*checksums }
    }

    /// Returns the checksum over the kind of a page; 0 for a page of no slab.
    fn kind_checksum(entry: &PageEntry, kind: u32) -> u32 {
        let what = kind >> CLASS;
        if what == 0 {
            0
        } else {
            upper(checksum(core::ptr::from_ref(entry).addr(), [what.into()]))
        }
    }

    /// Returns the checksum over an entry; 0 for one of zeros.
    fn entry_checksum(entry: &PageEntry, state: State) -> u32 {
        let links = [&entry.next, &entry.prev].map(|link| link.load(Relaxed));
        let words = [[state.objects, state.kind], links].map(joined);
        if words == [0, 0] { 0 } else { upper(checksum(core::ptr::from_ref(entry).addr(), words)) }
    }

    /// Writes an entry.
    #[inline]
    fn set(&self, page: Page, state: State, [next, prev]: [Page; 2]) {
        let Some(entry) = self.entry(page) else { return };
        entry.next.store(next, Relaxed);
        entry.prev.store(prev, Relaxed);
        entry.kind.store(state.kind, Relaxed);
        self.set_objects(page, entry, state);
    }

    /// Returns the state of `page` from its `entry`, and verifies the checksums.
    #[inline]
    pub(super) fn state(&self, page: Page, entry: &PageEntry) -> State {
        let (objects, kind) = (entry.objects.load(Relaxed), entry.kind.load(Relaxed));
        let state = State { objects, kind };
        if Window::<C>::CHECKSUMMED {
            let checksums = self.checksums(page);
            let is_intact = checksums.kind.load(Relaxed) == Self::kind_checksum(entry, kind)
                && checksums.all.load(Relaxed) == Self::entry_checksum(entry, state);
            if !is_intact {
                self.broken(page);
            }
        }
        state
    }

    /// Stores the objects of a state in `entry`, that of `page`. The entry's kind and neighbors
    /// stay.
    #[inline]
    pub(super) fn set_objects(&self, page: Page, entry: &PageEntry, state: State) {
        entry.objects.store(state.objects, Relaxed);
        if Window::<C>::CHECKSUMMED {
            let checksums = self.checksums(page);
            checksums.kind.store(Self::kind_checksum(entry, state.kind), Relaxed);
            checksums.all.store(Self::entry_checksum(entry, state), Relaxed);
        }
    }

    /// Ends the program: somebody overwrote an entry.
    #[cold]
    #[inline(never)]
    fn broken(&self, page: Page) -> ! {
        let start = self.start_of(page);
        report::fatal_at::<C>("corrupt slab map: entry of a page was overwritten", start)
    }

    /// Returns the page in which `address` lies; for an address outside the window, a page without
    /// an entry.
    #[inline]
    pub(super) fn page_of(&self, address: NonNull<u8>) -> Page {
        let distance = address.addr().get().wrapping_sub(self.base.load(Relaxed).addr());
        u32::try_from(distance / PAGE).unwrap_or(u32::MAX)
    }

    /// Returns the first byte of `page`.
    #[inline]
    pub(super) fn start_of(&self, page: Page) -> *mut u8 {
        // With the provenance of all that the window has exposed since it opened.
        let base = self.base.load(Relaxed).addr();
        core::ptr::with_exposed_provenance_mut(base.wrapping_add(page as usize * PAGE))
    }

    /// Returns the slab in which `address` lies: its first page, its class, and the entry that
    /// holds it.
    #[inline]
    pub(super) fn slab_at(&self, address: NonNull<u8>) -> Option<(Page, Class, &PageEntry)> {
        let page = self.page_of(address);
        let Kind::Slab { class, back } = self.kind(page) else { return None };
        let page = page - u32::from(back);
        Some((page, class, self.entry(page)?))
    }

    /// Returns the kind of `page`.
    #[inline]
    pub(super) fn kind(&self, page: Page) -> Kind {
        let entry = self.entry(page);
        let kind = entry.map_or(0, |entry| entry.kind.load(Relaxed));
        if let (true, Some(entry)) = (Window::<C>::CHECKSUMMED, entry) {
            if self.checksums(page).kind.load(Relaxed) != Self::kind_checksum(entry, kind) {
                self.broken(page);
            }
        }
        let state = State { kind, ..State::CHUNKS };
        match state.class() {
            Some(class) => Kind::Slab { class, back: state.back() },
            None => Kind::Chunks,
        }
    }

    /// Returns the slab whose first page is `page`.
    #[inline]
    pub(super) fn slab(&self, page: Page) -> Option<Slab> {
        let entry = self.entry(page)?;
        let state = self.state(page, entry);
        let (next, prev) = (entry.next.load(Relaxed), entry.prev.load(Relaxed));
        let (free, used, fresh) = (state.free(), state.used(), state.fresh());
        Some(Slab { free, used, fresh, class: state.class()?, next, prev })
    }

    /// Stores the state of the slab at `page`.
    #[inline]
    pub(super) fn set_slab(&self, page: Page, slab: Slab) {
        self.set(page, State::of(slab), [slab.next, slab.prev]);
    }

    /// Marks the pages behind `page` as pages of its slab.
    pub(super) fn set_behind(&self, page: Page, class: Class) {
        for back in 1..class.pages() {
            self.set(page + back, State::of_class(class).behind(back), [0, 0]);
        }
    }

    /// Marks `pages` pages from `page` on as pages of no slab.
    pub(super) fn clear(&self, page: Page, pages: u32) {
        for page in page..page + pages {
            self.set(page, State::CHUNKS, [0, 0]);
        }
    }
}

/// Joins two words of 32 bits.
#[inline]
fn joined([lower, upper]: [u32; 2]) -> u64 {
    u64::from(upper) << 32 | u64::from(lower)
}

/// Returns the upper half of a checksum.
#[inline]
fn upper(checksum: u64) -> u32 {
    (checksum >> 32) as u32
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::diag::report::tests::last_words;
    use crate::{BrkHeap, brk_heap};
    use core::alloc::{GlobalAlloc, Layout};

    #[brk_heap(source = "mmap", cache = "64KiB", harden = "full", crate = crate)]
    static HEAP: BrkHeap;

    #[test]
    fn a_flipped_bit_of_an_entry_is_noticed_by_the_heap() {
        const LAYOUT: Layout = Layout::new::<[u64; 40]>();
        let map = &<HEAP as Params>::base().aside.map;
        // SAFETY: the layout has a size.
        let block = unsafe { HEAP.alloc(LAYOUT) };
        let page = map.page_of(NonNull::new(block).expect("there is memory"));
        let Kind::Slab { back, .. } = map.kind(page) else { panic!("the block is an object") };
        let page = page - Page::from(back);
        for bit in 0..192 {
            let words = last_words(|| {
                let entry = map.entry(page).expect("the page has an entry");
                let (PageEntry { objects, kind, next, prev }, checksums) =
                    (entry, map.checksums(page));
                let word = [objects, kind, next, prev, &checksums.kind, &checksums.all][bit / 32];
                word.fetch_xor(1 << (bit % 32), Relaxed);
                // SAFETY: the block is freed once.
                unsafe { HEAP.dealloc(block, LAYOUT) };
                HEAP.trim();
            });
            let what = "brkalloc: HEAP: corrupt slab map: entry of a page was overwritten at 0x";
            assert!(words.starts_with(what), "bit {bit}: {words}");
        }
        // SAFETY: the block is freed once, in this process.
        unsafe { HEAP.dealloc(block, LAYOUT) };
    }
}
