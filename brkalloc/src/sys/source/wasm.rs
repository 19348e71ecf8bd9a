//! The program break of WebAssembly: the end of the instance's memory, which `memory.grow` raises.
//!
//! ```text
//!      memory.size before open            memory.size now           the module's maximum
//!           v                                  v                       v
//!  … data   | window: readable, writable, zero  |  - - - memory.grow - -|
//!           ^ base                              ^ base + reserved
//! ```
//!
//! Memory comes in pages of 64 KiB, which are zero and never go back. Who grows it next gets what lies
//! behind: if that was somebody else, the window is extended no further. This module never uses
//! memory that others have grown, nor what the linker left between the data and the first page's end:
//! C's `malloc` may.

use super::{Origin, Region, Source};
use core::arch::wasm32::{memory_grow, memory_size};
use core::marker::PhantomData;
use core::ptr::{NonNull, with_exposed_provenance_mut};

/// Bytes of a page.
const PAGE: usize = 64 << 10;

/// The most pages of a window, which spans `isize::MAX` bytes at most.
const MOST: usize = isize::MAX.unsigned_abs() / PAGE;

/// The last page of the address space. A window that ended with it would have no address for its end.
const LAST: usize = usize::MAX / PAGE;

/// The one memory of an instance.
const MEMORY: u32 = 0;

/// The end of the instance's memory. (The parameter is that of Unix, where tests replace the system.)
#[derive(Debug)]
pub struct Brk<S = ()>(PhantomData<S>);

// SAFETY:
// - `memory.grow` returns the first of the pages that this call has added, so they are its caller's alone,
//   for ever; nothing in WebAssembly takes a page back.
// - They are readable, writable and zero. No object of the program lies there, so their provenance
//   counts as exposed.
// - `memory.grow` is an instruction: the host that carries it out calls nothing of the instance.
unsafe impl Source for Brk {
    const ZEROED: bool = true;
    const GROWS: bool = true;
    const RETURNS: bool = false;
    const RESERVES: bool = false;
    const RUNS_OTHERS: bool = false;
    const OPTION: &'static str = "brk";

    fn open(arena: usize, limit: usize) -> Option<Region> {
        if arena == 0 && limit == 0 {
            return None;
        }
        let pages = arena.max(1).div_ceil(PAGE);
        if MOST < pages {
            return None;
        }
        let first = memory_grow::<MEMORY>(pages);
        // A refusal is beyond the last page, too.
        if LAST - pages < first {
            return None;
        }
        let (base, size) = (first * PAGE, pages * PAGE);
        let base = NonNull::new(with_exposed_provenance_mut(base))?;
        Some(Region { base, committed: size, reserved: size, origin: Origin::Break })
    }

    unsafe fn extend(
        base: NonNull<u8>,
        reserved: usize,
        least: usize,
        _limit: usize,
    ) -> Option<usize> {
        let (first, pages) = (base.addr().get() / PAGE, least.max(1).div_ceil(PAGE));
        let more = pages.checked_sub(reserved / PAGE)?;
        let end = first + reserved / PAGE;
        if MOST < pages || LAST - pages < first || memory_size::<MEMORY>() != end {
            return None;
        }
        // Another thread may have grown the memory just now: then these pages serve nobody.
        (memory_grow::<MEMORY>(more) == end).then_some(pages * PAGE)
    }

    fn page_size() -> usize {
        PAGE
    }

    unsafe fn commit(_base: NonNull<u8>, _from: usize, _to: usize) -> bool {
        // All that is reserved is readable and writable.
        true
    }
}
