//! What is written reads back; what is damaged or cut short says so.

use brkalloc_trace::{BLOCK, Cut, Event, Fault, Trace, Writer};
use std::path::Path;

/// Random numbers, the same each time (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((word ^ (word >> 31)) >> 1).expect("63 bits") % bound
    }
}

/// A trace of so many events in some threads, with every kind of row.
fn random(seed: u64, count: usize) -> Vec<u8> {
    let mut random = Random(seed);
    let (mut born, mut live, mut thread) = (0, Vec::new(), 0);
    let mut writer = Writer::new(Vec::new()).expect("memory can be written");
    for _ in 0..count {
        if random.below(10) == 0 {
            thread = u32::try_from(random.below(5)).expect("it is small");
        }
        let magnitude = random.below(40);
        let size = random.below(1 << magnitude);
        let (event, zeroed) = match random.below(4) {
            0 if !live.is_empty() => {
                (Event::Free { birth: live.swap_remove(random.below(live.len())) }, false)
            }
            1 if !live.is_empty() => {
                let birth = live.swap_remove(random.below(live.len()));
                (Event::Reallocate { birth, size }, false)
            }
            _ => {
                let align = 1 << random.below(13);
                (Event::Allocate { size, align }, random.below(3) == 0)
            }
        };
        if !matches!(event, Event::Free { .. }) {
            live.push(born);
            born += 1;
        }
        writer.push(event, thread, zeroed).expect("memory can be written");
    }
    writer.finish().expect("memory can be written")
}

#[test]
fn what_is_written_reads_back_to_the_byte() {
    for (seed, count) in [1, 2, 10, 1000, BLOCK, BLOCK + 1, 3 * BLOCK + 7].into_iter().enumerate() {
        let file = random(seed as u64, count);
        let (trace, cut) = Trace::read(&file).expect("a sound trace");
        assert_eq!((trace.events.len(), cut), (count, None));
        assert_eq!(trace.threads().count(), count);
        assert!(trace.runs.windows(2).all(|pair| pair[0].thread != pair[1].thread));
        assert_eq!(trace.write(Vec::new()).expect("memory can be written"), file);
    }
}

#[test]
fn every_truncation_reads_up_to_its_last_whole_block() {
    let file = random(1, 100);
    // The header of the file, and of one block.
    let first = 8 + 20 + usize::from(file[16]) + 256 * usize::from(file[17]);
    for length in 0..file.len() {
        let expected = match length {
            0..8 => Err(Fault::NotATrace),
            _ if length < first => Err(Fault::Empty),
            _ => Ok((100, Some(Cut { events: 100, bytes: length - first }))),
        };
        let read = Trace::read(&file[..length]);
        assert_eq!(read.map(|(trace, cut)| (trace.events.len(), cut)), expected, "{length} bytes");
    }
}

#[test]
fn a_file_cut_within_its_third_block_has_the_events_of_two() {
    let file = random(2, 3 * BLOCK);
    let (trace, cut) = Trace::read(&file[..file.len() - 1000]).expect("two blocks");
    assert_eq!(trace.events.len(), 2 * BLOCK);
    let said = cut.expect("it is cut").to_string();
    assert!(said.contains("its first 131072 events are read"), "{said}");
}

#[test]
fn every_flipped_bit_is_noticed() {
    let file = random(3, 100);
    let mut damaged = file.clone();
    for at in 0..file.len() {
        for bit in 0..8 {
            damaged[at] ^= 1 << bit;
            let fault = Trace::read(&damaged).expect_err("it is damaged");
            match at {
                0..4 => assert_eq!(fault, Fault::NotATrace, "byte {at}"),
                4..8 => assert!(matches!(fault, Fault::Version(_)), "byte {at}: {fault:?}"),
                _ => assert!(matches!(fault, Fault::Checksum { .. }), "byte {at}: {fault:?}"),
            }
            damaged[at] ^= 1 << bit;
        }
    }
    assert_eq!(damaged, file);
}

#[test]
fn an_index_of_another_trace_and_bytes_behind_it_are_faults() {
    let (file, other) = (random(4, 100), random(5, 101));
    let end = |file: &[u8]| file.len() - usize::from(file[file.len() - 4]);
    let mixed = [&file[..end(&file)], &other[end(&other)..]].concat();
    assert_eq!(Trace::read(&mixed), Err(Fault::Index { at: end(&file) }));
    let longer = [&file[..], b"\0"].concat();
    assert_eq!(Trace::read(&longer), Err(Fault::Index { at: end(&file) }));
}

#[test]
fn each_fault_is_one_line_that_says_what_to_do() {
    let newer = b"BRT\n\x02\0\0\0";
    let empty = Writer::new(Vec::new()).and_then(Writer::finish).expect("memory can be written");
    for (bytes, says) in [
        (&b"#!/bin/sh\n"[..], "cargo brkalloc record"),
        (newer, "install a brkalloc"),
        (&empty, "no events"),
        (&[&empty[..], &[0; 20]].concat(), "record it again"),
    ] {
        let said = Trace::read(bytes).expect_err("it is none").to_string();
        assert!(said.contains(says) && said.lines().count() == 1, "{said}");
    }
}

#[test]
fn an_object_not_born_yet_is_not_written() {
    let mut writer = Writer::new(Vec::new()).expect("memory can be written");
    let refused = writer.push(Event::Free { birth: 0 }, 0, false).expect_err("nothing is born");
    assert_eq!(refused.kind(), std::io::ErrorKind::InvalidInput);
}

#[test]
fn the_recordings_of_the_repository_take_less_than_three_bytes_an_event() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/traces");
    for (name, count, born, peak) in
        [("cc1", 141_485, 72_925, 2_717_797), ("git-log", 173_240, 91_213, 3_960_938)]
    {
        let file = std::fs::read(folder.join(name).with_extension("brt")).expect("it is there");
        let (trace, cut) = Trace::read(&file).expect("a sound trace");
        let births = trace.events.iter().filter(|event| !matches!(event, Event::Free { .. }));
        let peak_live = brkalloc_trace::peak_live(&trace.events);
        assert_eq!((trace.events.len(), births.count(), peak_live), (count, born, peak));
        assert_eq!(cut, None);
        assert!(file.len() < 3 * count, "{name}: {} bytes", file.len());
    }
}
