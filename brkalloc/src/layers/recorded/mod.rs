//! Every request of a heap with `record = "PATH"` goes to a file, and then to the layers below.
//!
//! This layer is the highest, so that it sees what users ask for: a block that moves is one
//! reallocation. It stands in every heap, because a type cannot depend on a path; without the
//! option it has no recorder, and the compiler sees that nothing is left of it.

#[cfg(not(all(target_os = "linux", target_has_atomic = "64")))]
mod absent;
#[cfg(all(target_os = "linux", target_has_atomic = "64"))]
mod recorder;

use crate::arena::check::Corruption;
use crate::arena::stats::Stats;
use crate::layers::{Layer, Params, Resized};
#[cfg(not(all(target_os = "linux", target_has_atomic = "64")))]
pub use absent::Recorder;
use core::alloc::Layout;
use core::ptr::NonNull;
#[cfg(all(target_os = "linux", target_has_atomic = "64"))]
pub use recorder::Recorder;

/// `L`, recorded if the configuration has a recorder.
pub(crate) struct Recording<L>(L);

impl<L: Layer> Recording<L> {
    #[inline]
    fn recorder() -> Option<&'static Recorder> {
        <L::Params as Params>::recorder()
    }

    #[inline]
    fn recorded(block: Option<NonNull<u8>>, layout: Layout, zeroed: bool) -> Option<NonNull<u8>> {
        if let (Some(recorder), Some(block)) = (Self::recorder(), block) {
            recorder.allocated(block.addr().get(), layout.size(), layout.align(), zeroed);
        }
        block
    }
}

// SAFETY: blocks are those of the layer below.
unsafe impl<L: Layer> Layer for Recording<L> {
    type Params = L::Params;
    type Base = L::Base;
    const NEW: Self = Self(L::NEW);

    #[inline]
    fn base(&self) -> &L::Base {
        self.0.base()
    }

    #[inline]
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        Self::recorded(self.0.allocate(layout), layout, false)
    }

    #[inline]
    fn allocate_zeroed(&self, layout: Layout) -> Option<NonNull<u8>> {
        Self::recorded(self.0.allocate_zeroed(layout), layout, true)
    }

    #[inline]
    unsafe fn free(&self, block: NonNull<u8>, layout: Option<Layout>) {
        if let Some(recorder) = Self::recorder() {
            recorder.frees(block.addr().get());
        }
        // SAFETY: the caller guarantees that the block is in use.
        unsafe { self.0.free(block, layout) };
    }

    #[inline]
    unsafe fn resize(
        &self,
        block: NonNull<u8>,
        layout: Option<Layout>,
        wanted: Layout,
    ) -> Option<Resized> {
        let Some(recorder) = Self::recorder() else {
            // SAFETY: the caller guarantees that the block is in use.
            return unsafe { self.0.resize(block, layout, wanted) };
        };
        recorder.resizes(block.addr().get());
        // SAFETY: the caller guarantees that the block is in use.
        let resized = unsafe { self.0.resize(block, layout, wanted) };
        let place = match &resized {
            Some(Resized::InPlace(block) | Resized::Elsewhere(block)) => block.addr().get(),
            None => 0,
        };
        // A size of 0 would say that the block was freed.
        recorder.resized(place, wanted.size().max(1), wanted.align());
        resized
    }

    #[inline]
    unsafe fn usable_size(&self, block: NonNull<u8>, layout: Option<Layout>) -> usize {
        // SAFETY: the caller guarantees that the block is in use.
        unsafe { self.0.usable_size(block, layout) }
    }

    fn check(&self) -> Result<(), Corruption> {
        self.0.check()
    }

    fn flush(&self) {
        self.0.flush();
    }

    fn figures(&self, stats: &mut Stats) {
        self.0.figures(stats);
    }
}
