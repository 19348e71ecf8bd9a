#![forbid(unsafe_code)]

use brkalloc::{BrkHeap, brk_heap};

struct Mine;

impl lock_api::RawMutex for Mine {
    const INIT: Self = Mine;
    type GuardMarker = lock_api::GuardSend;
    fn lock(&self) {}
    fn try_lock(&self) -> bool {
        true
    }
    unsafe fn unlock(&self) {}
}

#[brk_heap(lock = Mine)]
static HEAP: BrkHeap;

fn main() {}
