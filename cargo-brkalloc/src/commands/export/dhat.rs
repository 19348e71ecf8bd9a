//! DHAT's JSON, version 2: a program point for each class of sizes.
//!
//! Where DHAT shows the site of an allocation, this shows its size.

use super::walk::{self, class};
use crate::text::Json;
use brkalloc_trace::{Event, Trace};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// What DHAT says of a program point.
#[derive(Clone, Copy, Default)]
struct Point {
    bytes: u64,
    blocks: u64,
    lifetimes: u64,
    live: (u64, u64),
    most: (u64, u64),
    at_peak: (u64, u64),
}

/// Writes a program point for each power of two of sizes.
///
/// # Errors
///
/// Those of `out`.
pub(super) fn write(name: &str, trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let (points, peak) = points(trace);
    let end = trace.events.len();
    writeln!(out, "{{\"dhatFileVersion\":2,\"mode\":\"heap\",\"verb\":\"Allocated\"")?;
    writeln!(out, ",\"bklt\":true,\"bkacc\":false")?;
    writeln!(out, ",\"tu\":\"events\",\"Mtu\":\"Mevents\",\"tuth\":10")?;
    writeln!(out, ",\"cmd\":{},\"pid\":1,\"tg\":{peak},\"te\":{end},\"pps\":[", Json(name))?;
    for (index, point) in points.values().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let Point { bytes, blocks, lifetimes, live, most, at_peak } = point;
        let frame = index + 1;
        writeln!(
            out,
            "{comma}{{\"tb\":{bytes},\"tbk\":{blocks},\"tl\":{lifetimes},\"mb\":{},\"mbk\":{},\
             \"gb\":{},\"gbk\":{},\"eb\":{},\"ebk\":{},\"fs\":[{frame}]}}",
            most.0, most.1, at_peak.0, at_peak.1, live.0, live.1
        )?;
    }
    write!(out, "],\"ftbl\":[\"[root]\"")?;
    for class in points.keys() {
        write!(out, ",{}", Json(&walk::label(*class)))?;
    }
    writeln!(out, "]}}")
}

/// The points by class of size, and the event after which most bytes live.
fn points(trace: &Trace) -> (BTreeMap<u32, Point>, usize) {
    let mut points: BTreeMap<u32, Point> = BTreeMap::new();
    let peak = walk::peak(trace);
    // Size and birth of each block.
    let mut blocks: Vec<(u64, u64)> = Vec::new();
    for (index, event) in trace.events.iter().enumerate() {
        let now = index as u64;
        if let Event::Free { birth } | Event::Reallocate { birth, .. } = *event {
            let (size, born) = blocks[birth];
            let point = points.entry(class(size)).or_default();
            point.live = (point.live.0.saturating_sub(size), point.live.1 - 1);
            point.lifetimes += now - born;
        }
        if let Event::Allocate { size, .. } | Event::Reallocate { size, .. } = *event {
            let size = size as u64;
            let point = points.entry(class(size)).or_default();
            point.bytes = point.bytes.saturating_add(size);
            point.blocks += 1;
            point.live = (point.live.0.saturating_add(size), point.live.1 + 1);
            point.most = point.most.max(point.live);
            blocks.push((size, now));
        }
    }
    for (size, _) in walk::living(trace, peak) {
        let point = points.entry(class(size)).or_default();
        point.at_peak = (point.at_peak.0.saturating_add(size), point.at_peak.1 + 1);
    }
    // Blocks that live to the end have lived until then.
    let mut ended = vec![false; blocks.len()];
    for event in &trace.events {
        if let Event::Free { birth } | Event::Reallocate { birth, .. } = *event {
            ended[birth] = true;
        }
    }
    let end = trace.events.len() as u64;
    for ((size, born), _) in blocks.iter().zip(ended).filter(|(_, ended)| !ended) {
        points.entry(class(*size)).or_default().lifetimes += end - born;
    }
    (points, peak)
}
