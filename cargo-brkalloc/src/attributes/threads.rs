//! The threads of a recording as threads: one runs at a time, in the recorded order.
//!
//! So a replay is the same each time, a block is freed in the thread that freed it, and a thread that
//! ends gives its cache back where the recorded one last allocated. It cannot tell what threads wait
//! for each other.

use crate::recording::Recording;
use crate::replay::{Objects, Serve, Step};
use core::ops::Range;
use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

/// The size of a page, for blocks that are to be touched.
const PAGE: usize = 4096;

/// What all threads share.
struct State {
    objects: Objects,
    /// The run whose turn it is.
    run: usize,
    time: Duration,
    is_served: bool,
}

/// Replays a recording in its threads. Returns the time of all runs; `None` if the heap refused or is
/// broken.
pub(super) fn play(
    recording: &Recording,
    objects: Objects,
    heap: &(dyn Serve + Sync),
    touches: bool,
) -> Option<Duration> {
    let runs: Vec<(u32, Range<usize>)> = recording.ranges().collect();
    let mut signals: BTreeMap<u32, Condvar> = BTreeMap::new();
    for (thread, _) in &runs {
        signals.entry(*thread).or_default();
    }
    let state = State { objects, run: 0, time: Duration::ZERO, is_served: true };
    let state = Mutex::new(state);
    let work = &|me: u32| {
        let own = runs.iter().enumerate().filter(|(_, (thread, _))| *thread == me);
        for (place, (_, events)) in own {
            let guard = state.lock().unwrap_or_else(PoisonError::into_inner);
            let waits = |state: &mut State| state.run != place;
            let mut guard =
                signals[&me].wait_while(guard, waits).unwrap_or_else(PoisonError::into_inner);
            let state = &mut *guard;
            let begin = Instant::now();
            let events = &recording.events[events.clone()];
            // After a refusal the numbers of later blocks are not those of the recording.
            state.is_served =
                state.is_served && play_run(events, &mut state.objects, heap, touches);
            state.time += begin.elapsed();
            state.run += 1;
            if let Some((next, _)) = runs.get(state.run) {
                signals[next].notify_one();
            }
        }
    };
    std::thread::scope(|scope| {
        for thread in signals.keys().copied() {
            scope.spawn(move || work(thread));
        }
    });
    let mut state = state.into_inner().unwrap_or_else(PoisonError::into_inner);
    let ended = state.objects.end(heap).is_ok();
    (ended && state.is_served).then_some(state.time)
}

/// Replays some events in this thread.
pub(super) fn play_run(
    events: &[crate::recording::Event],
    objects: &mut Objects,
    heap: &(dyn Serve + Sync),
    touches: bool,
) -> bool {
    events.iter().all(|&event| match objects.step(event, heap) {
        Ok(Step::Ending(block)) => Objects::finish(block, heap).is_ok(),
        Ok(Step::Born(block) | Step::Moved { after: block, .. }) => {
            if touches {
                block.touch(PAGE);
            }
            true
        }
        Err(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attributes::{find, list};
    use crate::recording::{Event, Run};
    use core::alloc::Layout;
    use core::ptr::NonNull;
    use std::thread::{ThreadId, current};

    /// A thread allocates, a second frees what the first has made; each of 50 runs.
    fn handed_on() -> Recording {
        let (mut events, mut runs) = (Vec::new(), Vec::new());
        for birth in 0..50 {
            runs.push(Run { first: events.len(), thread: 0 });
            events.push(Event::Allocate { size: 40 * birth, align: 64 });
            runs.push(Run { first: events.len(), thread: 1 });
            events.push(Event::Free { birth });
        }
        Recording::new("handed on", events, runs)
    }

    /// Notes the thread of each request, and refuses all but the first `most`.
    struct Noting(Mutex<Vec<(char, ThreadId)>>, usize);

    // SAFETY: each block is memory of its own, of the layout's size, that nobody else has.
    unsafe impl Serve for Noting {
        fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
            let mut notes = self.0.lock().expect("nobody panics");
            notes.push(('a', current().id()));
            if self.1 < notes.len() {
                return None;
            }
            NonNull::new(Box::leak(vec![0_u8; layout.size()].into_boxed_slice()).as_mut_ptr())
        }

        unsafe fn free(&self, _: NonNull<u8>, _: Layout) {
            self.0.lock().expect("nobody panics").push(('f', current().id()));
        }

        unsafe fn resize(&self, _: NonNull<u8>, _: Layout, _: usize) -> Option<NonNull<u8>> {
            None
        }
    }

    #[test]
    fn each_request_comes_from_its_thread_in_the_recorded_order() {
        let heap = Noting(Mutex::default(), usize::MAX);
        let time = play(&handed_on(), Objects::default(), &heap, false);
        assert!(time.is_some());
        let notes = heap.0.into_inner().expect("nobody panics");
        let kinds: String = notes.iter().map(|note| note.0).collect();
        assert_eq!(kinds, "af".repeat(50));
        let (one, other) = (notes[0].1, notes[1].1);
        assert_ne!(one, other);
        assert!(notes.chunks(2).all(|pair| (pair[0].1, pair[1].1) == (one, other)));
    }

    #[test]
    fn a_refusal_is_no_time() {
        assert_eq!(
            play(&handed_on(), Objects::default(), &Noting(Mutex::default(), 20), false),
            None
        );
    }

    #[test]
    fn every_attribute_serves_threads_that_hand_blocks_on() {
        for attribute in list() {
            let played = play(&handed_on(), Objects::default(), (attribute.heap)(), true);
            assert!(played.is_some(), "{}", attribute.text());
        }
        assert!(find("policy = \"best_fit\"").is_some());
    }
}
