//! All records of a heap: whose they are, and how much their threads may hold together.
//!
//! ```text
//!   first ──► record ──► record ──► …      all of them, in mappings that are never given back
//!   free  ──► record ──► …                 those that belong to no thread
//!   clock ──► the next one to look at
//!   lent      what all threads may hold now, at most the total
//! ```
//!
//! A record says which thread owns it. The end of a thread may go unnoticed: if it uses the heap for
//! the first time in a destructor that runs after all others, or if a fork left it behind. Then its
//! record is an *orphan*. Whoever takes a record looks at a few others before, and gives back what
//! orphans hold; `trim`, a request that would be refused, and a fork's child look at all.
//!
//! The total is lent in steps. A thread that asks gets more than the least only while much is left,
//! so that late threads find some. This module is called under the heap's lock.

use super::class::{Class, MediumClass};
use super::depot::LockedDepot;
use super::object::{Object, Objects};
use super::record::{FREE, Record, UNKNOWN};
use crate::arena::check::Corruption;
use crate::arena::chunk::Window;
use crate::layers::Params;
use crate::sys::fork::Fork;
use crate::sys::source::Source;
use crate::sys::thread::{self, LEFT};
use core::ptr::null;

/// The records of one heap.
#[derive(Debug)]
pub(super) struct Records {
    first: *const Record,
    free: *const Record,
    clock: *const Record,
    /// Records of the last mapping that nobody has had yet.
    fresh: *const Record,
    left: usize,
    /// How many records there are.
    count: usize,
    /// Bytes that the threads may hold now.
    lent: usize,
    /// The process whose threads the records name.
    process: usize,
    /// Whether a fork left threads behind whose records nobody has looked at.
    is_forked: bool,
    /// How often nobody asks the system for a mapping, because it refused one.
    pause: u32,
}

/// How many records a thread looks at before it takes one. Each thread leaves at most one orphan, so
/// that with sixteen looks a fifteenth of the records are orphans at most.
const LOOKS: usize = 16;

/// Bytes of a mapping of records.
const MAPPING: usize = 64 << 10;

/// The unit in which the total is lent.
const STEP: usize = 32 << 10;

/// What each thread may hold while anything is left.
const LEAST: usize = 16 << 10;

/// How many requests for a record are refused after a refusal of the system.
const PAUSE: u32 = 256;

impl Records {
    pub(super) const NEW: Self = Self {
        first: null(),
        free: null(),
        clock: null(),
        fresh: null(),
        left: 0,
        count: 0,
        lent: 0,
        process: 0,
        is_forked: false,
        pause: 0,
    };

    /// Returns the bytes that all threads may hold now.
    pub(super) fn lent(&self) -> usize {
        self.lent
    }

    fn iter(&self) -> impl Iterator<Item = &'static Record> + use<> {
        let mut place = self.first;
        core::iter::from_fn(move || {
            // SAFETY: null, or a record, which is never given back.
            let record = unsafe { place.as_ref() }?;
            place = record.next.get();
            Some(record)
        })
    }

    /// As [`Extra::forked`](crate::layers::locked::Extra::forked).
    pub(super) fn forked(&mut self, fork: Fork) {
        if self.process == 0 {
            return;
        }
        // The numbers may be those of a process before, of whose fork nobody told: then the one
        // thread may have any of them.
        let are_of_parent = self.process == fork.parent;
        self.process = thread::process();
        for record in self.iter() {
            let owner = record.owner();
            if owner == FREE || owner == UNKNOWN {
                continue;
            }
            if !are_of_parent {
                record.set_owner(UNKNOWN);
            } else if owner == fork.before {
                record.set_owner(fork.now);
                // Its next turn sweeps.
                record.turns.set(u32::MAX / 2);
            } else {
                self.is_forked = true;
                if !thread::ARE_KNOWN {
                    record.set_owner(LEFT);
                }
            }
        }
    }
}

impl<C: Params> LockedDepot<'_, C> {
    /// What a thread may hold when so much of the total is left, with what it holds already: a
    /// share of what is beyond a quarter, an eighth where there are many caches in the total, or else
    /// the least.
    const fn allowance(left: usize) -> usize {
        let shares = match C::TOTAL / 2 / if Self::KEEPS == 0 { 1 } else { Self::KEEPS } {
            0 => 1,
            few @ 1..8 => few,
            _ => 8,
        };
        let share = left.saturating_sub(C::TOTAL / 4) / shares;
        let most = if share < LEAST { LEAST } else { share };
        let most = if Self::KEEPS < most { Self::KEEPS } else { most };
        if left < most { left } else { most }
    }

    /// Where the heap is.
    fn place(&self) -> *const () {
        core::ptr::from_ref(self.map).cast()
    }

    /// Raises what the owner of a record may hold to `needed`. Returns whether it may.
    pub(super) fn grant(&mut self, record: &Record, needed: usize) -> bool {
        let granted = record.granted.get();
        if needed <= granted {
            return true;
        }
        if record.home.get() != self.place() {
            return false;
        }
        let others = self.depot.records.lent - granted;
        let most = Self::allowance(C::TOTAL.saturating_sub(others));
        if most < needed {
            record.refused.set(needed);
            return false;
        }
        let granted = needed.next_multiple_of(STEP).min(most);
        self.depot.records.lent = others + granted;
        record.granted.set(granted);
        record.bound_medium::<C>();
        true
    }

    /// Takes back what the owner of a record may hold beyond what it does.
    pub(super) fn settle(&mut self, record: &Record) {
        let (granted, held) = (record.granted.get(), record.held().next_multiple_of(STEP));
        if held < granted && record.home.get() == self.place() {
            self.depot.records.lent -= granted - held;
            record.granted.set(held);
            record.bound_medium::<C>();
        }
    }

    /// Returns a record for the calling thread, if the heap is open and there is memory.
    pub(super) fn adopt(&mut self) -> Option<&'static Record> {
        if !self.chunks.is_open() {
            return None;
        }
        let process = thread::process();
        if self.depot.records.process == 0 {
            self.depot.records.process = process;
        }
        if !self.look_after_fork() {
            self.look(LOOKS);
        }
        // SAFETY: null, or a record, which is never given back.
        let record = match unsafe { self.depot.records.free.as_ref() } {
            Some(record) => {
                self.depot.records.free = record.next_free.get();
                record
            }
            None => self.cut()?,
        };
        // In a process that no handler has told of its fork, numbers of threads say nothing.
        let is_known = process == self.depot.records.process;
        record.set_owner(if is_known { thread::current() } else { UNKNOWN });
        Some(record)
    }

    /// Cuts a new record.
    fn cut(&mut self) -> Option<&'static Record> {
        let records = &mut self.depot.records;
        if records.left == 0 {
            if let Some(pause) = records.pause.checked_sub(1) {
                records.pause = pause;
                return None;
            }
            let size = MAPPING.next_multiple_of(C::Source::page_size());
            let Some(mapping) = C::Source::map(size) else {
                records.pause = PAUSE;
                return None;
            };
            records.fresh = mapping.as_ptr().cast_const().cast();
            records.left = size / size_of::<Record>();
        }
        // SAFETY: the mapping is the heap's for ever, has room for it, and holds zeros, which are a
        // record.
        let record = unsafe { &*records.fresh };
        records.fresh = records.fresh.wrapping_add(1);
        records.left -= 1;
        records.count += 1;
        record.next.set(records.first);
        records.first = record;
        record.home.set(self.place());
        Some(record)
    }

    /// Gives a record back, which holds nothing any more.
    pub(super) fn release(&mut self, record: &'static Record) {
        if record.home.get() == self.place() {
            self.depot.records.lent -= record.granted.get();
            record.clear();
            record.next_free.set(self.depot.records.free);
            self.depot.records.free = record;
        }
    }

    /// Looks at up to `most` records, and gives back what orphans hold.
    fn look(&mut self, most: usize) {
        let process = thread::process();
        if process != self.depot.records.process {
            return;
        }
        for _ in 0..most.min(self.depot.records.count) {
            let records = &mut self.depot.records;
            let place = if records.clock.is_null() { records.first } else { records.clock };
            // SAFETY: null, or a record, which is never given back.
            let Some(record) = (unsafe { place.as_ref() }) else { return };
            records.clock = record.next.get();
            let owner = record.owner();
            if owner != FREE && thread::is_gone(process, owner) {
                self.reclaim(record);
            }
        }
    }

    /// Gives back what all orphans hold.
    pub(super) fn look_at_all(&mut self) {
        self.depot.records.is_forked = false;
        self.look(usize::MAX);
    }

    /// Gives back what the threads held that a fork left behind. Returns whether there were any.
    pub(super) fn look_after_fork(&mut self) -> bool {
        let is_forked = self.depot.records.is_forked;
        if is_forked {
            self.look_at_all();
        }
        is_forked
    }

    /// Gives back what an orphan holds, and the record.
    fn reclaim(&mut self, record: &'static Record) {
        for class in Class::all() {
            for objects in record.magazine(class).empty() {
                self.salvage(objects, class);
            }
        }
        for class in MediumClass::all() {
            let mut chunks = record.medium.take_all(class);
            while let Some(chunk) = chunks.filter(|chunk| self.is_medium(*chunk, class)) {
                chunks = chunk.next::<C>();
                self.free_medium(chunk);
            }
        }
        self.release(record);
    }

    /// Puts back the objects of an orphan's magazine.
    ///
    /// A fork may have happened amid a request of the owner. Each list is whole at every instant, by
    /// the order of stores (see [`magazine`](super::magazine)). An owner that is gone cannot vouch for
    /// it, so what no list can have ends this one.
    fn salvage(&mut self, mut objects: Objects, class: Class) {
        let mut expected = None;
        while let Some(object) = objects {
            if !Window::<C>::CHECKSUMMED {
                let is_sound = self.check_object(object, class).is_ok()
                    && expected.is_none_or(|expected| object.height::<C>() == expected);
                if !is_sound {
                    return;
                }
            }
            expected = object.height::<C>().checked_sub(1);
            objects = object.next::<C>();
            self.put(object);
        }
    }

    /// Whether a chunk can be in an orphan's medium cache.
    fn is_medium(&self, chunk: Object, class: MediumClass) -> bool {
        Window::<C>::CHECKSUMMED || self.chunks.is_used_for(chunk.payload(), class.request().need)
    }

    /// Returns the bytes that threads' medium caches have and their magazines have room for.
    pub(super) fn held(&self) -> usize {
        self.depot.records.iter().map(Record::held).sum()
    }

    /// Checks that the threads may hold what was lent to them, and no more than the total.
    pub(super) fn check_records(&self) -> Result<(), Corruption> {
        let records = &self.depot.records;
        let granted: usize = records.iter().map(|record| record.granted.get()).sum();
        self.ensure(granted == records.lent, "threads may hold another sum than was lent")?;
        self.ensure(granted <= C::TOTAL, "threads may hold more than all may together")
    }
}
