//! The depot: the small objects that all threads share.
//!
//! ```text
//!   of each class   shelf   ──► list                      whole lists that threads gave back, for the
//!                                 └below─► list           next thread that asks: a lock a class
//!                   partial ──► slab ⇄ slab ⇄ slab        slabs that have objects: the heap's lock
//! ```
//!
//! Threads take and give objects by the list, so that one turn at the depot serves up to a hundred
//! requests. A slab is a chunk of the heap below. When its last object comes back, the depot frees
//! it; the chunk merges and serves other sizes. The depot keeps an empty slab only if it is the
//! last partial slab of its class. It takes apart the lists of a class that no thread has asked for
//! in a while, because each of their objects pins a slab: this, not the size of slabs, decides how
//! much memory a program with shifting sizes holds.
//!
//! All [shelves](super::shelves) together may have as many bytes as one thread, or half of what all threads may hold at
//! that moment, if that is more. The depot grants them a batch at a time, and takes them back in the sweeps.
//!
//! After Bonwick and Adams, *Magazines and Vmem* (2001). This module knows no threads.

use super::PerThread;
use super::class::{CLASSES, Class};
use super::map::{Map, Page};
use super::object::{Object, Objects};
use super::records::Records;
use super::shelves::{Shelf, Shelves, bytes_of};
use crate::arena::chunk::Window;
use crate::arena::harden::{Harden, Level};
use crate::arena::heap::RawHeap;
use crate::arena::tag::GRANULE;
use crate::layers::Params;
use crate::layers::guarded;
use crate::layers::locked::{Extra, Locked, Shared};
use crate::sys::fork::Fork;

/// The slabs of each class, and what shelves and threads may have, under the heap's lock.
#[derive(Debug)]
pub struct Depot {
    /// The first partial slab: one that has objects.
    pub(super) partial: [Page; CLASSES],
    /// Bytes that all shelves may have.
    pub(super) lent: usize,
    /// The class that makes room next.
    clock: usize,
    /// Whether the next sweep of a thread's cache is one of the shelves, too.
    sweeps_shelves: bool,
    /// What threads keep, and may.
    pub(super) records: Records,
}

// SAFETY: objects in the depot belong to no thread. Of a record that belongs to one, the holder of
// the lock uses only what others may.
unsafe impl Send for Depot {}

impl Depot {
    /// The empty depot.
    pub(super) const EMPTY: Self = Self {
        partial: [0; CLASSES],
        lent: 0,
        clock: 0,
        sweeps_shelves: false,
        records: Records::NEW,
    };

    /// Returns the first partial slab of a class; 0 if there is none.
    pub(super) fn first_partial(&self, class: Class) -> Page {
        self.partial[class.number()]
    }
}

impl Extra for Depot {
    const NEW: Self = Self::EMPTY;

    fn forked(&mut self, fork: Fork) {
        self.records.forked(fork);
    }
}

/// Calls `f` with the depot, under the lock.
pub(super) fn with<C: PerThread, R>(
    home: &'static Locked<C>,
    f: impl FnOnce(&mut LockedDepot<'_, C>) -> R,
) -> R {
    home.with(|shared| f(&mut locked(home, shared)))
}

/// Returns the depot of `home`, whose lock guards `shared`.
pub(super) fn locked<'a, C: PerThread>(
    home: &'a Locked<C>,
    shared: &'a mut Shared<C>,
) -> LockedDepot<'a, C> {
    let (depot, chunks) = (&mut shared.depot, &mut shared.chunks);
    LockedDepot { depot, chunks, map: &home.aside.map, shelves: &home.aside.shelves }
}

/// Accepts the list of objects of the class that `unload` returns, which must take no lock.
pub(super) fn give<C: PerThread>(
    home: &'static Locked<C>,
    class: Class,
    unload: impl FnOnce() -> Objects,
) {
    let list = home.aside.shelves.give(class, unload);
    if list.is_some() {
        bring(home, list);
        with(home, |depot| depot.accept(list, class));
    }
}

/// Reads what putting a list back to its slabs will read, so that the processor has it once the heap's lock is held. A
/// list that has become a circle is for the depot to notice.
fn bring<C: PerThread>(home: &'static Locked<C>, mut list: Objects) {
    let map = &home.aside.map;
    for _ in 0..MOST_OBJECTS {
        let Some(object) = list else { return };
        map.kind(map.page_of(object.payload()));
        list = object.next::<C>();
    }
}

/// Accepts a list of objects that a thread does not use: for the shelf of the class, if other threads ask for lists of
/// that class, or else for their slabs.
pub(super) fn give_back<C: PerThread>(home: &'static Locked<C>, list: Objects, class: Class) {
    if list.is_none() {
        return;
    }
    let bytes = bytes_of::<C>(list, class);
    let shelves = &home.aside.shelves;
    let is_kept = shelves.with(class, |shelf| shelf.is_wanted() && shelf.push(list, bytes));
    if !is_kept {
        bring(home, list);
        with(home, |depot| depot.take_apart(list));
    }
}

/// Takes apart the lists of classes that nobody has asked for since the sweep before.
pub(super) fn sweep<C: PerThread>(home: &'static Locked<C>) {
    for class in Class::all() {
        if home.aside.shelves.with(class, Shelf::is_idle) {
            // Others have their turn between two lists.
            loop {
                let list = home.aside.shelves.with(class, |shelf| shelf.pop(class));
                bring(home, list);
                if !with(home, |depot| depot.retract(class, list)) {
                    break;
                }
            }
        }
    }
}

/// How many shelves give way to one at most, each time that it may have no more.
const TRIES: usize = 8;

/// The most bytes of a batch.
const BATCH: usize = 32 << 10;

/// The most objects of a batch.
const MOST_OBJECTS: u16 = 128;

/// Returns the objects of a whole batch of each class, for a cache of `cache` bytes per thread.
pub(super) const fn batch_sizes(cache: usize) -> [u16; CLASSES] {
    let bytes = if cache / 32 < BATCH { cache / 32 } else { BATCH };
    let mut sizes = [0; CLASSES];
    let mut number = 0;
    while number < CLASSES {
        let objects = bytes / ((number + 1) * GRANULE);
        #[expect(clippy::cast_possible_truncation, reason = "at most 128")]
        let size = if objects < 2 {
            2
        } else if MOST_OBJECTS as usize <= objects {
            MOST_OBJECTS
        } else {
            objects as u16
        };
        sizes[number] = size;
        number += 1;
    }
    sizes
}

/// The depot with its chunks and its map, for a thread that holds the lock.
pub(super) struct LockedDepot<'a, C: Params> {
    pub(super) depot: &'a mut Depot,
    pub(super) chunks: &'a mut RawHeap<C, C::Source>,
    pub(super) map: &'a Map<C>,
    pub(super) shelves: &'a Shelves<C>,
}

impl<C: Params> LockedDepot<'_, C> {
    /// The most bytes that each thread may cache.
    pub(super) const KEEPS: usize = match C::KEEPS {
        Some(bytes) => bytes,
        None => 0,
    };

    /// The objects of a whole batch of each class.
    pub(super) const BATCHES: [u16; CLASSES] = batch_sizes(Self::KEEPS);

    pub(super) const CHECKED: bool = (Harden::Basic as u8) <= (<C::Harden as Level>::LEVEL as u8);

    /// Returns the bytes of a whole batch.
    pub(super) fn batch_bytes(class: Class) -> usize {
        usize::from(Self::BATCHES[class.number()]) * class.size()
    }

    /// Puts objects back into their slabs, and frees chunks that stood in for some.
    pub(super) fn take_apart(&mut self, mut objects: Objects) {
        while let Some(first) = objects {
            objects = self.put_run(first);
        }
    }

    /// Frees a medium chunk. With `harden = "full"`, verifies its fill first.
    pub(super) fn free_medium(&mut self, chunk: Object) {
        if Window::<C>::CHECKSUMMED && self.chunks.reaches(chunk.payload()) {
            // SAFETY: a checksummed heap verifies any address it is asked about.
            let extent = unsafe { self.chunks.usable_size(chunk.payload()) };
            guarded::check_retired::<C>(chunk.payload(), extent);
        }
        self.free_chunk(chunk);
    }

    /// Frees a chunk that stood in for an object, or left a medium cache.
    pub(super) fn free_chunk(&mut self, object: Object) {
        if !self.chunks.reaches(object.payload()) {
            Self::broken_object(object, "invalid free: pointer from outside this heap");
        }
        // SAFETY: the caller got the chunk from this heap, as its address confirms, and gives it
        // up.
        unsafe { self.chunks.free(object.payload()) };
    }

    /// Puts a list on the shelf of the class that could not have it before, or takes it apart.
    fn accept(&mut self, list: Objects, class: Class) {
        let bytes = bytes_of::<C>(list, class);
        let returned =
            if self.grant_shelf(class, bytes) { self.shelves.give(class, || list) } else { list };
        self.take_apart(returned);
    }

    /// Lets a shelf have a batch more, at the cost of others. Returns whether `needed` more bytes were left for that. A
    /// shelf that has two batches takes from no other.
    fn grant_shelf(&mut self, class: Class, needed: usize) -> bool {
        let has_much =
            2 * Self::batch_bytes(class) <= self.shelves.with(class, |shelf| shelf.bytes().0);
        let most = self.most();
        for _ in 0..TRIES {
            if self.depot.lent.saturating_add(needed) <= most || has_much || !self.make_room(class)
            {
                break;
            }
        }
        if most < self.depot.lent.saturating_add(needed) {
            return false;
        }
        let more = Self::batch_bytes(class).max(needed).min(most - self.depot.lent);
        self.depot.lent += more;
        self.shelves.with(class, |shelf| shelf.grant(more));
        true
    }

    /// The most bytes that all shelves may have: as many as one thread, or half of what all threads may hold now, if
    /// that is more. What they had before, when threads held more, they have until it is asked for or idle.
    fn most(&self) -> usize {
        Self::KEEPS.max(self.depot.records.lent() / 2)
    }

    /// Takes back from the next shelf what it may have beyond what it has, or else one list with it: from one that nobody
    /// asks, if possible, and from that of `spared` last. Returns whether there was anything.
    fn make_room(&mut self, spared: Class) -> bool {
        for spares_wanted in [true, false] {
            for _ in 0..CLASSES {
                self.depot.clock = (self.depot.clock + 1) % CLASSES;
                let class = Class::at(self.depot.clock).filter(|class| *class != spared);
                let gives_way = |class: &Class| {
                    !spares_wanted || !self.shelves.with(*class, |shelf| shelf.is_wanted())
                };
                if class.filter(gives_way).is_some_and(|class| self.shrink_shelf(class)) {
                    return true;
                }
            }
        }
        self.shrink_shelf(spared)
    }

    /// Takes back what the shelf of a class may have beyond what it has, or else one list with it. Returns whether
    /// there was anything.
    fn shrink_shelf(&mut self, class: Class) -> bool {
        let (list, more) = self.shelves.with(class, |shelf| match shelf.settle() {
            0 => (shelf.pop(class), shelf.settle()),
            more => (None, more),
        });
        self.depot.lent -= more;
        self.take_apart(list);
        more != 0
    }

    /// Takes apart a list that came from the shelf of a class, and takes back what the shelf may have beyond what it has.
    /// Returns whether there was either.
    fn retract(&mut self, class: Class, list: Objects) -> bool {
        let more = self.shelves.with(class, Shelf::settle);
        self.depot.lent -= more;
        self.take_apart(list);
        more != 0
    }

    /// Counts a sweep of a thread's cache. Returns whether the shelves are to be swept, too: every second time.
    pub(super) fn counts_sweep(&mut self) -> bool {
        let sweeps_shelves = self.depot.sweeps_shelves;
        self.depot.sweeps_shelves = !sweeps_shelves;
        sweeps_shelves
    }

    /// Takes apart the lists of a class.
    fn clear(&mut self, class: Class) {
        while self.shrink_shelf(class) {}
    }

    /// Takes apart all lists, and frees every slab whose objects are all back.
    pub(super) fn clear_all(&mut self) {
        for class in Class::all() {
            self.clear(class);
            self.free_empty(class);
        }
    }
}
