//! The depot: what all threads share of the small objects, under the heap's lock.
//!
//! ```text
//!   of each class   partial ──► slab ⇄ slab ⇄ slab        slabs that have objects
//!                   batches ──► batch                     whole lists that threads gave back, for
//!                                 └below─► batch          the next thread that asks
//! ```
//!
//! A thread takes and gives objects by the batch, so that one turn at the lock serves a hundred
//! requests. A slab is a chunk of the heap below; once all its objects are back it is freed there,
//! merges, and serves other sizes. One wholly free slab of a class stays if it is the last that has
//! objects. Batches of a class that nobody took from for a while are taken apart, because each
//! object in them keeps a slab from being freed: this, not the size of slabs, decides how much
//! memory a program holds whose sizes shift.
//!
//! After Bonwick and Adams, *Magazines and Vmem* (2001). This module knows no threads.

use super::PerThread;
use super::class::{CLASSES, Class};
use super::map::{Map, Page};
use super::object::{Object, Objects, pop};
use crate::arena::chunk::Window;
use crate::arena::harden::{Harden, Level};
use crate::arena::heap::RawHeap;
use crate::arena::tag::GRANULE;
use crate::layers::Params;
use crate::layers::guarded;
use crate::layers::locked::{Extra, Locked, Shared};

/// Objects and slabs that are no thread's, of each class.
#[derive(Debug)]
pub struct Depot {
    /// The first of the slabs that have objects.
    pub(super) partial: [Page; CLASSES],
    /// The uppermost of the whole batches.
    batches: [Objects; CLASSES],
    /// How many batches there are.
    depths: [u32; CLASSES],
    /// How many sweeps ago a batch was last asked for.
    idle: [u8; CLASSES],
    /// Bytes in whole batches.
    bytes: usize,
    /// The class that is next to make room.
    clock: usize,
    /// Turns at the depot since the last sweep.
    turns: u32,
}

// SAFETY: what lies in the depot is no thread's own.
unsafe impl Send for Depot {}

impl Depot {
    /// Nothing.
    pub(super) const EMPTY: Self = Self {
        partial: [0; CLASSES],
        batches: [None; CLASSES],
        depths: [0; CLASSES],
        idle: [0; CLASSES],
        bytes: 0,
        clock: 0,
        turns: 0,
    };

    /// The first of the slabs of a class that have objects; 0 if there is none.
    pub(super) fn first_partial(&self, class: Class) -> Page {
        self.partial[class.number()]
    }

    /// The uppermost of the whole batches of a class.
    pub(super) fn first_batch(&self, class: Class) -> Objects {
        self.batches[class.number()]
    }

    /// How many whole batches of a class there are.
    pub(super) fn depth(&self, class: Class) -> u32 {
        self.depths[class.number()]
    }
}

impl Extra for Depot {
    const NEW: Self = Self::EMPTY;
}

/// Calls `f` with the depot, under the lock.
pub(super) fn with<C: PerThread, R>(
    home: &'static Locked<C>,
    f: impl FnOnce(&mut LockedDepot<'_, C>) -> R,
) -> R {
    home.with(|shared| f(&mut locked(home, shared)))
}

/// The depot of `home`, whose lock guards `shared`.
pub(super) fn locked<'a, C: PerThread>(
    home: &'a Locked<C>,
    shared: &'a mut Shared<C>,
) -> LockedDepot<'a, C> {
    LockedDepot { depot: &mut shared.depot, chunks: &mut shared.chunks, map: &home.aside.map }
}

/// How many turns at the depot make a sweep.
const SWEEP: u32 = 512;

/// The most bytes of a batch.
const BATCH: usize = 32 << 10;

/// The objects of a whole batch of each class, where a thread may keep `cache` bytes.
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

/// The depot with what it stands on: what a thread sees that holds the lock.
pub(super) struct LockedDepot<'a, C: Params> {
    pub(super) depot: &'a mut Depot,
    pub(super) chunks: &'a mut RawHeap<C, C::Source>,
    pub(super) map: &'a Map<C>,
}

impl<C: Params> LockedDepot<'_, C> {
    /// The most bytes in whole batches, and the most that each thread may keep.
    pub(super) const KEEPS: usize = match C::KEEPS {
        Some(bytes) => bytes,
        None => 0,
    };

    /// The objects of a whole batch of each class.
    pub(super) const BATCHES: [u16; CLASSES] = batch_sizes(Self::KEEPS);

    pub(super) const CHECKED: bool = (Harden::Basic as u8) <= (<C::Harden as Level>::LEVEL as u8);

    /// Bytes of a whole batch.
    pub(super) fn batch_bytes(class: Class) -> usize {
        usize::from(Self::BATCHES[class.number()]) * class.size()
    }

    /// Up to a whole batch; none where the heap has no room.
    pub(super) fn take(&mut self, class: Class) -> Objects {
        self.tick();
        self.depot.idle[class.number()] = 0;
        let whole = Self::BATCHES[class.number()];
        self.pop_batch(class).or_else(|| self.draw(class, whole))
    }

    /// Takes objects, or small chunks that stood in for some, back to where they came from.
    pub(super) fn take_apart(&mut self, mut objects: Objects) {
        while let Some(object) = pop::<C>(&mut objects) {
            self.put(object);
        }
    }

    /// The same, of one that is as it was left, as far as that is looked at.
    pub(super) fn free_medium(&mut self, chunk: Object) {
        if Window::<C>::CHECKSUMMED && self.chunks.reaches(chunk.payload()) {
            // SAFETY: a heap that seals looks at whatever it is asked about.
            let extent = unsafe { self.chunks.usable_size(chunk.payload()) };
            guarded::check_retired::<C>(chunk.payload(), extent);
        }
        self.free_chunk(chunk);
    }

    /// Frees a chunk that stood in for an object, or that a thread has kept.
    pub(super) fn free_chunk(&mut self, object: Object) {
        if !self.chunks.reaches(object.payload()) {
            Self::broken_object(
                object,
                "free or realloc of a pointer that this heap never handed out,",
            );
        }
        // SAFETY: whoever gave the object has it from this heap, which the address bears out.
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

    /// Takes apart one batch of the next class that has any; whether there was one.
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

    /// Counts a turn, and now and then takes apart what nobody has asked for.
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
            let mut page = self.depot.first_partial(class);
            while let Some(slab) = self.map.slab(page).filter(|_| page != 0) {
                if slab.used == 0 {
                    self.unlink(&slab);
                    self.free_slab(page, class);
                }
                page = slab.next;
            }
        }
    }
}
