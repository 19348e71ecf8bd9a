//! A system that refuses a chosen call, and that records what it has granted.

mod extended;
mod fixed;
mod opened;

use super::{Brk, Libc, Mmap, Origin, Region, Source, System};
use core::cell::RefCell;
use core::ptr::NonNull;
use std::thread_local;
use std::vec::Vec;

/// Address space within which the break of the tests' system moves.
const GROUND: usize = if usize::BITS == 64 { 1 << 28 } else { 1 << 25 };
const PAGE: usize = 4096;
const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// The system of one test thread: real memory, a break of its own, and a record of everything
/// granted.
struct Machine {
    calls: usize,
    /// The number of the call to refuse, from 1 on; 0 for none.
    refuse: usize,
    /// The greatest size of a mapping.
    largest: usize,
    threads: usize,
    /// Whether address space is limited.
    limited: bool,
    claimed: bool,
    ground: usize,
    start: usize,
    brk: usize,
    mappings: Vec<(usize, usize)>,
}

impl Machine {
    fn new() -> Self {
        let ground = Libc::reserve(GROUND).expect("there is address space").addr().get();
        let mut machine = Self::on(ground, ground);
        // A break within a page, whose bytes are not zero.
        machine.rise(100).expect("the ground is free");
        // SAFETY: the page was made accessible just now.
        unsafe { pointer(ground).write_bytes(0xAA, PAGE) };
        machine.start = machine.brk;
        machine
    }

    /// One that has granted nothing, with its break at `start`.
    fn on(ground: usize, start: usize) -> Self {
        Self {
            calls: 0,
            refuse: 0,
            largest: usize::MAX,
            threads: 1,
            limited: false,
            claimed: false,
            ground,
            start,
            brk: start,
            mappings: Vec::new(),
        }
    }

    /// Counts a call. Returns whether to refuse it.
    fn refuses(&mut self) -> bool {
        self.calls += 1;
        self.calls == self.refuse
    }

    fn rise(&mut self, increment: isize) -> Option<NonNull<u8>> {
        let before = self.brk;
        let after = before.checked_add_signed(increment)?;
        let (lower, upper) = (before.next_multiple_of(PAGE), after.next_multiple_of(PAGE));
        if self.ground + GROUND < upper
            || self.mappings.iter().any(|&(at, _)| before <= at && at < upper)
        {
            return None;
        }
        if lower < upper {
            // SAFETY: these pages of the ground are nobody's.
            assert!(unsafe { Libc::protect(pointer(lower), upper - lower) });
        } else if upper < lower {
            close(upper, lower - upper);
        }
        self.brk = after;
        Some(pointer(before))
    }

    fn is_ground(&self, address: usize) -> bool {
        (self.ground..self.ground + GROUND).contains(&address)
    }

    /// Whether nothing is held but the break, `risen` bytes above where it was at first.
    fn holds_only(&self, risen: usize) -> bool {
        self.mappings.is_empty() && self.brk == self.start + risen
    }
}

thread_local! {
    static MACHINE: RefCell<Machine> = RefCell::new(Machine::new());
}

fn pointer(address: usize) -> NonNull<u8> {
    NonNull::new(core::ptr::with_exposed_provenance_mut(address)).expect("nothing is at 0")
}

/// Makes pages of the ground as they were at first.
fn close(address: usize, size: usize) {
    // SAFETY: the pages are the ground's and in nobody's use.
    assert!(unsafe { Libc::discard(pointer(address), size) });
    // SAFETY: likewise.
    assert_eq!(0, unsafe {
        libc::mprotect(pointer(address).as_ptr().cast(), size, libc::PROT_NONE)
    });
}

fn machine<R>(f: impl FnOnce(&mut Machine) -> R) -> R {
    MACHINE.with_borrow_mut(f)
}

/// A machine as new, of which `change` is changed.
fn reset(change: impl FnOnce(&mut Machine)) {
    machine(|machine| {
        let (old_start, ground) = (machine.start, machine.ground);
        for (at, size) in machine.mappings.drain(..) {
            if (ground..ground + GROUND).contains(&at) {
                close(at, size);
            } else {
                // SAFETY: the mapping is recorded, and its test is over.
                unsafe { Libc::release(pointer(at), size) };
            }
        }
        if old_start < machine.brk {
            let risen = isize::try_from(machine.brk - old_start).expect("the ground is small");
            machine.rise(-risen).expect("a break can be lowered");
        }
        *machine = Machine::on(ground, old_start);
        change(machine);
    });
}

struct Faulty;

// SAFETY: what is given is real memory of the process, given to one at a time by the record.
unsafe impl System for Faulty {
    fn page_size() -> usize {
        PAGE
    }

    fn single_threaded() -> bool {
        machine(|machine| !machine.refuses() && machine.threads == 1)
    }

    fn claim_break() -> bool {
        machine(|machine| !core::mem::replace(&mut machine.claimed, true))
    }

    unsafe fn sbrk(increment: isize) -> Option<NonNull<u8>> {
        machine(|machine| if machine.refuses() { None } else { machine.rise(increment) })
    }

    fn reserve(size: usize) -> Option<NonNull<u8>> {
        machine(|machine| {
            if machine.refuses() || machine.largest < size {
                return None;
            }
            let mapping = Libc::reserve(size)?;
            machine.mappings.push((mapping.as_ptr().expose_provenance(), size));
            Some(mapping)
        })
    }

    fn reserve_at(address: NonNull<u8>, size: usize) -> Option<NonNull<u8>> {
        machine(|machine| {
            let at = address.addr().get();
            assert_eq!((at % PAGE, size % PAGE), (0, 0));
            if machine.refuses() || machine.largest < size {
                return None;
            }
            let given = if machine.is_ground(at) {
                let is_free = machine
                    .mappings
                    .iter()
                    .all(|&(given, held)| given + held <= at || at + size <= given);
                if at < machine.brk || !is_free || machine.ground + GROUND < at + size {
                    return None;
                }
                pointer(at)
            } else {
                Libc::reserve_at(address, size)?
            };
            given.as_ptr().expose_provenance();
            machine.mappings.push((at, size));
            Some(given)
        })
    }

    fn is_space_limited() -> bool {
        machine(|machine| machine.limited)
    }

    unsafe fn protect(address: NonNull<u8>, size: usize) -> bool {
        assert_eq!(address.addr().get() % PAGE, 0);
        assert_eq!(size % PAGE, 0);
        // SAFETY: the caller guarantees it.
        machine(|machine| !machine.refuses() && unsafe { Libc::protect(address, size) })
    }

    unsafe fn discard(address: NonNull<u8>, size: usize) -> bool {
        // SAFETY: the caller guarantees it.
        machine(|machine| !machine.refuses() && unsafe { Libc::discard(address, size) })
    }

    unsafe fn release(address: NonNull<u8>, size: usize) {
        machine(|machine| {
            let mapping = (address.addr().get(), size);
            let end = mapping.0 + size;
            let known = machine
                .mappings
                .iter()
                .position(|&(given, held)| given <= mapping.0 && end <= given + held);
            let (given, held) =
                machine.mappings.remove(known.expect("only what was given is released"));
            let rests = [(given, mapping.0 - given), (end, given + held - end)];
            machine.mappings.extend(rests.into_iter().filter(|&(_, size)| 0 < size));
            if machine.is_ground(mapping.0) {
                close(mapping.0, size);
            } else {
                // SAFETY: the caller guarantees it.
                unsafe { Libc::release(address, size) };
            }
        });
    }
}

/// Reads zeros and writes ones in all bytes of `from..to`.
fn is_fresh(region: Region, from: usize, to: usize) -> bool {
    // SAFETY: the bytes are committed, and the test's alone.
    let bytes = unsafe {
        core::slice::from_raw_parts_mut(region.base.as_ptr().wrapping_add(from), to - from)
    };
    let fresh = bytes.iter().all(|&byte| byte == 0);
    bytes.fill(1);
    fresh
}

/// Whether `is_fresh` wrote all bytes of `from..to`.
fn is_written(region: Region, from: usize, to: usize) -> bool {
    // SAFETY: the bytes are committed, and the test's alone.
    let bytes =
        unsafe { core::slice::from_raw_parts(region.base.as_ptr().wrapping_add(from), to - from) };
    bytes.iter().all(|&byte| byte == 1)
}

/// Uses a region to its end: all of it is zero, all of it can be written, and what is discarded is
/// zero again.
fn use_up<S: Source>(region: Region) {
    assert_eq!(region.base.addr().get() % S::page_size(), 0);
    assert!(region.committed <= region.reserved);
    assert!(0 < region.reserved);
    assert!(is_fresh(region, 0, region.committed));
    let mut committed = region.committed;
    for step in [1, 100, PAGE - 1, PAGE, 10 * PAGE + 1, region.reserved] {
        let to = committed.saturating_add(step).min(region.reserved);
        // SAFETY: `committed` bytes are committed, and `to` is not beyond what is reserved.
        assert!(unsafe { S::commit(region.base, committed, to) });
        assert!(is_fresh(region, committed, to));
        committed = to;
    }
    // SAFETY: all of it is committed, and nobody needs it.
    assert!(unsafe { S::discard(region.base, 1, committed) });
    let (lower, upper) = (PAGE.min(committed), committed / PAGE * PAGE);
    if lower < upper {
        assert!(is_fresh(region, lower, upper));
    }
    assert!(is_written(region, 0, 1), "the first page is not discarded as a whole");
    assert!(is_written(region, upper.max(1), committed), "nor is the last one");
    // SAFETY: likewise.
    assert!(unsafe { S::discard(region.base, 0, 1) }, "no whole page is nothing to do");
    assert!(is_written(region, 0, 1));
}
