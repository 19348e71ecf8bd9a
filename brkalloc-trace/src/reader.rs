//! Reading: block after block, each whole and with its checksum before a row of it is believed.
//!
//! Nothing is allocated that the file's own bytes do not justify: an event takes a byte at least.

use crate::block::{self, Block, ENDS, Found, HEADER, Index, ROWS};
use crate::row::{Numbers, Objects, RowFault};
use crate::{Cut, Fault, Run, START, Trace};

pub(crate) fn read(bytes: &[u8]) -> Result<(Trace, Option<Cut>), Fault> {
    let version = bytes.strip_prefix(&START).and_then(|rest| rest.first_chunk());
    let version = u32::from_le_bytes(*version.ok_or(Fault::NotATrace)?);
    if version != crate::VERSION {
        return Err(Fault::Version(version));
    }
    let mut reader = Reader::default();
    let mut at = START.len() + 4;
    let cut = loop {
        let rest = &bytes[at..];
        match block::find(rest) {
            Found::Damaged => return Err(Fault::Checksum { at }),
            Found::Short => {
                break Some(Cut { events: reader.trace.events.len(), bytes: rest.len() });
            }
            Found::Block(block) if block.tag == ROWS => {
                let length = HEADER + block.body.len();
                reader.rows(&block).map_err(|fault| Fault::Row { at, fault })?;
                reader.index.add(length, block.count as usize);
                at += length;
            }
            Found::Block(block) => {
                if block.tag != ENDS || rest != reader.index.block() {
                    return Err(Fault::Index { at });
                }
                break None;
            }
        }
    };
    if reader.trace.events.is_empty() {
        return Err(Fault::Empty);
    }
    Ok((reader.trace, cut))
}

#[derive(Default)]
struct Reader {
    trace: Trace,
    objects: Objects,
    index: Index,
}

impl Reader {
    fn rows(&mut self, block: &Block<'_>) -> Result<(), RowFault> {
        let mut numbers = Numbers { rest: block.body };
        let count = block.count as usize;
        let runs = numbers.size()?;
        // Two bytes a run and one an event are the least.
        if block.body.len() < count || block.body.len() / 2 < runs {
            return Err(RowFault::Length);
        }
        let mut first = self.trace.events.len();
        let end = first + count;
        for _ in 0..runs {
            let thread = u32::try_from(numbers.next()?).map_err(|_| RowFault::TooLarge)?;
            let events = numbers.size()?;
            if end - first < events {
                return Err(RowFault::Length);
            }
            if 0 < events {
                Run { first, thread }.follow(&mut self.trace.runs);
            }
            first += events;
        }
        if first != end {
            return Err(RowFault::Length);
        }
        self.trace.events.reserve(count);
        for _ in 0..count {
            let born = self.objects.born();
            let (event, zeroed) = self.objects.read(&mut numbers)?;
            if zeroed {
                self.trace.zeroed.push(born);
            }
            self.trace.events.push(event);
        }
        if numbers.rest.is_empty() { Ok(()) } else { Err(RowFault::Length) }
    }
}
