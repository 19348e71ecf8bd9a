//! A thread's cache: the memory that it keeps, and where it turns when that does not suffice.
//!
//! ```text
//!   request ─► magazine of its class ──► object                     no lock, no atomic
//!                 └ none left ─► the spare batch ─► the depot ─► a slab ─► the heap   one lock
//! ```
//!
//! The cache has no destructor, so that one instruction accesses it. When the cache first turns to
//! the depot, it touches a second thread-local, whose destructor gives everything back when the
//! thread ends. After that, in another destructor or at the process's exit, the thread takes and
//! gives objects one by one.
//!
//! Idle memory in a cache serves nobody and pins slabs. So every few hundred turns at the depot, a
//! sweep empties the magazines that have not moved since the last one, and the medium cache if none
//! of its lists has. All of a thread's cache is bounded in bytes. This module knows how to take the
//! heap's lock, but not what lies behind it.

use super::class::{CLASSES, Class, MediumClass};
use super::depot::LockedDepot;
use super::magazine::{Back, Front, Magazine};
use super::medium::MediumCache;
use super::object::{Object, Objects, height};
use super::{PerThread, depot, objects};
use crate::arena::check::Corruption;
use crate::diag::report;
use crate::layers::locked::Locked;
use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;

/// The cache of one thread, for one heap.
///
/// The attribute declares one for each thread.
///
/// # Invariant
///
/// Zeros are a new cache, because the thread-locals of a heap that is C's `malloc` begin as zeros.
/// The layout is `repr(C)`, so every configuration has the same.
#[repr(C)]
pub struct ThreadCache<C> {
    pub(super) fronts: [Front; CLASSES],
    backs: [Back; CLASSES],
    medium: MediumCache,
    state: Cell<State>,
    /// Turns at the depot since the last sweep.
    turns: Cell<u32>,
    /// The most bytes that the magazines can hold under their limits.
    charge: Cell<usize>,
    /// The class that makes room next.
    clock: Cell<usize>,
    /// The bytes that the thread last reported to the heap.
    told: Cell<usize>,
    configuration: PhantomData<fn() -> C>,
}

/// Returns the first limit of a magazine: the objects that fill half a page, at least four.
fn first_limit(class: Class) -> u16 {
    (128 / class.granules()).max(4)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum State {
    /// The cache was never used.
    New = 0,
    /// The thread gives its cache back when it ends.
    Live,
    /// The thread ends and caches nothing more.
    Ended,
}

/// How often this thread takes the lock between two sweeps of its own cache.
const SWEEP: u32 = 256;

impl<C> ThreadCache<C> {
    /// Returns an empty cache.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            fronts: [const { Front::new() }; CLASSES],
            backs: [const { Back::new() }; CLASSES],
            medium: MediumCache::new(),
            state: Cell::new(State::New),
            turns: Cell::new(0),
            charge: Cell::new(0),
            clock: Cell::new(0),
            told: Cell::new(0),
            configuration: PhantomData,
        }
    }

    #[inline]
    fn front(&self, class: Class) -> &Front {
        &self.fronts[class.number()]
    }

    fn magazine(&self, class: Class) -> Magazine<'_> {
        Magazine { front: self.front(class), back: &self.backs[class.number()] }
    }
}

impl<C: PerThread> ThreadCache<C> {
    /// The bound of the cache, in bytes.
    const WHOLE: usize = LockedDepot::<C>::KEEPS;

    /// The bound of the medium cache, in bytes, if the magazines leave it room.
    const HALF: usize = Self::WHOLE / 2;

    /// Takes a medium chunk of the class, if there is one.
    #[inline]
    pub(super) fn take_medium(&self, class: MediumClass) -> Objects {
        self.medium.pop::<C>(class)
    }

    /// Keeps a medium chunk of the class.
    #[inline]
    pub(super) fn keep_medium(&self, chunk: Object, class: MediumClass) {
        if !self.medium.push::<C>(chunk, class) {
            self.shed(chunk, class);
        }
    }

    /// Refills an empty magazine and takes an object. (A function of C never unwinds, so the fast
    /// path needs no frame and ends in a jump to here.)
    #[cold]
    #[inline(never)]
    pub(super) extern "C" fn refill(&self, class: Class) -> Objects {
        let home = C::base();
        self.turn(home);
        if self.state.get() == State::Ended {
            return objects::draw::<C>(class, 1);
        }
        let magazine = self.magazine(class);
        magazine.note();
        let whole = LockedDepot::<C>::BATCHES[class.number()];
        let objects = match magazine.take_spare() {
            None => {
                self.widen(class);
                let limit = magazine.limit();
                if limit < whole {
                    objects::draw::<C>(class, limit)
                } else {
                    objects::take::<C>(class)
                }
            }
            spare => spare,
        };
        if let Some(first) = objects {
            let others = magazine.load(first.next::<C>());
            if others.is_some() {
                depot::with(home, |depot| depot.take_apart(others));
            }
        }
        self.recharge(class);
        objects
    }

    /// Keeps an object that a full magazine has no room for. (A function of C, as `refill`.)
    #[cold]
    #[inline(never)]
    pub(super) extern "C" fn spill(&self, object: Object, class: Class) {
        let home = C::base();
        self.turn(home);
        if self.state.get() == State::Ended {
            return depot::with(home, |depot| depot.put(object));
        }
        let magazine = self.magazine(class);
        magazine.note();
        self.widen(class);
        if !magazine.front.push::<C>(object) {
            let whole = LockedDepot::<C>::BATCHES[class.number()];
            if magazine.limit() < whole {
                let objects = magazine.unload_half::<C>();
                depot::with(home, |depot| depot.take_apart(objects));
            } else if let Some(batch) = magazine.shift() {
                depot::with(home, |depot| depot.give(batch, class));
            }
            magazine.front.push::<C>(object);
        }
        self.recharge(class);
    }

    /// Doubles the limit of a magazine, up to a whole batch, if the cache's bound allows it.
    /// Empties other magazines only for the first objects of a class: where all classes are in use,
    /// they would only empty each other.
    fn widen(&self, class: Class) {
        let magazine = self.magazine(class);
        let (whole, limit) = (LockedDepot::<C>::BATCHES[class.number()], magazine.limit());
        let wanted = whole.min((2 * limit).max(first_limit(class)));
        if limit < wanted {
            let more = usize::from(wanted - limit) * class.size();
            if limit == 0 {
                self.make_room(class, more);
            }
            // One magazine must hold something, whatever the bound.
            let held = self.charge.get() + self.medium.bytes();
            if limit == 0 || held + more <= Self::WHOLE {
                magazine.set_limit(wanted);
                self.recharge(class);
            }
        }
    }

    /// Keeps a medium chunk that the cache has no room for: an eighth of the cache goes back first.
    #[cold]
    #[inline(never)]
    fn shed(&self, chunk: Object, class: MediumClass) {
        let home = C::base();
        self.turn(home);
        if self.medium.push::<C>(chunk, class) {
            return;
        }
        depot::with(home, |depot| {
            self.medium.shed::<C>(Self::HALF / 8 * 7, |chunk| depot.free_medium(chunk));
            if self.state.get() == State::Ended || !self.medium.push::<C>(chunk, class) {
                depot.free_medium(chunk);
            }
        });
    }

    /// Counts a turn at the depot or the heap. The first turn arranges for the thread's end; every
    /// [`SWEEP`] turns give idle memory back.
    #[inline]
    pub(super) fn turn(&self, home: &'static Locked<C>) {
        if self.state.get() == State::New {
            self.begin();
        }
        let turns = self.turns.get() + 1;
        self.turns.set(turns);
        if SWEEP <= turns {
            self.sweep(home);
        }
    }

    #[cold]
    fn begin(&self) {
        // First, because arranging for the thread's end may allocate.
        self.state.set(State::Live);
        self.medium.set_most(Self::HALF);
        if !report::without_unwinding(|| C::NAME, C::watch_end) {
            self.end();
        }
    }

    #[cold]
    fn sweep(&self, home: &'static Locked<C>) {
        self.turns.set(0);
        let mut idle = 0_u64;
        for class in Class::all() {
            idle |= u64::from(self.magazine(class).is_idle()) << class.number();
        }
        let is_medium_idle = self.medium.is_idle();
        if idle != 0 || is_medium_idle {
            depot::with(home, |depot| {
                if is_medium_idle {
                    self.medium.shed::<C>(0, |chunk| depot.free_medium(chunk));
                }
                for class in Class::all().filter(|class| idle >> class.number() & 1 != 0) {
                    self.empty(class, depot);
                }
            });
        }
        self.tell(home);
    }

    /// Recounts what the magazine of a class may hold.
    fn recharge(&self, class: Class) {
        let (before, now) = self.magazine(class).recount(LockedDepot::<C>::BATCHES[class.number()]);
        let bytes = |objects: u16| usize::from(objects) * class.size();
        let charge = self.charge.get().wrapping_add(bytes(now)).wrapping_sub(bytes(before));
        self.charge.set(charge);
        if self.state.get() == State::Live {
            // The medium cache gets what the magazines leave.
            self.medium.set_most(Self::HALF.min(Self::WHOLE.saturating_sub(charge)));
        }
    }

    /// Empties magazines, except that of `spared`, if with `more` bytes they could exceed the
    /// bound.
    fn make_room(&self, spared: Class, more: usize) {
        if self.charge.get() + more <= Self::WHOLE {
            return;
        }
        depot::with(C::base(), |depot| {
            for _ in 0..CLASSES {
                if self.charge.get() + more <= Self::WHOLE / 4 * 3 {
                    return;
                }
                self.clock.set((self.clock.get() + 1) % CLASSES);
                let class = Class::at(self.clock.get());
                if let Some(class) = class.filter(|class| *class != spared) {
                    self.empty(class, depot);
                }
            }
        });
    }

    /// Gives all objects of a class back.
    fn empty(&self, class: Class, depot: &mut LockedDepot<'_, C>) {
        for objects in self.magazine(class).empty() {
            depot.take_apart(objects);
        }
        self.recharge(class);
    }

    /// Gives everything back.
    pub(super) fn give_all(&self, home: &'static Locked<C>) {
        depot::with(home, |depot| {
            for class in Class::all() {
                self.empty(class, depot);
            }
            self.medium.shed::<C>(0, |chunk| depot.free_medium(chunk));
        });
        self.tell(home);
    }

    /// Gives everything back, and keeps nothing from now on.
    pub(super) fn end(&self) {
        let home = C::base();
        self.state.set(State::Ended);
        self.medium.set_most(0);
        self.give_all(home);
    }

    /// Reports to the heap how much this cache may hold.
    fn tell(&self, home: &'static Locked<C>) {
        let held = self.charge.get() + self.medium.bytes();
        let change = held.wrapping_sub(self.told.replace(held));
        if change != 0 {
            home.aside.held.add(change);
        }
    }

    /// Checks every object in the magazines.
    pub(super) fn check(&self, depot: &LockedDepot<'_, C>) -> Result<(), Corruption> {
        for class in Class::all() {
            for mut place in self.magazine(class).lists() {
                let mut expected = height::<C>(place);
                let whole = usize::from(LockedDepot::<C>::BATCHES[class.number()]);
                depot.ensure(expected <= whole, "a magazine holds more than a batch")?;
                while let Some(object) = place {
                    depot.check_object(object, class)?;
                    let is_so = 0 < expected && object.height::<C>() == expected;
                    depot.ensure(is_so, "an object says a wrong number of those behind it")?;
                    (place, expected) = (object.next::<C>(), expected - 1);
                }
                depot.ensure(expected == 0, "a magazine is shorter than it says")?;
            }
        }
        Ok(())
    }
}

impl<C> Default for ThreadCache<C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C> fmt::Debug for ThreadCache<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (charge, medium) = (self.charge.get(), self.medium.bytes());
        let mut text = f.debug_struct("ThreadCache");
        text.field("charge", &charge).field("medium", &medium).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::mem::MaybeUninit;
    use std::string::String;

    /// Every field.
    fn told(cache: &ThreadCache<()>) -> String {
        let ThreadCache { fronts, backs, medium, state, turns, charge, clock, told, configuration } =
            cache;
        std::format!(
            "{fronts:?} {backs:?} {medium:?} {state:?} {turns:?} {charge:?} {clock:?} {told:?} {configuration:?}"
        )
    }

    #[test]
    fn zeros_are_a_new_cache() {
        let zeros = MaybeUninit::<ThreadCache<()>>::zeroed();
        // SAFETY: zeros are valid for each field: cells of numbers, of optional pointers, and of a
        // state that has a 0.
        let cache = unsafe { zeros.assume_init() };
        assert_eq!(told(&cache), told(&ThreadCache::new()));
    }
}
