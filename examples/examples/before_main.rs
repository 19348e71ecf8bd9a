//! Which allocations Rust makes before `main`, and which during a panic.
//!
//! `cargo run --release --example before_main`
//!
//! A recorder stands between the program and its heap: any allocator can wrap a
//! `&'static BrkHeap`, which is an allocator too. It writes into an array of fixed size, because
//! what records an allocation must not allocate.

use brkalloc::{BrkHeap, Stats, brk_heap};
use brkalloc_examples::command_line::{self, say};
use core::alloc::{GlobalAlloc, Layout};
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::io::{self, Write};
use std::panic;
use std::process::ExitCode;

#[brk_heap]
static HEAP: BrkHeap;

#[global_allocator]
static RECORDER: Recorder<&BrkHeap<HEAP>> = Recorder::over(&HEAP);

/// The parts of this program's run.
#[derive(Clone, Copy)]
enum Part {
    BeforeMain,
    Panic,
    Drop,
    Rest,
}

/// An allocator that notes every request.
struct Recorder<A> {
    heap: A,
    part: AtomicUsize,
    notes: [Notes; 4],
}

/// The requests of one part: the first of them as they were, and the number of all.
struct Notes {
    requests: [Request; 24],
    count: AtomicUsize,
}

/// One request; `old` is 0 unless it is a reallocation or a free, `new` is 0 if it is a free.
struct Request {
    old: AtomicUsize,
    new: AtomicUsize,
    align: AtomicUsize,
}

impl Request {
    const fn none() -> Self {
        Self { old: AtomicUsize::new(0), new: AtomicUsize::new(0), align: AtomicUsize::new(0) }
    }
}

impl Notes {
    const fn none() -> Self {
        Self { requests: [const { Request::none() }; 24], count: AtomicUsize::new(0) }
    }
}

impl<A> Recorder<A> {
    const fn over(heap: A) -> Self {
        let part = AtomicUsize::new(Part::BeforeMain as usize);
        Self { heap, part, notes: [const { Notes::none() }; 4] }
    }

    /// What comes from now on belongs to `part`.
    fn enter(&self, part: Part) {
        self.part.store(part as usize, Relaxed);
    }

    fn note(&self, old: usize, new: usize, align: usize) {
        let notes = &self.notes[self.part.load(Relaxed)];
        if let Some(request) = notes.requests.get(notes.count.fetch_add(1, Relaxed)) {
            request.old.store(old, Relaxed);
            request.new.store(new, Relaxed);
            request.align.store(align, Relaxed);
        }
    }

    fn print(&self, title: &str, part: Part, out: &mut dyn Write) -> io::Result<()> {
        let notes = &self.notes[part as usize];
        let count = notes.count.load(Relaxed);
        writeln!(out, "\n{title}: {count} requests")?;
        for request in notes.requests.iter().take(count) {
            let align = request.align.load(Relaxed);
            match (request.old.load(Relaxed), request.new.load(Relaxed)) {
                (0, new) => writeln!(out, "  allocate   {new:>5} bytes, aligned to {align}")?,
                (old, 0) => writeln!(out, "  free       {old:>5} bytes")?,
                (old, new) => writeln!(out, "  reallocate {old:>5} bytes to {new}")?,
            }
        }
        if notes.requests.len() < count {
            writeln!(out, "  and {} more", count - notes.requests.len())?;
        }
        Ok(())
    }
}

// SAFETY: all requests go to the wrapped allocator as they come, and its answers back.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Recorder<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.note(0, layout.size(), layout.align());
        // SAFETY: the caller vouches for the layout.
        unsafe { self.heap.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        self.note(0, layout.size(), layout.align());
        // SAFETY: the caller vouches for the layout.
        unsafe { self.heap.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        self.note(layout.size(), size, layout.align());
        // SAFETY: the caller vouches for the block, its layout and the size.
        unsafe { self.heap.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        self.note(layout.size(), 0, layout.align());
        // SAFETY: the caller vouches for the block and its layout.
        unsafe { self.heap.dealloc(block, layout) };
    }
}

const HELP: &str = "\
Shows which allocations Rust makes before `main`, and which during a panic,
which it causes on purpose.

usage: cargo run --release --example before_main";

fn main() -> ExitCode {
    RECORDER.enter(Part::Rest);
    let stats = HEAP.stats();
    command_line::run(HELP, command_line::nothing, |(), out| program(&stats, out))
}

fn program(before: &Stats, out: &mut dyn Write) -> io::Result<ExitCode> {
    say("The next lines are those of a panic, on purpose:");

    RECORDER.enter(Part::Panic);
    let caught = panic::catch_unwind(|| {
        let numbers = [1, 2, 3];
        numbers[core::hint::black_box(3)]
    });
    RECORDER.enter(Part::Drop);
    drop(caught);
    RECORDER.enter(Part::Rest);

    RECORDER.print("Before `main`", Part::BeforeMain, out)?;
    let (bytes, chunks) = (before.in_use, before.chunks - before.free_chunks);
    writeln!(out, "  When it begins, {bytes} bytes are in use, in {chunks} chunks with tags.")?;
    RECORDER.print("From a panic to where it is caught", Part::Panic, out)?;
    if std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0") {
        writeln!(out, "  RUST_BACKTRACE is set, so symbols were read; without it, these are few.")?;
    }
    RECORDER.print("When what was caught is dropped", Part::Drop, out)?;

    assert_eq!(HEAP.check(), Ok(()));
    writeln!(out, "\nThe heap has been checked: all is well.")?;
    Ok(ExitCode::SUCCESS)
}
