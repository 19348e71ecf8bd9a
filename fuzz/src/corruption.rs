//! Damage: one byte of a heap's own words is changed, and the heap goes on.
//!
//! ```text
//!   a child    operations ─► one byte flipped ─► operations ─► exit 0, or a code if a block was
//!                                                              handed out twice or from outside
//!   parent     waits: that exit, or an abort with the one line that names the heap
//! ```
//!
//! The heaps have `harden = "full"`, which promises: the line, or no effect. The byte is one of a
//! chunk, from its tag to the next one's: a link, a size, a record behind a block, an object of a
//! slab, free memory; or one around a mapping's payload; or one of the [map](crate::map) of slabs. A
//! flip by nothing is damage, too, that no heap may speak of. A build with debug assertions may end
//! by one of those instead. This module does not look at the contents of blocks: nothing protects
//! those; nor at the table of free chunks, which lies beside the arena and has no checksums.

use crate::input::Input;
use crate::map::{self, MAPPED, Mapped};
use crate::places::Places;
use ::core::alloc::{GlobalAlloc, Layout};
use ::core::ptr::NonNull;
use brkalloc::__private::Config;
use brkalloc::{BrkHeap, brk_heap};
use brkalloc_oracle::cases::{Live, Operation};
use std::io::Read;
use std::os::fd::FromRawFd;
use std::sync::OnceLock;

/// Declares the heaps, all with the level that makes promises.
macro_rules! heaps {
    ($($name:ident($($option:tt)*);)+) => {$(
        #[brk_heap(harden = "full", $($option)*)]
        static $name: BrkHeap;
    )+};
}

heaps! {
    TABLE(source = "mmap", limit = "1MiB", policy = "first_fit");
    TREE(source = "static", arena = "64KiB");
    SIZES(source = "static", arena = "64KiB", policy = "best_fit");
    LIST(source = "static", arena = "64KiB", policy = "next_fit", index = "list");
    BINS(source = "static", arena = "64KiB", policy = "segregated_fit", zero = "free");
    LATE(source = "static", arena = "64KiB", order = "lifo", coalesce = "deferred");
    CACHE(source = "mmap", limit = "1MiB", cache = "64KiB");
    WAITING(source = "mmap", limit = "1MiB", cache = "16KiB", quarantine = "8KiB");
    LARGE(source = "mmap", limit = "1MiB", large = "4KiB", policy = "segregated_fit");
}

/// The first byte names the heap, the rest is what happens to it.
///
/// # Panics
///
/// If a promise was broken.
pub fn run(bytes: &[u8]) {
    let mut input = Input(bytes);
    match input.byte() % 10 {
        0 => attack(&TABLE, input),
        1 => attack(&TREE, input),
        2 => attack(&SIZES, input),
        3 => attack(&LIST, input),
        4 => attack(&BINS, input),
        5 => attack(&LATE, input),
        6 => attack(&CACHE, input),
        7 => attack(&WAITING, input),
        8 => attack(&LARGE, input),
        _ => attack(&MAPPED, input),
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

/// What a child says by its exit, if a promise was broken.
const OVERLAPPED: i32 = 2;
const OUTSIDE: i32 = 3;
const UNSOUND: i32 = 4;

/// Bytes of the largest block that stays. What is larger goes back at once: to copy gigabytes would be
/// all that a fuzzer does.
const KEPT: usize = 512 << 10;

/// Bytes below a mapping's payload that are always its own.
const BELOW: usize = 64;

/// What a child writes just before the damage. A heap that speaks earlier speaks of nothing.
const DAMAGED: &str = "damage\n";

fn attack<C: Config>(heap: &'static BrkHeap<C>, input: Input<'_>) {
    let Ended { status, words } = in_child(|| Attack::new(heap).run(input));
    let said = words.strip_prefix(DAMAGED);
    let told = format!("{}: {words}", heap.config());
    if libc::WIFSIGNALED(status) {
        let signal = libc::WTERMSIG(status);
        assert_eq!(signal, libc::SIGABRT, "{told}");
        let is_named = |line: &str| {
            line.starts_with(&format!("brkalloc: {}: ", C::NAME))
                || cfg!(debug_assertions) && line.starts_with("brkalloc: ")
        };
        let is_line = |said: &str| said.ends_with('\n') && said.matches('\n').count() == 1;
        assert!(said.is_some_and(|said| is_line(said) && is_named(said)), "{told}");
    } else {
        assert_eq!(libc::WEXITSTATUS(status), 0, "{told}");
        assert_eq!(said.unwrap_or(&words), "", "{told}");
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

    /// The first byte says how many operations come before the damage; five more say what it is.
    fn run(mut self, mut input: Input<'_>) -> i32 {
        let before = input.byte() % 64;
        let (which, place, mask) = (input.pair(), input.pair(), input.byte());
        for _ in 0..before {
            if let Err(code) = self.apply(input.operation()) {
                return code;
            }
        }
        if self.heap.check().is_err() {
            return UNSOUND;
        }
        self.damage(which, place, mask);
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
        let is_large = self.heap.config().large.is_some_and(|large| large <= layout.size());
        match self.place_of(block, layout) {
            Place::Within if !is_large => {}
            Place::Beside if is_large => {}
            _ => return Err(OUTSIDE),
        }
        if self.places.overlapped(block, layout.size()).is_some() {
            return Err(OVERLAPPED);
        }
        // What is nobody's memory is a fault.
        for place in [0, layout.size() - 1] {
            // SAFETY: the heap handed out so many bytes, so the place lies among them.
            let byte = unsafe { block.byte_add(place) };
            // SAFETY: and it is this one's to write.
            unsafe { byte.write(0x5A) };
        }
        if KEPT < layout.size() {
            // SAFETY: the heap handed the block out, and nobody else has it.
            unsafe { self.heap.dealloc(block.as_ptr(), layout) };
        } else {
            self.places.enter(block, layout.size());
            self.blocks.push((block, layout));
        }
        Ok(())
    }

    /// How a block lies to all that the arena may become.
    fn place_of(&self, block: NonNull<u8>, layout: Layout) -> Place {
        let start = self.start.unwrap_or(usize::MAX);
        let end = start.saturating_add(self.heap.config().limit);
        let first = block.addr().get();
        let last = first.saturating_add(layout.size());
        match (start <= first && last <= end, last <= start || end <= first) {
            (true, _) => Place::Within,
            (_, true) => Place::Beside,
            _ => Place::Astride,
        }
    }

    /// Changes one byte of the heap's own, by a mask that may be nothing.
    fn damage(&self, which: usize, place: usize, mask: usize) {
        const WORD: usize = size_of::<usize>();
        // Chunks, each up to the end of the tag above it.
        let mut regions = Vec::new();
        self.heap.for_each_chunk(|chunk| regions.push((chunk.address, chunk.size + WORD)));
        // What is beside the arena.
        let mut others = Vec::new();
        others.extend(map::region().filter(|_| C::NAME == Mapped::NAME));
        for (block, layout) in self.blocks.iter() {
            if self.place_of(*block, *layout) == Place::Beside {
                others.push((block.addr().get() - BELOW, BELOW + layout.size() + WORD));
            }
        }
        if which % 2 == 1 && !others.is_empty() {
            regions = others;
        }
        let Some(number) = (which / 2).checked_rem(regions.len()) else { return };
        let (start, size) = regions[number];
        // From below or from above.
        let distance = place / 2 % size;
        let distance = if place.is_multiple_of(2) { distance } else { size - 1 - distance };
        let byte = ::core::ptr::with_exposed_provenance_mut::<u8>(start + distance);
        let mask = mask.to_le_bytes()[0];
        if mask != 0 {
            // SAFETY: the words are readable.
            unsafe { libc::write(2, DAMAGED.as_ptr().cast(), DAMAGED.len()) };
        }
        // SAFETY: the byte is the heap's, and readable.
        let value = unsafe { byte.read() };
        // SAFETY: and writable; that it is the heap's is what is wrong.
        unsafe { byte.write(value ^ mask) };
    }
}

/// How a block lies to its heap's arena.
#[derive(PartialEq)]
enum Place {
    Within,
    Beside,
    Astride,
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
        let once = libc::timeval { tv_sec: 2, tv_usec: 0 };
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
