//! JSON of Chrome's tracing: counters over the events, of what lives and of each thread.

use super::walk::Live;
use crate::text::Json;
use brkalloc_trace::Trace;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// How many points a counter has at most.
const POINTS: usize = 5000;

/// The events of a thread since the last point, and those up to it.
#[derive(Debug, Default)]
struct Events {
    now: u64,
    shown: u64,
}

/// Writes counters of live bytes and blocks, and of each thread's events.
///
/// # Errors
///
/// Those of `out`.
pub(super) fn write(name: &str, trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let step = trace.events.len().div_ceil(POINTS).max(1);
    let mut live = Live::default();
    let mut threads: BTreeMap<u32, Events> = BTreeMap::new();
    writeln!(out, "{{\"displayTimeUnit\":\"ms\",\"traceEvents\":[")?;
    write!(
        out,
        "{{\"ph\":\"M\",\"pid\":1,\"name\":\"process_name\",\"args\":{{\"name\":{}}}}}",
        Json(name)
    )?;
    for ((index, event), thread) in trace.events.iter().enumerate().zip(trace.threads()) {
        live.event(*event);
        threads.entry(thread).or_default().now += 1;
        if index % step != 0 && index + 1 != trace.events.len() {
            continue;
        }
        counter(index, "live", "bytes", live.bytes, out)?;
        counter(index, "live", "blocks", live.blocks as u64, out)?;
        for (thread, Events { now, shown }) in &mut threads {
            if now != shown {
                counter(index, &format!("thread {thread}"), "events", *now, out)?;
            }
            (*now, *shown) = (0, *now);
        }
    }
    writeln!(out, "\n]}}")
}

/// Writes a point of a counter; the viewer calls it by its name and its unit.
fn counter(time: usize, name: &str, unit: &str, value: u64, out: &mut dyn Write) -> io::Result<()> {
    write!(
        out,
        ",\n{{\"ph\":\"C\",\"pid\":1,\"ts\":{time},\"name\":\"{name}\",\"args\":{{\"{unit}\":{value}}}}}"
    )
}
