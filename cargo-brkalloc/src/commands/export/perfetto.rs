//! JSON of Chrome's tracing: counters over the events, of what lives and of each thread.

use super::walk::Live;
use crate::text::Json;
use brkalloc_trace::Trace;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// How many points a counter has at most.
const POINTS: usize = 5000;

/// Writes counters of live bytes and blocks, and of each thread's events.
///
/// # Errors
///
/// Those of `out`.
pub(super) fn write(name: &str, trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let step = trace.events.len().div_ceil(POINTS).max(1);
    let mut live = Live::default();
    let mut threads: BTreeMap<u32, usize> = BTreeMap::new();
    writeln!(out, "{{\"displayTimeUnit\":\"ms\",\"traceEvents\":[")?;
    write!(
        out,
        "{{\"ph\":\"M\",\"pid\":1,\"name\":\"process_name\",\"args\":{{\"name\":{}}}}}",
        Json(name)
    )?;
    for ((index, event), thread) in trace.events.iter().enumerate().zip(trace.threads()) {
        live.event(*event);
        *threads.entry(thread).or_default() += 1;
        if index % step != 0 && index + 1 != trace.events.len() {
            continue;
        }
        for (counter, unit, value) in
            [("live bytes", "bytes", live.bytes), ("live blocks", "blocks", live.blocks as u64)]
        {
            write!(
                out,
                ",\n{{\"ph\":\"C\",\"pid\":1,\"ts\":{index},\"name\":\"{counter}\",\"args\":{{\"{unit}\":{value}}}}}"
            )?;
        }
        for (thread, events) in &mut threads {
            write!(
                out,
                ",\n{{\"ph\":\"C\",\"pid\":1,\"ts\":{index},\"name\":\"events of thread {thread}\",\"args\":{{\"events\":{events}}}}}"
            )?;
            *events = 0;
        }
    }
    writeln!(out, "\n]}}")
}
