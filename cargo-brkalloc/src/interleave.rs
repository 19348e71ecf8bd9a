//! The threads of a recording, interleaved otherwise.
//!
//! Each thread keeps its order, and no block is freed before it is born; which thread goes on next is
//! drawn by a seed. A choice that holds for a few of these does not rest on one run's timing.

use crate::recording::{Event, Recording, Run};
use std::collections::{BTreeMap, VecDeque};

/// The most events that a thread takes in a row.
const LONGEST: u64 = 256;

/// Returns the recording with its threads in another order, drawn by `seed`.
#[must_use]
pub fn shuffled(recording: &Recording, seed: u64) -> Recording {
    let mut threads = queues(recording);
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    // The new number of each block, by its recorded one.
    let mut numbers: Vec<Option<usize>> = vec![None; recording.births];
    let (mut events, mut runs, mut born) = (Vec::new(), Vec::new(), 0);
    while !threads.is_empty() {
        let mut place = random.below(threads.len() as u64);
        // The thread with the earliest event can always go on: its blocks were born before.
        if threads[place].1.front().is_none_or(|first| !is_ready(first.1, &numbers)) {
            let first = |place: &usize| threads[*place].1.front().map(|event| event.0);
            place = (0..threads.len()).min_by_key(first).unwrap_or(0);
        }
        let (thread, queue) = &mut threads[place];
        let run = Run { first: events.len(), thread: *thread };
        if runs.last().is_none_or(|last: &Run| last.thread != *thread) {
            runs.push(run);
        }
        for _ in 0..=random.below(LONGEST) {
            let Some((_, event, birth)) = queue.front().copied() else { break };
            if !is_ready(event, &numbers) {
                break;
            }
            queue.pop_front();
            let number = |birth: usize| numbers[birth].unwrap_or(0);
            events.push(match event {
                Event::Allocate { .. } => event,
                Event::Free { birth } => Event::Free { birth: number(birth) },
                Event::Reallocate { birth, size } => {
                    Event::Reallocate { birth: number(birth), size }
                }
            });
            if let Some(birth) = birth {
                numbers[birth] = Some(born);
                born += 1;
            }
        }
        threads.retain(|(_, queue)| !queue.is_empty());
    }
    Recording::new(&recording.name, events, runs)
}

/// An event, its place in the recording, and the number of the block that it makes.
type Queued = (usize, Event, Option<usize>);

/// The events of each thread.
fn queues(recording: &Recording) -> Vec<(u32, VecDeque<Queued>)> {
    let mut queues: BTreeMap<u32, VecDeque<Queued>> = BTreeMap::new();
    let mut births = 0;
    for (thread, range) in recording.ranges() {
        for place in range {
            let event = recording.events[place];
            let birth = (!matches!(event, Event::Free { .. })).then_some(births);
            births += usize::from(birth.is_some());
            queues.entry(thread).or_default().push_back((place, event, birth));
        }
    }
    queues.into_iter().collect()
}

/// Whether the block that an event ends is born.
fn is_ready(event: Event, numbers: &[Option<usize>]) -> bool {
    match event {
        Event::Allocate { .. } => true,
        Event::Free { birth } | Event::Reallocate { birth, .. } => numbers[birth].is_some(),
    }
}

/// Marsaglia's xorshift of 64 bits (2003).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end.max(1)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two threads that allocate and free each other's blocks.
    fn handed_on() -> Recording {
        let (mut events, mut runs) = (Vec::new(), Vec::new());
        for birth in 0..200 {
            runs.push(Run { first: events.len(), thread: u32::from(birth % 2 == 1) });
            events.push(Event::Allocate { size: birth + 1, align: 16 });
            if 7 <= birth {
                events.push(Event::Free { birth: birth - 7 });
            }
        }
        Recording::new("handed on", events, runs)
    }

    #[test]
    fn another_order_has_the_same_events_and_frees_nothing_before_it_is_born() {
        let recording = handed_on();
        for seed in 1..20 {
            let other = shuffled(&recording, seed);
            assert_eq!(other.events.len(), recording.events.len());
            assert_eq!((other.births, other.threads()), (200, 2));
            let (mut born, mut sizes) = (Vec::new(), Vec::new());
            for event in &other.events {
                match *event {
                    Event::Allocate { size, .. } => {
                        born.push(Some(size));
                        sizes.push(size);
                    }
                    Event::Free { birth } => assert!(born[birth].take().is_some(), "{seed}"),
                    Event::Reallocate { .. } => panic!("there is none"),
                }
            }
            sizes.sort_unstable();
            assert!(sizes.into_iter().eq(1..=200));
        }
        assert_ne!(shuffled(&recording, 1).events, shuffled(&recording, 2).events);
    }

    #[test]
    fn a_recording_of_one_thread_stays_as_it_is() {
        let events = vec![Event::Allocate { size: 1, align: 1 }, Event::Free { birth: 0 }];
        let recording = Recording::new("one", events.clone(), Vec::new());
        assert_eq!(shuffled(&recording, 5).events, events);
    }
}
