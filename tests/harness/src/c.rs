//! C's allocation functions as C code calls them: by their symbols, and nothing known of what they return.
//!
//! Blocks are raw addresses here, as in C; who defines the symbols is the program's choice.

use core::ffi::c_void;
use core::hint::black_box;
use core::ptr::null_mut;

/// What [`errno`] is set to before a call that must leave it alone.
pub const KEPT: i32 = 1789;

/// More bytes than the difference of two pointers can count.
pub const TOO_MANY: usize = isize::MAX.unsigned_abs() + 1;

unsafe extern "C" {
    safe fn memalign(alignment: usize, size: usize) -> *mut c_void;
    safe fn valloc(size: usize) -> *mut c_void;
    safe fn pvalloc(size: usize) -> *mut c_void;
    fn free_sized(block: *mut c_void, size: usize);
    fn free_aligned_sized(block: *mut c_void, alignment: usize, size: usize);
}

/// A function that takes a size, and how its name is written.
pub type Asks = (&'static str, fn(usize) -> *mut u8);

/// Every function that takes one size, the others with sound arguments besides.
pub const EVERY: [Asks; 9] = [
    ("malloc", malloc),
    ("calloc, one element", |size| calloc(1, size)),
    ("calloc of bytes", |size| calloc(size, 1)),
    ("realloc of nothing", realloc_of_nothing),
    ("aligned_alloc", |size| aligned_alloc(64, size)),
    ("memalign", |size| aligned_by_memalign(64, size)),
    ("posix_memalign", |size| posix_memalign(64, size).unwrap_or(null_mut())),
    ("valloc", at_a_page),
    ("pvalloc", in_pages),
];

/// The calling thread's `errno`.
#[must_use]
pub fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// Gives `errno` this value.
pub fn set_errno(value: i32) {
    // SAFETY: the call has no precondition.
    let place = unsafe { libc::__errno_location() };
    // SAFETY: the C library keeps the calling thread's `errno` there.
    unsafe { *place = value };
}

/// `malloc`.
#[must_use]
pub fn malloc(size: usize) -> *mut u8 {
    // SAFETY: the call has no precondition.
    black_box(unsafe { libc::malloc(size) }).cast()
}

/// `calloc`.
#[must_use]
pub fn calloc(count: usize, size: usize) -> *mut u8 {
    // SAFETY: the call has no precondition.
    black_box(unsafe { libc::calloc(count, size) }).cast()
}

/// `aligned_alloc`.
#[must_use]
pub fn aligned_alloc(alignment: usize, size: usize) -> *mut u8 {
    // SAFETY: the call has no precondition.
    black_box(unsafe { libc::aligned_alloc(alignment, size) }).cast()
}

/// `memalign`.
#[must_use]
pub fn aligned_by_memalign(alignment: usize, size: usize) -> *mut u8 {
    black_box(memalign(alignment, size)).cast()
}

/// `valloc`.
#[must_use]
pub fn at_a_page(size: usize) -> *mut u8 {
    black_box(valloc(size)).cast()
}

/// `pvalloc`.
#[must_use]
pub fn in_pages(size: usize) -> *mut u8 {
    black_box(pvalloc(size)).cast()
}

/// `posix_memalign`.
///
/// # Errors
///
/// What it returned, which is no `errno`.
///
/// # Panics
///
/// If it refuses and writes to the place all the same.
pub fn posix_memalign(alignment: usize, size: usize) -> Result<*mut u8, i32> {
    let before = core::ptr::without_provenance_mut(KEPT.unsigned_abs() as usize);
    let mut place: *mut c_void = before;
    // SAFETY: the place has room for a pointer.
    let outcome = unsafe { libc::posix_memalign(&raw mut place, alignment, size) };
    if outcome == 0 {
        return Ok(black_box(place).cast());
    }
    assert_eq!(place, before, "a refusal leaves the place alone");
    Err(outcome)
}

/// `realloc`.
///
/// # Safety
///
/// `block` is null, or one of these functions returned it, and it has not been freed since.
#[must_use]
pub unsafe fn realloc(block: *mut u8, size: usize) -> *mut u8 {
    // SAFETY: the caller vouches for the block.
    black_box(unsafe { libc::realloc(block.cast(), size) }).cast()
}

fn realloc_of_nothing(size: usize) -> *mut u8 {
    // SAFETY: a null pointer is no block.
    unsafe { realloc(null_mut(), size) }
}

/// `free`.
///
/// # Safety
///
/// As for [`realloc`].
pub unsafe fn free(block: *mut u8) {
    // SAFETY: the caller vouches for the block.
    unsafe { libc::free(black_box(block).cast()) };
}

/// `free_sized`, or `free_aligned_sized` if there is an alignment.
///
/// # Safety
///
/// As for [`realloc`]; the size and the alignment are the block's.
pub unsafe fn free_with(block: *mut u8, alignment: Option<usize>, size: usize) {
    match alignment {
        // SAFETY: the caller vouches for all of it.
        Some(alignment) => unsafe { free_aligned_sized(block.cast(), alignment, size) },
        // SAFETY: likewise.
        None => unsafe { free_sized(block.cast(), size) },
    }
}

/// `malloc_usable_size`.
///
/// # Safety
///
/// As for [`realloc`].
#[must_use]
pub unsafe fn usable_size(block: *mut u8) -> usize {
    // SAFETY: the caller vouches for the block.
    unsafe { libc::malloc_usable_size(block.cast()) }
}

/// `malloc_trim`.
#[must_use]
pub fn trim(pad: usize) -> i32 {
    // SAFETY: the call has no precondition.
    unsafe { libc::malloc_trim(pad) }
}

/// The block's first `size` bytes.
///
/// # Safety
///
/// It has them, nobody else looks at them meanwhile, and they were written.
#[must_use]
pub unsafe fn bytes<'a>(block: *mut u8, size: usize) -> &'a mut [u8] {
    // SAFETY: the caller vouches for the bytes.
    unsafe { core::slice::from_raw_parts_mut(block, size) }
}
