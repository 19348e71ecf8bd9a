//! Mappings that the system did not take back.
//!
//! ```text
//!   first ──► | next | bytes | zeros ……… |
//!                │
//!                └──► | next | bytes | zeros ……… |
//! ```
//!
//! A process may have only so many mappings. Linux refuses to unmap pages in the middle of a range if
//! that makes one too many of it. Such a mapping gives back its pages and waits here, until it serves a
//! request, or until the system takes it: the heap asks again after so many others went back, and when
//! it is trimmed. The first page of each stays, for the link.
//!
//! Nobody waits: who wants a mapping takes the whole list, and puts back what is left. Meanwhile others
//! find it empty. A fork meanwhile loses it in the child, and nothing else.

use crate::arena::counters::Tally;
use crate::sys::source::Source;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicPtr, Ordering};

/// After how many mappings that went back the heap asks for those that did not.
const PATIENCE: usize = 64;

/// How many of them a request looks at before it asks the system.
pub(super) const LOOKS: usize = 4;

/// What stands at the base of a mapping that waits.
#[derive(Clone, Copy)]
struct Node {
    next: *mut Node,
    bytes: usize,
    /// Whether all behind the node is zero.
    is_zero: bool,
}

/// The mappings of one heap that wait.
///
/// # Invariant
///
/// Who takes the first node owns all that follow: mappings of the heap's source that nobody else uses,
/// each with a node at its base.
pub(super) struct Kept {
    first: AtomicPtr<Node>,
    /// Mappings that went back while others waited.
    gone: Tally,
}

impl Kept {
    #[expect(clippy::declare_interior_mutable_const, reason = "where each list comes from")]
    pub(super) const NEW: Self = Self { first: AtomicPtr::new(ptr::null_mut()), gone: Tally::NEW };

    /// Unmaps `bytes` at `base`, or keeps them.
    ///
    /// # Safety
    ///
    /// They are a mapping of the heap's source `S` that nobody uses any more.
    pub(super) unsafe fn unmap<S: Source>(&self, base: NonNull<u8>, bytes: usize) {
        // SAFETY: the caller guarantees the mapping.
        if !unsafe { S::unmap(base, bytes) } {
            // SAFETY: it is still mapped, and nobody uses it.
            return unsafe { self.keep::<S>(base, bytes) };
        }
        if !self.is_empty() {
            self.gone.add(1);
            if self.gone.get() % PATIENCE == 0 {
                // SAFETY: the caller guarantees the source.
                unsafe { self.unmap_all::<S>() };
            }
        }
    }

    /// Asks the system once more for every mapping.
    ///
    /// # Safety
    ///
    /// `S` is the heap's source.
    pub(super) unsafe fn unmap_all<S: Source>(&self) {
        let mut rest = self.take_all();
        while let Some(base) = NonNull::new(rest) {
            // SAFETY: by the invariant a node stands there.
            let node = unsafe { base.read() };
            rest = node.next;
            // SAFETY: by the invariant it is a mapping of the source that nobody uses.
            if !unsafe { S::unmap(base.cast(), node.bytes) } {
                // SAFETY: by the invariant the node is this thread's.
                unsafe { base.write(Node { next: ptr::null_mut(), ..node }) };
                self.put(base.as_ptr());
            }
        }
    }

    /// Takes a mapping of at least `bytes`, all zero, among the first `looks`. Returns its base and its
    /// size.
    pub(super) fn take(&self, bytes: usize, looks: usize) -> Option<(NonNull<u8>, usize)> {
        let first = self.take_all();
        let (mut place, mut before) = (NonNull::new(first)?, None::<(NonNull<Node>, Node)>);
        for _ in 0..looks {
            // SAFETY: by the invariant a node stands there.
            let node = unsafe { place.read() };
            if bytes <= node.bytes {
                self.put_without(first, before, node.next);
                let written = if node.is_zero { size_of::<Node>() } else { node.bytes };
                // SAFETY: by the invariant the mapping has these bytes, and nobody uses them.
                unsafe { place.cast::<u8>().write_bytes(0, written) };
                return Some((place.cast(), node.bytes));
            }
            let Some(next) = NonNull::new(node.next) else { break };
            (before, place) = (Some((place, node)), next);
        }
        self.put(first);
        None
    }

    /// Puts back a list without the node behind `before`, or without its first, whose follower is `next`.
    fn put_without(
        &self,
        first: *mut Node,
        before: Option<(NonNull<Node>, Node)>,
        next: *mut Node,
    ) {
        let mut first = first;
        match before {
            // SAFETY: by the invariant the node is this thread's, which took the list.
            Some((before, node)) => unsafe { before.write(Node { next, ..node }) },
            None => first = next,
        }
        self.put(first);
    }

    /// Keeps a mapping, and gives back its pages.
    ///
    /// # Safety
    ///
    /// As for [`unmap`](Kept::unmap).
    #[cold]
    unsafe fn keep<S: Source>(&self, base: NonNull<u8>, bytes: usize) {
        // SAFETY: the caller guarantees the mapping.
        let is_zero = unsafe { S::clear(base, bytes) };
        let node = base.cast::<Node>();
        // SAFETY: a mapping begins at a page and has one at least, and nobody uses it.
        unsafe { node.write(Node { next: ptr::null_mut(), bytes, is_zero }) };
        self.put(node.as_ptr());
    }

    #[inline]
    fn is_empty(&self) -> bool {
        self.first.load(Ordering::Relaxed).is_null()
    }

    /// Takes all nodes, and returns the first.
    #[inline]
    fn take_all(&self) -> *mut Node {
        if self.is_empty() {
            return ptr::null_mut();
        }
        #[cfg(target_has_atomic = "ptr")]
        let first = self.first.swap(ptr::null_mut(), Ordering::Acquire);
        #[cfg(not(target_has_atomic = "ptr"))]
        let first = ptr::null_mut();
        first
    }

    /// Puts the nodes from `first` on, which this thread owns, before all others.
    fn put(&self, first: *mut Node) {
        let Some(first) = NonNull::new(first) else { return };
        // Where nothing exchanges pointers, no system maps memory either.
        #[cfg(target_has_atomic = "ptr")]
        while self.is_refused(first) {
            // Others have put some back meanwhile: they come behind the last of these.
            let others = self.take_all();
            let mut last = first;
            loop {
                // SAFETY: by the invariant a node stands there, and is this thread's.
                let node = unsafe { last.read() };
                let Some(next) = NonNull::new(node.next) else {
                    // SAFETY: as for the reading.
                    unsafe { last.write(Node { next: others, ..node }) };
                    break;
                };
                last = next;
            }
        }
        #[cfg(not(target_has_atomic = "ptr"))]
        let _ = (self, first);
    }

    /// Puts `first` into the empty list. Returns whether it was not empty.
    #[cfg(target_has_atomic = "ptr")]
    fn is_refused(&self, first: NonNull<Node>) -> bool {
        let (empty, order) = (ptr::null_mut(), Ordering::Release);
        self.first.compare_exchange(empty, first.as_ptr(), order, Ordering::Relaxed).is_err()
    }
}
