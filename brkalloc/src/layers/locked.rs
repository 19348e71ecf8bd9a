//! The lowest layer of a static heap: the arena behind its lock.
//!
//! ```text
//!   request ─► lock ─► index, top, growth ─► unlock ─► payload, or none
//!                └ no memory yet: open the window, register for forks, try again
//! ```
//!
//! A heap has no memory until its first allocation, so the static is zeros and empty indexes. The
//! fast path needs no branch for this: a heap without memory has nothing free.

use super::quarantine::{Quarantine, Queue};
use super::{Base, Layer, Params, Resized, cleared};
use crate::arena::SMALL;
use crate::arena::chunk;
use crate::arena::counters::Counters;
use crate::arena::heap::RawHeap;
use crate::arena::index::{Operations, Request};
use crate::sys::fork::{self, Fork, Held, Hold, Survives};
use crate::sys::lock::{Guarded, Lock};
use crate::sys::source::Source;
use core::alloc::Layout;
use core::ptr::NonNull;

/// The arena, and the state that the layers above keep beside it.
pub struct Locked<C: Params> {
    shared: Guarded<C::Lock, Shared<C>>,
    /// State that threads use without the lock.
    pub(super) aside: C::Aside,
    /// The heap's entry in the list of heaps locked across `fork`.
    link: <C::Lock as Lock>::Link,
}

/// The state that the lock guards.
pub(crate) struct Shared<C: Params> {
    pub(super) chunks: RawHeap<C, C::Source>,
    pub(super) depot: C::Depot,
    pub(super) quarantine: C::Quarantine,
}

impl<C: Params> Survives for Shared<C> {
    fn forked(&mut self, fork: Fork) {
        self.depot.forked(fork);
    }
}

impl<C: Params> Shared<C> {
    /// Calls `f`, as the holder of the lock, and counts how long that takes.
    #[inline(always)]
    fn counted<R>(&mut self, f: impl FnOnce(&mut Self) -> R) -> R {
        let taken = C::Counters::taken();
        let result = f(self);
        self.chunks.counters().held(taken);
        result
    }
}

/// State that a layer above keeps here.
pub trait Extra {
    /// The state of a heap that is not open.
    const NEW: Self;

    /// Prepares for the window that opens at `base`.
    ///
    /// # Safety
    ///
    /// It is the base of the window beside which this stands. The lock is held, and no other call
    /// has come before.
    unsafe fn open(&self, _base: *mut u8) {}

    /// Takes the locks of this state, which are behind the heap's, for a fork.
    ///
    /// # Safety
    ///
    /// As for [`Lock::lock`].
    unsafe fn lock(&self) {}

    /// Releases these locks.
    ///
    /// # Safety
    ///
    /// The caller holds them.
    unsafe fn unlock(&self) {}

    /// The child of a fork has this state and one thread.
    fn forked(&mut self, _fork: Fork) {}
}

/// Nothing.
impl Extra for () {
    const NEW: Self = ();
}

// SAFETY: who holds a lock of the state beside waits for no other, so each lock comes in its time.
unsafe impl<C: Params> Held for Locked<C> {
    unsafe fn lock(&self) {
        // SAFETY: the caller guarantees it.
        unsafe { Guarded::lock(&self.shared) };
        // SAFETY: likewise.
        unsafe { self.aside.lock() };
    }

    unsafe fn unlock(&self) {
        // SAFETY: the caller holds all locks.
        unsafe { self.aside.unlock() };
        // SAFETY: likewise; and it has no reference to the value.
        unsafe { Guarded::unlock(&self.shared) };
    }

    unsafe fn forked(&self, fork: Fork) {
        // SAFETY: the caller holds the lock, and has no reference to the value.
        unsafe { Held::forked(&self.shared, fork) };
    }
}

impl<C: Params> Locked<C> {
    /// Calls `f` under the lock.
    #[inline(always)]
    pub(super) fn with<R>(&self, f: impl FnOnce(&mut Shared<C>) -> R) -> R {
        if C::Counters::COUNTS {
            return at_hand(self).shared.with(|shared| shared.counted(f));
        }
        at_hand(self).shared.with(f)
    }

    /// Calls `f` under the lock, as [`with`](Locked::with) does.
    ///
    /// # Safety
    ///
    /// `f` runs the crate's own code only, and the searches of the index.
    #[inline(always)]
    unsafe fn with_own<R>(&self, f: impl FnOnce(&mut Shared<C>) -> R) -> R {
        if <C::Index as Operations>::RUNS_OTHERS {
            return self.with(f);
        }
        if C::Counters::COUNTS {
            // SAFETY: the caller guarantees it, and a search runs nothing else. To count reads the
            // system's clock, which calls nothing of the program.
            return unsafe { at_hand(self).shared.with_own(|shared| shared.counted(f)) };
        }
        // SAFETY: the caller guarantees it, and a search runs nothing else.
        unsafe { at_hand(self).shared.with_own(f) }
    }

    /// Runs `operation` under the lock. If it finds nothing because the heap has no memory yet,
    /// opens the heap and runs `again`.
    ///
    /// # Safety
    ///
    /// `operation` runs the crate's own code only, and the searches of the index.
    #[inline(always)]
    pub(super) unsafe fn opened<R>(
        &self,
        operation: impl FnOnce(&mut Shared<C>) -> Option<R>,
        again: impl FnOnce() -> Option<R>,
    ) -> Option<R> {
        let operation =
            |shared: &mut Shared<C>| operation(shared).ok_or_else(|| shared.chunks.is_open());
        // SAFETY: the caller guarantees it.
        match unsafe { self.with_own(operation) } {
            Ok(served) => Some(served),
            Err(was_open) if was_open || !self.open() => None,
            Err(_) => again(),
        }
    }

    /// Opens the window unless another thread already has. Returns whether the heap has memory now.
    #[cold]
    #[inline(never)]
    fn open(&self) -> bool {
        self.open_by(|chunks| chunks.is_open() || chunks.open_window(C::ARENA, C::LIMIT))
    }

    /// Opens the heap, which may be open, by a function that says whether it did. Returns whether it did, and
    /// this is the heap of its configuration.
    pub(crate) fn open_by(&self, open: impl FnOnce(&mut RawHeap<C, C::Source>) -> bool) -> bool {
        let home = C::base();
        if !core::ptr::eq(self, home) {
            return false;
        }
        // Before the heap has any state to lose, and with no lock held: the system may allocate
        // here.
        if C::IS_MALLOC {
            fork::hold_streams();
        }
        home.link.hold(home);
        let open = |shared: &mut Shared<C>| {
            let was_open = shared.chunks.is_open();
            let opened = open(&mut shared.chunks);
            if opened && !was_open {
                // SAFETY: it is the base of this heap's window, which has just opened, under the lock.
                unsafe { home.aside.open(shared.chunks.base()) };
            }
            opened
        };
        if <C::Source as Source>::RUNS_OTHERS {
            return home.with(open);
        }
        // SAFETY: the source runs nothing else, and neither do the two functions of the crate that open.
        unsafe { home.with_own(open) }
    }

    /// Allocates a block. On failure returns `None` and leaves the heap unchanged.
    #[inline(never)]
    pub(super) fn serve(&self, request: Request) -> Option<NonNull<u8>> {
        let again = || again(|| self.serve(request));
        // SAFETY: the arena runs nothing else.
        unsafe { self.opened(|shared| shared.chunks.allocate(request), again) }
    }

    /// Allocates a block. Also returns how many of its first bytes may be nonzero.
    #[inline]
    fn serve_zeroed(&self, request: Request) -> Option<(NonNull<u8>, usize)> {
        let again = || again(|| self.serve_zeroed(request));
        // SAFETY: the arena runs nothing else.
        unsafe { self.opened(|shared| shared.chunks.allocate_zeroed(request), again) }
    }

    /// Returns the block itself where it has been resized in place.
    ///
    /// # Safety
    ///
    /// As for [`Layer::resize`].
    #[inline(never)]
    unsafe fn resize_or_serve(&self, block: NonNull<u8>, request: Request) -> Option<NonNull<u8>> {
        if SMALL {
            // `serve` has the one copy of what allocates, and takes the lock anew.
            // SAFETY: the caller guarantees that the block is in use.
            let resize = |shared: &mut Shared<C>| unsafe { shared.chunks.resize(block, request) };
            // SAFETY: the arena runs nothing else.
            return if unsafe { self.with_own(resize) } {
                Some(block)
            } else {
                self.serve(request)
            };
        }
        let resize = |Shared { chunks, .. }: &mut Shared<C>| {
            // SAFETY: the caller guarantees that the block is in use.
            if unsafe { chunks.resize(block, request) } {
                return Some(block);
            }
            chunks.allocate_instead(request)
        };
        // SAFETY: the arena runs nothing else.
        unsafe { self.with_own(resize) }
    }

    /// # Safety
    ///
    /// As for [`Layer::free`].
    #[inline(never)]
    pub(super) unsafe fn release(&self, block: NonNull<u8>) {
        let free = |shared: &mut Shared<C>| {
            // SAFETY: the caller guarantees that the block is in use.
            unsafe { shared.chunks.free(block) }
        };
        // SAFETY: the arena runs nothing else.
        unsafe { self.with_own(free) };
    }
}

/// Returns the heap, by an address that is in a register.
///
/// A linker that optimizes a whole program knows the static, and then takes each of its words apart:
/// on a microcontroller, eight bytes of code for an address at each use.
#[cfg(all(target_os = "none", any(target_arch = "arm", target_arch = "riscv32")))]
#[expect(clippy::pointers_in_nomem_asm_block, reason = "it goes through, and nothing is read")]
#[inline(always)]
fn at_hand<T>(heap: &T) -> &T {
    let mut address: *const T = heap;
    // SAFETY: there is no instruction, so the address stays what it is.
    unsafe {
        core::arch::asm!(
            "/* {} */",
            inout(reg) address,
            options(pure, nomem, nostack, preserves_flags)
        );
    }
    // SAFETY: it is the address of the reference.
    unsafe { &*address }
}

/// Returns the heap.
#[cfg(not(all(target_os = "none", any(target_arch = "arm", target_arch = "riscv32"))))]
#[inline(always)]
fn at_hand<T>(heap: &T) -> &T {
    heap
}

/// Runs `operation`, which happens at most once for a heap, out of line.
#[cold]
#[inline(never)]
fn again<R>(operation: impl FnOnce() -> R) -> R {
    operation()
}

// SAFETY: a block is the payload of one chunk of the heap's own window until it is freed. Code that
// could unwind ends the process instead.
unsafe impl<C: Params> Layer for Locked<C> {
    type Params = C;
    type Base = Self;
    const NEW: Self = Self {
        shared: Guarded::new(
            C::LOCK,
            Shared {
                chunks: RawHeap::CLOSED,
                depot: <C::Depot as Extra>::NEW,
                quarantine: C::Quarantine::NEW,
            },
        ),
        aside: <C::Aside as Extra>::NEW,
        link: <C::Lock as Lock>::Link::NEW,
    };

    #[inline]
    fn base(&self) -> &Self {
        self
    }

    #[inline]
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        self.serve(Request::of(layout)?)
    }

    #[inline]
    fn allocate_zeroed(&self, layout: Layout) -> Option<NonNull<u8>> {
        let served = self.serve_zeroed(Request::of(layout)?);
        // SAFETY: the block is new, and has the layout's bytes.
        unsafe { cleared(served, layout.size()) }
    }

    #[inline]
    unsafe fn free(&self, block: NonNull<u8>, layout: Option<Layout>) {
        if let Some(layout) = layout {
            chunk::fetch_above(block.as_ptr(), layout.size());
        }
        // SAFETY: the caller guarantees that the block is in use.
        unsafe { self.release(block) };
    }

    #[inline]
    unsafe fn resize(
        &self,
        block: NonNull<u8>,
        layout: Option<Layout>,
        wanted: Layout,
    ) -> Option<Resized> {
        let request = Request::of(wanted)?;
        if let Some(layout) = layout {
            chunk::fetch_above(block.as_ptr(), layout.size());
        }
        // SAFETY: the caller guarantees that the block is in use.
        let place = unsafe { self.resize_or_serve(block, request) }?;
        // A block in use overlaps no other.
        let is_same = place == block;
        Some(if is_same { Resized::InPlace(place) } else { Resized::Elsewhere(place) })
    }

    unsafe fn usable_size(&self, block: NonNull<u8>, _: Option<Layout>) -> usize {
        // SAFETY: the caller guarantees that the block is in use.
        self.with(|shared| unsafe { shared.chunks.usable_size(block) })
    }
}

impl<C: Params> Base for Locked<C> {
    type Params = C;
    type Source = C::Source;

    fn chunks<R>(&self, f: impl FnOnce(&mut RawHeap<C, C::Source>) -> R) -> R {
        self.with(|shared| f(&mut shared.chunks))
    }

    fn is_home(&self) -> bool {
        core::ptr::eq(self, C::base())
    }

    fn queue<R>(&self, f: impl FnOnce(&mut Queue) -> R) -> Option<R> {
        self.with(|shared| shared.quarantine.queue().map(f))
    }
}
