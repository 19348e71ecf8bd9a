//! Slabs: chunks of whole pages, cut into objects of one class.

use super::class::{Class, PAGE};
use super::depot::LockedDepot;
use super::map::{Kind, Map, Page, Slab};
use super::object::{LINKED, Object, Objects, WRONG_LENGTH, height};
use crate::arena::chunk::{self, Window};
use crate::arena::tag::GRANULE;
use crate::diag::report;
use crate::layers::{Params, guarded};
use core::ptr::NonNull;

const FREED_TWICE: &str = "double free of an object";

/// Objects that have left their slabs.
///
/// # Invariant
///
/// A slab of the class begins at `start`, unless `fresh` is 0, and holds the `fresh` objects from number `first` on.
/// They belong to this value alone, as do those in its lists.
pub(super) struct Drawn {
    class: Class,
    /// Those that had come back: a part of what a slab had.
    returned: Objects,
    /// All that a slab had, for each of some: the first object leads to the next such list.
    whole: Objects,
    /// How many objects these lists have together.
    in_whole: usize,
    start: *mut u8,
    first: u16,
    fresh: u16,
}

impl Drawn {
    fn none(class: Class) -> Self {
        let (start, first, fresh) = (core::ptr::null_mut(), 0, 0);
        Self { class, returned: None, whole: None, in_whole: 0, start, first, fresh }
    }

    /// Returns the list of all objects, fresh ones first. It writes to each, which may be in no processor's cache, or have
    /// no page yet: so the heap's lock should not be held.
    pub(super) fn linked<C: Params>(self, map: &Map<C>) -> Objects {
        let behind = height::<C>(self.returned);
        let (mut lists, mut left) = (self.whole, self.in_whole);
        while let Some(first) = lists {
            lists = first.below::<C>();
            // The thread owns the objects, so it may ask.
            let page = map.page_of(first.payload());
            let back = if let Kind::Slab { back, .. } = map.kind(page) { back } else { 0 };
            let start = map.start_of(page - Page::from(back));
            let mut list = Some(first);
            while let Some(object) = list {
                place_of::<C>(object, start, self.class);
                if left == 0 {
                    // Who frees an object twice closes a circle.
                    LockedDepot::<C>::broken_object(object, FREED_TWICE);
                }
                list = object.next::<C>();
                object.set_above::<C>(list.or(lists).or(self.returned), left + behind);
                left -= 1;
            }
        }
        let mut objects = self.whole.or(self.returned);
        if let (Some(first), true) = (objects, left != 0) {
            LockedDepot::<C>::broken_object(first, WRONG_LENGTH);
        }
        // From the top down, so that the list begins with the lowest.
        for number in (self.first..self.first + self.fresh).rev() {
            // SAFETY: by the invariant the slab holds this object, which belongs to nobody else.
            let object = unsafe { object_at(self.start, number * self.class.granules()) };
            object.set_above::<C>(objects, height::<C>(objects) + 1);
            objects = Some(object);
        }
        objects
    }
}

impl<C: Params> LockedDepot<'_, C> {
    /// Takes up to `most` objects from slabs, and fewer rather than make a second slab.
    pub(super) fn draw(&mut self, class: Class, most: u16) -> Option<Drawn> {
        let mut drawn = Drawn::none(class);
        let mut count = 0;
        while count < most && drawn.fresh == 0 {
            let page = match self.depot.first_partial(class) {
                // Some objects are enough.
                0 if 0 < count => break,
                0 => match self.make_slab(class) {
                    Some(page) => page,
                    None => break,
                },
                page => page,
            };
            count += self.draw_from(page, class, most - count, &mut drawn);
        }
        (0 < count).then_some(drawn)
    }

    /// Takes up to `most` objects from one slab, and adds them to `drawn`, which has no fresh ones. Returns how many.
    fn draw_from(&mut self, page: Page, class: Class, most: u16, drawn: &mut Drawn) -> u16 {
        let Some(mut slab) = self.map.slab(page).filter(|slab| slab.class == class) else {
            self.broken(page, "corrupt slab map: no slab begins here")
        };
        let start = self.map.start_of(page);
        let has = slab.fresh - slab.used;
        let mut count = 0;
        if slab.free != 0 && has <= most {
            // SAFETY: by the map it is the first object of the slab's own list.
            let first = unsafe { object_at(start, slab.free - 1) };
            first.set_below::<C>(drawn.whole);
            drawn.whole = Some(first);
            drawn.in_whole += usize::from(has);
            (slab.free, count) = (0, has);
        }
        while count < most && slab.free != 0 {
            // SAFETY: by the map it is the first object of the slab's own list.
            let object = unsafe { object_at(start, slab.free - 1) };
            slab.free = object.next::<C>().map_or(0, |next| place_of::<C>(next, start, class));
            object.set_above::<C>(drawn.returned, height::<C>(drawn.returned) + 1);
            drawn.returned = Some(object);
            count += 1;
        }
        if slab.free == 0 && count < has.min(most) {
            self.broken(page, WRONG_LENGTH);
        }
        (drawn.start, drawn.first) = (start, slab.fresh);
        drawn.fresh = (most - count).min(class.capacity() - slab.fresh);
        slab.fresh += drawn.fresh;
        count += drawn.fresh;
        slab.used += count;
        if slab.used == class.capacity() {
            self.unlink(&slab);
        }
        self.map.set_slab(page, slab);
        count
    }

    /// Makes a slab of a class and links it in front of the others. Returns its first page.
    fn make_slab(&mut self, class: Class) -> Option<Page> {
        let payload = self.chunks.allocate(class.slab())?;
        let page = self.map.page_of(payload);
        if !self.map.reach(page, page.saturating_add(class.pages())) {
            // SAFETY: the chunk was allocated just now.
            unsafe { self.chunks.free(payload) };
            return None;
        }
        self.map.set_behind(page, class);
        if Window::<C>::CHECKSUMMED {
            // SAFETY: the slab was allocated just now.
            for object in unsafe { self.objects_of(page, class) } {
                // SAFETY: the slab has room for this object, which belongs to nobody.
                unsafe { guarded::retire::<C>(object.payload(), class.size()) };
            }
        }
        self.link(page, Slab { free: 0, used: 0, fresh: 0, class, next: 0, prev: 0 });
        Some(page)
    }

    /// Iterates over every object of a slab.
    ///
    /// # Safety
    ///
    /// The chunk that begins at `page` was allocated for a slab of the class, and all its objects
    /// are in the slab.
    unsafe fn objects_of(&self, page: Page, class: Class) -> impl Iterator<Item = Object> + use<C> {
        let start = self.map.start_of(page);
        let at = move |number: u16| {
            // SAFETY: a slab has room for `capacity` objects, and by the contract nobody owns any
            // of them.
            unsafe { object_at(start, number * class.granules()) }
        };
        (0..class.capacity()).map(at)
    }

    /// Puts an object back into its slab; frees a chunk that stood in for one.
    pub(super) fn put(&mut self, object: Object) {
        object.set_above::<C>(None, 1);
        self.put_run(object);
    }

    /// Puts the first objects of a list back into their slab, as many as are in the same one, or frees the chunk that
    /// stands in for the first. Returns the rest of the list.
    pub(super) fn put_run(&mut self, first: Object) -> Objects {
        let Some((page, class, entry)) = self.map.slab_at(first.payload()) else {
            let rest = first.next::<C>();
            self.free_medium(first);
            return rest;
        };
        let state = self.map.state(page, entry);
        let start = self.map.start_of(page);
        let (mut free, mut used) = (state.free(), state.used());
        // SAFETY: by the map it is the first object of the slab's own list.
        let mut own = (free != 0).then(|| unsafe { object_at(start, free - 1) });
        let mut list = Some(first);
        while let Some(object) = list.filter(|object| is_within(start, *object, class)) {
            list = object.next::<C>();
            free = place_of::<C>(object, start, class);
            used = match used.checked_sub(1) {
                Some(used) => used,
                None => Self::broken_object(object, FREED_TWICE),
            };
            object.set_first::<C>(own);
            own = Some(object);
        }
        self.map.set_objects(page, entry, state.with(free, used));
        if used == 0 || state.used() == class.capacity() {
            self.regard(page, state.used());
        }
        list
    }

    /// Links a slab that had `before` objects out and was full, or frees one whose objects are all back.
    fn regard(&mut self, page: Page, before: u16) {
        let Some(slab) = self.map.slab(page) else {
            self.broken(page, "corrupt slab map: no slab begins here")
        };
        if before == slab.class.capacity() {
            self.link(page, slab);
        }
        let Some(slab) = self.map.slab(page).filter(|slab| slab.used == 0) else { return };
        if self.depot.first_partial(slab.class) != page || slab.next != 0 {
            self.unlink(&slab);
            // SAFETY: by the map, none of its objects is out; it has just left its list.
            unsafe { self.free_slab(page, slab.class) };
        }
    }

    /// Frees every slab of a class whose objects are all back.
    pub(super) fn free_empty(&mut self, class: Class) {
        let mut page = self.depot.first_partial(class);
        while let Some(slab) = self.map.slab(page).filter(|_| page != 0) {
            if slab.used == 0 {
                self.unlink(&slab);
                // SAFETY: by the map, none of its objects is out; it has just left its list.
                unsafe { self.free_slab(page, class) };
            }
            page = slab.next;
        }
    }

    /// Frees the chunk of a slab.
    ///
    /// # Safety
    ///
    /// A slab of the class begins at `page`, is in no list, and none of its objects is out.
    unsafe fn free_slab(&mut self, page: Page, class: Class) {
        if Window::<C>::CHECKSUMMED {
            // SAFETY: by the contract, all its objects are back.
            for object in unsafe { self.objects_of(page, class) } {
                Self::check_free(object, class);
            }
        }
        self.map.clear(page, class.pages());
        if let Some(payload) = NonNull::new(self.map.start_of(page)) {
            // SAFETY: the slab was allocated as one chunk; by the contract, nobody owns any of its objects.
            unsafe { self.chunks.free(payload) };
        }
    }

    /// Ends the program if somebody wrote to an object that is in its slab.
    fn check_free(object: Object, class: Class) {
        let links = object.payload().as_ptr();
        // SAFETY: the object was retired when the slab was made, and belongs to nobody.
        let is_fresh = unsafe { chunk::first_other(links, LINKED, Window::<C>::PATTERN) }.is_none();
        if !is_fresh && !object.has_checksum::<C>() {
            crate::arena::heap::written_to::<C>(links);
        }
        guarded::check_retired::<C>(object.payload(), class.size());
    }

    /// Links a slab in front of the partial slabs of its class.
    fn link(&mut self, page: Page, slab: Slab) {
        let next = core::mem::replace(&mut self.depot.partial[slab.class.number()], page);
        self.map.set_slab(page, Slab { next, prev: 0, ..slab });
        if let Some(follower) = self.map.slab(next).filter(|_| next != 0) {
            self.map.set_slab(next, Slab { prev: page, ..follower });
        }
    }

    /// Unlinks a slab from the partial slabs of its class.
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
        report::fatal_at::<C>(what, self.map.start_of(page))
    }

    #[cold]
    pub(super) fn broken_object(object: Object, what: &str) -> ! {
        report::fatal_at::<C>(what, object.payload().as_ptr())
    }
}

/// Returns the place of an object in its slab, which begins at `start`: granules plus 1. Ends the program if no object
/// stands there.
#[inline]
fn place_of<C: Params>(object: Object, start: *mut u8, class: Class) -> u16 {
    let distance = object.payload().addr().get().wrapping_sub(start.addr());
    let is_within = distance < usize::from(class.capacity()) * class.size();
    if !is_within || (LockedDepot::<C>::CHECKED && !class.divides(distance)) {
        no_object::<C>(object.payload());
    }
    #[expect(clippy::cast_possible_truncation, reason = "a slab has fewer granules")]
    let place = (distance / GRANULE) as u16 + 1;
    place
}

/// Whether an object begins in the pages of a slab of the class that begins at `start`.
fn is_within(start: *mut u8, object: Object, class: Class) -> bool {
    let distance = object.payload().addr().get().wrapping_sub(start.addr());
    distance < class.pages() as usize * PAGE
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
    report::fatal_at::<C>("invalid free: no object of its slab begins here", block.as_ptr())
}

/// Returns the object that begins `granules` above the start of its slab.
///
/// # Safety
///
/// The map says that a slab begins at `start` and holds this object: the object is below the slab's
/// capacity, and belongs to nobody.
#[inline]
pub(super) unsafe fn object_at(start: *mut u8, granules: u16) -> Object {
    let place = start.wrapping_add(usize::from(granules) * GRANULE);
    // SAFETY: a slab begins at a page, never at the first of its window, so the address is not
    // null.
    let place = unsafe { NonNull::new_unchecked(place) };
    // SAFETY: the caller guarantees that it is an object and belongs to nobody.
    unsafe { Object::new(place) }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::diag::report::tests::last_words;
    use crate::layers::cached::{PerThread, depot, objects};
    use crate::{BrkHeap, brk_heap};
    use core::alloc::{GlobalAlloc, Layout};
    use std::vec::Vec;

    const LAYOUT: Layout = Layout::new::<[u64; 16]>();

    #[brk_heap(source = "mmap", cache = "64KiB", crate = crate)]
    static HEAP: BrkHeap;

    #[brk_heap(source = "mmap", cache = "64KiB", harden = "full", crate = crate)]
    static FULL: BrkHeap;

    #[brk_heap(source = "mmap", cache = "64KiB", crate = crate)]
    static CHANGED: BrkHeap;

    /// Allocates the objects of some slabs, and puts three of four back. Returns what is in use, and what went back.
    fn in_slabs(heap: &impl GlobalAlloc, trim: &dyn Fn()) -> [Vec<NonNull<u8>>; 2] {
        let capacity = Class::of(LAYOUT).expect("it is small").capacity();
        // SAFETY: the layout has a size.
        let allocate = || NonNull::new(unsafe { heap.alloc(LAYOUT) }).expect("there is memory");
        let blocks: Vec<_> = (0..10 * capacity).map(|_| allocate()).collect();
        let (kept, freed): (Vec<_>, Vec<_>) =
            blocks.into_iter().enumerate().partition(|(number, _)| number % 4 == 0);
        let blocks =
            |pairs: Vec<(usize, NonNull<u8>)>| pairs.into_iter().map(|(_, it)| it).collect();
        let (kept, freed): (Vec<_>, Vec<_>) = (blocks(kept), blocks(freed));
        for block in &freed {
            // SAFETY: each is freed once.
            unsafe { heap.dealloc(block.as_ptr(), LAYOUT) };
        }
        trim();
        [kept, freed]
    }

    /// Draws objects until each of `freed` has come once, and no other.
    fn come_back_once<C: PerThread>(heap: &impl GlobalAlloc, trim: &dyn Fn()) {
        let [kept, freed] = in_slabs(heap, trim);
        let class = objects::class_at(C::base(), kept[0]).expect("it is small");
        let mut drawn = Vec::new();
        for most in (1..=9).cycle() {
            let mut list = objects::draw::<C>(class, most);
            let length = height::<C>(list);
            assert!((1..=usize::from(most)).contains(&length), "{length} of {most}");
            for left in (1..=length).rev() {
                let object = list.expect("the list has as many as its first object says");
                assert_eq!(object.height::<C>(), left);
                list = object.next::<C>();
                drawn.push(object.payload());
            }
            assert_eq!(list, None);
            if 2 * freed.len() < drawn.len() {
                break;
            }
        }
        trim();
        let times = |block| drawn.iter().filter(|it| **it == block).count();
        assert!(freed.iter().all(|block| times(*block) == 1), "each comes back once");
        assert!(!kept.iter().any(|block| times(*block) == 1), "what is in use stays");
        for block in &drawn {
            // SAFETY: the object was drawn, and is put back once.
            depot::with(C::base(), |depot| depot.put(unsafe { Object::new(*block) }));
        }
        trim();
        for block in kept {
            // SAFETY: each is freed once.
            unsafe { heap.dealloc(block.as_ptr(), LAYOUT) };
        }
        trim();
    }

    /// Whoever writes to an object that is in its slab can make a circle, or lead elsewhere.
    #[test]
    fn a_list_that_somebody_changed_ends_the_program() {
        let [kept, freed] = in_slabs(&CHANGED, &|| _ = CHANGED.trim());
        let class = objects::class_at(CHANGED::base(), kept[0]).expect("it is small");
        let foreign = Some(NonNull::from(&kept[0]).cast());
        // All that there is, slab by slab, or a part of one.
        let (all, part) = (10_000, 2);
        let words = |link: &dyn Fn(NonNull<u8>) -> Option<NonNull<u8>>, most: u16| {
            last_words(|| {
                for block in &freed {
                    // SAFETY: the object has room for the link, and nobody uses it.
                    unsafe { block.cast::<Option<NonNull<u8>>>().write(link(*block)) };
                }
                for _ in 0..freed.len() {
                    objects::draw::<CHANGED>(class, most);
                }
            })
        };
        let twice = "brkalloc: CHANGED: double free of an object at 0x";
        let length = "brkalloc: CHANGED: corrupt free object: length of its list is wrong at 0x";
        let elsewhere = "brkalloc: CHANGED: invalid free: no object of its slab begins here at 0x";
        for (words, what) in [
            (words(&Some, all), twice),
            (words(&|_| None, all), length),
            (words(&|_| None, part), length),
            (words(&|_| foreign, all), elsewhere),
            (words(&|_| foreign, part), elsewhere),
        ] {
            assert!(words.starts_with(what), "{words} instead of {what}");
        }
    }

    #[test]
    fn what_is_drawn_from_many_slabs_comes_once() {
        come_back_once::<HEAP>(&HEAP, &|| {
            HEAP.trim();
            assert_eq!(HEAP.check(), Ok(()));
        });
        come_back_once::<FULL>(&FULL, &|| {
            FULL.trim();
            assert_eq!(FULL.check(), Ok(()));
        });
    }
}
