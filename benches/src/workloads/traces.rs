//! *traces*: what real programs asked of their allocator, in order, and no work between.

use super::Slots;
use crate::block::Block;
use crate::meter::Meter;
use crate::table::Table;
use crate::workload::Outcome;
use brkalloc_oracle::trace::{self, Event};

/// Replays a recording again and again; per request. What still lives at its end is freed.
#[must_use]
pub fn replay(meter: Meter, recording: &[u8]) -> Outcome {
    let events = trace::read(recording).expect("the recordings are sound");
    let live = trace::peak_live(&events);
    // The vector goes before the first request comes.
    let events = {
        let vector = events;
        Table::new(vector.len(), |index| vector[index])
    };
    let births = events.iter().filter(|event| !matches!(event, Event::Free { .. })).count();
    let mut objects = Slots::empty(births);
    let time = meter.time(|| {
        let mut born = 0;
        for &event in events.iter() {
            let newest = match event {
                Event::Allocate { size, align } => Block::aligned(size.max(1), align),
                Event::Reallocate { birth, size } => {
                    let object = objects[birth].take().expect("the reader lets only that pass");
                    object.resized(size.max(1))
                }
                Event::Free { birth } => {
                    objects[birth].take().into_iter().for_each(Block::free);
                    continue;
                }
            };
            objects[born] = Some(newest);
            born += 1;
        }
        objects.iter_mut().filter_map(Option::take).for_each(Block::free);
        events.len() as u64
    });
    Outcome { time, live }
}
