//! What every export asks of a trace: what lives, when most does, and the class of a size.

use brkalloc_trace::{Event, Trace};

/// The bytes and blocks that live after the events so far.
#[derive(Debug, Default)]
pub(super) struct Live {
    /// Bytes that were asked for.
    pub(super) bytes: u64,
    /// Blocks.
    pub(super) blocks: usize,
    sizes: Vec<u64>,
}

impl Live {
    /// Takes in the next event. Returns the bytes that it ends, and those that it begins.
    pub(super) fn event(&mut self, event: Event) -> (u64, u64) {
        let (mut ended, mut begun) = (0, 0);
        if let Event::Free { birth } | Event::Reallocate { birth, .. } = event {
            ended = self.sizes[birth];
            self.bytes = self.bytes.saturating_sub(ended);
            self.blocks -= 1;
        }
        if let Event::Allocate { size, .. } | Event::Reallocate { size, .. } = event {
            begun = size as u64;
            self.bytes = self.bytes.saturating_add(begun);
            self.blocks += 1;
            self.sizes.push(begun);
        }
        (ended, begun)
    }
}

/// Returns the first event after which most bytes live.
pub(super) fn peak(trace: &Trace) -> usize {
    let mut live = Live::default();
    let (mut most, mut peak) = (0, 0);
    for (index, event) in trace.events.iter().enumerate() {
        live.event(*event);
        if most < live.bytes {
            (most, peak) = (live.bytes, index);
        }
    }
    peak
}

/// Returns the size of each block that lives after the event `last`, and the thread that asked for it.
pub(super) fn living(trace: &Trace, last: usize) -> Vec<(u64, u32)> {
    let mut blocks: Vec<Option<(u64, u32)>> = Vec::new();
    for (event, thread) in trace.events.iter().zip(trace.threads()).take(last + 1) {
        if let Event::Free { birth } | Event::Reallocate { birth, .. } = *event {
            blocks[birth] = None;
        }
        if let Event::Allocate { size, .. } | Event::Reallocate { size, .. } = *event {
            blocks.push(Some((size as u64, thread)));
        }
    }
    blocks.into_iter().flatten().collect()
}

/// Returns the class of a size: the least n for which 2^n is no less.
pub(super) fn class(size: u64) -> u32 {
    size.max(1).checked_next_power_of_two().map_or(64, u64::trailing_zeros)
}

/// Returns a class in words.
pub(super) fn label(class: u32) -> String {
    match class {
        0 => "requests of at most 1 byte".to_owned(),
        _ => format!("requests of at most {} bytes", 1_u128 << class),
    }
}
