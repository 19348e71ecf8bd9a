//! A heap for everything whose lock, by its path, allocates when a thread first waits for it.

use brkalloc::{BrkHeap, brk_heap};
use core::cell::Cell;
use lock_api::{GuardSend, RawMutex};
use spin::mutex::SpinMutex;

/// As mutexes do that keep their queues beside them.
struct Queued(SpinMutex<()>);

thread_local! {
    static SEAT: Cell<Option<&'static mut [u64; 64]>> = const { Cell::new(None) };
}

// SAFETY: the mutex inside excludes and orders.
unsafe impl RawMutex for Queued {
    const INIT: Self = Self(SpinMutex::new(()));
    type GuardMarker = GuardSend;

    fn lock(&self) {
        if !self.try_lock() {
            let seat = SEAT.take().unwrap_or_else(|| Box::leak(Box::new([0; 64])));
            RawMutex::lock(&self.0);
            SEAT.set(Some(seat));
        }
    }

    fn try_lock(&self) -> bool {
        RawMutex::try_lock(&self.0)
    }

    unsafe fn unlock(&self) {
        // SAFETY: the caller holds the lock.
        unsafe { RawMutex::unlock(&self.0) };
    }
}

#[global_allocator]
#[brk_heap(lock = crate::Queued, policy = "first_fit")]
static HEAP: BrkHeap;

fn main() {
    let threads: Vec<_> = (0..8_usize)
        .map(|seed| {
            std::thread::spawn(move || {
                let mut numbers: Vec<Vec<usize>> = Vec::new();
                for turn in 0..200_000 {
                    numbers.push(vec![seed; turn % 300 + 1]);
                    if turn % 3 == 0 {
                        numbers.swap_remove(turn / 6 % numbers.len());
                    }
                    numbers.truncate(1000);
                }
                numbers.len()
            })
        })
        .collect();
    for thread in threads {
        println!("{}", thread.join().expect("it ends"));
    }
}
