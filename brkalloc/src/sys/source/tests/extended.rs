//! Windows that are extended in place, beside others that are in the way, and where space is limited.

use super::*;

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
