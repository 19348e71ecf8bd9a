//! The map: for each page of a window, whether it is a slab's, and how that slab stands.
//!
//! ```text
//!   window   | page 0 | page 1 | page 2 | page 3 | page 4 | …
//!   map      |   –    | slab   | back 1 | back 2 |   –    | …     16 bytes a page
//!                       free, used, fresh, class; next, prev
//!
//!   a slab   | used | free | used | free | never handed out ……… | tag of the next chunk |
//!                      └──────────►┘       ^ fresh
//! ```
//!
//! It lies beside the window, in memory of its own, where no stray write of a program's objects
//! reaches it. Room for a whole window is reserved when the heap opens, and committed as slabs are
//! made. The entry of a slab's first page holds the slab; the others lead back to it. Whoever has an
//! object may ask what its page is without the heap's lock: that does not change while the object is
//! in use, and the entries are atomic, so that what does change disturbs nobody. Only a thread that
//! holds the lock changes anything. This module knows no objects.

use super::class::{Class, PAGE};
use crate::source::Source;
use core::marker::PhantomData;
use core::ptr::{NonNull, null_mut};
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64};

/// A page of the window, by its number; 0, which no slab has, for none.
pub(super) type Page = u32;

/// How many entries are committed at once, at the least.
const EXTENSION: u32 = 1024;

/// How one slab stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slab {
    /// The first object in its own list: granules from the slab's beginning, and 1; 0 if there is
    /// none.
    pub(super) free: u16,
    /// Objects that are not in the slab.
    pub(super) used: u16,
    /// Objects that were ever handed out: those above were not.
    pub(super) fresh: u16,
    pub(super) class: Class,
    /// Its neighbors among the slabs of its class that have objects.
    pub(super) next: Page,
    pub(super) prev: Page,
}

/// What the map says of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Chunks.
    Chunks,
    /// The first page of a slab of that class, or one so many pages behind it.
    Slab { class: Class, back: u8 },
}

/// One page: the slab in two words.
#[derive(Debug)]
#[repr(C, align(16))]
pub(super) struct Entry {
    /// A [`State`].
    state: AtomicU64,
    /// `next` and `prev`, 32 bits each.
    links: AtomicU64,
}

impl Entry {
    #[inline]
    pub(super) fn state(&self) -> State {
        State(self.state.load(Relaxed))
    }

    /// Notes how the slab stands, whose neighbors stay.
    #[inline]
    pub(super) fn set_state(&self, state: State) {
        self.state.store(state.0, Relaxed);
    }
}

/// What the map says of a page, in a word: `free`, `used` and `fresh`, 16 bits each; then the class
/// and 1, and how far back the slab begins, 8 bits each. Zeros say that it is no slab's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State(u64);

const CLASS: u32 = 48;
const BACK: u32 = 56;

impl State {
    fn of(slab: Slab) -> Self {
        Self(u64::from(slab.fresh) << 32 | Self::of_class(slab.class)).with(slab.free, slab.used)
    }

    fn of_class(class: Class) -> u64 {
        (class.number() as u64 + 1) << CLASS
    }

    /// The same slab with another first free object, and so many that are used.
    #[inline]
    pub(super) fn with(self, free: u16, used: u16) -> Self {
        Self(self.0 >> 32 << 32 | u64::from(used) << 16 | u64::from(free))
    }

    /// The class, if the page is a slab's.
    #[inline]
    pub(super) fn class(self) -> Option<Class> {
        let number = usize::from(self.0.to_le_bytes()[6]);
        Class::at(number.checked_sub(1)?)
    }

    /// How many pages farther down the slab begins.
    #[inline]
    pub(super) fn back(self) -> u8 {
        self.0.to_le_bytes()[7]
    }

    /// As in [`Slab`]; so are the others.
    #[inline]
    pub(super) fn free(self) -> u16 {
        self.part(0)
    }

    #[inline]
    pub(super) fn used(self) -> u16 {
        self.part(16)
    }

    #[inline]
    pub(super) fn fresh(self) -> u16 {
        self.part(32)
    }

    #[inline]
    fn part(self, shift: u32) -> u16 {
        (self.0 >> shift & 0xffff) as u16
    }
}

/// The pages of one window, over memory of the source `S`.
///
/// # Invariant
///
/// The first `committed` entries at `entries` are valid for reads and writes as long as the program
/// runs, and nothing but this map uses them. `base` is where the window begins. Only a thread that
/// holds the heap's lock changes any of it, the entries among them.
#[derive(Debug)]
pub(super) struct Map<S> {
    base: AtomicPtr<u8>,
    entries: AtomicPtr<Entry>,
    committed: AtomicU32,
    reserved: AtomicU32,
    source: PhantomData<fn() -> S>,
}

impl<S: Source> Map<S> {
    /// A map of no page.
    pub(super) const fn new() -> Self {
        Self {
            base: AtomicPtr::new(null_mut()),
            entries: AtomicPtr::new(null_mut()),
            committed: AtomicU32::new(0),
            reserved: AtomicU32::new(0),
            source: PhantomData,
        }
    }

    /// Becomes the map of the window of `bytes` at `base`; stays one of no page where the system has
    /// no room for it.
    pub(super) fn open(&self, base: *mut u8, bytes: usize) {
        // A page of the map is a page of the window, and zeros say that it is no slab's.
        if base.addr() % PAGE != 0 || !S::ZEROED {
            return;
        }
        let pages = u32::try_from(bytes / PAGE).unwrap_or(u32::MAX);
        let size = (pages as usize).saturating_mul(size_of::<Entry>());
        self.base.store(base, Relaxed);
        if let Some(region) = S::open_aside(size) {
            self.entries.store(region.base.as_ptr().cast(), Relaxed);
            let reserved = region.reserved / size_of::<Entry>();
            self.reserved.store(u32::try_from(reserved).unwrap_or(u32::MAX).min(pages), Relaxed);
        }
    }

    /// Whether the pages up to, and without, `end` have entries now.
    pub(super) fn reach(&self, end: Page) -> bool {
        end <= self.end() || self.extend(end)
    }

    #[cold]
    fn extend(&self, end: Page) -> bool {
        let bytes = |pages: Page| pages as usize * size_of::<Entry>();
        let (entries, reserved) = (self.entries.load(Relaxed), self.reserved.load(Relaxed));
        let Some(entries) = NonNull::new(entries.cast::<u8>()) else { return false };
        if reserved < end {
            return false;
        }
        // Some more than asked for: the system counts in pages, too.
        let target = (end / EXTENSION + 1).saturating_mul(EXTENSION).min(reserved);
        // SAFETY: the source opened that region aside, with room for `reserved` entries, and
        // committed those up to the end.
        let extended = unsafe { S::commit(entries, bytes(self.end()), bytes(target)) };
        if extended {
            self.committed.store(target, Release);
        }
        extended
    }

    /// How many pages have entries: those below.
    #[inline]
    pub(super) fn end(&self) -> Page {
        self.committed.load(Acquire)
    }

    #[inline]
    fn entry(&self, page: Page) -> Option<&Entry> {
        if self.end() <= page {
            return None;
        }
        let entry = self.entries.load(Relaxed).wrapping_add(page as usize);
        // SAFETY: by the invariant the entry is one of those that are committed; all zeros are a
        // sound entry, and what else is there was written here.
        Some(unsafe { &*entry })
    }

    /// The page in which `address` lies; one without an entry for an address beyond the window.
    #[inline]
    pub(super) fn page_of(&self, address: NonNull<u8>) -> Page {
        let distance = address.addr().get().wrapping_sub(self.base.load(Relaxed).addr());
        u32::try_from(distance / PAGE).unwrap_or(u32::MAX)
    }

    /// The first byte of `page`.
    #[inline]
    pub(super) fn start_of(&self, page: Page) -> *mut u8 {
        self.base.load(Relaxed).wrapping_add(page as usize * PAGE)
    }

    /// The slab in which `address` lies: its first page, its class, and the entry that holds it.
    #[inline]
    pub(super) fn slab_at(&self, address: NonNull<u8>) -> Option<(Page, Class, &Entry)> {
        let page = self.page_of(address);
        let state = self.entry(page)?.state();
        let class = state.class()?;
        let page = page - u32::from(state.back());
        Some((page, class, self.entry(page)?))
    }

    /// What `page` is.
    #[inline]
    pub(super) fn kind(&self, page: Page) -> Kind {
        let state = self.entry(page).map_or(State(0), Entry::state);
        match state.class() {
            Some(class) => Kind::Slab { class, back: state.back() },
            None => Kind::Chunks,
        }
    }

    /// The slab whose first page is `page`.
    #[inline]
    pub(super) fn slab(&self, page: Page) -> Option<Slab> {
        let entry = self.entry(page)?;
        let (state, links) = (entry.state(), entry.links.load(Relaxed));
        #[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
        let half = |shift: u32| (links >> shift) as u32;
        let (free, used, fresh) = (state.free(), state.used(), state.fresh());
        Some(Slab { free, used, fresh, class: state.class()?, next: half(0), prev: half(32) })
    }

    /// Notes how the slab at `page` stands.
    #[inline]
    pub(super) fn set_slab(&self, page: Page, slab: Slab) {
        let Some(entry) = self.entry(page) else { return };
        entry.set_state(State::of(slab));
        entry.links.store(u64::from(slab.next) | u64::from(slab.prev) << 32, Relaxed);
    }

    /// Notes that the pages behind `page` are of its slab, too.
    pub(super) fn set_behind(&self, page: Page, class: Class) {
        for back in 1..class.pages() {
            if let Some(entry) = self.entry(page + back) {
                entry.state.store(State::of_class(class) | u64::from(back) << BACK, Relaxed);
            }
        }
    }

    /// Notes that `pages` from `page` on are no slab's.
    pub(super) fn clear(&self, page: Page, pages: u32) {
        for page in page..page + pages {
            if let Some(entry) = self.entry(page) {
                entry.state.store(0, Relaxed);
                entry.links.store(0, Relaxed);
            }
        }
    }
}
