//! A thread with a cache takes the heap's lock now and then, not for each request: also where large requests have mappings
//! of their own, and the address alone tells them apart.

use brkalloc::{BrkHeap, brk_heap};
use core::alloc::{GlobalAlloc, Layout};
use core::sync::atomic::{AtomicUsize, Ordering};
use lock_api::{GuardSend, RawMutex};
use spin::mutex::SpinMutex;

static TAKEN: AtomicUsize = AtomicUsize::new(0);

/// A lock that counts how often it is taken.
struct Counting(SpinMutex<()>);

// SAFETY: the lock within lets one thread in at a time.
unsafe impl RawMutex for Counting {
    const INIT: Self = Self(<SpinMutex<()> as RawMutex>::INIT);
    type GuardMarker = GuardSend;

    fn lock(&self) {
        TAKEN.fetch_add(1, Ordering::Relaxed);
        RawMutex::lock(&self.0);
    }

    fn try_lock(&self) -> bool {
        TAKEN.fetch_add(1, Ordering::Relaxed);
        RawMutex::try_lock(&self.0)
    }

    unsafe fn unlock(&self) {
        // SAFETY: the caller holds it.
        unsafe { RawMutex::unlock(&self.0) };
    }
}

#[brk_heap(source = "mmap", cache = "1MiB", large = "1MiB", harden = "full", lock = Counting)]
static HEAP: BrkHeap;

#[test]
fn a_free_whose_address_decides_takes_no_lock() {
    let layout = Layout::from_size_align(64, 16).expect("it is a layout");
    for _ in 0..10_000 {
        // SAFETY: the layout has a size.
        let block = unsafe { HEAP.alloc(layout) };
        assert!(!block.is_null());
        // SAFETY: the heap handed it out with that layout.
        unsafe { HEAP.dealloc(block, layout) };
    }
    let taken = TAKEN.load(Ordering::Relaxed);
    assert!(taken < 100, "{taken} times");
    assert_eq!(HEAP.check(), Ok(()));
}
