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
use super::map::{Map, Page, Slab};
use super::object::{LINKED, Object, Objects, height, pop};
use crate::arena::chunk::{self, Window};
use crate::arena::harden::{Harden, Level};
use crate::arena::heap::RawHeap;
use crate::arena::tag::GRANULE;
use crate::diag::report;
use crate::layers::Params;
use crate::layers::guarded;
use crate::layers::locked::{Extra, Locked, Shared};
use core::ptr::NonNull;

/// Objects and slabs that are no thread's, of each class.
#[derive(Debug)]
pub struct Depot {
    /// The first of the slabs that have objects.
    partial: [Page; CLASSES],
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
    f: impl FnOnce(&mut Counter<'_, C>) -> R,
) -> R {
    home.with(|shared| f(&mut counter(home, shared)))
}

/// The depot of `home`, whose lock guards `shared`.
pub(super) fn counter<'a, C: PerThread>(
    home: &'a Locked<C>,
    shared: &'a mut Shared<C>,
) -> Counter<'a, C> {
    Counter { depot: &mut shared.depot, chunks: &mut shared.chunks, map: &home.aside.map }
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
pub(super) struct Counter<'a, C: Params> {
    pub(super) depot: &'a mut Depot,
    pub(super) chunks: &'a mut RawHeap<C, C::Source>,
    pub(super) map: &'a Map<C>,
}

impl<C: Params> Counter<'_, C> {
    /// The most bytes in whole batches, and the most that each thread may keep.
    pub(super) const KEEPS: usize = match C::KEEPS {
        Some(bytes) => bytes,
        None => 0,
    };

    /// The objects of a whole batch of each class.
    pub(super) const BATCHES: [u16; CLASSES] = batch_sizes(Self::KEEPS);

    const CHECKED: bool = (Harden::Basic as u8) <= (<C::Harden as Level>::LEVEL as u8);

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

    /// Up to `most` objects of slabs.
    pub(super) fn draw(&mut self, class: Class, most: u16) -> Objects {
        let (mut objects, mut count) = (None, 0);
        while count < most {
            let page = match self.depot.first_partial(class) {
                // What there is will do.
                0 if 0 < count => break,
                0 => match self.make_slab(class) {
                    Some(page) => page,
                    None => break,
                },
                page => page,
            };
            count += self.draw_from(page, class, most - count, &mut objects);
        }
        objects
    }

    /// Puts up to `most` objects of one slab before `objects`; how many.
    fn draw_from(&mut self, page: Page, class: Class, most: u16, objects: &mut Objects) -> u16 {
        let Some(mut slab) = self.map.slab(page) else { self.broken(page, "a slab that is none") };
        let start = self.map.start_of(page);
        let mut count = 0;
        while count < most && slab.free != 0 {
            // SAFETY: by the map it is the first object of the slab's own list.
            let object = unsafe { object_at(start, slab.free - 1) };
            slab.free = self.place_of(object.next::<C>(), page, class);
            object.set_above::<C>(*objects, height::<C>(*objects) + 1);
            *objects = Some(object);
            count += 1;
        }
        let new = (most - count).min(class.capacity() - slab.fresh);
        // From the uppermost down, so that they are handed out from the lowest up.
        for number in (slab.fresh..slab.fresh + new).rev() {
            // SAFETY: by the map no object of these numbers was ever handed out.
            let object = unsafe { object_at(start, number * class.granules()) };
            object.set_above::<C>(*objects, height::<C>(*objects) + 1);
            *objects = Some(object);
        }
        slab.fresh += new;
        count += new;
        slab.used += count;
        if slab.used == class.capacity() {
            self.unlink(&slab);
        }
        self.map.set_slab(page, slab);
        count
    }

    /// A slab of a class, in front of the others; its first page.
    fn make_slab(&mut self, class: Class) -> Option<Page> {
        let payload = self.chunks.allocate(class.slab())?;
        let page = self.map.page_of(payload);
        if !self.map.reach(page.saturating_add(class.pages())) {
            // SAFETY: it was allocated just now.
            unsafe { self.chunks.free(payload) };
            return None;
        }
        self.map.set_behind(page, class);
        if Window::<C>::SEALED {
            // SAFETY: the slab was allocated just now.
            for object in unsafe { self.objects_of(page, class) } {
                // SAFETY: the slab has room for so many objects, which are nobody's.
                unsafe { guarded::retire::<C>(object.payload(), class.size()) };
            }
        }
        self.link(page, Slab { free: 0, used: 0, fresh: 0, class, next: 0, prev: 0 });
        Some(page)
    }

    /// Every object of a slab.
    ///
    /// # Safety
    ///
    /// The chunk that begins at `page` was allocated for a slab of the class, and all objects are in it.
    unsafe fn objects_of(&self, page: Page, class: Class) -> impl Iterator<Item = Object> + use<C> {
        let start = self.map.start_of(page);
        let at = move |number: u16| {
            // SAFETY: a slab has room for as many objects as its capacity, and nobody has any of them.
            unsafe { object_at(start, number * class.granules()) }
        };
        (0..class.capacity()).map(at)
    }

    /// Takes objects, or small chunks that stood in for some, back to where they came from.
    pub(super) fn take_apart(&mut self, mut objects: Objects) {
        while let Some(object) = pop::<C>(&mut objects) {
            self.put(object);
        }
    }

    /// Takes one of them back.
    pub(super) fn put(&mut self, object: Object) {
        let Some((page, class, entry)) = self.map.slab_at(object.payload()) else {
            return self.free_kept(object);
        };
        let state = self.map.state(page, entry);
        let place = self.place_of(Some(object), page, class);
        let Some(used) = state.used().checked_sub(1) else {
            Self::broken_object(object, "an object freed twice")
        };
        let free = state.free();
        // SAFETY: by the map it is the first object of the slab's own list.
        let first = || unsafe { object_at(self.map.start_of(page), free - 1) };
        object.set_first::<C>((free != 0).then(first));
        self.map.set_objects(page, entry, state.with(place, used));
        if used == 0 || used + 1 == class.capacity() {
            self.regard(page, used);
        }
    }

    /// Looks at a slab that has got its first object back, or its last.
    fn regard(&mut self, page: Page, used: u16) {
        let Some(slab) = self.map.slab(page) else { self.broken(page, "a slab that is none") };
        if used != 0 {
            self.link(page, slab);
        } else if self.depot.first_partial(slab.class) != page || slab.next != 0 {
            self.unlink(&slab);
            self.free_slab(page, slab.class);
        }
    }

    /// The same, of one that is as it was left, as far as that is looked at.
    pub(super) fn free_kept(&mut self, chunk: Object) {
        if Window::<C>::SEALED && self.chunks.reaches(chunk.payload()) {
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

    /// Gives the chunk of a slab whose objects are all back to the heap below.
    fn free_slab(&mut self, page: Page, class: Class) {
        if Window::<C>::SEALED {
            // SAFETY: of its objects none is out.
            for object in unsafe { self.objects_of(page, class) } {
                Self::check_free(object, class);
            }
        }
        self.map.clear(page, class.pages());
        if let Some(payload) = NonNull::new(self.map.start_of(page)) {
            // SAFETY: the slab was allocated as a whole, and none of its objects is anybody's.
            unsafe { self.chunks.free(payload) };
        }
    }

    /// Ends the program if an object that is in its slab is not as it was left.
    fn check_free(object: Object, class: Class) {
        let links = object.payload().as_ptr();
        // SAFETY: it was retired when the slab was made, and is nobody's.
        let is_fresh = unsafe { chunk::first_other(links, LINKED, Window::<C>::PATTERN) }.is_none();
        if !is_fresh && !object.has_seal::<C>() {
            crate::arena::heap::written_to::<C>(links);
        }
        guarded::check_retired::<C>(object.payload(), class.size());
    }

    /// Where in its slab an object stands, as the slab counts it; what stands nowhere ends the
    /// program.
    #[inline]
    fn place_of(&self, object: Objects, page: Page, class: Class) -> u16 {
        let Some(object) = object else { return 0 };
        let start = self.map.start_of(page).addr();
        let distance = object.payload().addr().get().wrapping_sub(start);
        let is_within = distance < usize::from(class.capacity()) * class.size();
        if !is_within || (Self::CHECKED && !class.divides(distance)) {
            no_object::<C>(object.payload());
        }
        #[expect(clippy::cast_possible_truncation, reason = "a slab has fewer granules")]
        let place = (distance / GRANULE) as u16 + 1;
        place
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

    /// Puts a slab in front of those of its class that have objects.
    fn link(&mut self, page: Page, slab: Slab) {
        let next = core::mem::replace(&mut self.depot.partial[slab.class.number()], page);
        self.map.set_slab(page, Slab { next, prev: 0, ..slab });
        if let Some(follower) = self.map.slab(next).filter(|_| next != 0) {
            self.map.set_slab(next, Slab { prev: page, ..follower });
        }
    }

    /// Takes a slab from among those of its class that have objects.
    fn unlink(&mut self, &Slab { class, next, prev, .. }: &Slab) {
        match self.map.slab(prev).filter(|_| prev != 0) {
            Some(before) => self.map.set_slab(prev, Slab { next, ..before }),
            None => self.depot.partial[class.number()] = next,
        }
        if let Some(follower) = self.map.slab(next).filter(|_| next != 0) {
            self.map.set_slab(next, Slab { prev, ..follower });
        }
    }

    #[cold]
    fn broken(&self, page: Page, what: &str) -> ! {
        report::fatal_in::<C>(format_args!("{what} at {:p}", self.map.start_of(page)))
    }

    #[cold]
    fn broken_object(object: Object, what: &str) -> ! {
        report::fatal_in::<C>(format_args!("{what} at {:p}", object.payload()))
    }
}

/// Whether an object of a slab that begins at `start` can begin at `address`.
pub(super) fn is_place(start: usize, address: usize, class: Class) -> bool {
    let distance = address.wrapping_sub(start);
    distance % class.size() == 0 && distance < usize::from(class.capacity()) * class.size()
}

/// Ends the program: no object of a slab begins at `block`.
#[cold]
#[inline(never)]
pub(super) fn no_object<C: Params>(block: NonNull<u8>) -> ! {
    report::fatal_in::<C>(format_args!(
        "free or realloc of what is no object of its slab, at {block:p}"
    ))
}

/// The object that begins so many granules above the start of its slab.
///
/// # Safety
///
/// The map says that a slab begins at `start` and that such an object is in it: it is below the slab's
/// capacity, and nobody's.
#[inline]
pub(super) unsafe fn object_at(start: *mut u8, granules: u16) -> Object {
    let place = start.wrapping_add(usize::from(granules) * GRANULE);
    // SAFETY: a slab begins at a page, which is not the first of its window.
    let place = unsafe { NonNull::new_unchecked(place) };
    // SAFETY: the caller vouches that it is an object, and nobody's.
    unsafe { Object::new(place) }
}
