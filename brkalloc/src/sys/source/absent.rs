//! A stand-in for a source that the target lacks: it opens nothing.
//!
//! The attribute's expansion names these types, and reports in one error of its own that the target
//! lacks them ([`target`](crate::heap::target)). Without any type, each use would be another error.

use super::{Region, Source};

/// The program break, which this target lacks.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Debug)]
pub enum Brk {}

/// Mappings, which this target lacks.
#[derive(Debug)]
pub enum Mmap {}

macro_rules! opens_nothing {
    ($source:ident, $option:literal) => {
        // SAFETY: it grants nothing.
        unsafe impl Source for $source {
            const ZEROED: bool = false;
            const GROWS: bool = false;
            const OPTION: &'static str = $option;

            fn open(_arena: usize, _limit: usize) -> Option<Region> {
                None
            }
        }
    };
}

#[cfg(not(target_arch = "wasm32"))]
opens_nothing!(Brk, "brk");
opens_nothing!(Mmap, "mmap");
