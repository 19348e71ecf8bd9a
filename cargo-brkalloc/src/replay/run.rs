//! One replay over one arena: the figures, or the time.
//!
//! The two are apart, because looking takes time. Both place alike, so what a replay that counts has
//! found, the event of the peak, tells the one that is timed where to stop its clock and look for the
//! largest hole.

use super::figures::{Figures, Split, Stop, Visited};
use super::objects::{Block, Fault, Objects, Step};
use super::serve::{Arena, Serve};
use crate::recording::Event;
use brkalloc::ChunkState;
use core::time::Duration;

/// A tag is one word.
const TAG: usize = size_of::<usize>();
/// Events between two looks at the clock.
const STRIDE: usize = 1024;

/// A replay's state, as somebody who watches it sees it.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Events replayed so far.
    pub events: usize,
    /// Bytes asked for and not freed.
    pub live: usize,
    /// The peak of the arena so far.
    pub peak: usize,
    /// The address of the first tag; 0 before the first block.
    pub first_tag: usize,
}

/// Who watches a replay: after every `every` events, and asked every 1024 whether to go on.
pub trait Watch {
    /// Events between two looks; 0 for none.
    fn every(&self) -> usize {
        0
    }

    /// Looks at the heap.
    fn look(&mut self, _moment: Moment, _heap: &dyn Arena) {}

    /// Whether the replay should end here.
    fn stop(&mut self, _moment: Moment) -> Option<Stop> {
        None
    }
}

/// Nobody watches.
impl Watch for () {}

/// Running sums over the blocks in use.
#[derive(Default)]
struct Sums {
    live: usize,
    blocks: usize,
    usable: usize,
}

impl Sums {
    fn add(&mut self, block: Block, usable: usize) {
        self.live += block.layout.size();
        self.blocks += 1;
        self.usable += usable;
    }

    fn remove(&mut self, block: Block, usable: usize) {
        self.live -= block.layout.size();
        self.blocks -= 1;
        self.usable -= usable;
    }
}

/// Replays the events over a heap that counts, and returns the figures.
///
/// # Errors
///
/// The heap is broken: the line says how.
pub fn count(
    events: &[Event],
    objects: &mut Objects,
    heap: &dyn Arena,
    watch: &mut dyn Watch,
) -> Result<Figures, String> {
    let mut counting = Counting::new(heap);
    let mut stopped = None;
    let every = watch.every();
    for (index, &event) in events.iter().enumerate() {
        if let Err(fault) = counting.step(index, event, objects) {
            if fault != Fault::Refused {
                return Err(format!("the heap is broken: {fault:?} at event {index}"));
            }
            stopped = Some(Stop::Refused);
            break;
        }
        if index % STRIDE == 0 {
            stopped = watch.stop(counting.moment(index + 1));
        }
        if 0 < every && (index + 1) % every == 0 {
            watch.look(counting.moment(index + 1), heap);
        }
        if stopped.is_some() {
            break;
        }
    }
    let operations = heap.operations();
    heap.check().map_err(|corruption| format!("the heap is broken: {corruption}"))?;
    objects.end(heap).map_err(|fault| format!("the heap is broken: {fault:?}"))?;
    heap.check().map_err(|corruption| format!("the heap is broken: {corruption}"))?;
    if heap.stats().in_use != 0 {
        return Err("the heap is broken: bytes in use after the last block has ended".to_owned());
    }
    heap.trim();
    let visited = operations.map_or(Visited::default(), |operations| Visited {
        searches: operations.searches,
        total: operations.visited,
        median: operations.visited_median,
        percentile_99: operations.visited_percentile_99,
        worst: operations.visited_max,
    });
    Ok(Figures { visited, stopped, ..counting.figures })
}

/// A replay that counts, so far.
struct Counting<'a> {
    heap: &'a dyn Arena,
    sums: Sums,
    first_tag: usize,
    figures: Figures,
}

impl<'a> Counting<'a> {
    fn new(heap: &'a dyn Arena) -> Self {
        let figures = Figures {
            peak: 0,
            split: Split::default(),
            visited: Visited::default(),
            copied: 0,
            addresses: 14_695_981_039_346_656_037,
            last_address: 0,
            nanoseconds: None,
            stopped: None,
        };
        Self { heap, sums: Sums::default(), first_tag: 0, figures }
    }

    fn moment(&self, events: usize) -> Moment {
        let (live, peak, first_tag) = (self.sums.live, self.figures.peak, self.first_tag);
        Moment { events, live, peak, first_tag }
    }

    fn usable(&self, block: Block) -> usize {
        // SAFETY: the heap handed the block out in this replay, and has not got it back yet.
        unsafe { self.heap.usable(block.place) }
    }

    fn step(&mut self, index: usize, event: Event, objects: &mut Objects) -> Result<(), Fault> {
        // What a reallocated block could hold is known only before the heap has it back.
        let before = match event {
            Event::Reallocate { birth, .. } => {
                objects.get(birth).map_or(0, |block| self.usable(block))
            }
            _ => 0,
        };
        match objects.step(event, self.heap)? {
            Step::Born(block) => self.born(index, block),
            Step::Ending(block) => {
                self.sums.remove(block, self.usable(block));
                Objects::finish(block, self.heap)
            }
            Step::Moved { before: block, after } => {
                self.sums.remove(block, before);
                if block.place != after.place {
                    let bytes = block.layout.size().min(after.layout.size());
                    self.figures.copied += bytes as u64;
                }
                self.born(index, after)
            }
        }
    }

    fn born(&mut self, index: usize, block: Block) -> Result<(), Fault> {
        if !block.is_aligned() {
            return Err(Fault::Misaligned);
        }
        let usable = self.usable(block);
        self.sums.add(block, usable);
        if self.first_tag == 0 {
            let mut first = usize::MAX;
            self.heap.walk(&mut |chunk| first = first.min(chunk.address));
            self.first_tag = first;
        }
        let place = block.place.addr().get();
        // The base lies a tag below the first tag.
        let offset = place + TAG - self.first_tag;
        let figures = &mut self.figures;
        figures.addresses = (figures.addresses ^ offset as u64).wrapping_mul(1_099_511_628_211);
        figures.last_address = offset;
        let end = place + usable - self.first_tag;
        if figures.peak < end {
            let (live, headers) = (self.sums.live, self.sums.blocks * TAG);
            let rounding = self.sums.usable - live;
            let holes = end - live - headers - rounding;
            figures.peak = end;
            figures.split =
                Split { event: index, live, headers, rounding, holes, largest_hole: None };
        }
        Ok(())
    }
}

/// The time of a replay, and the largest hole that it found at an event.
#[derive(Clone, Copy, Debug)]
pub struct Timed {
    /// The processor's time of this thread for the events.
    pub time: Duration,
    /// The largest hole behind the event that was named.
    pub largest_hole: Option<usize>,
}

/// Replays the events over a heap, and returns how long that took; `None` if the heap refused or
/// the clock is absent.
pub fn time(
    events: &[Event],
    objects: &mut Objects,
    heap: &dyn Arena,
    look_behind: usize,
) -> Option<Timed> {
    let (lower, upper) = events.split_at(look_behind.saturating_add(1).min(events.len()));
    let begin = processor_time()?;
    let mut served = play(lower, objects, heap);
    let before = processor_time()?;
    let largest_hole = largest_hole(heap);
    let after = processor_time()?;
    served = served && play(upper, objects, heap);
    let end = processor_time()?;
    served &= objects.end(heap).is_ok();
    heap.trim();
    let time = end.saturating_sub(after) + before.saturating_sub(begin);
    served.then_some(Timed { time, largest_hole: Some(largest_hole) })
}

/// Replays the events over a heap that does nothing, and returns the replay's own time.
pub fn time_alone(events: &[Event], objects: &mut Objects, idle: &dyn Serve) -> Option<Duration> {
    let begin = processor_time()?;
    for &event in events {
        // All blocks are one, so the marks say nothing.
        if let Ok(Step::Ending(block)) = objects.step(event, idle) {
            let _ = Objects::finish(block, idle);
        }
    }
    let end = processor_time()?;
    let _ = objects.end(idle);
    Some(end.saturating_sub(begin))
}

/// Replays events; whether the heap served them all.
pub fn play(events: &[Event], objects: &mut Objects, heap: &(impl Serve + ?Sized)) -> bool {
    events.iter().all(|&event| match objects.step(event, heap) {
        Ok(Step::Ending(block)) => Objects::finish(block, heap).is_ok(),
        Ok(_) => true,
        Err(_) => false,
    })
}

/// The largest free chunk below the top.
fn largest_hole(heap: &dyn Arena) -> usize {
    let mut largest = 0;
    heap.walk(&mut |chunk| {
        if chunk.state == ChunkState::Free {
            largest = largest.max(chunk.size);
        }
    });
    largest
}

/// What this thread has had of the processor: time in which others ran does not count.
#[must_use]
pub fn processor_time() -> Option<Duration> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` has room for the answer.
    let code = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    let seconds = u64::try_from(time.tv_sec).ok().filter(|_| code == 0)?;
    Some(Duration::new(seconds, u32::try_from(time.tv_nsec).ok()?))
}
