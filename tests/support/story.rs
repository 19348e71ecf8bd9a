//! A story of operations on a heap over the tests' system, told once for each call of it, which is refused.

use crate::machine::{machine, restart};
use brkalloc::__private::{Coalesce, Config, Large, ThreadCache};
use brkalloc::{BrkHeap, Origin};
use brkalloc_harness::pattern::Block;
use brkalloc_harness::random::Random;
use core::alloc::{GlobalAlloc, Layout};
use core::any::Any;
use core::cell::Cell;
use core::ops::Range;
use core::ptr::NonNull;

thread_local! {
    /// The heap that the thread's configurations mean.
    static HEAP: Cell<Option<&'static dyn Any>> = const { Cell::new(None) };
    /// What this thread keeps of it, if it keeps anything.
    static CACHE: Cell<Option<&'static dyn Any>> = const { Cell::new(None) };
}

/// The heap of the story that is told.
pub(crate) fn heap<C: Config>() -> &'static BrkHeap<C> {
    let heap = HEAP.get().expect("the story's heap is known");
    heap.downcast_ref().expect("the story's heap has this configuration")
}

/// What this thread keeps of that heap.
pub(crate) fn cache<C: Config>() -> &'static ThreadCache<C> {
    let cache = CACHE.get().expect("the story's cache is known");
    cache.downcast_ref().expect("the story's cache has this configuration")
}

/// One story: operations from a seed on a heap, each of which may meet a refusal.
pub(crate) struct Story<C: Config> {
    pub(crate) heap: &'static BrkHeap<C>,
    random: Random,
    blocks: Vec<Block>,
    /// Whether nothing else is refused right behind a refused call.
    grants_at_once: bool,
    pub(crate) refusals: usize,
}

impl<C: Config> Story<C> {
    pub(crate) fn new(seed: u64, refuse: Range<usize>) -> Self {
        let grants_at_once = refuse.len() <= 1;
        restart(refuse);
        let heap: &'static BrkHeap<C> = Box::leak(Box::new(BrkHeap::__new()));
        HEAP.set(Some(heap));
        let cache: &'static ThreadCache<C> = Box::leak(Box::new(ThreadCache::new()));
        CACHE.set(Some(cache));
        Self { heap, random: Random(seed), blocks: Vec::new(), grants_at_once, refusals: 0 }
    }

    pub(crate) fn run(mut self, steps: usize) -> Self {
        for _ in 0..steps {
            match self.random.below(16) {
                0..7 => self.allocate(false),
                7 | 8 => self.allocate(true),
                9..12 => self.reallocate(),
                12..15 => self.free(),
                _ => self.drain(),
            }
        }
        self.end()
    }

    fn layout(&mut self) -> Layout {
        let seldom = if C::Large::LEAST.is_some() { 2 } else { 8 };
        let most = if self.random.below(seldom) == 0 { 100_000 } else { 3000 };
        let size = self.random.size(most);
        let align = 1 << if self.random.below(8) == 0 { self.random.below(14) } else { 3 };
        Layout::from_size_align(size, align).expect("both are small")
    }

    /// Does `attempt` until it is granted; while it is not, all must be as it was.
    fn insist(&mut self, mut attempt: impl FnMut(&BrkHeap<C>) -> *mut u8) -> NonNull<u8> {
        loop {
            let refused = machine(|machine| machine.refused);
            if let Some(place) = NonNull::new(attempt(self.heap)) {
                return place;
            }
            assert!(refused < machine(|machine| machine.refused), "null, and nothing was refused");
            self.refusals += 1;
            assert!(!self.grants_at_once || self.refusals == 1, "a lone refusal is felt once");
            self.is_whole();
        }
    }

    fn allocate(&mut self, zeroed: bool) {
        let layout = self.layout();
        let place = self.insist(|heap| {
            if zeroed {
                // SAFETY: the layout has a size.
                unsafe { heap.alloc_zeroed(layout) }
            } else {
                // SAFETY: the layout has a size.
                unsafe { heap.alloc(layout) }
            }
        });
        if zeroed {
            // SAFETY: the heap handed these bytes out just now, all of them written.
            let bytes = unsafe { core::slice::from_raw_parts(place.as_ptr(), layout.size()) };
            assert!(bytes.iter().all(|byte| *byte == 0), "alloc_zeroed is zero");
        }
        let seed = self.seed();
        // SAFETY: the heap handed the bytes out just now.
        self.blocks.push(unsafe { Block::fill(place, layout, seed) });
    }

    fn reallocate(&mut self) {
        if self.blocks.is_empty() {
            return;
        }
        let which = self.random.below(self.blocks.len());
        let mut block = self.blocks.swap_remove(which);
        let (old, place) = (block.layout, block.place);
        let size = self.layout().size();
        let moved = self.insist(|heap| {
            block.verify();
            // SAFETY: the heap handed the block out for `old`, and while this answers null it is in use.
            unsafe { heap.realloc(place.as_ptr(), old, size) }
        });
        // SAFETY: the heap handed the bytes out just now.
        self.blocks.push(unsafe { block.moved(moved, size) });
    }

    fn free(&mut self) {
        if self.blocks.is_empty() {
            return;
        }
        let which = self.random.below(self.blocks.len());
        self.release(which);
    }

    fn release(&mut self, which: usize) {
        let mut block = self.blocks.swap_remove(which);
        block.verify();
        // SAFETY: the heap handed the block out, and it is not used any more.
        unsafe { self.heap.dealloc(block.place.as_ptr(), block.layout) };
    }

    /// Frees most of what there is, so that the top is trimmed, and asks for a trim as well.
    fn drain(&mut self) {
        while 3 < self.blocks.len() {
            self.release(self.blocks.len() - 1);
        }
        self.heap.trim();
        self.is_whole();
    }

    fn seed(&mut self) -> u8 {
        self.random.number().to_le_bytes()[0]
    }

    /// Nothing is lost: every block is what it was, and the heap is sound.
    fn is_whole(&mut self) {
        assert_eq!(self.heap.check(), Ok(()));
        self.blocks.iter_mut().for_each(Block::verify);
    }

    /// All is freed, and all of it can be had again.
    fn end(mut self) -> Self {
        self.is_whole();
        while !self.blocks.is_empty() {
            self.free();
        }
        self.heap.trim();
        // Until the system refuses no more, and takes back every mapping.
        for _ in 0..8 {
            if machine(|machine| !machine.mapped.is_empty()) {
                self.heap.trim();
            }
        }
        assert_eq!(self.heap.check(), Ok(()));
        let stats = self.heap.stats();
        assert_eq!(stats.in_use, 0);
        assert_eq!(stats.free, (stats.committed - 16) / 16 * 16, "every byte is in a free chunk");
        assert_eq!(stats.mapped.unwrap_or(0), 0);
        let layout = Layout::from_size_align(stats.free - 8, 8).expect("it is small");
        if C::Coalesce::MERGES && C::Large::LEAST.is_none_or(|least| layout.size() < least) {
            let place = self.insist(|heap| {
                // SAFETY: the layout has a size.
                unsafe { heap.alloc(layout) }
            });
            // SAFETY: the heap handed it out just now.
            unsafe { self.heap.dealloc(place.as_ptr(), layout) };
            assert_eq!(self.heap.stats().committed, stats.committed, "that took no growth");
        }
        self
    }
}

/// What the machine has lent after a story.
fn lent(origin: Option<Origin>) -> usize {
    machine(|machine| {
        let is_break = origin == Some(Origin::Break);
        assert_eq!(0 < machine.room, is_break, "room behind the break is a window's, or nobody's");
        machine.reserved.len() + machine.mapped.len() + usize::from(is_break)
    })
}

/// Tells the story with every call of the system refused in turn; how many refusals were felt.
pub(crate) fn refuse_every_call<C: Config>(steps: usize) -> usize {
    let tell = |refuse| {
        let story = Story::<C>::new(1, refuse).run(steps);
        (story.refusals, lent(story.heap.stats().origin))
    };
    let (_, undisturbed) = tell(0..0);
    let calls = machine(|machine| machine.calls);
    assert!(20 < calls, "the story asks the system often enough: {calls}");
    let resized = machine(|machine| machine.resized);
    assert!(0 < resized || C::Large::LEAST.is_none(), "mappings change size");
    let mut felt = 0;
    for which in 1..=calls {
        for refuse in [which..which + 1, which..which + 7] {
            let (refusals, lent) = tell(refuse);
            assert!(lent <= undisturbed, "{lent} reservations are left, and not {undisturbed}");
            felt += refusals;
        }
    }
    // Few are: a window that is refused much asks for less, and a mapping that is refused is a chunk.
    assert!(calls / 32 < felt, "refusals are felt: {felt} of {calls} calls");
    felt
}
