//! The depot: the small objects that all threads share, under the heap's lock.
//!
//! ```text
//!   of each class   partial ──► slab ⇄ slab ⇄ slab        slabs that have objects
//!                   batches ──► batch                     whole lists that threads gave back, for
//!                                 └below─► batch          the next thread that asks
//! ```
//!
//! Threads take and give objects by the batch, so that one turn at the lock serves a hundred
//! requests. A slab is a chunk of the heap below. When its last object comes back, the depot frees
//! it; the chunk merges and serves other sizes. The depot keeps an empty slab only if it is the
//! last partial slab of its class. It takes apart batches of a class that no thread has asked for
//! in a while, because each of their objects pins a slab: this, not the size of slabs, decides how
//! much memory a program with shifting sizes holds.
//!
//! After Bonwick and Adams, *Magazines and Vmem* (2001). This module knows no threads.

use super::PerThread;
use super::class::{CLASSES, Class};
use super::map::{Map, Page};
use super::object::{Object, Objects, pop};
use super::records::Records;
use crate::arena::chunk::Window;
use crate::arena::harden::{Harden, Level};
use crate::arena::heap::RawHeap;
use crate::arena::tag::GRANULE;
use crate::layers::Params;
use crate::layers::guarded;
use crate::layers::locked::{Extra, Locked, Shared};
use crate::sys::fork::Fork;

/// The objects and slabs of each class that belong to no thread.
#[derive(Debug)]
pub struct Depot {
    /// The first partial slab: one that has objects.
    pub(super) partial: [Page; CLASSES],
    /// The topmost whole batch.
    batches: [Objects; CLASSES],
    /// How many batches there are.
    depths: [u32; CLASSES],
    /// Sweeps since a thread last asked for a batch.
    idle: [u8; CLASSES],
    /// Bytes in whole batches.
    bytes: usize,
    /// The class that makes room next.
    clock: usize,
    /// Turns at the depot since the last sweep.
    turns: u32,
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
        batches: [None; CLASSES],
        depths: [0; CLASSES],
        idle: [0; CLASSES],
        bytes: 0,
        clock: 0,
        turns: 0,
        records: Records::NEW,
    };

    /// Returns the first partial slab of a class; 0 if there is none.
    pub(super) fn first_partial(&self, class: Class) -> Page {
        self.partial[class.number()]
    }

    /// Returns the topmost whole batch of a class.
    pub(super) fn first_batch(&self, class: Class) -> Objects {
        self.batches[class.number()]
    }

    /// Returns how many whole batches of a class there are.
    pub(super) fn depth(&self, class: Class) -> u32 {
        self.depths[class.number()]
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
    LockedDepot { depot: &mut shared.depot, chunks: &mut shared.chunks, map: &home.aside.map }
}

/// How often any thread takes or gives a batch between two sweeps of the depot.
const SWEEP: u32 = 512;

/// The most bytes of a batch.
const BATCH: usize = 32 << 10;

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
        } else if 128 < objects {
            128
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
}

impl<C: Params> LockedDepot<'_, C> {
    /// The most bytes in whole batches, and also the most that each thread may cache.
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

    /// Takes up to a whole batch; none if the heap has no room.
    pub(super) fn take(&mut self, class: Class) -> Objects {
        self.tick();
        self.depot.idle[class.number()] = 0;
        let whole = Self::BATCHES[class.number()];
        self.pop_batch(class).or_else(|| self.draw(class, whole))
    }

    /// Puts objects back into their slabs, and frees chunks that stood in for some.
    pub(super) fn take_apart(&mut self, mut objects: Objects) {
        while let Some(object) = pop::<C>(&mut objects) {
            self.put(object);
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

    /// Accepts a whole batch.
    pub(super) fn give(&mut self, batch: Object, class: Class) {
        self.tick();
        let bytes = Self::batch_bytes(class);
        while Self::KEEPS < self.depot.bytes + bytes {
            if 2 <= self.depot.depth(class) || !self.make_room() {
                return self.take_apart(Some(batch));
            }
        }
        let number = class.number();
        batch.set_below::<C>(self.depot.batches[number]);
        self.depot.batches[number] = Some(batch);
        self.depot.depths[number] += 1;
        self.depot.bytes += bytes;
    }

    /// Takes apart one batch of the next class that has any. Returns whether there was one.
    fn make_room(&mut self) -> bool {
        for _ in 0..CLASSES {
            self.depot.clock = (self.depot.clock + 1) % CLASSES;
            let Some(class) = Class::at(self.depot.clock) else { return false };
            if let Some(batch) = self.pop_batch(class) {
                self.take_apart(Some(batch));
                return true;
            }
        }
        false
    }

    fn pop_batch(&mut self, class: Class) -> Objects {
        let number = class.number();
        let batch = self.depot.batches[number]?;
        self.depot.batches[number] = batch.below::<C>();
        self.depot.depths[number] -= 1;
        self.depot.bytes -= Self::batch_bytes(class);
        Some(batch)
    }

    /// Counts a turn, and every [`SWEEP`] turns takes apart batches that nobody asked for.
    #[inline]
    fn tick(&mut self) {
        self.depot.turns += 1;
        if SWEEP <= self.depot.turns {
            self.sweep();
        }
    }

    #[cold]
    fn sweep(&mut self) {
        self.depot.turns = 0;
        for class in Class::all() {
            let idle = &mut self.depot.idle[class.number()];
            *idle = idle.saturating_add(1);
            if 2 <= *idle {
                self.clear(class);
            }
        }
    }

    /// Takes apart the batches of a class.
    fn clear(&mut self, class: Class) {
        while let Some(batch) = self.pop_batch(class) {
            self.take_apart(Some(batch));
        }
    }

    /// Takes apart all batches, and frees every slab whose objects are all back.
    pub(super) fn clear_all(&mut self) {
        for class in Class::all() {
            self.clear(class);
            self.free_empty(class);
        }
    }
}
