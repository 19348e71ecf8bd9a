//! The contestants, and the field on which they replay a trace.
//!
//! ```text
//!   recording ──► each contestant, timed, several times ──► median time, less the replay's own
//!             └─► the same placement with counters, once ─► high-water mark, chunks visited
//! ```
//!
//! All heaps lie over the same bytes, one after the other, so that none pays for fresh pages. With
//! deferred coalescing a heap merges when its arena is exhausted, so there the arena has to grow:
//! those heaps have windows of their own, which begin and grow by 64 KiB.

use crate::good_enough::GoodEnough;
use brkalloc::__private::{Config, Mmap, Source};
use brkalloc::{BrkHeap, Configuration, Heap, Stats, brk_heap};
use brkalloc_oracle::trace::{self, Event};
use core::alloc::Layout;
use core::hint::black_box;
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use core::time::Duration;
use std::time::Instant;

/// Bytes of the field, of which only those are ever touched that a heap needs.
const FIELD: usize = 1 << 30;
const PAGE: usize = 4096;
/// A contestant that takes longer for a replay is timed once.
const PATIENCE: Duration = Duration::from_secs(1);

/// A trace, and what it needs at the least.
pub(crate) struct Recording {
    pub(crate) name: String,
    pub(crate) events: Vec<Event>,
    /// The largest sum of requested bytes at one time.
    pub(crate) peak_requested: usize,
    /// The largest sum of the chunks that objects need at one time.
    pub(crate) peak_chunks: usize,
}

impl Recording {
    pub(crate) fn read(name: &str, bytes: &[u8]) -> Result<Self, String> {
        let events = trace::read(bytes).map_err(|error| error.to_string())?;
        let as_chunks = |&event: &Event| match event {
            Event::Allocate { size, align } => Event::Allocate { size: chunk(size), align },
            Event::Reallocate { birth, size } => Event::Reallocate { birth, size: chunk(size) },
            Event::Free { .. } => event,
        };
        let chunks: Vec<Event> = events.iter().map(as_chunks).collect();
        let peak_requested = trace::peak_live(&events);
        if peak_requested == 0 {
            return Err("a trace without a byte has no waste to compare".to_owned());
        }
        let peak_chunks = trace::peak_live(&chunks);
        Ok(Self { name: name.to_owned(), events, peak_requested, peak_chunks })
    }
}

/// The bytes of the chunk that a request of `size` needs.
const fn chunk(size: usize) -> usize {
    let need = size.saturating_add(size_of::<usize>());
    if need <= 32 { 32 } else { need.div_ceil(16).saturating_mul(16) }
}

/// One policy, order and index.
pub(crate) struct Contestant {
    pub(crate) configuration: &'static Configuration,
    time: Replay<Duration>,
    count: Replay<Stats>,
}

/// Replays the events over a heap; `None` if it could not serve them all.
type Replay<T> = fn(&[Event], &mut Objects, Arena<'_>) -> Option<T>;

/// Two heaps of one placement: the one whose time counts, and the one that counts.
macro_rules! contestant {
    ($($option:ident = $value:tt),+) => {{
        #[brk_heap($($option = $value),+)]
        static TIMED: BrkHeap;
        #[brk_heap($($option = $value),+, stats = "counters")]
        static COUNTED: BrkHeap;
        Contestant { configuration: TIMED.config(), time: time::<TIMED>, count: count::<COUNTED> }
    }};
}

/// Every policy × order × index, and a policy of our own in each order.
macro_rules! contestants {
    ($($rest:ident = $value:tt),+) => {
        vec![
            contestants!(@ "first_fit", "address", "tree", $($rest = $value),+),
            contestants!(@ "first_fit", "address", "list", $($rest = $value),+),
            contestants!(@ "first_fit", "lifo", "list", $($rest = $value),+),
            contestants!(@ "first_fit", "fifo", "list", $($rest = $value),+),
            contestants!(@ "next_fit", "address", "tree", $($rest = $value),+),
            contestants!(@ "next_fit", "address", "list", $($rest = $value),+),
            contestants!(@ "next_fit", "lifo", "list", $($rest = $value),+),
            contestants!(@ "next_fit", "fifo", "list", $($rest = $value),+),
            contestants!(@ "best_fit", "address", "tree", $($rest = $value),+),
            contestants!(@ "best_fit", "address", "list", $($rest = $value),+),
            contestants!(@ "best_fit", "lifo", "list", $($rest = $value),+),
            contestants!(@ "best_fit", "fifo", "list", $($rest = $value),+),
            contestants!(@ "worst_fit", "address", "tree", $($rest = $value),+),
            contestants!(@ "worst_fit", "address", "list", $($rest = $value),+),
            contestants!(@ "worst_fit", "lifo", "list", $($rest = $value),+),
            contestants!(@ "worst_fit", "fifo", "list", $($rest = $value),+),
            contestant!(policy = "segregated_fit", order = "address", $($rest = $value),+),
            contestant!(policy = "segregated_fit", order = "lifo", $($rest = $value),+),
            contestant!(policy = "segregated_fit", order = "fifo", $($rest = $value),+),
            contestant!(policy = GoodEnough, order = "address", $($rest = $value),+),
            contestant!(policy = GoodEnough, order = "lifo", $($rest = $value),+),
            contestant!(policy = GoodEnough, order = "fifo", $($rest = $value),+),
        ]
    };
    (@ $policy:tt, $order:tt, $index:tt, $($rest:ident = $value:tt),+) => {
        contestant!(policy = $policy, order = $order, index = $index, $($rest = $value),+)
    };
}

/// All contestants that merge free neighbors as `coalesce` says.
pub(crate) fn contestants(coalesce: &str) -> Vec<Contestant> {
    match coalesce {
        "deferred" => contestants!(coalesce = "deferred", trim = "never"),
        "never" => contestants!(coalesce = "never"),
        _ => contestants!(coalesce = "immediate"),
    }
}

/// What one contestant made of one trace.
pub(crate) struct Figures {
    pub(crate) configuration: &'static Configuration,
    /// The farthest byte of the arena that ever was in a used chunk, from the first tag on.
    pub(crate) high_water: usize,
    /// How much that is more than the most bytes requested at a time, in percent.
    pub(crate) with_tags: f64,
    /// How much that is more than the most bytes of chunks at a time, in percent.
    pub(crate) without_tags: f64,
    pub(crate) searches: u64,
    pub(crate) visited_median: u32,
    pub(crate) visited_worst: u32,
    pub(crate) visited_mean: f64,
    /// The heap's own time per request.
    pub(crate) nanoseconds: f64,
}

/// Where all contestants replay a trace.
pub(crate) struct Field<'a> {
    recording: &'a Recording,
    runs: usize,
    /// Nothing but room: the bytes that all heaps lie over.
    room: Vec<u8>,
    objects: Objects,
    /// What a replay takes on a heap that does nothing.
    replay_alone: Duration,
}

impl<'a> Field<'a> {
    pub(crate) fn new(runs: usize, recording: &'a Recording) -> Result<Self, String> {
        let mut room = Vec::new();
        room.try_reserve_exact(FIELD).map_err(|_| "there is no room for a field of 1 GiB")?;
        let objects = Objects::with_capacity(recording.events.len());
        let mut field = Self { recording, runs, room, objects, replay_alone: Duration::ZERO };
        let alone =
            field.median(runs, Arena::lent, |events, objects, _| timed(events, objects, &Idle));
        field.replay_alone = alone.unwrap_or_default();
        Ok(field)
    }

    /// Replays the trace over `contestant`.
    #[expect(
        clippy::cast_precision_loss,
        reason = "bytes and counts of a trace are far below 2^53"
    )]
    pub(crate) fn play(&mut self, contestant: &Contestant) -> Result<Figures, String> {
        let Recording { name, events, peak_requested, peak_chunks } = self.recording;
        let configuration = contestant.configuration;
        let Configuration { policy, order, coalesce, .. } = configuration;
        let arena = if *coalesce == "deferred" { Arena::growing } else { Arena::lent };
        let exhausted = || format!("{name}: 1 GiB does not suffice for {policy}, {order}");
        let start = Instant::now();
        let stats = self.replay(arena, contestant.count).ok_or_else(exhausted)?;
        let runs = if start.elapsed() < PATIENCE { self.runs } else { 1 };
        let time = self.median(runs, arena, contestant.time).ok_or_else(exhausted)?;
        let time = time.saturating_sub(self.replay_alone);
        let operations = stats.operations.ok_or("a heap that does not count")?;
        // The first tag stands one word above the arena's base.
        let high_water = stats.high_water - size_of::<usize>();
        let waste = |peak: usize| (high_water as f64 / peak as f64 - 1.0) * 100.0;
        Ok(Figures {
            configuration,
            high_water,
            with_tags: waste(*peak_requested),
            without_tags: waste(*peak_chunks),
            searches: operations.searches,
            visited_median: operations.visited_median,
            visited_worst: operations.visited_max,
            visited_mean: operations.visited as f64 / operations.searches.max(1) as f64,
            nanoseconds: time.as_nanos() as f64 / events.len() as f64,
        })
    }

    fn median(
        &mut self,
        runs: usize,
        arena: MakeArena,
        time: Replay<Duration>,
    ) -> Option<Duration> {
        let times = (0..runs).map(|_| self.replay(arena, time));
        let mut times = times.collect::<Option<Vec<_>>>()?;
        times.sort_unstable();
        times.get(times.len() / 2).copied()
    }

    fn replay<T>(&mut self, arena: MakeArena, replay: Replay<T>) -> Option<T> {
        let room = self.room.spare_capacity_mut();
        // From the begin of a page, so that alignments up to a page cost every heap the same.
        let skipped = room.as_ptr().align_offset(PAGE);
        replay(&self.recording.events, &mut self.objects, arena(&mut room[skipped..]))
    }
}

/// What a contestant's arena is made of.
enum Arena<'a> {
    Lent(&'a mut [MaybeUninit<u8>]),
    Growing,
}

type MakeArena = fn(&mut [MaybeUninit<u8>]) -> Arena<'_>;

impl Arena<'_> {
    fn lent(room: &mut [MaybeUninit<u8>]) -> Arena<'_> {
        Arena::Lent(room)
    }

    fn growing(_: &mut [MaybeUninit<u8>]) -> Arena<'_> {
        Arena::Growing
    }
}

/// The time of a replay over a heap of the configuration `C`.
fn time<C: Config>(events: &[Event], objects: &mut Objects, arena: Arena<'_>) -> Option<Duration> {
    match arena {
        Arena::Lent(room) => timed(events, objects, &Heap::<C>::over(room)),
        Arena::Growing => timed(events, objects, &growing::<C>()?),
    }
}

/// The figures of a heap of the configuration `C` after a replay.
fn count<C: Config>(events: &[Event], objects: &mut Objects, arena: Arena<'_>) -> Option<Stats> {
    match arena {
        Arena::Lent(room) => counted(events, objects, &Heap::<C>::over(room)),
        Arena::Growing => counted(events, objects, &growing::<C>()?),
    }
}

/// A heap over a window of its own.
fn growing<C: Config>() -> Option<Heap<'static, C, Mmap>> {
    Heap::__of_source(64 << 10, FIELD)
}

fn timed(events: &[Event], objects: &mut Objects, heap: &impl Serve) -> Option<Duration> {
    let start = processor_time()?;
    let served = objects.replay(events, heap);
    let end = processor_time()?;
    objects.end(heap);
    served.then(|| end.saturating_sub(start))
}

/// What this thread has had of the processor: time in which others ran does not count.
fn processor_time() -> Option<Duration> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` has room for the answer.
    let code = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    let seconds = u64::try_from(time.tv_sec).ok().filter(|_| code == 0)?;
    Some(Duration::new(seconds, u32::try_from(time.tv_nsec).ok()?))
}

fn counted<C: Config, S: Source>(
    events: &[Event],
    objects: &mut Objects,
    heap: &Heap<'_, C, S>,
) -> Option<Stats> {
    let served = objects.replay(events, heap);
    let stats = heap.stats();
    assert_eq!(heap.check(), Ok(()), "before the objects end");
    objects.end(heap);
    assert_eq!((heap.check(), heap.stats().in_use), (Ok(()), 0), "after they have ended");
    served.then_some(stats)
}

/// What a trace is replayed over.
trait Serve {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>>;
    /// # Safety
    ///
    /// This heap handed `block` out, and it has not been freed since.
    unsafe fn free(&self, block: NonNull<u8>);
    /// # Safety
    ///
    /// This heap handed `block` out for `layout`, and it has not been freed since.
    unsafe fn resize(&self, block: NonNull<u8>, layout: Layout, size: usize)
    -> Option<NonNull<u8>>;
    /// Gives free memory back, as far as it is the system's.
    fn trim(&self);
}

impl<C: Config, S: Source> Serve for Heap<'_, C, S> {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        self.allocate(layout)
    }

    unsafe fn free(&self, block: NonNull<u8>) {
        // SAFETY: the caller vouches for the block.
        unsafe { self.deallocate(block) };
    }

    unsafe fn resize(
        &self,
        block: NonNull<u8>,
        layout: Layout,
        size: usize,
    ) -> Option<NonNull<u8>> {
        // SAFETY: the caller vouches for the block.
        unsafe { self.reallocate(block, layout, size) }
    }

    fn trim(&self) {
        self.__trim();
    }
}

/// A heap that does nothing: its blocks are all at one place, and nobody may use them.
struct Idle;

impl Serve for Idle {
    fn allocate(&self, _: Layout) -> Option<NonNull<u8>> {
        black_box(Some(NonNull::dangling()))
    }

    unsafe fn free(&self, block: NonNull<u8>) {
        black_box(block);
    }

    unsafe fn resize(&self, block: NonNull<u8>, _: Layout, _: usize) -> Option<NonNull<u8>> {
        black_box(Some(block))
    }

    fn trim(&self) {}
}

/// The objects of one replay, by number; `None` once they have ended.
///
/// # Invariant
///
/// They are those of one heap: [`replay`](Objects::replay) makes them, and [`end`](Objects::end) follows
/// with the same heap and leaves none.
struct Objects(Vec<Option<(NonNull<u8>, Layout)>>);

impl Objects {
    fn with_capacity(count: usize) -> Self {
        Self(Vec::with_capacity(count))
    }

    /// Asks `heap` for all that the program asked for; whether it served that.
    fn replay(&mut self, events: &[Event], heap: &impl Serve) -> bool {
        events.iter().all(|&event| self.step(event, heap).is_some())
    }

    #[inline]
    fn step(&mut self, event: Event, heap: &impl Serve) -> Option<()> {
        match event {
            Event::Allocate { size, align } => {
                let layout = Layout::from_size_align(size.max(1), align).ok()?;
                self.0.push(Some((heap.allocate(layout)?, layout)));
            }
            Event::Free { birth } => {
                let (block, _) = self.0[birth].take()?;
                // SAFETY: by the invariant it is this heap's, and it was just taken from the objects.
                unsafe { heap.free(block) };
            }
            Event::Reallocate { birth, size } => {
                let (block, layout) = self.0[birth]?;
                let after = Layout::from_size_align(size.max(1), layout.align()).ok()?;
                // SAFETY: by the invariant it is this heap's, of that layout, and it has not ended.
                let block = unsafe { heap.resize(block, layout, after.size()) }?;
                self.0[birth].take();
                self.0.push(Some((block, after)));
            }
        }
        Some(())
    }

    /// Frees what is left.
    fn end(&mut self, heap: &impl Serve) {
        for (block, _) in self.0.drain(..).flatten() {
            // SAFETY: by the invariant it is this heap's, and it is taken from the objects.
            unsafe { heap.free(block) };
        }
        heap.trim();
    }
}
