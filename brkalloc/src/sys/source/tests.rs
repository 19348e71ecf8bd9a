//! A system that refuses a chosen call, and that records what it has granted.

use super::{Brk, Libc, Mmap, Origin, Region, Slice, Source, Static, StaticArena, Storage, System};
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
        let mut machine = Self {
            calls: 0,
            refuse: 0,
            largest: usize::MAX,
            threads: 1,
            limited: false,
            claimed: false,
            ground,
            start: ground,
            brk: ground,
            mappings: Vec::new(),
        };
        // A break within a page, whose bytes are not zero.
        machine.rise(100).expect("the ground is free");
        // SAFETY: the page was made accessible just now.
        unsafe { pointer(ground).write_bytes(0xAA, PAGE) };
        machine.start = machine.brk;
        machine
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
        let (start, brk) = (old_start, old_start);
        *machine = Machine {
            calls: 0,
            refuse: 0,
            largest: usize::MAX,
            threads: 1,
            limited: false,
            claimed: false,
            ground,
            start,
            brk,
            mappings: Vec::new(),
        };
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

const SIZES: [(usize, usize); 9] = [
    (1, 0),
    (0, 1),
    (64 * KIB, MIB),
    (64 * KIB, 64 * KIB),
    (PAGE, PAGE + 1),
    (1000, 4000),
    (PAGE + 1, 10 * PAGE + 1),
    (0, MIB),
    (100 * KIB, 0),
];

/// What a region of these sizes must be.
fn is_as_asked(region: Region, arena: usize, limit: usize) {
    assert_eq!(region.committed, arena);
    assert_eq!(region.reserved, limit.max(arena));
}

#[test]
fn a_mapping_is_as_asked_for() {
    for (arena, limit) in SIZES {
        reset(|_| ());
        let region = Mmap::<Faulty>::open(arena, limit).expect("nothing is refused");
        is_as_asked(region, arena, limit);
        assert_eq!(region.origin, Origin::Mapping);
        let size = limit.max(arena).next_multiple_of(PAGE);
        assert_eq!(machine(|machine| machine.mappings.clone()), [(region.base.addr().get(), size)]);
        use_up::<Mmap<Faulty>>(region);
    }
}

#[test]
fn a_break_is_as_asked_for() {
    for (arena, limit) in SIZES {
        reset(|_| ());
        let region = Brk::<Faulty>::open(arena, limit).expect("nothing is refused");
        is_as_asked(region, arena, limit);
        assert_eq!(region.origin, Origin::Break);
        let base = region.base.addr().get();
        machine(|machine| {
            let arena = arena.next_multiple_of(PAGE);
            let room = limit.next_multiple_of(PAGE).saturating_sub(arena);
            assert_eq!(base, machine.start.next_multiple_of(PAGE));
            assert_eq!(machine.brk, base + arena);
            assert_eq!(
                machine.mappings.as_slice(),
                &[(machine.brk, room)][usize::from(room == 0)..]
            );
            assert!(room == 0 || machine.rise(1).is_none(), "the room is a fence");
        });
        use_up::<Brk<Faulty>>(region);
    }
}

#[test]
fn the_break_is_given_once() {
    reset(|_| ());
    let first = Brk::<Faulty>::open(KIB, KIB).expect("nothing is refused");
    assert_eq!(first.origin, Origin::Break);
    // No room behind the first one is in the way of a second.
    let second = Brk::<Faulty>::open(KIB, MIB).expect("nothing is refused");
    assert_eq!(second.origin, Origin::Mapping);
    use_up::<Brk<Faulty>>(first);
    use_up::<Brk<Faulty>>(second);
}

#[test]
fn a_process_with_threads_keeps_its_break() {
    reset(|machine| machine.threads = 2);
    let region = Brk::<Faulty>::open(KIB, MIB).expect("nothing is refused");
    assert_eq!(region.origin, Origin::Mapping);
    assert_eq!(machine(|machine| machine.brk - machine.start), 0);
}

#[test]
fn a_window_is_halved_until_it_is_granted() {
    for granted in [1, 3, 5, 16, 17, 40] {
        reset(|machine| machine.largest = granted * PAGE);
        let region = Mmap::<Faulty>::open(5 * PAGE, 65 * PAGE);
        assert_eq!(region.is_some(), 5 <= granted);
        if let Some(region) = region {
            assert!(region.reserved <= granted * PAGE);
            use_up::<Mmap<Faulty>>(region);
        }
    }
}

/// The largest window.
const LARGEST: usize = if usize::BITS == 64 { 1 << 36 } else { 1 << 28 };

/// What a window reserves when it opens: half of what it uses, and 1 MiB.
const fn at_first(arena: usize) -> usize {
    arena / 2 * 3 + MIB
}

/// Extends a window that uses `reserved` bytes by one more at least.
fn extend<S: Source>(region: Region, limit: usize) -> Option<Region> {
    let Region { base, reserved, .. } = region;
    // SAFETY: so many bytes are reserved of that window.
    let extended = unsafe { S::extend(base, reserved, reserved + 1, limit) }?;
    Some(Region { reserved: extended, ..region })
}

#[test]
fn a_window_reserves_little_and_is_extended_by_half() {
    fn grow<S: Source>(limit: usize, origin: Origin) {
        let mut region = S::open(64 * KIB, limit).expect("nothing is refused");
        assert_eq!((region.origin, region.reserved), (origin, at_first(64 * KIB)));
        let mut committed = region.committed;
        while region.reserved < limit.min(GROUND / 2) {
            let before = region.reserved;
            region = extend::<S>(region, limit).expect("nothing is refused");
            let least = (before + before / 2).min(limit);
            assert!((least..=least + 2 * MIB).contains(&region.reserved), "{region:?}");
            assert!(region.reserved <= limit);
            // SAFETY: `committed` bytes are committed, and that many are reserved.
            assert!(unsafe { S::commit(region.base, committed, region.reserved) });
            assert!(is_fresh(region, before - PAGE, before + PAGE), "across the border");
            committed = region.reserved;
        }
        let reserved = region.reserved;
        // SAFETY: so many bytes are reserved of that window.
        let end = unsafe { S::extend(region.base, reserved, reserved, limit) };
        assert_eq!(end, Some(reserved), "all of it is there");
    }
    reset(|_| ());
    grow::<Brk<Faulty>>(GROUND / 2 + 100, Origin::Break);
    // Beside this test run others, whose mappings are as far from here as the limit says.
    grow::<Mmap<Faulty>>(LARGEST, Origin::Mapping);
}

#[test]
fn a_window_is_extended_up_to_whoever_sits_behind_it() {
    const LIMIT: usize = GROUND / 2;
    const FREE: usize = 5 * PAGE;
    reset(|_| ());
    let region = Brk::<Faulty>::open(KIB, LIMIT).expect("nothing is refused");
    let neighbor = region.base.addr().get() + region.reserved + FREE;
    machine(|machine| machine.mappings.push((neighbor, PAGE)));
    let more = extend::<Brk<Faulty>>(region, LIMIT).expect("five pages are free");
    assert!(region.reserved < more.reserved && more.reserved <= region.reserved + FREE);
    let mut last = more;
    while let Some(more) = extend::<Brk<Faulty>>(last, LIMIT) {
        last = more;
    }
    assert_eq!(last.reserved, region.reserved + FREE, "every page of them");
    // SAFETY: so many bytes are reserved of that window.
    let both = unsafe { Brk::<Faulty>::extend(last.base, last.reserved, LIMIT, LIMIT) };
    assert_eq!(both, None, "no less than what is asked for");
    machine(|machine| machine.mappings.retain(|&(at, _)| at != neighbor));
    assert!(extend::<Brk<Faulty>>(last, LIMIT).is_some(), "it went");
}

#[test]
fn a_break_with_somebody_close_behind_is_not_taken() {
    const LIMIT: usize = 64 * MIB;
    for (distance, origin) in [(MIB, Origin::Mapping), (2 * LIMIT, Origin::Break)] {
        reset(|machine| {
            machine.mappings.push((machine.start.next_multiple_of(PAGE) + distance, PAGE));
        });
        let region = Brk::<Faulty>::open(KIB, LIMIT).expect("nothing is refused");
        assert_eq!(region.origin, origin, "{distance} bytes");
        if origin == Origin::Mapping {
            assert_eq!(machine(|machine| machine.brk), machine(|machine| machine.start));
        }
    }
}

#[test]
fn where_space_is_limited_none_is_reserved_ahead() {
    const LIMIT: usize = 64 * MIB;
    fn grow<S: Source>() {
        let region = S::open(64 * KIB, LIMIT).expect("nothing is refused");
        assert_eq!(region.reserved, 128 * KIB);
        // SAFETY: so many bytes are reserved of that window.
        let more = unsafe { S::extend(region.base, region.reserved, MIB, LIMIT) };
        assert_eq!(more, Some(MIB + 64 * KIB));
    }
    reset(|machine| machine.limited = true);
    grow::<Brk<Faulty>>();
    grow::<Mmap<Faulty>>();
}

/// The system places mappings from the top of the address space down, so those of others come
/// nowhere near the window.
#[test]
fn windows_of_the_real_system_have_room_above() {
    let windows: Vec<_> =
        (0..5).map(|_| Mmap::<Libc>::open(64 * KIB, LARGEST).expect("there is space")).collect();
    let others: Vec<_> = (0..200).map(|_| Libc::reserve(MIB).expect("there is space")).collect();
    for mut region in windows {
        assert_eq!(region.reserved, at_first(64 * KIB));
        while region.reserved < LARGEST / 2 {
            region = extend::<Mmap<Libc>>(region, LARGEST).expect("nobody is behind it");
        }
        // SAFETY: the window is the test's own, and unused.
        unsafe { Libc::release(region.base, region.reserved) };
    }
    for other in others {
        // SAFETY: likewise.
        unsafe { Libc::release(other, MIB) };
    }
}

#[test]
fn a_break_without_room_behind_it_is_given_back() {
    reset(|machine| machine.largest = 0);
    assert!(Brk::<Faulty>::open(KIB, MIB).is_none());
    assert!(machine(|machine| machine.holds_only(0)));
}

/// Every call of the system in turn is refused: a window opens all the same or not at all, and
/// nothing else is held.
#[test]
fn nothing_is_lost_whichever_call_is_refused() {
    for (arena, limit) in [(64 * KIB, MIB), (KIB, KIB)] {
        for largest in [usize::MAX, 100 * KIB, 0] {
            for refuse in 1..100 {
                let setting = |machine: &mut Machine| {
                    machine.refuse = refuse;
                    machine.largest = largest;
                };
                reset(setting);
                let region = Mmap::<Faulty>::open(arena, limit);
                is_all_that_is_held(region, 0);

                reset(setting);
                let region = Brk::<Faulty>::open(arena, limit);
                // Only a break that cannot be lowered again may stay.
                let pages = arena.next_multiple_of(PAGE);
                let (risen, calls) =
                    machine(|machine| (machine.brk - machine.start, machine.calls));
                let stuck = 0 < risen && region.is_none_or(|region| region.origin != Origin::Break);
                let is_short = largest != usize::MAX;
                assert!(!stuck || (is_short && refuse <= calls), "call {refuse} of {calls}");
                is_all_that_is_held(region, if stuck { PAGE - 100 + pages } else { 0 });
            }
        }
    }
}

/// Checks the record against `region`, beside which the break may have risen.
fn is_all_that_is_held(region: Option<Region>, risen: usize) {
    let Some(region) = region else {
        assert!(machine(|machine| machine.holds_only(risen)));
        return;
    };
    let base = region.base.addr().get();
    let end = base + region.reserved.next_multiple_of(PAGE);
    machine(|machine| {
        let mapped = match region.origin {
            Origin::Break => machine.brk,
            _ => base,
        };
        let expected = [(mapped, end.max(mapped) - mapped)];
        assert_eq!(machine.mappings.as_slice(), &expected[usize::from(expected[0].1 == 0)..]);
        if region.origin == Origin::Mapping {
            assert_eq!(machine.brk, machine.start + risen);
        }
        machine.refuse = 0;
    });
    use_up::<Brk<Faulty>>(region);
}

#[test]
fn a_refused_growth_changes_nothing() {
    reset(|_| ());
    let region = Brk::<Faulty>::open(PAGE, MIB).expect("nothing is refused");
    assert!(is_fresh(region, 0, PAGE));
    machine(|machine| machine.refuse = machine.calls + 1);
    // SAFETY: a page is committed, and two are reserved.
    assert!(!unsafe { Brk::<Faulty>::commit(region.base, PAGE, 2 * PAGE) });
    // SAFETY: likewise.
    assert!(unsafe { Brk::<Faulty>::commit(region.base, PAGE, 2 * PAGE) });
    machine(|machine| machine.refuse = machine.calls + 1);
    // SAFETY: the page is committed and not needed.
    assert!(!unsafe { Brk::<Faulty>::discard(region.base, 0, PAGE) });
    // SAFETY: the first byte is committed, and was written.
    assert_eq!(unsafe { region.base.read() }, 1);
}

#[test]
fn no_sizes_are_too_odd() {
    let odd = [
        0,
        1,
        15,
        PAGE - 1,
        1 << (usize::BITS - 2),
        isize::MAX.unsigned_abs(),
        1 << (usize::BITS - 1),
        usize::MAX - 1,
        usize::MAX,
    ];
    for arena in odd {
        for limit in odd {
            reset(|machine| machine.largest = MIB);
            for region in [Brk::<Faulty>::open(arena, limit), Mmap::<Faulty>::open(arena, limit)] {
                if let Some(region) = region {
                    assert!(arena <= PAGE);
                    assert_eq!(region.committed, arena);
                    assert!(region.reserved <= limit.max(arena));
                    use_up::<Brk<Faulty>>(region);
                } else {
                    assert!(PAGE < arena || (arena == 0 && limit == 0));
                }
            }
        }
    }
}

#[test]
fn the_real_system_grants_what_is_asked_for() {
    // The test program has threads, so its break is not to be had.
    let region = Brk::<Libc>::open(64 * KIB, 64 * MIB).expect("there is address space");
    assert_eq!(region.origin, Origin::Mapping);
    assert!(is_fresh(region, 0, region.committed));
    // SAFETY: so many bytes are reserved of that window.
    let extended = unsafe { Brk::<Libc>::extend(region.base, region.reserved, 17 * MIB, 64 * MIB) };
    let reserved = extended.expect("nobody is behind it");
    // SAFETY: the arena is committed, and that much is reserved.
    assert!(unsafe { Brk::<Libc>::commit(region.base, region.committed, 16 * MIB + 1) });
    assert!(is_fresh(region, region.committed, 16 * MIB + 1));
    // SAFETY: these bytes are committed, and not needed.
    assert!(unsafe { Brk::<Libc>::discard(region.base, 1, 16 * MIB) });
    assert!(is_fresh(region, Libc::page_size(), 16 * MIB));
    // SAFETY: the window is the test's own, and unused from here on.
    unsafe { Libc::release(region.base, reserved) };
}

#[test]
fn what_is_mapped_already_is_not_reserved_again() {
    let page = Libc::page_size();
    let mapping = Libc::reserve(2 * page).expect("there is address space");
    assert_eq!(Libc::reserve_at(mapping, page), None);
    // SAFETY: the mapping has two pages.
    let upper = unsafe { mapping.byte_add(page) };
    assert_eq!(Libc::reserve_at(upper, page), None);
    // SAFETY: both pages are the test's own, and unused.
    unsafe { Libc::release(mapping, 2 * page) };
}

#[test]
fn a_test_program_has_threads() {
    std::thread::scope(|scope| {
        scope.spawn(|| assert!(!Libc::single_threaded()));
    });
}

#[test]
fn a_static_arena_is_lent_once() {
    static ARENA: StaticArena<1000> = StaticArena::new();
    struct Here;
    impl Storage for Here {
        fn storage() -> super::Lent {
            ARENA.lend()
        }
    }
    let first = Static::<Here>::open(64, usize::MAX).expect("nobody has it yet");
    assert_eq!((first.committed, first.reserved, first.origin), (1000, 1000, Origin::Static));
    assert_eq!(first.base.addr().get() % 16, 0);
    assert!(is_fresh(first, 0, 1000));
    assert!(Static::<Here>::open(64, 64).is_none());
    // SAFETY: the arena is committed, all of it.
    assert!(!unsafe { Static::<Here>::commit(first.base, 1000, 1000) });
    assert!(Slice::open(0, 1000).is_none());
}

#[test]
fn a_static_arena_is_lent_to_one_of_many_threads() {
    static ARENA: StaticArena<64> = StaticArena::new();
    struct Here;
    impl Storage for Here {
        fn storage() -> super::Lent {
            ARENA.lend()
        }
    }
    let opened = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..8).map(|_| scope.spawn(|| Static::<Here>::open(1, 1).is_some())).collect();
        threads
            .into_iter()
            .filter(|_| true)
            .map(|thread| usize::from(thread.join().expect("no panic")))
            .sum::<usize>()
    });
    assert_eq!(opened, 1);
}

#[test]
fn a_static_arena_of_nothing_is_none() {
    static ARENA: StaticArena<0> = StaticArena::new();
    struct Here;
    impl Storage for Here {
        fn storage() -> super::Lent {
            ARENA.lend()
        }
    }
    assert!(Static::<Here>::open(0, 0).is_none());
    assert_eq!(size_of::<StaticArena<0>>(), 16);
}

#[test]
fn a_storage_that_panics_ends_the_process() {
    struct Nowhere;
    impl Storage for Nowhere {
        fn storage() -> super::Lent {
            std::panic::resume_unwind(std::boxed::Box::new(()))
        }
    }
    let words = crate::diag::report::tests::last_words(|| {
        let _ = Static::<Nowhere>::open(0, 0);
    });
    assert_eq!(words, "brkalloc: `Storage::storage`: panicked within an allocator\n");
}
