//! Memory on Windows: one reservation of address space, of which the heap commits what it needs.
//!
//! ```text
//!      | committed: readable, writable, zero at first |  reserved: cannot be accessed yet  |
//!      ^ base, a multiple of 64 KiB                   ^ commit moves this up               ^ reserved, for good
//! ```
//!
//! Pages of one reservation are committed together or apart, but no call spans two. So a window is
//! reserved as a whole, as large as its limit or as the largest half, quarter, … of it that the system
//! has, and never extended. Address space that is reserved costs next to nothing. There is no program
//! break: what asks for one gets such a window, as on a Unix that has none to give.

use super::{Origin, Region, Source};
use crate::diag::errno;
use core::ptr::{NonNull, null};
use windows_sys::Win32::System::Memory::{
    MEM_COMMIT, MEM_DECOMMIT, MEM_RELEASE, MEM_RESERVE, PAGE_NOACCESS, PAGE_READWRITE,
    VirtualAlloc, VirtualFree,
};
use windows_sys::Win32::System::Threading::Sleep;

/// Bytes of a page, on every processor of Windows that Rust knows.
const PAGE: usize = 4 << 10;

/// How long the system is asked again, a millisecond each, for pages that it has just been given back.
const TRIES: u32 = 1000;

/// A window where the system sees fit: Windows has no program break.
#[derive(Debug)]
pub enum Brk {}

/// A window in a reservation of its own.
#[derive(Debug)]
pub enum Mmap {}

macro_rules! reserves {
    ($source:ident, $option:literal) => {
        // SAFETY: `open` and `map` return what the system has just reserved for this call alone, from a
        // multiple of 64 KiB on. Nobody else knows the addresses. What is committed is readable,
        // writable, and zero, again so after `discard`. No object of the program lies there, so its
        // provenance counts as exposed.
        unsafe impl Source for $source {
            const ZEROED: bool = true;
            const GROWS: bool = true;
            const OPTION: &'static str = $option;

            fn open(arena: usize, limit: usize) -> Option<Region> {
                open(arena, limit)
            }

            fn map(size: usize) -> Option<NonNull<u8>> {
                let _kept = errno::keep();
                place(None, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE)
            }

            unsafe fn unmap(base: NonNull<u8>, _size: usize) -> bool {
                let _kept = errno::keep();
                // SAFETY: the caller guarantees that it is a mapping of `map` that nobody uses.
                unsafe { VirtualFree(base.as_ptr().cast(), 0, MEM_RELEASE) != 0 }
            }

            unsafe fn clear(base: NonNull<u8>, size: usize) -> bool {
                // SAFETY: the caller guarantees that it is a mapping whose bytes nobody needs.
                unsafe { discard(base, 0, size) }
            }

            fn page_size() -> usize {
                PAGE
            }

            unsafe fn commit(base: NonNull<u8>, from: usize, to: usize) -> bool {
                let _kept = errno::keep();
                let from = from / PAGE * PAGE;
                // SAFETY: the caller guarantees that the bytes are within the window.
                let first = unsafe { base.byte_add(from) };
                // Pages that are committed already stay as they are.
                from == to || place(Some(first), to - from, MEM_COMMIT, PAGE_READWRITE).is_some()
            }

            unsafe fn discard(base: NonNull<u8>, from: usize, to: usize) -> bool {
                // SAFETY: the caller guarantees that nobody needs the bytes.
                unsafe { discard(base, from, to) }
            }
        }
    };
}

reserves!(Brk, "brk");
reserves!(Mmap, "mmap");

fn open(arena: usize, limit: usize) -> Option<Region> {
    let _kept = errno::keep();
    let arena = arena.max(1).checked_next_multiple_of(PAGE)?;
    let most = limit.min(isize::MAX.unsigned_abs() - PAGE).checked_next_multiple_of(PAGE)?;
    let mut reserved = most.max(arena);
    let base = loop {
        if let Some(base) = place(None, reserved, MEM_RESERVE, PAGE_NOACCESS) {
            break base;
        }
        if reserved <= arena {
            return None;
        }
        reserved = (reserved / 2).next_multiple_of(PAGE).max(arena);
    };
    if place(Some(base), arena, MEM_COMMIT, PAGE_READWRITE).is_none() {
        // SAFETY: it was reserved just now, and nobody uses it.
        let _ = unsafe { VirtualFree(base.as_ptr().cast(), 0, MEM_RELEASE) };
        return None;
    }
    Some(Region { base, committed: arena, reserved, origin: Origin::Mapping })
}

/// Reserves or commits `size` bytes, at `address` if there is one.
fn place(address: Option<NonNull<u8>>, size: usize, how: u32, access: u32) -> Option<NonNull<u8>> {
    let address = address.map_or(null(), |address| address.as_ptr().cast_const().cast());
    // SAFETY: the call changes only pages that are free, or reserved by this module and not in use yet;
    // what is committed already keeps its bytes.
    NonNull::new(unsafe { VirtualAlloc(address, size, how, access) }.cast())
}

/// Takes the whole pages within `from..to` from the process and asks for fresh ones.
///
/// # Safety
///
/// The bytes behind `base` are committed memory of this module, and nobody needs them.
unsafe fn discard(base: NonNull<u8>, from: usize, to: usize) -> bool {
    let _kept = errno::keep();
    let (from, to) = (from.next_multiple_of(PAGE), to / PAGE * PAGE);
    if to <= from {
        return true;
    }
    // SAFETY: the caller guarantees that it lies within.
    let first = unsafe { base.byte_add(from) };
    // SAFETY: the caller guarantees that nobody needs the pages; the address space stays reserved.
    if unsafe { VirtualFree(first.as_ptr().cast(), to - from, MEM_DECOMMIT) } == 0 {
        return false;
    }
    for _ in 0..TRIES {
        if place(Some(first), to - from, MEM_COMMIT, PAGE_READWRITE).is_some() {
            return true;
        }
        // SAFETY: the call has no precondition.
        unsafe { Sleep(1) };
    }
    crate::diag::report::fatal(
        "a heap",
        &["another process took the memory that was given back, and the system has no more"],
    )
}

#[cfg(test)]
mod tests {
    use super::{Brk, Mmap, PAGE};
    use crate::sys::source::{Origin, Source};

    #[test]
    fn a_window_is_committed_as_far_as_it_is_asked_for_and_reads_as_zero_again() {
        let window = Mmap::open(1, 1 << 30).expect("there is address space");
        assert_eq!(
            (window.committed, window.reserved, window.origin),
            (PAGE, 1 << 30, Origin::Mapping)
        );
        // SAFETY: the byte below is committed, and 8 pages are reserved.
        assert!(unsafe { Mmap::commit(window.base, PAGE, 8 * PAGE) });
        // SAFETY: the bytes are committed.
        unsafe { window.base.as_ptr().write_bytes(7, 8 * PAGE) };
        // SAFETY: nobody needs them.
        assert!(unsafe { Mmap::discard(window.base, 10, 3 * PAGE + 10) });
        // SAFETY: the bytes are committed.
        let bytes = unsafe { core::slice::from_raw_parts(window.base.as_ptr(), 8 * PAGE) };
        let zeros: std::vec::Vec<_> = (0..8).map(|page| bytes[page * PAGE] == 0).collect();
        assert_eq!(zeros, [false, true, true, false, false, false, false, false]);
    }

    #[test]
    fn a_limit_that_no_address_space_has_gets_a_part_of_it() {
        let window = Brk::open(PAGE, isize::MAX.unsigned_abs()).expect("there is some");
        assert!((1 << 20..isize::MAX.unsigned_abs()).contains(&window.reserved));
    }

    #[test]
    fn a_mapping_is_zero_and_goes_back() {
        let mapping = Mmap::map(3 * PAGE).expect("there is room");
        // SAFETY: it is as large.
        unsafe { mapping.as_ptr().write_bytes(7, 3 * PAGE) };
        // SAFETY: nobody needs its bytes.
        assert!(unsafe { Mmap::clear(mapping, 3 * PAGE) });
        // SAFETY: the mapping is readable.
        assert_eq!(unsafe { mapping.as_ptr().add(2 * PAGE).read() }, 0);
        // SAFETY: nobody uses it.
        assert!(unsafe { Mmap::unmap(mapping, 3 * PAGE) });
    }
}
