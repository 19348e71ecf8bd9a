//! Memory that the linker script sets apart, for the first heap that opens it.
//!
//! ```text
//!   RAM  +-------+------+-------------------------------------------+-------+
//!        | .data | .bss |                  the heap's                | stack |
//!        +-------+------+-------------------------------------------+-------+
//!                       ^ __heap_start                              ^ __heap_end
//! ```
//!
//! The linker knows the two addresses; nothing fills the bytes between them. This module calls no
//! system, and trusts the script: what it says is what the user's `unsafe` promises.

use super::claim::Claim;
use super::{Origin, Region, Source};
use core::marker::PhantomData;
use core::ptr::{NonNull, with_exposed_provenance_mut};

/// The promise that the linker script sets memory apart.
///
/// # Invariant
///
/// The bytes from the address of the symbol `__heap_start` to that of `__heap_end` are readable and
/// writable for as long as the program runs, and nothing but heaps of this source uses them.
#[derive(Debug)]
pub struct Script(());

impl Script {
    /// Promises it.
    ///
    /// # Safety
    ///
    /// The invariant holds.
    #[must_use]
    pub const unsafe fn new() -> Self {
        Self(())
    }
}

/// A configuration whose arena the linker script sets apart.
pub trait ByScript: 'static {
    /// The user's promise.
    const SCRIPT: Script;
}

/// The memory from `__heap_start` to `__heap_end`, all of it committed.
#[derive(Debug)]
pub struct Linker<S>(PhantomData<S>);

/// Two heaps, or two configurations, may name the same memory.
static CLAIM: Claim = Claim::new();

unsafe extern "C" {
    safe static __heap_start: u8;
    safe static __heap_end: u8;
}

// SAFETY: by the invariant of `Script`, of which `open` asks for a value, the bytes are valid and nobody else's. The claim lends them
// once, for ever, and their provenance is exposed: no object of the program lies there, whose it
// could be.
unsafe impl<S: ByScript> Source for Linker<S> {
    const ZEROED: bool = false;
    const GROWS: bool = false;
    const OPTION: &'static str = "linker";

    fn open(_arena: usize, limit: usize) -> Option<Region> {
        // Without the promise, nothing is compiled.
        let Script(()) = S::SCRIPT;
        // Their values are never read: only the linker knows what lies there.
        let (start, end) = ((&raw const __heap_start).addr(), (&raw const __heap_end).addr());
        let (base, size) = whole(start, end, limit)?;
        let base = NonNull::new(with_exposed_provenance_mut(base))?;
        CLAIM.win().then_some(Region {
            base,
            committed: size,
            reserved: size,
            origin: Origin::Linker,
        })
    }
}

/// What the base is a multiple of, as every window's: memory without pages has the least page size.
const GRAIN: usize = 16;

/// Bytes of the least window: the granule below the first chunk, and three for the largest least chunk.
const LEAST: usize = 4 * GRAIN;

/// Returns base and size of the window within `start..end`, of `limit` bytes at most; `None` if no
/// chunk fits.
fn whole(start: usize, end: usize, limit: usize) -> Option<(usize, usize)> {
    let base = start.checked_next_multiple_of(GRAIN)?;
    let size = end.checked_sub(base)?.min(limit).min(isize::MAX.unsigned_abs());
    (LEAST <= size && base != 0).then_some((base, size))
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn a_window_begins_at_a_granule_and_ends_where_the_script_or_the_limit_says() {
        assert_eq!(whole(0x1000, 0x2000, usize::MAX), Some((0x1000, 0x1000)));
        assert_eq!(whole(0x1001, 0x2000, usize::MAX), Some((0x1010, 0xff0)));
        assert_eq!(whole(0x1000, 0x2000, 0x400), Some((0x1000, 0x400)));
    }

    #[test]
    fn no_chunk_fits_between_symbols_that_meet_or_cross_or_wrap() {
        for (start, end) in [(64, 64), (64, 32), (65, 79), (64, 95), (usize::MAX - 3, usize::MAX)] {
            assert_eq!(whole(start, end, usize::MAX), None, "{start:#x}..{end:#x}");
        }
        assert_eq!(whole(0, 64, usize::MAX), None, "an address of zero is no memory");
        assert_eq!(whole(64, 128, 16), None);
        assert_eq!([whole(64, 127, 4096), whole(64, 128, 63)], [None; 2]);
        assert_eq!(whole(64, 128, 64), Some((64, 64)));
    }
}
