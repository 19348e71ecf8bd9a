//! The library for `LD_PRELOAD`: it records every allocation of a program, and passes each on to the
//! allocator beneath.
//!
//! ```text
//!  the program ──► malloc ──► here: a record ──► the next malloc: the system's, or that of another library
//! ```
//!
//! `BRKALLOC_RECORD` says with which path the names of the recordings begin; without it nothing is
//! recorded. `cargo brkalloc record` has these sources within, and builds them on first use.

#![cfg(target_os = "linux")]

mod bootstrap;
mod next;
pub mod recorder;

use core::ffi::{CStr, c_int, c_void};
use core::ptr::null_mut;
use next::next;
use recorder::Recorder;

static RECORDER: Recorder = Recorder::new("");

/// The variable with the path.
const VARIABLE: &CStr = c"BRKALLOC_RECORD";

/// What `malloc` aligns to.
const ALIGNMENT: usize = 16;

/// The recorder, once the environment could be asked. Before the C library has begun it cannot.
#[inline]
fn recorder() -> &'static Recorder {
    if RECORDER.is_idle() {
        begin();
    }
    &RECORDER
}

#[cold]
fn begin() {
    // SAFETY: the name ends with a zero; nobody else runs yet who could change the environment, or
    // the program does what it must not.
    let path = unsafe { libc::getenv(VARIABLE.as_ptr()) };
    if path.is_null() {
        return;
    }
    // SAFETY: the environment has strings that end with a zero.
    let path = unsafe { CStr::from_ptr(path) };
    if !path.is_empty() {
        RECORDER.begin_at(path.to_bytes());
    }
}

/// Records a block unless it is null, and returns it.
#[inline]
fn made(block: *mut c_void, size: usize, alignment: usize, zeroed: bool) -> *mut c_void {
    if !block.is_null() && !bootstrap::has(block) {
        recorder().allocated(block.addr(), size, alignment, zeroed);
    }
    block
}

#[unsafe(no_mangle)]
extern "C" fn malloc(size: usize) -> *mut c_void {
    // SAFETY: C's malloc takes any size.
    made(unsafe { (next().malloc)(size) }, size, ALIGNMENT, false)
}

#[unsafe(no_mangle)]
extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    // SAFETY: C's calloc takes any sizes.
    made(unsafe { (next().calloc)(count, size) }, count.wrapping_mul(size), ALIGNMENT, true)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn free(block: *mut c_void) {
    if block.is_null() || bootstrap::has(block) {
        return;
    }
    recorder().frees(block.addr());
    // SAFETY: the caller guarantees that the block is in use.
    unsafe { (next().free)(block) };
}

#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(block: *mut c_void, size: usize) -> *mut c_void {
    if block.is_null() {
        return malloc(size);
    }
    if bootstrap::has(block) {
        return bootstrap::move_out(block, malloc(size), size);
    }
    recorder().resizes(block.addr());
    // SAFETY: the caller guarantees that the block is in use.
    let resized = unsafe { (next().realloc)(block, size) };
    recorder().resized(resized.addr(), size, ALIGNMENT);
    resized
}

#[unsafe(no_mangle)]
unsafe extern "C" fn reallocarray(block: *mut c_void, count: usize, size: usize) -> *mut c_void {
    // A product that no size can be is refused by `realloc`, with its `errno`.
    let bytes = count.saturating_mul(size);
    // SAFETY: the caller guarantees that the block is in use, or null.
    unsafe { realloc(block, bytes) }
}

#[unsafe(no_mangle)]
extern "C" fn memalign(alignment: usize, size: usize) -> *mut c_void {
    // SAFETY: C's memalign takes any sizes.
    made(unsafe { (next().memalign)(alignment, size) }, size, power(alignment), false)
}

#[unsafe(no_mangle)]
extern "C" fn aligned_alloc(alignment: usize, size: usize) -> *mut c_void {
    // SAFETY: C's aligned_alloc takes any sizes.
    made(unsafe { (next().aligned_alloc)(alignment, size) }, size, power(alignment), false)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn posix_memalign(
    place: *mut *mut c_void,
    alignment: usize,
    size: usize,
) -> c_int {
    // SAFETY: the caller guarantees the place.
    let outcome = unsafe { (next().posix_memalign)(place, alignment, size) };
    if outcome == 0 {
        // SAFETY: the caller guarantees the place, which was written.
        made(unsafe { place.read() }, size, power(alignment), false);
    }
    outcome
}

#[unsafe(no_mangle)]
extern "C" fn valloc(size: usize) -> *mut c_void {
    // SAFETY: C's valloc takes any size.
    made(unsafe { (next().valloc)(size) }, size, page(), false)
}

#[unsafe(no_mangle)]
extern "C" fn pvalloc(size: usize) -> *mut c_void {
    // SAFETY: C's pvalloc takes any size.
    let block = unsafe { (next().pvalloc)(size) };
    made(block, size.checked_next_multiple_of(page()).unwrap_or(size), page(), false)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn malloc_usable_size(block: *mut c_void) -> usize {
    if bootstrap::has(block) {
        return 0;
    }
    // SAFETY: the caller guarantees that the block is in use, or null.
    unsafe { (next().malloc_usable_size)(block) }
}

/// An alignment as the allocator beneath understands it.
fn power(alignment: usize) -> usize {
    alignment.checked_next_power_of_two().unwrap_or(ALIGNMENT)
}

fn page() -> usize {
    // SAFETY: the call has no precondition.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

/// The loader calls it before `main`, and before the constructors of most libraries.
extern "C" fn constructor() {
    next();
    begin();
    if RECORDER.is_idle() {
        // Nobody wants a recording: an empty path never becomes a file.
        RECORDER.rest();
    }
}

// SAFETY: the loader calls what stands there; the arguments that some loaders hand over are left.
#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = constructor;

/// A null pointer with `errno`, as C reports that there is no memory.
fn refused() -> *mut c_void {
    // SAFETY: the system's own place for this thread.
    let place = unsafe { libc::__errno_location() };
    // SAFETY: the place is this thread's as long as it exists.
    unsafe { place.write(libc::ENOMEM) };
    null_mut()
}
