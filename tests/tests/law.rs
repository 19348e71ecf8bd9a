//! The law: every heap returns, request by request, the address that the slow model names, whatever
//! its index.
//!
//! A case is an arena of its own and some hundred operations with all alignments, sizes of nothing
//! and of too much, and reallocations; blocks keep their patterns, and the heap checks itself after
//! every operation. A failure names the seed, which makes the same case again.

use brkalloc_harness::configurations::{self, Configured, GROW};
use brkalloc_harness::{beside_model, is_short};
use brkalloc_oracle::Coalesce;
use brkalloc_oracle::cases::Case;
use core::mem::MaybeUninit;

/// Cases for each of the 57 configurations.
const CASES: u64 = 500;
/// As many; a tenth of them where tests are to be short.
fn cases() -> u64 {
    if is_short() { CASES / 10 } else { CASES }
}

/// Operations of a case.
const OPERATIONS: usize = 300;

/// Prints what case it is of, if a panic drops it.
struct Named(String, u64);

impl Drop for Named {
    fn drop(&mut self) {
        eprintln!("the case: {}, seed {}", self.0, self.1);
    }
}

/// Holds those that coalesce so to as many cases each.
fn hold(configurations: &[Box<dyn Configured>], coalesce: Coalesce, each: u64) {
    let mut memory = vec![MaybeUninit::uninit(); Case::BASE_ALIGNMENT + Case::MOST_ARENA];
    let start = memory.as_ptr().align_offset(Case::BASE_ALIGNMENT);
    let mut held = 0;
    for configured in configurations.iter().filter(|it| it.choice().2 == coalesce) {
        for seed in 0..each {
            // A panic below names the case.
            let named = Named(configured.name(), seed);
            let mut case = Case::new(seed, OPERATIONS);
            case.grow = case.grow.map(|_| GROW);
            beside_model::hold(&case, &**configured, &mut memory[start..]);
            core::mem::forget(named);
        }
        held += 1;
    }
    assert_eq!(held, 19, "15 policies and orders, of which 4 have two indexes");
}

#[test]
fn heaps_that_coalesce_at_once_place_as_the_model_does() {
    hold(&configurations::all(), Coalesce::Immediate, cases());
}

#[test]
fn heaps_that_defer_coalescing_place_as_the_model_does() {
    hold(&configurations::all(), Coalesce::Deferred, cases());
}

#[test]
fn heaps_that_never_coalesce_place_as_the_model_does() {
    hold(&configurations::all(), Coalesce::Never, cases());
}

#[test]
fn hardened_heaps_that_coalesce_at_once_place_as_if_records_were_asked_for() {
    hold(&configurations::all_full(), Coalesce::Immediate, cases() / 10);
}

#[test]
fn hardened_heaps_that_defer_coalescing_place_as_if_records_were_asked_for() {
    hold(&configurations::all_full(), Coalesce::Deferred, cases() / 10);
}

#[test]
fn hardened_heaps_that_never_coalesce_place_as_if_records_were_asked_for() {
    hold(&configurations::all_full(), Coalesce::Never, cases() / 10);
}
