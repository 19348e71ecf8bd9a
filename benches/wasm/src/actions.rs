//! Random requests, for `time.mjs` to time.

use crate::requests::{Kind, Meter, Outcome, Plan, Slot, act};
use core::cell::RefCell;

/// Four sevenths of them are full, in the mean.
const SLOTS: usize = 1024;

/// Blocks of up to 2 KiB, of which half are smaller than 64 bytes.
const PLAN: Plan = Plan {
    seed: 0x9e37_79b9,
    requests: 0,
    most: 2048,
    is_mixed: true,
    align: 16,
    is_thorough: false,
};

/// An instance without threads.
struct Alone(RefCell<[Slot; SLOTS]>);

// SAFETY: the module is built without threads, so one runs at a time.
unsafe impl Sync for Alone {}

static ALL: Alone = Alone(RefCell::new([Slot::EMPTY; SLOTS]));

/// The caller measures all of them at once.
struct Unmeasured;

impl Meter for Unmeasured {
    #[inline(always)]
    fn measure<T>(&mut self, _: Kind, request: impl FnOnce() -> T) -> T {
        request()
    }
}

/// Makes random requests, and frees everything at the end. Returns how many were refused, and how many blocks were
/// broken: 0 on a heap that is in order.
#[unsafe(no_mangle)]
pub extern "C" fn run(requests: u32, is_thorough: bool) -> u32 {
    let plan = Plan { requests, is_thorough, ..PLAN };
    let Outcome { refused, broken, .. } = act(plan, &mut *ALL.0.borrow_mut(), &mut Unmeasured);
    refused + broken
}
