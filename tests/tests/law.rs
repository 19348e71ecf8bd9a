//! The law: every heap returns, request by request, the address that the slow model names, whatever
//! its index.
//!
//! A case is an arena of its own and some hundred operations with all alignments, sizes of nothing
//! and of too much, and reallocations; blocks keep their patterns, and the heap checks itself after
//! every operation. A failure names the seed, which makes the same case again.

use brkalloc::__private::{Config, Mmap};
use brkalloc_oracle::cases::Case;
use brkalloc_oracle::{Coalesce, Order, Policy};
use brkalloc_tests::{
    Visitor, beside_model, for_each_configuration, for_each_full_configuration, is_short,
};
use core::mem::MaybeUninit;

/// Cases for each of the 57 configurations; a tenth of them where tests are to be short.
const CASES: u64 = 500;
/// Operations of a case.
const OPERATIONS: usize = 300;
/// By how much the arenas of these tests grow at least.
const GROW: usize = 8 << 10;

struct Law {
    coalesce: Coalesce,
    /// Cases of each configuration.
    each: u64,
    cases: u64,
}

impl Visitor for Law {
    fn visit<C: Config>(
        &mut self,
        (policy, order, coalesce): (Policy, Order, Coalesce),
        index: &'static str,
    ) {
        if coalesce != self.coalesce {
            return;
        }
        let mut memory = vec![MaybeUninit::uninit(); Case::BASE_ALIGNMENT + Case::MOST_ARENA];
        let start = memory.as_ptr().align_offset(Case::BASE_ALIGNMENT);
        for seed in 0..self.each {
            // A panic below names the case.
            let named = Named(policy, order, coalesce, index, seed);
            let mut case = Case::new(seed, OPERATIONS);
            case.grow = case.grow.map(|_| GROW);
            beside_model::hold::<C, Mmap>(&case, (policy, order, coalesce), &mut memory[start..]);
            self.cases += 1;
            core::mem::forget(named);
        }
    }
}

/// Prints what case it is of, if a panic drops it.
struct Named(Policy, Order, Coalesce, &'static str, u64);

impl Drop for Named {
    fn drop(&mut self) {
        let Self(policy, order, coalesce, index, seed) = self;
        eprintln!("the case: {policy:?} {order:?} {coalesce:?} {index}, seed {seed}");
    }
}

fn cases() -> u64 {
    if is_short() { CASES / 10 } else { CASES }
}

fn hold(coalesce: Coalesce) {
    let mut law = Law { coalesce, each: cases(), cases: 0 };
    for_each_configuration::<GROW>(&mut law);
    assert_eq!(law.cases, 19 * cases(), "15 policies and orders, of which 4 have two indexes");
}

/// The same for heaps with `harden = "full"`, as if each request were for its record, too.
fn hold_hardened(coalesce: Coalesce) {
    let mut law = Law { coalesce, each: cases() / 10, cases: 0 };
    for_each_full_configuration::<GROW>(&mut law);
    assert_eq!(law.cases, 19 * cases() / 10);
}

#[test]
fn heaps_that_coalesce_at_once_place_as_the_model_does() {
    hold(Coalesce::Immediate);
}

#[test]
fn heaps_that_defer_coalescing_place_as_the_model_does() {
    hold(Coalesce::Deferred);
}

#[test]
fn heaps_that_never_coalesce_place_as_the_model_does() {
    hold(Coalesce::Never);
}

#[test]
fn hardened_heaps_that_coalesce_at_once_place_as_if_records_were_asked_for() {
    hold_hardened(Coalesce::Immediate);
}

#[test]
fn hardened_heaps_that_defer_coalescing_place_as_if_records_were_asked_for() {
    hold_hardened(Coalesce::Deferred);
}

#[test]
fn hardened_heaps_that_never_coalesce_place_as_if_records_were_asked_for() {
    hold_hardened(Coalesce::Never);
}
