//! The system is a parameter: these are all the calls that a source makes of it.
//!
//! A test replaces [`Libc`] by a system of its own that refuses a chosen call. [`Brk`](super::Brk)
//! and [`Mmap`](super::Mmap) decide; this module only asks. Its only state is one that the process
//! has only once: whether a heap has taken its program break.

use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicBool, Ordering};

/// The calls that a source makes of the system.
///
/// Sizes and addresses are whole pages throughout, sizes at least one page and at most
/// `isize::MAX`. None of these calls allocates or panics. Any may fail, unless it reports a plain
/// fact.
///
/// # Safety
///
/// An implementor promises that
/// - address space that [`reserve`](System::reserve) and [`reserve_at`](System::reserve_at) return
///   belongs to the caller alone until it is released, and reads as zero once it is protected
///   read-write; so do mappings that [`map`](System::map) and [`remap`](System::remap) return,
///   which are read-write already;
/// - while [`single_threaded`](System::single_threaded) would answer `true`, the bytes by which
///   [`sbrk`](System::sbrk) raises the break belong to the caller alone until it lowers the break
///   again, are readable and writable, and read as zero where they lie above the page that the
///   break was in;
/// - [`claim_break`](System::claim_break) answers `true` once in a process at most;
/// - [`page_size`](System::page_size) always answers the same power of two, 16 or more;
/// - a call that fails changes nothing, but for [`discard`](System::discard).
pub unsafe trait System {
    /// Returns the size of a page in bytes.
    fn page_size() -> usize;

    /// Whether the process certainly has one thread, and a C library whose `sbrk` may be called.
    ///
    /// Then it stays single-threaded until the caller itself starts a thread.
    fn single_threaded() -> bool;

    /// Claims the program break for one heap: returns `true` for the first call in the process,
    /// then `false`.
    fn claim_break() -> bool;

    /// Moves the program break by `increment` bytes, which need not be whole pages. Returns the old
    /// break.
    ///
    /// # Safety
    ///
    /// [`single_threaded`](System::single_threaded) holds. A negative increment takes back no more
    /// than the caller's own last positive one, nobody moved the break since, and nobody uses those
    /// bytes any more.
    unsafe fn sbrk(increment: isize) -> Option<NonNull<u8>>;

    /// Reserves `size` bytes of address space that cannot be accessed and cost nothing, wherever
    /// there is room.
    fn reserve(size: usize) -> Option<NonNull<u8>>;

    /// Reserves `size` bytes of address space that begin at `address`, or none.
    fn reserve_at(address: NonNull<u8>, size: usize) -> Option<NonNull<u8>>;

    /// Whether the process may have only so much address space, so that what is reserved here is
    /// missing elsewhere.
    #[must_use]
    fn is_space_limited() -> bool {
        false
    }

    /// Makes `size` bytes at `address` readable and writable.
    ///
    /// # Safety
    ///
    /// The bytes are the caller's, and reserved, or readable and writable already.
    unsafe fn protect(address: NonNull<u8>, size: usize) -> bool;

    /// Discards the memory behind `size` bytes at `address`; they stay readable and writable, and
    /// read as zero. If it fails, some of them may be zero.
    ///
    /// # Safety
    ///
    /// The bytes are readable, writable and the caller's, who no longer needs their contents.
    unsafe fn discard(address: NonNull<u8>, size: usize) -> bool;

    /// Maps `size` bytes that are readable, writable and zero, and charged at once: the system
    /// refuses a size that it could never provide.
    #[must_use]
    fn map(size: usize) -> Option<NonNull<u8>> {
        let address = Self::reserve(size)?;
        // SAFETY: these pages were reserved just now.
        if unsafe { Self::protect(address, size) } {
            return Some(address);
        }
        // SAFETY: the pages are one reservation, and nobody else knows of them.
        unsafe { Self::release(address, size) };
        None
    }

    /// Resizes `size` bytes at `address` to `target`; new bytes are zero, readable and writable.
    /// They may move if they `may_move` and cannot stay. Returns `None` if the system cannot do
    /// that.
    ///
    /// # Safety
    ///
    /// The bytes are what one call of [`map`](System::map) or of this returned, and nobody has a
    /// reference into them.
    #[must_use]
    unsafe fn remap(
        _address: NonNull<u8>,
        _size: usize,
        _target: usize,
        _may_move: bool,
    ) -> Option<NonNull<u8>> {
        None
    }

    /// Releases `size` bytes of address space at `address`.
    ///
    /// # Safety
    ///
    /// The bytes are what one call of [`reserve`](System::reserve),
    /// [`reserve_at`](System::reserve_at), [`map`](System::map) or [`remap`](System::remap)
    /// returned, or whole pages of it, and nobody uses them any more.
    unsafe fn release(address: NonNull<u8>, size: usize);

    /// Releases a mapping, unless the system refuses: pages in the middle of a range of mappings would
    /// make two of it, and their number has a limit. Returns whether the mapping is gone.
    ///
    /// # Safety
    ///
    /// As for [`release`](System::release); the bytes are what one call of [`map`](System::map) or
    /// [`remap`](System::remap) returned.
    #[must_use]
    unsafe fn unmap(address: NonNull<u8>, size: usize) -> bool {
        // SAFETY: the caller guarantees the mapping.
        unsafe { Self::release(address, size) };
        true
    }
}

/// The system as the C library offers it.
#[derive(Clone, Copy, Debug)]
pub struct Libc(());

/// The flag for address space that is charged to nobody, where the system has one.
#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_os = "netbsd",
    target_os = "solaris",
    target_os = "illumos",
    target_vendor = "apple",
))]
const NO_RESERVE: libc::c_int = libc::MAP_NORESERVE;
#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_os = "netbsd",
    target_os = "solaris",
    target_os = "illumos",
    target_vendor = "apple",
)))]
const NO_RESERVE: libc::c_int = 0;

/// The flag for this address or none. Kernels before Linux 4.17 and other systems take the address
/// as a hint, so the caller compares the result with it.
#[cfg(target_os = "linux")]
const AT_NO_OTHER_PLACE: libc::c_int = libc::MAP_FIXED_NOREPLACE;
#[cfg(not(target_os = "linux"))]
const AT_NO_OTHER_PLACE: libc::c_int = 0;

// SAFETY:
// - A private anonymous mapping is new address space of zero pages: without `MAP_FIXED`, `mmap`
//   replaces nothing.
// - With one thread, nobody moves the break during a call of `sbrk`, and no other call can have
//   been given the same bytes; the kernel refuses to extend the break over a mapping and fills the
//   pages it adds with zeros.
// - `claim_break` swaps one flag of the process. A second copy of this crate has a second flag, and
//   gets a range of the break of its own: nobody lowers the break below what was lent.
// - `page_size` and the failing calls are as POSIX describes them, `discard` as Linux does, and
//   elsewhere it always refuses.
unsafe impl System for Libc {
    fn page_size() -> usize {
        // SAFETY: `sysconf` has no precondition; the C library answers this one without a system
        // call.
        let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
        // No system answers otherwise; with the largest page size in use, alignments would still be
        // right.
        usize::try_from(size).ok().filter(|size| size.is_power_of_two()).unwrap_or(1 << 16)
    }

    /// The directory `/proc/self/task` holds one directory per thread, and its link count is their
    /// number plus 2 (`proc_task_getattr` in Linux's `fs/proc/base.c`). Without a `/proc`, nothing
    /// is certain.
    ///
    /// One case goes unseen: a process that shares this one's memory without being its thread. That
    /// is the parent of `vfork`, in whose child no Rust code may run.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn single_threaded() -> bool {
        let mut status = core::mem::MaybeUninit::<libc::stat>::uninit();
        // SAFETY: the path ends in a zero byte, and `status` has room for the answer.
        let outcome = unsafe { libc::stat(c"/proc/self/task".as_ptr(), status.as_mut_ptr()) };
        if outcome != 0 {
            return false;
        }
        // SAFETY: `stat` succeeded, so it filled `status` in.
        let status = unsafe { status.assume_init() };
        status.st_nlink == 2 + 1
    }

    /// Only glibc's `sbrk` on Linux is known to coexist with its `malloc`. musl's `sbrk` refuses,
    /// and its `malloc` moves the break by system calls of its own, from where it remembers it;
    /// FreeBSD and Apple call theirs deprecated.
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    fn single_threaded() -> bool {
        false
    }

    fn claim_break() -> bool {
        static CLAIMED: AtomicBool = AtomicBool::new(false);
        !CLAIMED.swap(true, Ordering::Relaxed)
    }

    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    unsafe fn sbrk(increment: isize) -> Option<NonNull<u8>> {
        // SAFETY: the caller guarantees that no other thread can be in `sbrk`, and that a negative
        // increment takes back its own bytes.
        let before = unsafe { libc::sbrk(increment) };
        if before == ptr::without_provenance_mut(usize::MAX) {
            return None;
        }
        NonNull::new(before.cast())
    }

    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    unsafe fn sbrk(_increment: isize) -> Option<NonNull<u8>> {
        None
    }

    fn reserve(size: usize) -> Option<NonNull<u8>> {
        map(ptr::null_mut(), size, libc::PROT_NONE, NO_RESERVE)
    }

    fn map(size: usize) -> Option<NonNull<u8>> {
        map(ptr::null_mut(), size, libc::PROT_READ | libc::PROT_WRITE, 0)
    }

    fn reserve_at(address: NonNull<u8>, size: usize) -> Option<NonNull<u8>> {
        let mapping = map(address.as_ptr(), size, libc::PROT_NONE, NO_RESERVE | AT_NO_OTHER_PLACE)?;
        if mapping.addr() == address.addr() {
            return Some(mapping);
        }
        // SAFETY: that mapping was made just now, elsewhere, and nobody else knows of it.
        unsafe { Self::release(mapping, size) };
        None
    }

    fn is_space_limited() -> bool {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: the place has room for the answer.
        let done = unsafe { libc::getrlimit(libc::RLIMIT_AS, &raw mut limit) };
        done == 0 && limit.rlim_cur != libc::RLIM_INFINITY
    }

    unsafe fn protect(address: NonNull<u8>, size: usize) -> bool {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: the caller guarantees that the pages are its own.
        0 == unsafe { libc::mprotect(address.as_ptr().cast(), size, access) }
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    unsafe fn discard(address: NonNull<u8>, size: usize) -> bool {
        // SAFETY: the caller guarantees that the pages are its own and their contents are not needed.
        0 == unsafe { libc::madvise(address.as_ptr().cast(), size, libc::MADV_DONTNEED) }
    }

    /// Elsewhere the advice promises nothing: the bytes need not read as zero afterwards.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    unsafe fn discard(_address: NonNull<u8>, _size: usize) -> bool {
        false
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    unsafe fn remap(
        address: NonNull<u8>,
        size: usize,
        target: usize,
        may_move: bool,
    ) -> Option<NonNull<u8>> {
        let flags = if may_move { libc::MREMAP_MAYMOVE } else { 0 };
        // SAFETY: the caller guarantees that the mapping is its own, and that nobody uses the old
        // place if it moves.
        let moved = unsafe { libc::mremap(address.as_ptr().cast(), size, target, flags) };
        if moved == libc::MAP_FAILED { None } else { NonNull::new(moved.cast()) }
    }

    unsafe fn release(address: NonNull<u8>, size: usize) {
        // SAFETY: the caller guarantees that the mapping is its own and unused.
        let _ = unsafe { libc::munmap(address.as_ptr().cast(), size) };
    }

    unsafe fn unmap(address: NonNull<u8>, size: usize) -> bool {
        // SAFETY: the caller guarantees that the mapping is its own and unused.
        0 == unsafe { libc::munmap(address.as_ptr().cast(), size) }
    }
}

/// Maps `size` unused bytes at or near `address`.
fn map(
    address: *mut u8,
    size: usize,
    access: libc::c_int,
    flags: libc::c_int,
) -> Option<NonNull<u8>> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANON | flags;
    // SAFETY: none of the flags lets the call replace a mapping that exists.
    let mapping = unsafe { libc::mmap(address.cast(), size, access, flags, -1, 0) };
    if mapping == libc::MAP_FAILED {
        return None;
    }
    NonNull::new(mapping.cast())
}
