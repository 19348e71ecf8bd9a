//! What a window and a mapping are when they open, whatever the system refuses.

use super::*;

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
