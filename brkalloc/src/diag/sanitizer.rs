//! Sanitizer annotations for valgrind and `AddressSanitizer`, with the feature `watch`.
//!
//! ```text
//!   alloc   | asked for: accessible | not |       the bytes behind stay inaccessible until the free
//!   free    | links | not …………………………………… |       only the words that the heap writes are accessible
//! ```
//!
//! Both tools know the blocks of `malloc`; these annotations tell them about a heap's. So they
//! detect what the heap cannot see, above all an access to freed memory, and report its origin. A
//! freed block becomes inaccessible as a whole before the heap writes to it; then each word that
//! the heap writes becomes accessible again. With the feature every `realloc` moves, so that the
//! old address becomes inaccessible.
//!
//! valgrind takes client requests, which are instructions without an effect elsewhere (`valgrind.h`
//! of valgrind 3.19 has them). `AddressSanitizer` takes calls of its runtime, which `--cfg
//! brkalloc_asan` requires to be linked. Without the feature a heap has nothing of this. Two things
//! are not annotated: mappings of a block's own, which the system takes back when they are freed,
//! and heaps with `harden = "full"` or `zero = "free"`, which read or write all free memory. This
//! module keeps no state.

#[cfg(feature = "watch")]
use core::ptr::NonNull;

/// Whether heaps make annotations.
pub(crate) const ENABLED: bool = cfg!(feature = "watch");

#[cfg(feature = "watch")]
/// Announces a block of `usable` bytes that was allocated for `size`.
#[inline]
pub(crate) fn handed_out(block: NonNull<u8>, size: usize, usable: usize) {
    tool::forbid(block.as_ptr(), usable);
    tool::hand_out(block.as_ptr(), size);
}

#[cfg(feature = "watch")]
/// Announces that a block of `size` bytes is about to be freed.
#[inline]
pub(crate) fn freed(block: NonNull<u8>, size: usize) {
    tool::take_back(block.as_ptr(), size);
}

/// Makes bytes of inaccessible memory accessible.
#[inline]
pub(crate) fn allowed(first: *mut u8, bytes: usize) {
    if ENABLED {
        tool::allow(first, bytes);
    }
}

#[cfg(all(feature = "watch", brkalloc_asan))]
mod tool {
    use core::ffi::c_void;

    unsafe extern "C" {
        safe fn __asan_poison_memory_region(first: *const c_void, bytes: usize);
        safe fn __asan_unpoison_memory_region(first: *const c_void, bytes: usize);
    }

    pub(super) fn forbid(first: *mut u8, bytes: usize) {
        __asan_poison_memory_region(first.cast(), bytes);
    }

    pub(super) fn allow(first: *mut u8, bytes: usize) {
        __asan_unpoison_memory_region(first.cast(), bytes);
    }

    pub(super) use allow as hand_out;
    pub(super) use forbid as take_back;
}

#[cfg(all(
    feature = "watch",
    not(brkalloc_asan),
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod tool {
    const MALLOC_LIKE: usize = 0x1301;
    const FREE_LIKE: usize = 0x1302;
    // Requests of memcheck's own: its two letters, and a number.
    const NO_ACCESS: usize = 0x4D43_0000;
    const DEFINED: usize = 0x4D43_0002;

    pub(super) fn forbid(first: *mut u8, bytes: usize) {
        request([NO_ACCESS, first.expose_provenance(), bytes, 0, 0, 0]);
    }

    pub(super) fn allow(first: *mut u8, bytes: usize) {
        request([DEFINED, first.expose_provenance(), bytes, 0, 0, 0]);
    }

    pub(super) fn hand_out(first: *mut u8, bytes: usize) {
        // No red zone around it, and not cleared.
        request([MALLOC_LIKE, first.expose_provenance(), bytes, 0, 0, 0]);
    }

    pub(super) fn take_back(first: *mut u8, _bytes: usize) {
        request([FREE_LIKE, first.expose_provenance(), 0, 0, 0, 0]);
    }

    /// Four rotations that add up to none, and an exchange of a register with itself: valgrind
    /// takes these for a call with the arguments at the address in `rax`.
    #[cfg(target_arch = "x86_64")]
    fn request(arguments: [usize; 6]) {
        // SAFETY: outside valgrind the instructions only change flags. Within it, they write the
        // answer to `rdx` and read the arguments.
        unsafe {
            core::arch::asm!(
                "rol rdi, 3",
                "rol rdi, 13",
                "rol rdi, 61",
                "rol rdi, 51",
                "xchg rbx, rbx",
                in("rax") &raw const arguments,
                inout("rdx") 0_usize => _,
                options(nostack),
            );
        }
    }

    /// The request on `aarch64`: rotations of `x12`, an `orr` of `x10` with itself, and the
    /// arguments at the address in `x4`.
    #[cfg(target_arch = "aarch64")]
    fn request(arguments: [usize; 6]) {
        // SAFETY: outside valgrind the instructions change nothing. Within it, they write the
        // answer to `x3` and read the arguments.
        unsafe {
            core::arch::asm!(
                "ror x12, x12, #3",
                "ror x12, x12, #13",
                "ror x12, x12, #51",
                "ror x12, x12, #61",
                "orr x10, x10, x10",
                in("x4") &raw const arguments,
                inout("x3") 0_usize => _,
                options(nostack),
            );
        }
    }
}

#[cfg(not(all(
    feature = "watch",
    any(
        brkalloc_asan,
        all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))
    )
)))]
mod tool {
    #[cfg(feature = "watch")]
    pub(super) const fn forbid(_first: *mut u8, _bytes: usize) {}
    pub(super) const fn allow(_first: *mut u8, _bytes: usize) {}
    #[cfg(feature = "watch")]
    pub(super) const fn hand_out(_first: *mut u8, _bytes: usize) {}
    #[cfg(feature = "watch")]
    pub(super) const fn take_back(_first: *mut u8, _bytes: usize) {}
}
