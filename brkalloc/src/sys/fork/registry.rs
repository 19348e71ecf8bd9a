//! The registry: a list of all heaps that are locked across `fork`, and the handlers that lock
//! them.
//!
//! ```text
//!   REGISTRY -> youngest heap -> … -> oldest heap -> none
//!
//!   prepare:        lock the C library's streams, REGISTRY, the heaps from the youngest to the oldest
//!   parent, child:  unlock the heaps, REGISTRY, then the streams; the child first tells each heap
//!                   that the other threads are gone
//! ```
//!
//! The child of a fork has one thread. If another thread were inside a heap at that moment, the
//! child's copy would stay half changed and locked for ever. So the handlers of `pthread_atfork`
//! take all locks first. A heap embeds its [`Link`] of the list and never leaves it: heaps are
//! statics.
//!
//! Deadlocks: registering takes the registry's lock while it holds no other, and releases it before
//! it calls the system, so a fork that holds the registry waits for nobody who waits for it. A fork
//! takes the registry before any heap's lock, so there is one fork at a time. Before the registry
//! it takes the lock that [`streams`] knows, because it would wait for that lock later. A thread
//! that holds a younger heap may wait for an older one (a walk over the chunks of one whose closure
//! allocates from the global one), and `prepare` uses the same order. This leaves walks whose
//! closures use a younger heap, or are the first ever to use one: these can deadlock with a fork,
//! as two such walks can with each other.
//!
//! A heap registers at its first allocation, which for the global allocator is before `main`. So
//! these handlers are among the first, which `fork` calls last before and first after, and handlers
//! of others may still allocate. Three cases remain unsolved. A fork from within a heap's own
//! operation waits for itself. `vfork` and `posix_spawn` run no handlers, and need none. A thread
//! beside the fork may hold a lock that `fork` takes afterwards, and allocate from a heap that is
//! C's `malloc`: when glibc's table of handlers has to grow, or its name service reads its
//! configuration.

#[cfg(all(target_os = "linux", target_env = "gnu", not(target_feature = "crt-static")))]
use super::streams;
use super::{Fork, Held, Hold};
use crate::sys::lock::{Guarded, OsLock};
use crate::sys::thread::{self, Thread};
use core::cell::UnsafeCell;
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};

/// A heap's place in the list.
///
/// # Invariant
///
/// Both fields are only accessed under the registry's lock. `heap` is none until the link is in the
/// list, and from then on neither changes.
pub struct Link {
    heap: UnsafeCell<Option<&'static dyn Held>>,
    next: UnsafeCell<Option<&'static Link>>,
}

// SAFETY: by the invariant, no two threads access it at a time; the heap that it refers to is
// `Sync`.
unsafe impl Sync for Link {}

impl Hold for Link {
    const NEW: Self = Self { heap: UnsafeCell::new(None), next: UnsafeCell::new(None) };

    /// If the system refuses the handlers, for want of memory, the heap serves all the same. Then a
    /// fork at a bad moment leaves its child with a locked heap, and the next heap tries again.
    fn hold(&'static self, heap: &'static dyn Held) {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        crate::sys::lock::single_threaded::look_up();
        REGISTRY.with(|heaps| heaps.add(self, heap));
        install();
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").finish_non_exhaustive()
    }
}

/// For C libraries whose locks are unknown.
#[cfg(not(all(target_os = "linux", target_env = "gnu", not(target_feature = "crt-static"))))]
mod streams {
    pub(super) fn prepare() {}
    pub(super) fn parent() {}
    pub(super) fn child() {}
}

/// The heaps in the list, the youngest first.
struct Heaps {
    first: Option<&'static Link>,
    /// The thread whose fork is under way.
    forking: Thread,
    /// The process that forks.
    process: usize,
}

static REGISTRY: Guarded<OsLock, Heaps> =
    Guarded::new(OsLock::new(), Heaps { first: None, forking: 0, process: 0 });

impl Heaps {
    /// Adds `heap` at the front, unless `link` is in the list.
    fn add(&mut self, link: &'static Link, heap: &'static dyn Held) {
        // SAFETY: `self` is borrowed from the registry, so its lock is held.
        let place = unsafe { &mut *link.heap.get() };
        if place.is_some() {
            return;
        }
        *place = Some(heap);
        // SAFETY: likewise.
        unsafe { *link.next.get() = self.first };
        self.first = Some(link);
    }

    fn iter(&self) -> impl Iterator<Item = &'static dyn Held> {
        let links = core::iter::successors(self.first, |link| {
            // SAFETY: `self` is borrowed from the registry meanwhile, so its lock is held.
            unsafe { *link.next.get() }
        });
        links.filter_map(|link| {
            // SAFETY: likewise.
            unsafe { *link.heap.get() }
        })
    }
}

/// Registers the handlers of this copy of the crate with the system, once.
fn install() {
    static INSTALLED: AtomicBool = AtomicBool::new(false);
    if INSTALLED.swap(true, Ordering::Relaxed) {
        return;
    }
    // SAFETY: the handlers are functions of this crate, which the system forgets when it unloads
    // it.
    let refused = unsafe { libc::pthread_atfork(Some(prepare), Some(parent), Some(child)) };
    if refused != 0 {
        INSTALLED.store(false, Ordering::Relaxed);
    }
}

/// Runs before a fork, in the thread that forks.
extern "C" fn prepare() {
    streams::prepare();
    // SAFETY: `release` unlocks it last of the locks taken here.
    unsafe { REGISTRY.lock() };
    // SAFETY: this thread holds the registry's lock.
    let heaps = unsafe { &mut *REGISTRY.get() };
    (heaps.forking, heaps.process) = (thread::current(), thread::process());
    for heap in heaps.iter() {
        // SAFETY: `release` unlocks the heaps, the last one first.
        unsafe { heap.lock() };
    }
}

/// Runs after a fork, in the same thread.
extern "C" fn parent() {
    release(streams::parent);
}

/// Runs after a fork, in the child's copy of the same thread.
extern "C" fn child() {
    // SAFETY: the thread that this one is a copy of took the registry's lock in `prepare`.
    let heaps = unsafe { &*REGISTRY.get() };
    let fork = Fork { parent: heaps.process, before: heaps.forking, now: thread::current() };
    for heap in heaps.iter() {
        // SAFETY: and this lock; nobody refers to the value.
        unsafe { heap.forked(fork) };
    }
    release(streams::child);
}

/// Releases the locks that `prepare` took, the list of streams by `streams`.
fn release(streams: fn()) {
    // SAFETY: this thread, or the one it is a copy of, took the registry's lock in `prepare`.
    let heaps = unsafe { &*REGISTRY.get() }.iter();
    // SAFETY: and that of each heap; the list has not changed since.
    unsafe { unlock_backward(heaps) };
    // SAFETY: as above.
    unsafe { REGISTRY.unlock() };
    streams();
}

/// Unlocks the heaps, the last one first: critical sections end in the order in which they nest.
///
/// # Safety
///
/// The caller holds the lock of each, and refers to no heap's value.
unsafe fn unlock_backward<'h>(mut heaps: impl Iterator<Item = &'h dyn Held>) {
    let Some(heap) = heaps.next() else { return };
    // SAFETY: the caller guarantees the same of the rest.
    unsafe { unlock_backward(heaps) };
    // SAFETY: the caller holds this lock.
    unsafe { heap.unlock() };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::fork::Survives;
    use core::sync::atomic::AtomicUsize;
    use core::time::Duration;
    use std::thread;

    impl Survives for [u32; 2] {}

    /// A heap of two numbers that are equal whenever nobody is inside.
    struct Heap {
        link: Link,
        value: Guarded<OsLock, [u32; 2]>,
    }

    impl Heap {
        const fn new() -> Self {
            Self { link: Link::NEW, value: Guarded::new(OsLock::new(), [0; 2]) }
        }

        fn register(&'static self) {
            self.link.hold(&self.value);
        }
    }

    /// Forks. Returns whether `child` holds there, within five seconds.
    fn holds_in_child(child: impl FnOnce() -> bool) -> bool {
        // SAFETY: the child calls nothing but `child`, and leaves.
        let process = unsafe { libc::fork() };
        if process == 0 {
            // SAFETY: the call has no precondition. A child that hangs ends by the signal.
            unsafe { libc::alarm(5) };
            let code = i32::from(!child());
            // SAFETY: nothing is left to clean up in the child.
            unsafe { libc::_exit(code) };
        }
        let mut status = 0;
        // SAFETY: the child is this thread's own, and `status` has room for the answer.
        assert_eq!(process, unsafe { libc::waitpid(process, &raw mut status, 0) });
        libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
    }

    /// The locks that are held, each a digit to the base of ten; and whether one was not released as they nest.
    static HELD: AtomicUsize = AtomicUsize::new(0);
    static CROSSED: AtomicBool = AtomicBool::new(false);

    /// A lock that only the handlers take, one fork at a time.
    struct Nested(usize);

    // SAFETY: nobody but the handlers takes it, and they hold the registry's lock.
    unsafe impl crate::sys::lock::Lock for Nested {
        type Link = Link;
        const OPTION: &'static str = "";

        unsafe fn lock(&self) {
            HELD.store(HELD.load(Ordering::Relaxed) * 10 + self.0, Ordering::Relaxed);
        }

        unsafe fn unlock(&self) {
            let held = HELD.load(Ordering::Relaxed);
            CROSSED.fetch_or(held % 10 != self.0, Ordering::Relaxed);
            HELD.store(held / 10, Ordering::Relaxed);
        }
    }

    #[test]
    fn locks_are_released_as_they_nest() {
        static LINKS: [Link; 3] = [const { Link::NEW }; 3];
        static LOCKS: [Guarded<Nested, [u32; 2]>; 3] = [
            Guarded::new(Nested(1), [0; 2]),
            Guarded::new(Nested(2), [0; 2]),
            Guarded::new(Nested(3), [0; 2]),
        ];
        for (link, lock) in LINKS.iter().zip(&LOCKS) {
            link.hold(lock);
        }
        let is_nested = || HELD.load(Ordering::Relaxed) == 0 && !CROSSED.load(Ordering::Relaxed);
        assert!(holds_in_child(is_nested), "in the child");
        assert!(!CROSSED.load(Ordering::Relaxed), "in the parent");
    }

    #[test]
    fn a_child_finds_every_heap_whole_and_unlocked() {
        static HEAPS: [Heap; 3] = [const { Heap::new() }; 3];
        static OVER: AtomicBool = AtomicBool::new(false);
        for heap in &HEAPS {
            heap.register();
        }
        thread::scope(|scope| {
            for heap in &HEAPS {
                scope.spawn(move || {
                    while !OVER.load(Ordering::Relaxed) {
                        heap.value.with(|[first, second]| {
                            *first = first.wrapping_add(1);
                            thread::yield_now();
                            *second = second.wrapping_add(1);
                        });
                    }
                });
            }
            let whole =
                || HEAPS.iter().all(|heap| heap.value.with(|[first, second]| first == second));
            let outcome = (0..100).all(|_| holds_in_child(whole));
            OVER.store(true, Ordering::Relaxed);
            assert!(outcome);
        });
    }

    #[test]
    fn a_child_may_fork_again() {
        static HEAP: Heap = Heap::new();
        HEAP.register();
        assert!(holds_in_child(|| holds_in_child(|| HEAP.value.with(|[first, _]| *first == 0))));
    }

    #[test]
    fn a_heap_registered_twice_is_held_once() {
        static HEAP: Heap = Heap::new();
        HEAP.register();
        HEAP.register();
        assert!(holds_in_child(|| true));
        let times = REGISTRY.with(|heaps| {
            heaps.iter().filter(|other| core::ptr::addr_eq(*other, &raw const HEAP.value)).count()
        });
        assert_eq!(times, 1);
    }

    #[test]
    fn a_heap_registers_after_a_fork_that_is_under_way() {
        static HEAP: Heap = Heap::new();
        static REGISTERED: AtomicBool = AtomicBool::new(false);
        prepare();
        let registering = thread::spawn(|| {
            HEAP.register();
            REGISTERED.store(true, Ordering::Relaxed);
        });
        thread::sleep(Duration::from_millis(50));
        let early = REGISTERED.load(Ordering::Relaxed);
        parent();
        registering.join().expect("it only waits");
        assert!(!early, "the fork would have unlocked a heap that it never locked");
    }

    #[test]
    fn threads_register_while_others_fork() {
        static HEAPS: [Heap; 64] = [const { Heap::new() }; 64];
        thread::scope(|scope| {
            for heaps in HEAPS.chunks(16) {
                scope.spawn(move || heaps.iter().for_each(Heap::register));
                scope.spawn(|| {
                    for _ in 0..20 {
                        assert!(holds_in_child(|| true));
                    }
                });
            }
        });
        assert!(REGISTRY.with(|heaps| HEAPS.len() <= heaps.iter().count()));
    }
}
