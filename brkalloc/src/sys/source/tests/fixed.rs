//! Arrays of the program and bytes that somebody lends: sources that never grow.

use super::super::{Claim, Lent, PlacedArena, Slice, Static, StaticArena, Storage};
use super::*;

#[test]
fn a_static_arena_is_lent_once() {
    static ARENA: StaticArena<1000> = StaticArena::new();
    struct Here;
    impl Storage<true> for Here {
        fn storage() -> Lent<true> {
            ARENA.lend()
        }
    }
    let first = Static::<Here, true>::open(64, usize::MAX).expect("nobody has it yet");
    assert_eq!((first.committed, first.reserved, first.origin), (1000, 1000, Origin::Static));
    assert_eq!(first.base.addr().get() % 16, 0);
    assert!(is_fresh(first, 0, 1000));
    assert!(Static::<Here, true>::open(64, 64).is_none());
    // SAFETY: the arena is committed, all of it.
    assert!(!unsafe { Static::<Here, true>::commit(first.base, 1000, 1000) });
    assert!(Slice::open(0, 1000).is_none());
}

#[test]
fn a_static_arena_is_lent_to_one_of_many_threads() {
    static ARENA: StaticArena<64> = StaticArena::new();
    struct Here;
    impl Storage<true> for Here {
        fn storage() -> Lent<true> {
            ARENA.lend()
        }
    }
    let opened = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..8).map(|_| scope.spawn(|| Static::<Here, true>::open(1, 1).is_some())).collect();
        threads
            .into_iter()
            .filter(|_| true)
            .map(|thread| usize::from(thread.join().expect("no panic")))
            .sum::<usize>()
    });
    assert_eq!(opened, 1);
}

#[test]
fn a_placed_arena_is_lent_once_by_its_claim_and_not_called_zero() {
    static ARENA: PlacedArena<1000> = PlacedArena::new();
    static CLAIM: Claim = Claim::new();
    struct Here;
    impl Storage<false> for Here {
        fn storage() -> Lent<false> {
            // SAFETY: it is the arena's only claim.
            unsafe { ARENA.lend(&CLAIM) }
        }
    }
    const { assert!(!Static::<Here, false>::ZEROED) };
    let first = Static::<Here, false>::open(64, usize::MAX).expect("nobody has it yet");
    assert_eq!((first.committed, first.origin), (1000, Origin::Static));
    assert_eq!(first.base.addr().get(), (&raw const ARENA).addr());
    assert!(Static::<Here, false>::open(64, 64).is_none());
    assert_eq!(size_of::<PlacedArena<1000>>(), 1008, "no claim lies in the section");
}

#[test]
fn a_static_arena_of_nothing_is_none() {
    static ARENA: StaticArena<0> = StaticArena::new();
    struct Here;
    impl Storage<true> for Here {
        fn storage() -> Lent<true> {
            ARENA.lend()
        }
    }
    assert!(Static::<Here, true>::open(0, 0).is_none());
    assert_eq!(size_of::<StaticArena<0>>(), 16);
}

#[test]
fn a_storage_that_panics_ends_the_process() {
    struct Nowhere;
    impl Storage<true> for Nowhere {
        fn storage() -> Lent<true> {
            std::panic::resume_unwind(std::boxed::Box::new(()))
        }
    }
    let words = crate::diag::report::tests::last_words(|| {
        let _ = Static::<Nowhere, true>::open(0, 0);
    });
    assert_eq!(words, "brkalloc: `Storage::storage`: panicked within an allocator\n");
}
