//! The walk over all slabs and shelves, for `check()`.
//!
//! It compares the map with the chunks below, and each slab's own list with the slab's counts. Like
//! every walk it changes nothing and is O(n).

use super::class::Class;
use super::depot::LockedDepot;
use super::map::{Kind, Page, Slab};
use super::object::{Object, Objects, height};
use super::record::Record;
use super::shelves::Shelf;
use super::slabs::{is_place, object_at};
use crate::arena::check::Corruption;
use crate::arena::chunk::Window;
use crate::layers::Params;
use crate::layers::guarded;
use core::ptr::NonNull;

impl<C: Params> LockedDepot<'_, C> {
    /// Returns the first broken invariant of slabs and shelves.
    pub(super) fn check(&self) -> Result<(), Corruption> {
        let (mut partial, mut granted) = (0, 0);
        for page in self.map.pages() {
            if let Kind::Slab { class, back: 0 } = self.map.kind(page) {
                self.check_slab(page, class)?;
                partial += u32::from(self.map.slab(page).is_some_and(|slab| has_objects(&slab)));
            }
        }
        for class in Class::all() {
            partial = self.check_partial(class, partial)?;
            granted += self.check_shelf(class)?;
        }
        self.ensure(granted == self.depot.lent, "shelves may have another sum than was lent")?;
        let most = Self::KEEPS.max(C::TOTAL / 2);
        self.ensure(granted <= most, "shelves may have more than all may together")?;
        self.ensure(partial == 0, "a slab that has objects is in no list")
    }

    fn check_slab(&self, page: Page, class: Class) -> Result<(), Corruption> {
        let Some(slab) = self.map.slab(page) else { return self.ensure(false, "a slab is none") };
        let start = self.map.start_of(page);
        let at = |holds: bool, what| {
            if holds { Ok(()) } else { Err(Corruption::of_address(what, start.addr())) }
        };
        let is_chunk =
            NonNull::new(start).is_some_and(|start| self.chunks.is_used(start, class.slab().need));
        at(is_chunk, "a slab is no used chunk of whole pages")?;
        for back in 1..class.pages() {
            let kind = self.map.kind(page + back);
            let expected = u8::try_from(back).map(|back| Kind::Slab { class, back });
            at(Ok(kind) == expected, "a page of a slab does not lead to its first")?;
        }
        at(slab.fresh <= class.capacity(), "a slab has handed out more than it holds")?;
        let (mut free, mut object) = (0, self.own_list(page, &slab));
        while let Some(place) = object {
            at(free < slab.fresh, "the list of a slab goes round in a circle")?;
            self.check_object(place, class)?;
            free += 1;
            object = place.next::<C>();
        }
        at(slab.used + free == slab.fresh, "a slab has lost objects")
    }

    /// Walks the partial slabs of a class. Returns `expected` less their number.
    fn check_partial(&self, class: Class, mut expected: u32) -> Result<u32, Corruption> {
        let (mut before, mut page) = (0, self.depot.first_partial(class));
        while page != 0 {
            self.ensure(0 < expected, "a list of slabs goes round in a circle, or has a full one")?;
            let slab = self.map.slab(page).filter(|slab| slab.class == class);
            let Some(slab) = slab else {
                return Err(self.wrong("a list of slabs leads to what is no slab of its class"));
            };
            self.ensure(has_objects(&slab), "a slab in a list has no objects")?;
            self.ensure(slab.prev == before, "two neighbors of a list of slabs disagree")?;
            expected -= 1;
            (before, page) = (page, slab.next);
        }
        Ok(expected)
    }

    fn check_shelf(&self, class: Class) -> Result<usize, Corruption> {
        let check = |shelf: &mut Shelf<C>| {
            let whole = usize::from(Self::BATCHES[class.number()]);
            let ((has, may), mut bytes) = (shelf.bytes(), 0);
            self.ensure(has <= may, "a shelf has more than it may")?;
            let mut list = shelf.top();
            while let Some(first) = list {
                self.check_object(first, class)?;
                let mut object = first.next::<C>();
                let length = height::<C>(object).saturating_add(1);
                self.ensure(length <= whole, "a list has more objects than a batch")?;
                bytes += length * class.size();
                self.ensure(bytes <= has, "a shelf has more than was counted")?;
                for expected in (1..length).rev() {
                    let Some(place) = object.filter(|place| place.height::<C>() == expected) else {
                        return Err(self.wrong("a list is shorter than it says"));
                    };
                    self.check_object(place, class)?;
                    object = place.next::<C>();
                }
                self.ensure(object.is_none(), "a list is longer than it says")?;
                list = first.below::<C>();
            }
            self.ensure(bytes == has, "a shelf has less than was counted")?;
            Ok(may)
        };
        self.shelves.with(class, check)
    }

    /// Checks every object in the magazines of a thread.
    pub(super) fn check_record(&self, record: &Record) -> Result<(), Corruption> {
        let may = record.held() <= record.granted.get();
        self.ensure(may, "a thread holds more than it may")?;
        for class in Class::all() {
            let magazine = record.magazine(class);
            let [_, own] = magazine.lists();
            let may = height::<C>(own) <= magazine.limit().into();
            self.ensure(may, "a magazine holds more than it may")?;
            for mut place in magazine.lists() {
                let mut expected = height::<C>(place);
                let whole = usize::from(Self::BATCHES[class.number()]);
                self.ensure(expected <= whole, "a magazine holds more than a batch")?;
                while let Some(object) = place {
                    self.check_object(object, class)?;
                    let is_so = 0 < expected && object.height::<C>() == expected;
                    self.ensure(is_so, "an object says a wrong number of those behind it")?;
                    (place, expected) = (object.next::<C>(), expected - 1);
                }
                self.ensure(expected == 0, "a magazine is shorter than it says")?;
            }
        }
        Ok(())
    }

    /// Checks that `object` stands where an object of the class can: in a slab of it, or in a
    /// chunk. With `harden = "full"`, checks its links and its fill, too.
    pub(super) fn check_object(&self, object: Object, class: Class) -> Result<(), Corruption> {
        let address = object.payload().addr().get();
        let page = self.map.page_of(object.payload());
        let holds = match self.map.kind(page) {
            Kind::Chunks => self.chunks.reaches(object.payload()),
            Kind::Slab { class: own, back } => {
                let start = self.map.start_of(page - u32::from(back)).addr();
                own == class && is_place(start, address, class)
            }
        };
        if !holds {
            return Err(Corruption::of_address("a free object is none of its class", address));
        }
        if !object.has_checksum::<C>() {
            return Err(Corruption::of_address(
                "the links of a free object were overwritten",
                address,
            ));
        }
        if Window::<C>::CHECKSUMMED && self.map.kind(page) != Kind::Chunks {
            if let Some(byte) = guarded::altered::<C>(object.payload(), class.size()) {
                return Err(Corruption::of_address("a free object was written to", byte.addr()));
            }
        }
        Ok(())
    }

    fn own_list(&self, page: Page, slab: &Slab) -> Objects {
        // SAFETY: by the map it is the first object of the slab's own list; the walk only reads it.
        let first = || unsafe { object_at(self.map.start_of(page), slab.free - 1) };
        (slab.free != 0).then(first)
    }

    fn wrong(&self, what: &'static str) -> Corruption {
        Corruption::of_address(what, self.map.start_of(0).addr())
    }

    pub(super) fn ensure(&self, holds: bool, what: &'static str) -> Result<(), Corruption> {
        if holds { Ok(()) } else { Err(self.wrong(what)) }
    }
}

fn has_objects(slab: &Slab) -> bool {
    slab.used < slab.class.capacity()
}
