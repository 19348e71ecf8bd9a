//! The reader of traces: whatever the file says, nothing panics, no more is allocated than the file has
//! bytes for, what is read frees only what lives, and it reads back the same when it is written.
//!
//! ```text
//!  first byte   the rest
//!  0 mod 3      a file as it stands
//!  1 mod 3      the body of a block; its count comes first; headers and checksums are right
//!  2 mod 3      records of a raw recording, 8 bytes each: kind, log2, thread, address, size, -, -, -
//! ```

use brkalloc_trace::{Event, Run, Trace, raw};
use std::collections::HashSet;

/// What to fuzz: hands the reader what the bytes stand for.
pub fn run(bytes: &[u8]) {
    let Some((form, rest)) = bytes.split_first() else { return };
    let file = match form % 3 {
        0 => rest.to_vec(),
        1 => framed(rest),
        _ => recorded(rest),
    };
    if let Ok((trace, _)) = Trace::read(&file) {
        assert!(trace.events.len() <= file.len(), "an event takes a byte at least");
        check(&trace);
        let written = trace.write(Vec::new()).expect("memory can be written");
        assert_eq!(Trace::read(&written), Ok((trace, None)));
    }
}

/// Fails unless every event names what lives, and the runs cover the events.
pub(crate) fn check(trace: &Trace) {
    let (mut born, mut live) = (0, HashSet::new());
    for event in &trace.events {
        if let Event::Free { birth } | Event::Reallocate { birth, .. } = event {
            assert!(live.remove(birth), "block {birth} does not live");
        }
        if !matches!(event, Event::Free { .. }) {
            live.insert(born);
            born += 1;
        }
    }
    assert_eq!(trace.runs.first().map(|run| run.first), Some(0));
    assert!(trace.runs.last().is_some_and(|run: &Run| run.first < trace.events.len()));
    let differ = |pair: &[Run]| pair[0].first < pair[1].first && pair[0].thread != pair[1].thread;
    assert!(trace.runs.windows(2).all(differ));
    assert_eq!(trace.threads().count(), trace.events.len());
    assert!(trace.zeroed.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(trace.zeroed.last().is_none_or(|last| *last < born));
    ::core::hint::black_box(brkalloc_trace::peak_live(&trace.events));
}

/// A file of one block with this body, behind its count.
fn framed(rest: &[u8]) -> Vec<u8> {
    let (count, body) = rest.split_first().unwrap_or((&0, &[]));
    let mut file = b"BRT\n\x01\0\0\0".to_vec();
    let mut header = b"rows".to_vec();
    for word in [u32::from(*count), u32::try_from(body.len()).unwrap_or(0), crc32(body)] {
        header.extend(word.to_le_bytes());
    }
    header.extend(crc32(&header).to_le_bytes());
    file.extend(header);
    file.extend(body);
    file
}

/// A piece of a raw recording.
fn recorded(rest: &[u8]) -> Vec<u8> {
    let mut records: Vec<[u64; 3]> = Vec::new();
    for (sequence, bytes) in (1_u64..).zip(rest.chunks_exact(8)) {
        let [kind, log2, thread, address, size, ..] = *bytes else { continue };
        records.push([5, u64::from(thread % 4), 0]);
        let word = sequence << 16 | u64::from(log2) << 8 | u64::from(kind);
        records.push([word, u64::from(address % 16), u64::from(size)]);
    }
    records.truncate((raw::PIECE - raw::HEADER) / raw::RECORD);
    let mut piece = raw::START.to_vec();
    let count = u32::try_from(records.len()).unwrap_or(0);
    for word in [raw::VERSION, count, 0] {
        piece.extend(word.to_ne_bytes());
    }
    piece.extend(records.as_flattened().iter().flat_map(|word| word.to_ne_bytes()));
    piece.resize(raw::PIECE, 0);
    piece
}

/// The checksum, a bit at a time: the reader has a table.
fn crc32(bytes: &[u8]) -> u32 {
    let bit = |crc: u32, _| if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), bit))
}
