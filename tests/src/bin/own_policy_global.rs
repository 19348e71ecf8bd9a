//! A policy of the user's own that panics, on the heap of the whole program, which must not outlive it.

use brkalloc::{BrkHeap, Candidate, Placement, Request, brk_heap};
use core::sync::atomic::{AtomicBool, Ordering};

static PANICS: AtomicBool = AtomicBool::new(false);

/// First fit, that panics where it is told to.
struct Nervous;

impl Placement for Nervous {
    fn choose<'s>(
        request: Request,
        mut fits: impl Iterator<Item = Candidate<'s>>,
    ) -> Option<Candidate<'s>> {
        assert!(!PANICS.load(Ordering::Relaxed), "no chunk of {} bytes today", request.size());
        fits.next()
    }
}

#[global_allocator]
#[brk_heap(policy = Nervous, order = "lifo")]
static HEAP: BrkHeap;

fn main() {
    let [_lower, middle, _upper] = [1, 2, 3].map(|byte| vec![byte; 5000]);
    drop(middle);
    PANICS.store(true, Ordering::Relaxed);
    drop(vec![4_u8; 4000]);
    println!("nothing happened");
}
