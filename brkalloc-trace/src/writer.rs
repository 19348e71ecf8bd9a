//! Writing: events gather to a block, and the last block describes all others.

use crate::block::{self, Index, ROWS};
use crate::row::{put, write};
use crate::{Event, START, Trace, VERSION};
use std::io;

/// Events of a block: what a file that is cut short may lose.
pub const BLOCK: usize = 1 << 16;

/// Writes a trace, event after event.
///
/// What is written is whole only after [`finish`](Self::finish).
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    index: Index,
    /// Thread and events of each run of this block.
    runs: Vec<(u32, usize)>,
    rows: Vec<u8>,
    /// Events of this block.
    count: usize,
    born: usize,
}

impl<W: io::Write> Writer<W> {
    /// Begins a trace.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn new(mut out: W) -> io::Result<Self> {
        out.write_all(&START)?;
        out.write_all(&VERSION.to_le_bytes())?;
        Ok(Self {
            out,
            index: Index::default(),
            runs: Vec::new(),
            rows: Vec::new(),
            count: 0,
            born: 0,
        })
    }

    /// Adds the next event, which happened in `thread`; `zeroed` if its memory was asked for as zeros.
    ///
    /// # Errors
    ///
    /// Those of `out`; `InvalidInput` if the event names an object that was not born yet. The caller
    /// answers for it that the object lives: a reader refuses the trace otherwise.
    pub fn push(&mut self, event: Event, thread: u32, zeroed: bool) -> io::Result<()> {
        match event {
            Event::Free { birth } | Event::Reallocate { birth, .. } if self.born <= birth => {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "an object not born yet"));
            }
            _ => {}
        }
        write(event, zeroed, self.born, &mut self.rows);
        self.born += usize::from(!matches!(event, Event::Free { .. }));
        match self.runs.last_mut() {
            Some((last, events)) if *last == thread => *events += 1,
            _ => self.runs.push((thread, 1)),
        }
        self.count += 1;
        if self.count == BLOCK { self.flush() } else { Ok(()) }
    }

    /// Writes what is left and the index.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn finish(mut self) -> io::Result<W> {
        if 0 < self.count {
            self.flush()?;
        }
        self.out.write_all(&self.index.block())?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut body = Vec::with_capacity(self.rows.len() + 16);
        put(self.runs.len() as u64, &mut body);
        for (thread, events) in self.runs.drain(..) {
            put(u64::from(thread), &mut body);
            put(events as u64, &mut body);
        }
        body.append(&mut self.rows);
        let count = u32::try_from(self.count).expect("a block has 65,536 events");
        let block = block::bytes(ROWS, count, &body);
        self.index.add(block.len(), self.count);
        self.count = 0;
        self.out.write_all(&block)
    }
}

impl Trace {
    /// Writes the whole trace.
    ///
    /// # Errors
    ///
    /// Those of `out`, and of [`Writer::push`].
    pub fn write<W: io::Write>(&self, out: W) -> io::Result<W> {
        let mut writer = Writer::new(out)?;
        let (mut born, mut zeroed) = (0, self.zeroed.iter().peekable());
        for (event, thread) in self.events.iter().zip(self.threads()) {
            let birth = born;
            born += usize::from(!matches!(event, Event::Free { .. }));
            let zeroed = birth < born && zeroed.next_if_eq(&&birth).is_some();
            writer.push(*event, thread, zeroed)?;
        }
        writer.finish()
    }
}
