//! Collapsed stacks: the bytes at the peak, a line for each thread and class of sizes.
//!
//! ```text
//!  all threads;thread 0;requests of at most 64 bytes 18432
//! ```
//!
//! A trace has no call stacks. The frames are the thread that asked for the block, and its class.

use super::walk;
use brkalloc_trace::Trace;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Writes a line for each thread and class that has bytes at the peak.
///
/// # Errors
///
/// Those of `out`.
pub(super) fn write(_name: &str, trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let mut lines: BTreeMap<(u32, u32), u64> = BTreeMap::new();
    for (size, thread) in walk::living(trace, walk::peak(trace)) {
        let bytes = lines.entry((thread, walk::class(size))).or_default();
        *bytes = bytes.saturating_add(size);
    }
    for ((thread, class), bytes) in lines.into_iter().filter(|(_, bytes)| 0 < *bytes) {
        writeln!(out, "all threads;thread {thread};{} {bytes}", walk::label(class))?;
    }
    Ok(())
}
