//! A heap whose memory the program finds at run time, and hands over once.
//!
//! ```text
//!   no memory ── init(bytes) ─► open, for ever        a request before is refused: null
//!       ^            │
//!       └── refused ─┴─► the bytes come back: too few, or the heap has some already
//! ```

use super::brk_heap::BrkHeap;
use super::config::Config;
use crate::layers::Layer as _;
use crate::sys::source::{Slice, Source};
use core::fmt;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

/// The sources of heaps that [`BrkHeap::init`] gives their memory.
#[diagnostic::on_unimplemented(
    message = "`init` gives memory to a heap with `source = \"slice\"`, and this one has the source `{Self}`",
    label = "this heap has another source",
    note = "write `source = \"slice\"` in the attribute, or remove the call: the heap gets its memory by itself"
)]
pub trait Initialized: Source {}

#[diagnostic::do_not_recommend]
impl Initialized for Slice {}

impl<C: Config> BrkHeap<C> {
    /// Gives a heap with `source = "slice"` its memory, once.
    ///
    /// Until then, every request is refused. The heap uses `limit` bytes of them at most; one word at
    /// each end, and what alignment skips, is its own.
    ///
    /// ```
    /// use brkalloc::{BrkHeap, brk_heap};
    /// use core::alloc::{GlobalAlloc as _, Layout};
    ///
    /// #[brk_heap(source = "slice")]
    /// static HEAP: BrkHeap;
    ///
    /// let memory = Box::leak(Box::new_uninit_slice(64 << 10));
    /// HEAP.init(memory).expect("64 KiB are enough, and the heap has none yet");
    /// // SAFETY: the layout has bytes.
    /// assert!(!unsafe { HEAP.alloc(Layout::new::<u64>()) }.is_null());
    /// ```
    ///
    /// # Errors
    ///
    /// The heap has memory already, or the bytes are too few for one chunk, or `self` is not the static
    /// of its configuration. The error has the bytes; the heap is as it was.
    pub fn init(&self, bytes: &'static mut [MaybeUninit<u8>]) -> Result<(), InitError>
    where
        C::Source: Initialized,
    {
        let (base, length) = (NonNull::from(&mut *bytes).cast(), bytes.len());
        let mut why = Refusal::Copy;
        let opened = self.stack.base().open_by(|chunks| {
            why = if chunks.is_open() { Refusal::Initialized } else { Refusal::Few };
            // SAFETY: the bytes are borrowed for ever, and `bytes` is used no more if the heap opens. It
            // is not open, and this source does not grow.
            !chunks.is_open() && unsafe { chunks.open_over(base, length, C::LIMIT) }
        });
        if opened { Ok(()) } else { Err(InitError { bytes, why }) }
    }
}

/// Why [`BrkHeap::init`] refused memory.
pub struct InitError {
    bytes: &'static mut [MaybeUninit<u8>],
    why: Refusal,
}

/// The reason.
#[derive(Clone, Copy, Debug)]
enum Refusal {
    /// The heap has memory.
    Initialized,
    /// No chunk fits.
    Few,
    /// The value is not the static.
    Copy,
}

impl InitError {
    /// Returns the bytes that were refused.
    #[must_use]
    pub fn into_bytes(self) -> &'static mut [MaybeUninit<u8>] {
        self.bytes
    }

    const fn text(&self) -> &'static str {
        match self.why {
            Refusal::Initialized => "the heap has its memory already; `init` gives it once",
            Refusal::Few => "too few bytes for one chunk; give the heap 256 or more",
            Refusal::Copy => "only the static below `#[brk_heap]` takes memory, and this is a copy",
        }
    }
}

impl fmt::Display for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl fmt::Debug for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InitError").field("why", &self.text()).finish_non_exhaustive()
    }
}

impl core::error::Error for InitError {}
