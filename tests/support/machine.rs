//! The system of one test thread: real memory and a break of its own, that counts what it is asked and refuses the
//! calls it is told to.

use brkalloc::__private::{Libc, System};
use core::cell::RefCell;
use core::ops::Range;
use core::ptr::NonNull;

pub(crate) const PAGE: usize = 4096;

/// Address space in which the break of the tests' system moves.
const GROUND: usize = if usize::BITS == 64 { 2 << 30 } else { 1 << 28 };

/// The system of one test thread.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) calls: usize,
    pub(crate) refused: usize,
    /// The calls that are refused, counted from 1.
    pub(crate) refuse: Range<usize>,
    claimed: bool,
    ground: usize,
    brk: usize,
    /// The bytes reserved behind the break; 0 for none.
    pub(crate) room: usize,
    /// The bytes from where the break was at first to somebody who sits behind it.
    pub(crate) free: usize,
    /// The most bytes that a reservation gets.
    pub(crate) largest: usize,
    /// Address space that was reserved, and not released since: the ground first.
    pub(crate) reserved: Vec<(usize, usize)>,
    /// Memory that was mapped, and not released since.
    pub(crate) mapped: Vec<(usize, usize)>,
    /// How often such memory was made another size.
    pub(crate) resized: usize,
}

impl Machine {
    const NONE: Self = Self {
        calls: 0,
        refused: 0,
        refuse: 0..0,
        claimed: false,
        ground: 0,
        brk: 0,
        room: 0,
        free: usize::MAX,
        largest: usize::MAX,
        reserved: Vec::new(),
        mapped: Vec::new(),
        resized: 0,
    };

    /// Counts a call; whether it is to be refused.
    pub(crate) fn refuses(&mut self) -> bool {
        self.calls += 1;
        let refuses = self.refuse.contains(&self.calls);
        self.refused += usize::from(refuses);
        refuses
    }

    pub(crate) fn reserve(&mut self, size: usize) -> Option<NonNull<u8>> {
        if self.largest < size {
            return None;
        }
        self.take(Libc::reserve(size)?, size)
    }

    /// Records what the real system has reserved: as part of what lies below, if it adjoins that.
    #[expect(clippy::unnecessary_wraps, reason = "it is what a system answers")]
    fn take(&mut self, mapping: NonNull<u8>, size: usize) -> Option<NonNull<u8>> {
        let start = mapping.as_ptr().expose_provenance();
        match self.reserved.iter_mut().skip(1).find(|(given, held)| given + *held == start) {
            Some((_, held)) => *held += size,
            None => self.reserved.push((start, size)),
        }
        Some(mapping)
    }

    /// Forgets what is released: whole pages of something that was given.
    fn forget(&mut self, start: usize, size: usize) {
        let end = start + size;
        let holds = |&(given, held): &(usize, usize)| given <= start && end <= given + held;
        let [reserved, mapped] = [&mut self.reserved, &mut self.mapped];
        let list = if mapped.iter().any(holds) { mapped } else { reserved };
        let place = list.iter().position(holds).expect("only what was given is released");
        let (given, held) = list.swap_remove(place);
        let rests = [(given, start - given), (end, given + held - end)];
        list.extend(rests.into_iter().filter(|(_, size)| 0 < *size));
    }
}

thread_local! {
    static MACHINE: RefCell<Machine> = const { RefCell::new(Machine::NONE) };
}

/// Calls `f` with this thread's machine.
pub(crate) fn machine<R>(f: impl FnOnce(&mut Machine) -> R) -> R {
    MACHINE.with_borrow_mut(f)
}

/// A machine as new, that refuses these calls. What the old one gave is gone: its heap is not used any more.
pub(crate) fn restart(refuse: Range<usize>) {
    machine(|machine| {
        for (address, size) in core::mem::take(&mut machine.reserved)
            .into_iter()
            .chain(core::mem::take(&mut machine.mapped))
        {
            // SAFETY: it was recorded as it was given, and its heap's story is over.
            unsafe { Libc::release(pointer(address), size) };
        }
        *machine = Machine::NONE;
        machine.ground = machine.reserve(GROUND).expect("there is address space").addr().get();
        machine.brk = machine.ground;
        machine.refuse = refuse;
    });
}

fn pointer(address: usize) -> NonNull<u8> {
    NonNull::new(core::ptr::with_exposed_provenance_mut(address)).expect("nothing is at 0")
}

/// The system that asks the machine.
pub(crate) struct Faulty;

// SAFETY: what is given is real memory of the process, and each machine gives it once; a test's machine has one thread.
unsafe impl System for Faulty {
    fn page_size() -> usize {
        PAGE
    }

    fn single_threaded() -> bool {
        true
    }

    fn claim_break() -> bool {
        machine(|machine| !core::mem::replace(&mut machine.claimed, true))
    }

    unsafe fn sbrk(increment: isize) -> Option<NonNull<u8>> {
        machine(|machine| {
            let after = machine.brk.checked_add_signed(increment)?;
            let beyond = machine.ground + GROUND < after || machine.room != 0;
            if machine.refuses() || (0 < increment && beyond) {
                return None;
            }
            let (before, size) = (machine.brk, increment.unsigned_abs());
            if 0 < increment {
                assert_eq!(size % PAGE, 0, "the break is at a page border already");
                // SAFETY: these pages of the ground are nobody's.
                assert!(unsafe { Libc::protect(pointer(before), size) });
            }
            machine.brk = after;
            Some(pointer(before))
        })
    }

    fn reserve(size: usize) -> Option<NonNull<u8>> {
        machine(|machine| if machine.refuses() { None } else { machine.reserve(size) })
    }

    fn reserve_at(address: NonNull<u8>, size: usize) -> Option<NonNull<u8>> {
        machine(|machine| {
            if machine.refuses() || machine.largest < size {
                return None;
            }
            let (start, ground) = (address.addr().get(), machine.ground);
            if !(ground..ground + GROUND).contains(&start) {
                return machine.take(Libc::reserve_at(address, size)?, size);
            }
            // All of the ground is taken but what lies right behind the break and its room.
            let wall = ground + machine.free.min(GROUND);
            let is_free = start == machine.brk + machine.room && start + size <= wall;
            machine.room += if is_free { size } else { 0 };
            is_free.then(|| pointer(start))
        })
    }

    unsafe fn protect(address: NonNull<u8>, size: usize) -> bool {
        // SAFETY: the caller vouches for the pages.
        !machine(Machine::refuses) && unsafe { Libc::protect(address, size) }
    }

    unsafe fn discard(address: NonNull<u8>, size: usize) -> bool {
        // SAFETY: the caller vouches for the pages.
        !machine(Machine::refuses) && unsafe { Libc::discard(address, size) }
    }

    fn map(size: usize) -> Option<NonNull<u8>> {
        machine(|machine| {
            if machine.refuses() {
                return None;
            }
            let mapping = Libc::map(size)?;
            machine.mapped.push((mapping.as_ptr().expose_provenance(), size));
            Some(mapping)
        })
    }

    unsafe fn remap(
        address: NonNull<u8>,
        size: usize,
        target: usize,
        may_move: bool,
    ) -> Option<NonNull<u8>> {
        machine(|machine| {
            if machine.refuses() {
                return None;
            }
            // SAFETY: the caller vouches for the mapping.
            let moved = unsafe { Libc::remap(address, size, target, may_move) }?;
            machine.resized += 1;
            let given = (address.addr().get(), size);
            let entry = machine.mapped.iter_mut().find(|known| **known == given);
            *entry.expect("only what was mapped moves, and whole") =
                (moved.as_ptr().expose_provenance(), target);
            Some(moved)
        })
    }

    unsafe fn release(address: NonNull<u8>, size: usize) {
        machine(|machine| {
            let address = address.addr().get();
            if size <= machine.room && address + size == machine.brk + machine.room {
                machine.room -= size;
                return;
            }
            machine.forget(address, size);
            // SAFETY: it is what `reserve`, `map` or `remap` gave, and the caller vouches that nobody uses it.
            unsafe { Libc::release(pointer(address), size) };
        });
    }

    unsafe fn unmap(address: NonNull<u8>, size: usize) -> bool {
        if machine(Machine::refuses) {
            return false;
        }
        // SAFETY: the caller vouches for the mapping.
        unsafe { Self::release(address, size) };
        true
    }
}
