//! A thread's cache: where it turns when its magazines do not suffice.
//!
//! ```text
//!   request ─► magazine of its class ──► object                     no lock, no atomic
//!                 └ none left ─► the spare batch ─► a shelf                    the class's lock
//!                                └ none left ─► a slab ─► the heap             the heap's lock
//! ```
//!
//! The thread-local is one word, which leads to the thread's [record](super::record) and has no
//! destructor. When the thread first turns to the depot, it takes a record and touches a second
//! thread-local, whose destructor gives everything back when the thread ends. After that, in another
//! destructor or at the process's exit, the thread takes and gives objects one by one. A thread whose
//! first turn is so late that no destructor follows leaves an [orphan](super::records).
//!
//! Idle memory in a cache serves nobody and pins slabs. So every few hundred turns at the depot, a
//! sweep empties the magazines that have not moved since the last one, and the medium cache if none
//! of its lists has. All of a thread's cache is bounded in bytes, and so are those of all threads
//! together: a magazine widens only within the thread's budget. This module knows how to take the
//! heap's lock, but not what lies behind it.

use super::class::{CLASSES, Class, MediumClass};
use super::depot::LockedDepot;
use super::object::{Object, Objects};
use super::record::{EMPTY, ENDED, Record};
use super::{PerThread, depot, objects, with};
use crate::arena::check::Corruption;
use crate::diag::report;
use crate::layers::Params;
use crate::layers::locked::Locked;
use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;

/// The cache of one thread, for one heap: a word that leads to it.
///
/// The attribute declares one for each thread.
///
/// # Invariant
///
/// It leads to `EMPTY`, `ENDED`, or a record that its thread took and no other word of the thread
/// leads to. For a heap that is C's `malloc`, zeros lead to `EMPTY`, because its thread-locals begin as
/// zeros.
#[repr(transparent)]
pub struct ThreadCache<C> {
    record: Cell<*const Record>,
    configuration: PhantomData<fn() -> C>,
}

/// Returns the first limit of a magazine: the objects that fill half a page, at least four.
fn first_limit(class: Class) -> u16 {
    (128 / class.granules()).max(4)
}

/// How many turns at the depot or the heap this thread takes between two sweeps of its own cache.
const SWEEP: u32 = 256;

impl<C> ThreadCache<C> {
    /// Returns an empty cache.
    #[must_use]
    pub const fn new() -> Self {
        Self { record: Cell::new(&raw const EMPTY.0), configuration: PhantomData }
    }
}

impl<C: PerThread> ThreadCache<C> {
    /// Returns the thread's record, or one of those that all threads share.
    #[inline]
    pub(super) fn record(&self) -> &'static Record {
        let record = self.record.get();
        if C::IS_MALLOC && record.is_null() {
            return &EMPTY.0;
        }
        // SAFETY: by the invariant a record is there, and no record is ever given back to the system.
        unsafe { &*record }
    }

    /// Returns the record, if it is the thread's own.
    fn own(&self) -> Option<&'static Record> {
        Some(self.record()).filter(|record| record.is_own())
    }

    /// Takes a medium chunk of the class, if there is one.
    #[inline]
    pub(super) fn take_medium(&self, class: MediumClass) -> Objects {
        self.record().medium.pop::<C>(class)
    }

    /// Whether it keeps a medium chunk of the class.
    pub(super) fn keeps_medium(&self, class: MediumClass) -> bool {
        self.record().medium.has(class)
    }

    /// Keeps a medium chunk of the class.
    #[inline]
    pub(super) fn keep_medium(&self, chunk: Object, class: MediumClass) {
        if !self.record().medium.push::<C>(chunk, class) {
            self.shed(chunk, class);
        }
    }

    /// Keeps a medium chunk that the cache has no room for: an eighth of the cache goes back first.
    #[cold]
    #[inline(never)]
    fn shed(&self, chunk: Object, class: MediumClass) {
        let home = C::base();
        match self.turn(home) {
            Some(record) => record.shed::<C>(home, chunk, class),
            None => depot::with(home, |depot| depot.free_medium(chunk)),
        }
    }

    /// Counts a turn at the depot or the heap. Returns the thread's record; none if it caches
    /// nothing. The first turn takes the record; every [`SWEEP`] turns give idle memory back.
    #[inline]
    pub(super) fn turn(&self, home: &'static Locked<C>) -> Option<&'static Record> {
        let record = self.own().or_else(|| self.begin(home))?;
        let turns = record.turns.get() + 1;
        record.turns.set(turns);
        if SWEEP <= turns {
            record.sweep::<C>(home);
        }
        Some(record)
    }

    /// Whether this thread has flushed its caches since its last sweep, because no slab had room. The next call says
    /// that it has.
    pub(super) fn is_first_flush(&self) -> bool {
        self.own().is_some_and(|record| !record.has_flushed.replace(true))
    }

    /// Takes a record, and arranges for the thread's end.
    #[cold]
    #[expect(clippy::redundant_closure_for_method_calls, reason = "the method is of one lifetime")]
    fn begin(&self, home: &'static Locked<C>) -> Option<&'static Record> {
        if core::ptr::eq(self.record(), &raw const ENDED.0) {
            return None;
        }
        let record = depot::with(home, |depot| depot.adopt())?;
        // First, because arranging for the thread's end may allocate.
        self.record.set(record);
        if !report::without_unwinding(|| C::NAME, C::watch_end) {
            self.end();
        }
        self.own()
    }

    /// Gives everything back, and keeps nothing from now on.
    pub(super) fn end(&self) {
        let own = self.own();
        self.record.set(&raw const ENDED.0);
        if let Some(record) = own {
            let home = C::base();
            record.empty::<C>(home);
            depot::with(home, |depot| depot.release(record));
        }
    }

    /// Gives everything back.
    pub(super) fn give_all(&self, home: &'static Locked<C>) {
        if let Some(record) = self.own() {
            record.empty::<C>(home);
            depot::with(home, |depot| depot.settle(record));
        }
    }

    /// Checks every object in the magazines.
    pub(super) fn check(&self, depot: &LockedDepot<'_, C>) -> Result<(), Corruption> {
        self.own().map_or(Ok(()), |record| depot.check_record(record))
    }
}

/// Refills the thread's empty magazine and takes an object. (A function of C never unwinds, so the
/// fast path needs no frame and ends in a jump to here.)
#[cold]
#[inline(never)]
pub(super) extern "C" fn refill<C: PerThread>(class: Class) -> Objects {
    let home = C::base();
    match with::<C, _>(|cache| cache.turn(home)) {
        Some(record) => record.refill::<C>(home, class),
        None => objects::draw::<C>(class, 1),
    }
}

/// Keeps an object that the thread's full magazine has no room for. (A function of C, as `refill`.)
#[cold]
#[inline(never)]
pub(super) extern "C" fn spill<C: PerThread>(object: Object, class: Class) {
    let home = C::base();
    match with::<C, _>(|cache| cache.turn(home)) {
        Some(record) => record.spill::<C>(home, object, class),
        None => depot::with(home, |depot| depot.put(object)),
    }
}

impl Record {
    fn refill<C: PerThread>(&self, home: &'static Locked<C>, class: Class) -> Objects {
        let magazine = self.magazine(class);
        magazine.note();
        let objects = match magazine.take_spare::<C>() {
            None => {
                self.widen(home, class);
                let most = magazine.limit().max(1);
                let list =
                    home.aside.shelves.take(class).or_else(|| objects::draw::<C>(class, most));
                // To draw may have emptied this magazine, and its limit with it.
                list.map(|list| fitted(home, list, class, magazine.limit().max(1).into()))
            }
            spare => spare,
        };
        if let Some(first) = objects {
            let others = magazine.load(first.next::<C>());
            if others.is_some() {
                depot::with(home, |depot| depot.take_apart(others));
            }
        }
        self.recharge::<C>(class);
        objects
    }

    fn spill<C: PerThread>(&self, home: &'static Locked<C>, object: Object, class: Class) {
        let magazine = self.magazine(class);
        magazine.note();
        self.widen(home, class);
        if !magazine.front.push::<C>(object) {
            self.unload(home, class);
            if !magazine.front.push::<C>(object) {
                depot::with(home, |depot| depot.put(object));
            }
        }
        self.recharge::<C>(class);
    }

    /// Gives half of a full magazine to other threads, or a whole batch.
    fn unload<C: PerThread>(&self, home: &'static Locked<C>, class: Class) {
        let magazine = self.magazine(class);
        let whole = LockedDepot::<C>::BATCHES[class.number()];
        let is_below = magazine.limit() < whole;
        if is_below && magazine.front.is_empty() {
            return;
        }
        let has_spare = !is_below
            && (magazine.has_spare() || self.may_take(home, usize::from(whole) * class.size()));
        // Under the shelf's lock, so that a fork sees the list here or there; one that the shelf refuses is on its way.
        let unload = || match (is_below, has_spare) {
            (true, _) => magazine.unload_half::<C>(),
            (false, true) => magazine.shift(),
            (false, false) => magazine.load(None),
        };
        depot::give(home, class, unload);
    }

    /// Whether the thread may hold `more` bytes than it does. One that was refused asks again after its next sweep:
    /// until then the answer is most likely the same, and each question takes the lock.
    fn may_take<C: PerThread>(&self, home: &'static Locked<C>, more: usize) -> bool {
        let known = self.may_hold(self.held() + more);
        known.unwrap_or_else(|| depot::with(home, |depot| depot.affords(self, more)))
    }

    /// Doubles the limit of a magazine, up to a whole batch, if the thread's budget allows it.
    /// Empties other magazines only for the first objects of a class: where all classes are in use,
    /// they would only empty each other.
    fn widen<C: PerThread>(&self, home: &'static Locked<C>, class: Class) {
        let magazine = self.magazine(class);
        let (whole, limit) = (LockedDepot::<C>::BATCHES[class.number()], magazine.limit());
        let wanted = whole.min((2 * limit).max(first_limit(class)));
        if wanted <= limit {
            return;
        }
        let more = usize::from(wanted - limit) * class.size();
        if self.may_take(home, more) || limit == 0 && self.make_room(home, class, more) {
            magazine.set_limit(wanted);
            self.recharge::<C>(class);
        }
    }

    /// Gives back medium chunks, and magazines other than that of `spared`, until there is room for
    /// `more` bytes. Returns whether there is.
    fn make_room<C: PerThread>(
        &self,
        home: &'static Locked<C>,
        spared: Class,
        more: usize,
    ) -> bool {
        let (budget, medium) = (self.granted.get(), self.medium.bytes());
        if budget / 2 < medium {
            self.shed_to(home, budget / 8 * 3);
        }
        for _ in 0..CLASSES {
            if self.held() + more <= budget / 4 * 3 {
                break;
            }
            self.clock.set((self.clock.get() + 1) % CLASSES);
            let class = Class::at(self.clock.get());
            if let Some(class) = class.filter(|class| *class != spared) {
                self.empty_class(home, class);
            }
        }
        depot::with(home, |depot| depot.affords(self, more))
    }

    /// Gives back medium chunks until at most so many bytes are left.
    fn shed_to<C: PerThread>(&self, home: &'static Locked<C>, most: usize) {
        depot::with(home, |depot| self.medium.shed::<C>(most, |chunk| depot.free_medium(chunk)));
    }

    /// Gives back all objects of a class.
    fn empty_class<C: PerThread>(&self, home: &'static Locked<C>, class: Class) {
        for list in self.magazine(class).empty() {
            depot::give_back(home, list, class);
        }
        self.recharge::<C>(class);
    }

    /// Gives back everything that the thread keeps.
    fn empty<C: PerThread>(&self, home: &'static Locked<C>) {
        Class::all().for_each(|class| self.empty_class(home, class));
        self.shed_to(home, 0);
    }

    fn shed<C: PerThread>(&self, home: &'static Locked<C>, chunk: Object, class: MediumClass) {
        if self.medium.push::<C>(chunk, class) {
            return;
        }
        depot::with(home, |depot| {
            let half = LockedDepot::<C>::KEEPS / 2;
            if half < self.medium.bytes() + class.size() || !depot.affords(self, class.size()) {
                let most = half.min(self.granted.get().saturating_sub(self.charge()));
                self.medium.shed::<C>(most / 8 * 7, |chunk| depot.free_medium(chunk));
            }
            if !self.medium.push::<C>(chunk, class) {
                depot.free_medium(chunk);
            }
        });
    }

    #[cold]
    fn sweep<C: PerThread>(&self, home: &'static Locked<C>) {
        self.turns.set(0);
        self.refused.set(0);
        self.has_flushed.set(false);
        for class in Class::all() {
            if self.magazine(class).is_idle() {
                self.empty_class(home, class);
            }
        }
        if self.medium.is_idle() {
            self.shed_to(home, 0);
        }
        let is_for_all = depot::with(home, |depot| {
            depot.look_after_fork();
            depot.settle(self);
            depot.counts_sweep()
        });
        if is_for_all {
            depot::sweep(home);
        }
    }
}

/// Returns the first `most` objects of a list, and gives back the others.
fn fitted<C: PerThread>(
    home: &'static Locked<C>,
    list: Object,
    class: Class,
    most: usize,
) -> Object {
    if most < list.height::<C>() {
        let others = list.behind::<C>(most);
        list.cut::<C>(most);
        depot::give(home, class, || others);
    }
    list
}

impl<C: Params> LockedDepot<'_, C> {
    /// Whether the owner of a record may hold `more` bytes than it does.
    fn affords(&mut self, record: &Record, more: usize) -> bool {
        self.grant(record, record.held() + more)
    }
}

impl<C> Default for ThreadCache<C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C> fmt::Debug for ThreadCache<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadCache").finish_non_exhaustive()
    }
}
