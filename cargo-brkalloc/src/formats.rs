//! Recordings of other tools, a line at a time.
//!
//! ```text
//!  rep        a ID SIZE | r ID SIZE | f ID                   behind a header of numbers
//!  mtrace     @ CALLER + ADDRESS SIZE | … - ADDRESS | … < ADDRESS, then > ADDRESS SIZE | … ! ADDRESS SIZE
//!  android    TID: malloc PTR SIZE | calloc PTR COUNT SIZE | memalign PTR ALIGN SIZE
//!                | realloc NEW OLD SIZE | free PTR | thread_done 0x0           (times may follow)
//!  logalloc   PID TID malloc(SIZE)=PTR | calloc(COUNT,SIZE)=PTR | memalign(ALIGN,SIZE)=PTR
//!                | realloc(OLD,SIZE)=NEW | free(PTR)          a pointer is 0x1a2b, or #3 if munged
//!  heaptrack   + SIZE STACK POINTER | - POINTER              raw, in hexadecimal without 0x
//!              a SIZE STACK | + SITE | - SITE                interpreted: SITE counts the `a` before
//! ```
//!
//! Only Android and Firefox write threads and alignments. heaptrack writes a reallocation as a free and
//! an allocation. Its interpreted files do not say which block of a site is freed: here, the youngest.

use brkalloc_trace::{ALIGNMENT, Event, Run, Trace};
use core::alloc::Layout;
use std::collections::HashMap;

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Malloc labs.
    Rep,
    /// glibc's `mtrace`.
    Mtrace,
    /// bionic's `malloc_debug`.
    Android,
    /// Firefox.
    Logalloc,
    /// heaptrack, raw or interpreted.
    Heaptrack,
}

impl Format {
    /// The words that name them.
    pub const NAMES: [&'static str; 5] = ["rep", "mtrace", "android", "logalloc", "heaptrack"];

    /// Returns the format of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "rep" => Self::Rep,
            "mtrace" => Self::Mtrace,
            "android" => Self::Android,
            "logalloc" => Self::Logalloc,
            "heaptrack" => Self::Heaptrack,
            _ => return None,
        })
    }
}

/// The trace so far.
#[derive(Debug, Default)]
pub struct Import {
    /// What was read.
    pub trace: Trace,
    /// Frees and reallocations of blocks that the file does not know.
    pub unknown: usize,
    born: usize,
    /// The alignment of each block, which a reallocation keeps.
    aligned: Vec<usize>,
    /// The live block of each address or number.
    live: HashMap<u64, usize>,
    /// The block that a reallocation has taken away, of mtrace.
    moving: Option<usize>,
    /// The number of each thread of the file.
    threads: HashMap<u64, u32>,
    thread: u32,
    /// The sites of an interpreted file of heaptrack.
    sites: Vec<Site>,
}

/// A stack from which blocks of one size come.
#[derive(Debug)]
struct Site {
    size: usize,
    /// The blocks that live, the youngest last.
    live: Vec<usize>,
}

impl Import {
    /// Reads a line; `None` if it is none of the format.
    pub fn line(&mut self, format: Format, line: &str) -> Option<()> {
        match format {
            Format::Rep => self.rep(&line.split_whitespace().collect::<Vec<_>>()),
            Format::Mtrace => self.mtrace(&line.split_whitespace().collect::<Vec<_>>()),
            Format::Android => self.android(line),
            Format::Logalloc => self.logalloc(line),
            Format::Heaptrack => self.heaptrack(&line.split_whitespace().collect::<Vec<_>>()),
        }
    }

    /// Whether blocks of one size and stack cannot be told apart, so that a free is that of the youngest.
    #[must_use]
    pub fn is_guessed(&self) -> bool {
        !self.sites.is_empty()
    }

    fn rep(&mut self, words: &[&str]) -> Option<()> {
        match *words {
            ["a", number, size] => {
                self.allocate(number.parse().ok()?, size.parse().ok()?, None)?;
            }
            ["r", number, size] => {
                let number = number.parse().ok()?;
                self.reallocate(number, number, size.parse().ok()?)?;
            }
            // A free of no block is one of a null pointer.
            [] | ["f", "-1"] => {}
            ["f", number] => self.free(number.parse().ok()?),
            // The header.
            [number] if number.parse::<u64>().is_ok() => {}
            _ => return None,
        }
        Some(())
    }

    fn mtrace(&mut self, words: &[&str]) -> Option<()> {
        let words = match words {
            ["@", _, rest @ ..] => rest,
            all => all,
        };
        match *words {
            ["+", address, size] => self.allocate(pointer(address)?, hexadecimal(size)?, None)?,
            ["-", address] => self.free(pointer(address)?),
            ["<", address] => self.moving = self.live.remove(&pointer(address)?),
            [">", address, size] => {
                let before = self.moving.take();
                self.moved(before, pointer(address)?, hexadecimal(size)?)?;
            }
            // A reallocation that failed: the block stays.
            ["!", address, _] => {
                if let Some(birth) = self.moving.take() {
                    self.live.insert(pointer(address)?, birth);
                }
            }
            [] | ["=", ..] => {}
            _ => return None,
        }
        Some(())
    }

    fn android(&mut self, line: &str) -> Option<()> {
        let Some((thread, rest)) = line.split_once(':') else {
            return line.trim().is_empty().then_some(());
        };
        self.enter(thread.trim().parse().ok()?);
        let words: Vec<&str> = rest.split_whitespace().collect();
        match *words {
            ["malloc" | "valloc" | "pvalloc", block, size, ..] => {
                self.allocate(pointer(block)?, size.parse().ok()?, None)?;
            }
            ["calloc", block, count, size, ..] => self.zeroed(pointer(block)?, count, size)?,
            ["memalign" | "posix_memalign" | "aligned_alloc", block, align, size, ..] => {
                self.allocate(pointer(block)?, size.parse().ok()?, Some(align.parse().ok()?))?;
            }
            ["realloc", new, old, size, ..] => {
                self.reallocate(pointer(old)?, pointer(new)?, size.parse().ok()?)?;
            }
            ["free", block, ..] => self.free(pointer(block)?),
            ["thread_done", ..] => {}
            _ => return None,
        }
        Some(())
    }

    fn logalloc(&mut self, line: &str) -> Option<()> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, thread, call] = words[..] else { return words.is_empty().then_some(()) };
        self.enter(thread.parse().ok()?);
        let (name, rest) = call.split_once('(')?;
        let (arguments, answer) = rest.split_once(')')?;
        let arguments: Vec<&str> = arguments.split(',').collect();
        let answer = || pointer(answer.strip_prefix('=')?);
        match (name, &arguments[..]) {
            ("malloc" | "valloc", [size]) => self.allocate(answer()?, size.parse().ok()?, None)?,
            ("calloc", [count, size]) => self.zeroed(answer()?, count, size)?,
            ("memalign" | "posix_memalign" | "aligned_alloc", [align, size]) => {
                self.allocate(answer()?, size.parse().ok()?, Some(align.parse().ok()?))?;
            }
            ("realloc", [old, size]) => {
                self.reallocate(pointer(old)?, answer()?, size.parse().ok()?)?;
            }
            ("free", [block]) => self.free(pointer(block)?),
            // What Firefox asks of its allocator besides.
            _ if name.starts_with("jemalloc") || name.starts_with("moz_") => {}
            _ => return None,
        }
        Some(())
    }

    fn heaptrack(&mut self, words: &[&str]) -> Option<()> {
        let number = |word| u64::from_str_radix(word, 16).ok();
        match *words {
            ["a", size, _] => {
                let size = usize::try_from(number(size)?).ok()?;
                Layout::from_size_align(size, ALIGNMENT).ok()?;
                self.sites.push(Site { size, live: Vec::new() });
            }
            ["+", place] => {
                let site = self.sites.get_mut(usize::try_from(number(place)?).ok()?)?;
                site.live.push(self.born);
                let Site { size, .. } = *site;
                self.event(Event::Allocate { size, align: ALIGNMENT });
                self.aligned.push(ALIGNMENT);
                self.born += 1;
            }
            ["-", place] if self.is_guessed() => {
                let site = self.sites.get_mut(usize::try_from(number(place)?).ok()?)?;
                match site.live.pop() {
                    Some(birth) => self.event(Event::Free { birth }),
                    None => self.unknown += 1,
                }
            }
            ["+", size, _, block] if !self.is_guessed() => {
                self.allocate(number(block)?, usize::try_from(number(size)?).ok()?, None)?;
            }
            ["-", block] => self.free(number(block)?),
            // Versions, times, names, stacks, and an empty line.
            []
            | ["v" | "x" | "X" | "I" | "m" | "s" | "t" | "i" | "c" | "R" | "A" | "S" | "#", ..] => {
            }
            _ => return None,
        }
        Some(())
    }

    /// What follows is of this thread.
    fn enter(&mut self, thread: u64) {
        let next = u32::try_from(self.threads.len()).unwrap_or(u32::MAX);
        self.thread = *self.threads.entry(thread).or_insert(next);
    }

    fn allocate(&mut self, name: u64, size: usize, align: Option<usize>) -> Option<()> {
        // A request that failed.
        if name == 0 && !self.threads.is_empty() {
            return Some(());
        }
        // A block whose end the file leaves out.
        if self.live.contains_key(&name) {
            self.free(name);
        }
        let align = align.unwrap_or(ALIGNMENT);
        // What no layout can hold is no size.
        Layout::from_size_align(size, align).ok()?;
        self.birth(name, align, Event::Allocate { size, align });
        Some(())
    }

    fn zeroed(&mut self, name: u64, count: &str, size: &str) -> Option<()> {
        let size = count.parse::<usize>().ok()?.checked_mul(size.parse().ok()?)?;
        let born = self.born;
        self.allocate(name, size, None)?;
        self.trace.zeroed.extend((born < self.born).then_some(born));
        Some(())
    }

    /// Reads a reallocation in one line, where a null pointer is a block of none.
    fn reallocate(&mut self, old: u64, new: u64, size: usize) -> Option<()> {
        let has_null = !self.threads.is_empty();
        if has_null && new == 0 {
            // With size 0 it frees; else it failed, and the block stays.
            if size == 0 {
                self.free(old);
            }
            return Some(());
        }
        let before = self.live.remove(&old);
        self.unknown += usize::from(before.is_none() && has_null && old != 0);
        self.moved(before, new, size)
    }

    fn moved(&mut self, before: Option<usize>, name: u64, size: usize) -> Option<()> {
        let Some(birth) = before else { return self.allocate(name, size, None) };
        if self.live.contains_key(&name) {
            self.free(name);
        }
        let align = self.aligned[birth];
        Layout::from_size_align(size, align).ok()?;
        self.birth(name, align, Event::Reallocate { birth, size });
        Some(())
    }

    fn birth(&mut self, name: u64, align: usize, event: Event) {
        self.event(event);
        self.live.insert(name, self.born);
        self.aligned.push(align);
        self.born += 1;
    }

    fn free(&mut self, name: u64) {
        match self.live.remove(&name) {
            Some(birth) => self.event(Event::Free { birth }),
            // Of a null pointer, where there are such.
            None if name == 0 && !self.threads.is_empty() => {}
            None => self.unknown += 1,
        }
    }

    fn event(&mut self, event: Event) {
        if self.trace.runs.last().is_none_or(|run| run.thread != self.thread) {
            self.trace.runs.push(Run { first: self.trace.events.len(), thread: self.thread });
        }
        self.trace.events.push(event);
    }
}

/// Reads `0x1a2b`, or `#3` of a file that was munged.
fn pointer(word: &str) -> Option<u64> {
    match word.strip_prefix('#') {
        Some(number) => number.parse().ok(),
        None => u64::from_str_radix(word.strip_prefix("0x")?, 16).ok(),
    }
}

/// Reads a size of mtrace. glibc writes 0 without its `0x`.
fn hexadecimal(word: &str) -> Option<usize> {
    if word == "0" { Some(0) } else { usize::try_from(pointer(word)?).ok() }
}
