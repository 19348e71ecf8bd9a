//! A gibibyte for the peers that have one arena and get no memory by themselves.

use core::ptr::NonNull;

/// Bytes of the arena.
pub const BYTES: usize = 1 << 30;

/// A new mapping of so many bytes, zeroed, which takes memory as it is touched.
#[must_use]
pub fn map() -> NonNull<u8> {
    crate::table::map(BYTES, libc::MAP_NORESERVE)
}

/// Runs a function before `main`, and before the runtime of Rust allocates.
#[macro_export]
macro_rules! before_main {
    ($function:ident) => {
        const _: () = {
            extern "C" fn before_main() {
                $function();
            }
            #[used]
            // SAFETY: the section holds functions without arguments that are run before `main`.
            #[unsafe(link_section = ".init_array")]
            static BEFORE_MAIN: extern "C" fn() = before_main;
        };
    };
}
