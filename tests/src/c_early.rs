//! The worst beginning that a heap can have as a process's `malloc`: `c_early`.
//!
//! Before any constructor, forty-eight fork handlers are registered, which is as many as glibc has room for, so that to register the heap's own
//! it must allocate; and `dlsym`, which the heap asks for a variable as it opens, allocates as well, like one that has to
//! say that there is no such symbol. Both calls meet the heap as it opens. At the end, destructors and `atexit` handlers allocate.

use crate::HEAP;
use brkalloc::Origin;
use brkalloc_harness::c;
use core::ffi::{c_char, c_void};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicUsize, Ordering};

/// Calls of `dlsym`, and blocks that it was given.
static LOOKED: AtomicUsize = AtomicUsize::new(0);
static SERVED: AtomicUsize = AtomicUsize::new(0);
/// Blocks that were in use before the first constructor.
static EARLY: AtomicUsize = AtomicUsize::new(0);

/// In the place of the C library's: it knows no symbol, and allocates to say so.
#[unsafe(no_mangle)]
extern "C" fn dlsym(_library: *mut c_void, _name: *const c_char) -> *mut c_void {
    LOOKED.fetch_add(1, Ordering::Relaxed);
    let block = c::malloc(100);
    SERVED.fetch_add(usize::from(!block.is_null()), Ordering::Relaxed);
    // SAFETY: it was given just now, or is null.
    unsafe { c::free(block) };
    null_mut()
}

extern "C" fn nothing() {}

/// Runs before all constructors.
extern "C" fn before_all() {
    let used = HEAP.stats();
    EARLY.store(used.chunks - used.free_chunks, Ordering::Relaxed);
    for _ in 0..48 {
        // SAFETY: the handlers are functions of this program.
        unsafe { libc::pthread_atfork(Some(nothing), Some(nothing), Some(nothing)) };
    }
    allocate("before constructors");
}

// SAFETY: the loader calls what stands there.
#[used]
#[unsafe(link_section = ".preinit_array")]
static BEFORE_ALL: extern "C" fn() = before_all;

extern "C" fn at_the_end() {
    allocate("after destructors");
    // SAFETY: the heap is sound, or this says otherwise.
    let line: &[u8] = if HEAP.check().is_ok() { b"served to the end\n" } else { b"broken\n" };
    // SAFETY: the line's bytes are readable for its length.
    unsafe { libc::write(1, line.as_ptr().cast(), line.len()) };
}

// SAFETY: the C library calls what stands there, after all `atexit` handlers.
#[used]
#[unsafe(link_section = ".fini_array")]
static AT_THE_END: extern "C" fn() = at_the_end;

/// A value whose destructor allocates, when its thread has ended.
struct Last;

impl Drop for Last {
    fn drop(&mut self) {
        allocate("in the destructor of a thread-local");
    }
}

std::thread_local!(static LAST: Last = const { Last });

extern "C" fn at_exit() {
    allocate("at exit");
}

/// Allocates and frees; ends the process, and says when, if it cannot.
fn allocate(when: &str) {
    for (_, ask) in c::EVERY {
        let block = ask(1000);
        if block.is_null() {
            // SAFETY: the text's bytes are readable for its length.
            unsafe { libc::write(2, when.as_ptr().cast(), when.len()) };
            // SAFETY: the call has no precondition.
            unsafe { libc::abort() };
        }
        // SAFETY: it was given just now.
        unsafe { c::free(block) };
    }
}

pub(crate) fn run() {
    let (looked, served) = (LOOKED.load(Ordering::Relaxed), SERVED.load(Ordering::Relaxed));
    println!(
        "{looked} look-ups, {served} served meanwhile, {} before",
        EARLY.load(Ordering::Relaxed)
    );
    assert_eq!(HEAP.stats().origin, Some(Origin::Break));
    std::thread::spawn(|| LAST.with(|_| ())).join().expect("the thread ends well");
    LAST.with(|_| ());
    // SAFETY: the handler is a function of this program.
    unsafe { libc::atexit(at_exit) };
    // SAFETY: the child leaves at once.
    let process = unsafe { libc::fork() };
    if process == 0 {
        allocate("in a child");
        // SAFETY: nothing is left to clean up in the child.
        unsafe { libc::_exit(0) };
    }
    let mut status = -1;
    // SAFETY: the child is this process's own, and `status` has room for the answer.
    assert_eq!(process, unsafe { libc::waitpid(process, &raw mut status, 0) });
    assert_eq!(status, 0, "the child allocates");
    println!("{}", HEAP.stats().in_use.min(1));
}
