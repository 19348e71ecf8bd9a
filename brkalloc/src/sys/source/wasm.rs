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

/// The one memory of an instance.
const MEMORY: u32 = 0;

/// The end of the instance's memory. (The parameter is that of Unix, where tests replace the system.)
#[derive(Debug)]
pub struct Brk<S = ()>(PhantomData<S>);

// SAFETY:
// - `grow` returns pages that this call has added, so they are its caller's alone, for ever; nothing in
//   WebAssembly takes a page back.
// - They are readable, writable and zero. No object of the program lies there, so their provenance
//   counts as exposed.
unsafe impl Source for Brk {
    const ZEROED: bool = true;
    const GROWS: bool = true;
    const OPTION: &'static str = "brk";

    fn open(arena: usize, limit: usize) -> Option<Region> {
        if arena == 0 && limit == 0 {
            return None;
        }
        let size = arena.max(1).checked_next_multiple_of(PAGE)?;
        if isize::MAX.unsigned_abs() < size {
            return None;
        }
        let base = grow(size)?;
        // A window that ends with the address space would have no address for its end.
        base.checked_add(size)?;
        let base = NonNull::new(with_exposed_provenance_mut(base))?;
        Some(Region { base, committed: size, reserved: size, origin: Origin::Break })
    }

    unsafe fn extend(
        base: NonNull<u8>,
        reserved: usize,
        least: usize,
        limit: usize,
    ) -> Option<usize> {
        let more =
            least.min(limit.max(least)).checked_sub(reserved)?.checked_next_multiple_of(PAGE)?;
        let end = base.addr().get().checked_add(reserved)?;
        end.checked_add(more)?;
        if isize::MAX.unsigned_abs() < reserved.checked_add(more)? || end != end_of_memory() {
            return None;
        }
        // Another thread may have grown the memory just now: then these pages serve nobody.
        (grow(more)? == end).then_some(reserved + more)
    }

    fn page_size() -> usize {
        PAGE
    }

    unsafe fn commit(_base: NonNull<u8>, _from: usize, _to: usize) -> bool {
        // All that is reserved is readable and writable.
        true
    }

    unsafe fn discard(_base: NonNull<u8>, _from: usize, _to: usize) -> bool {
        false
    }
}

/// Returns the address behind the instance's memory, if that is one.
fn end_of_memory() -> usize {
    memory_size::<MEMORY>().saturating_mul(PAGE)
}

/// Grows the memory by whole pages. Returns the address of the first; `None` if the engine, or the
/// module's maximum, refuses.
fn grow(bytes: usize) -> Option<usize> {
    match memory_grow::<MEMORY>(bytes / PAGE) {
        usize::MAX => None,
        before => before.checked_mul(PAGE),
    }
}
