//! Damage: one byte of a heap's own words is changed, and the heap goes on.
//!
//! ```text
//!   a child    operations ─► one byte flipped ─► operations ─► exit 0, or 2 if a block was handed out
//!                                                              twice or from outside
//!   parent     waits: that exit, or an abort with the one line that names the heap
//! ```
//!
//! The bytes are those of tags, of the links and sizes in free chunks, and, where a cache is attacked,
//! any of the chunks that its slabs and kept chunks are. What may come of it depends on the level of
//! `harden`, which stands here once: see [`LEVEL`]. A build with debug assertions may end by one of
//! those instead. This module does not look at the contents of blocks: nothing protects those.

use crate::input::Input;
use crate::places::Places;
use ::core::alloc::{GlobalAlloc, Layout};
use ::core::ptr::NonNull;
use brkalloc::__private::Config;
use brkalloc::{BrkHeap, ChunkState, brk_heap};
use brkalloc_oracle::cases::{Live, Operation};
use std::io::Read;
use std::os::fd::FromRawFd;
use std::sync::OnceLock;

/// What the level lets pass.
struct Level {
    /// A block may be handed out while it is in use: a link or a size that was changed into another
    /// that could be one is believed.
    overlaps: bool,
    /// A list may become a ring, which is walked for ever.
    hangs: bool,
    /// Whether the links in a cache are checked, and so attacked.
    guards_caches: bool,
}

/// What `harden = "basic"` finds is what an operation sees where it reads anyway.
const BASIC: Level = Level { overlaps: true, hangs: true, guards_caches: false };

/// Declares the heaps, all with one level.
macro_rules! heaps {
    ($level:literal = $promises:ident) => {
        /// What the heaps below promise.
        const LEVEL: Level = $promises;

        #[brk_heap(source = "mmap", limit = "1MiB", harden = $level)]
        static TABLE: BrkHeap;
        #[brk_heap(source = "static", arena = "64KiB", harden = $level)]
        static TREE: BrkHeap;
        #[brk_heap(source = "static", arena = "64KiB", policy = "best_fit", harden = $level)]
        static SIZES: BrkHeap;
        #[brk_heap(source = "static", arena = "64KiB", policy = "next_fit", index = "list", harden = $level)]
        static LIST: BrkHeap;
        #[brk_heap(source = "static", arena = "64KiB", policy = "segregated_fit", harden = $level)]
        static BINS: BrkHeap;
        #[brk_heap(source = "static", arena = "64KiB", order = "lifo", coalesce = "deferred", harden = $level)]
        static LATE: BrkHeap;
        #[brk_heap(source = "mmap", limit = "1MiB", cache = "64KiB", harden = $level)]
        static CACHE: BrkHeap;
        #[brk_heap(source = "mmap", limit = "1MiB", cache = "16KiB", policy = "segregated_fit", harden = $level)]
        static SMALL_CACHE: BrkHeap;
    };
}
heaps!("basic" = BASIC);

/// The first byte names the heap, the rest is what happens to it.
///
/// # Panics
///
/// If a promise was broken.
pub fn run(bytes: &[u8]) {
    let mut input = Input(bytes);
    match input.byte() % if LEVEL.guards_caches { 8 } else { 6 } {
        0 => attack(&TABLE, input),
        1 => attack(&TREE, input),
        2 => attack(&SIZES, input),
        3 => attack(&LIST, input),
        4 => attack(&BINS, input),
        5 => attack(&LATE, input),
        6 => attack(&CACHE, input),
        _ => attack(&SMALL_CACHE, input),
    }
}

/// How what a child has seen comes to the parent: counters of coverage, for a fuzzer.
#[derive(Debug)]
pub struct Coverage {
    /// Called in the child at its end, also by a signal's handler.
    pub save: fn(),
    /// Called in the parent, when the child has ended.
    pub restore: fn(),
}

/// Set once, by who counts.
pub static COVERAGE: OnceLock<Coverage> = OnceLock::new();

/// What a child says by its exit.
const OVERLAPPED: i32 = 2;
const OUTSIDE: i32 = 3;

fn attack<C: Config>(heap: &'static BrkHeap<C>, input: Input<'_>) {
    let Ended { status, words } = in_child(|| Attack::new(heap).run(input));
    let line = format!("brkalloc: {}: ", C::NAME);
    let is_line = words.ends_with('\n') && words.matches('\n').count() == 1;
    let is_named =
        words.starts_with(&line) || cfg!(debug_assertions) && words.starts_with("brkalloc: ");
    if libc::WIFSIGNALED(status) {
        let signal = libc::WTERMSIG(status);
        let is_forgiven = signal == libc::SIGVTALRM && LEVEL.hangs;
        let is_found = signal == libc::SIGABRT && is_line && is_named;
        assert!(is_found || is_forgiven, "{}: signal {signal}: {words}", heap.config());
    } else {
        let code = libc::WEXITSTATUS(status);
        let is_forgiven = code == OVERLAPPED && LEVEL.overlaps;
        assert!(code == 0 || is_forgiven, "{}: exit {code}: {words}", heap.config());
        assert!(words.is_empty(), "{}: {words}", heap.config());
    }
}

/// A heap before and after the damage.
struct Attack<C: Config> {
    heap: &'static BrkHeap<C>,
    blocks: Live<(NonNull<u8>, Layout)>,
    places: Places,
    /// The address of the heap's first tag, once it has one.
    start: Option<usize>,
}

impl<C: Config> Attack<C> {
    fn new(heap: &'static BrkHeap<C>) -> Self {
        Self { heap, blocks: Live::new(), places: Places::default(), start: None }
    }

    /// The first byte says how many operations come before the damage; three more say what it is.
    fn run(mut self, mut input: Input<'_>) -> i32 {
        let before = input.byte() % 64;
        let (which, place, mask) = (input.pair(), input.pair(), input.byte());
        for _ in 0..before {
            if let Err(code) = self.apply(input.operation()) {
                return code;
            }
        }
        if self.heap.check().is_err() || !self.damage(which, place, mask) {
            return 0;
        }
        while !input.is_empty() {
            if let Err(code) = self.apply(input.operation()) {
                return code;
            }
        }
        while let Some((block, layout)) = self.blocks.take(0) {
            // SAFETY: the heap handed the block out, and this is the one who has it.
            unsafe { self.heap.dealloc(block.as_ptr(), layout) };
        }
        self.heap.trim();
        // Whatever it says.
        let _ = self.heap.check();
        0
    }

    fn apply(&mut self, operation: Operation) -> Result<(), i32> {
        match operation {
            Operation::Allocate { size, align } => {
                let layout = Layout::from_size_align(size.max(1), align);
                let layout = layout.expect("inputs make sound layouts");
                // SAFETY: the layout has a size.
                self.enter(unsafe { self.heap.alloc(layout) }, layout)?;
            }
            Operation::Free { slot } => {
                if let Some((block, layout)) = self.blocks.take(slot) {
                    self.places.leave(block);
                    // SAFETY: the heap handed the block out, and this is the one who has it.
                    unsafe { self.heap.dealloc(block.as_ptr(), layout) };
                }
            }
            Operation::Reallocate { slot, size } => {
                let Some((block, layout)) = self.blocks.take(slot) else { return Ok(()) };
                let Ok(wanted) = Layout::from_size_align(size.max(1), layout.align()) else {
                    self.blocks.push((block, layout));
                    return Ok(());
                };
                // SAFETY: the heap handed the block out, and it is in use.
                let moved = unsafe { self.heap.realloc(block.as_ptr(), layout, wanted.size()) };
                if moved.is_null() {
                    self.blocks.push((block, layout));
                } else {
                    self.places.leave(block);
                    self.enter(moved, wanted)?;
                }
            }
        }
        Ok(())
    }

    /// Notes what was handed out; a code if it lies outside of the heap, or upon another block.
    fn enter(&mut self, block: *mut u8, layout: Layout) -> Result<(), i32> {
        let Some(block) = NonNull::new(block) else { return Ok(()) };
        if self.start.is_none() {
            let start = &mut self.start;
            self.heap.for_each_chunk(|chunk| _ = start.get_or_insert(chunk.address));
        }
        let start = self.start.unwrap_or(usize::MAX);
        let end = block.addr().get() + layout.size();
        if block.addr().get() < start || start.saturating_add(self.heap.config().limit) < end {
            return Err(OUTSIDE);
        }
        if self.places.overlapped(block, layout.size()).is_some() {
            return Err(OVERLAPPED);
        }
        self.places.enter(block, layout.size());
        self.blocks.push((block, layout));
        Ok(())
    }

    /// Changes one byte of the heap's own words; whether that is another byte now.
    fn damage(&self, which: usize, place: usize, mask: usize) -> bool {
        let mut chunks = Vec::new();
        self.heap.for_each_chunk(|chunk| chunks.push(chunk));
        let Some(chunk) = which.checked_rem(chunks.len()).map(|which| chunks[which]) else {
            return false;
        };
        let place = match chunk.state {
            // Its payload is a slab, or kept.
            ChunkState::Used if LEVEL.guards_caches => place % chunk.size,
            ChunkState::Free => match place % 32 {
                // The size that it repeats in its last word.
                place @ 24.. => chunk.size - 32 + place,
                // The tag, and links.
                place => place,
            },
            _ => place % 8,
        };
        let byte = ::core::ptr::with_exposed_provenance_mut::<u8>(chunk.address + place);
        let mask = mask.to_le_bytes()[0];
        // SAFETY: the byte lies in the heap's window, which is readable.
        let value = unsafe { byte.read() };
        // SAFETY: and writable; that it is the heap's own is what is wrong.
        unsafe { byte.write(value ^ mask) };
        mask != 0
    }
}

/// How a child ended.
struct Ended {
    status: i32,
    words: String,
}

/// Runs `child` in a copy of this process, which ends with its code; what it wrote to standard error.
fn in_child(child: impl FnOnce() -> i32) -> Ended {
    let mut ends = [0; 2];
    // SAFETY: there is room for both ends.
    assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0, "there are descriptors");
    let [from, to] = ends;
    // SAFETY: the child calls what needs no other thread, and leaves.
    let process = unsafe { libc::fork() };
    if process == 0 {
        for signal in [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL] {
            // SAFETY: the default needs no handler.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
        let handler = save_and_end as extern "C" fn(i32);
        for signal in [libc::SIGABRT, libc::SIGVTALRM] {
            // SAFETY: the handler calls what a handler may.
            unsafe { libc::signal(signal, handler as *const () as libc::sighandler_t) };
        }
        // A child that hangs ends by the signal; how busy the machine is does not count.
        let never = libc::timeval { tv_sec: 0, tv_usec: 0 };
        let once = libc::timeval { tv_sec: 0, tv_usec: 300_000 };
        let timer = libc::itimerval { it_interval: never, it_value: once };
        // SAFETY: the timer is readable, and what it was is not asked for.
        unsafe { libc::setitimer(libc::ITIMER_VIRTUAL, &raw const timer, ::core::ptr::null_mut()) };
        // SAFETY: both are descriptors of this process.
        unsafe { libc::dup2(to, 2) };
        let code = child();
        save();
        // SAFETY: nothing is left to clean up in the child.
        unsafe { libc::_exit(code) };
    }
    // SAFETY: the descriptor is this process's own, and nobody else closes it.
    assert_eq!(unsafe { libc::close(to) }, 0);
    // SAFETY: likewise.
    let mut from = unsafe { std::fs::File::from_raw_fd(from) };
    let mut words = String::new();
    let read = from.read_to_string(&mut words);
    let mut status = 0;
    // SAFETY: the child is this thread's own, and `status` has room for the answer.
    assert_eq!(unsafe { libc::waitpid(process, &raw mut status, 0) }, process);
    assert!(read.is_ok(), "a child writes text");
    if let Some(coverage) = COVERAGE.get() {
        (coverage.restore)();
    }
    Ended { status, words }
}

fn save() {
    if let Some(coverage) = COVERAGE.get() {
        (coverage.save)();
    }
}

/// Ends the process by the signal, as if there were no handler.
extern "C" fn save_and_end(signal: i32) {
    save();
    // SAFETY: the default needs no handler.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
    // SAFETY: the call has no precondition.
    unsafe { libc::raise(signal) };
}
