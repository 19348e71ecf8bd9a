//! Slabs: chunks of whole pages, cut into objects of one class.

use super::class::Class;
use super::depot::LockedDepot;
use super::map::{Page, Slab};
use super::object::{LINKED, Object, Objects, height};
use crate::arena::chunk::{self, Window};
use crate::arena::tag::GRANULE;
use crate::diag::report;
use crate::layers::{Params, guarded};
use core::ptr::NonNull;

impl<C: Params> LockedDepot<'_, C> {
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
        if Window::<C>::CHECKSUMMED {
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

    /// Takes one of them back.
    pub(super) fn put(&mut self, object: Object) {
        let Some((page, class, entry)) = self.map.slab_at(object.payload()) else {
            return self.free_medium(object);
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

    /// Gives the chunk of a slab whose objects are all back to the heap below.
    pub(super) fn free_slab(&mut self, page: Page, class: Class) {
        if Window::<C>::CHECKSUMMED {
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
        if !is_fresh && !object.has_checksum::<C>() {
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

    /// Puts a slab in front of those of its class that have objects.
    fn link(&mut self, page: Page, slab: Slab) {
        let next = core::mem::replace(&mut self.depot.partial[slab.class.number()], page);
        self.map.set_slab(page, Slab { next, prev: 0, ..slab });
        if let Some(follower) = self.map.slab(next).filter(|_| next != 0) {
            self.map.set_slab(next, Slab { prev: page, ..follower });
        }
    }

    /// Takes a slab from among those of its class that have objects.
    pub(super) fn unlink(&mut self, &Slab { class, next, prev, .. }: &Slab) {
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
    pub(super) fn broken_object(object: Object, what: &str) -> ! {
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
