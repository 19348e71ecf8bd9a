//! The console of an emulated Cortex-M: a debugger's, by semihosting.

use core::fmt::Arguments;
use cortex_m_semihosting::debug::{self, EXIT_FAILURE, EXIT_SUCCESS};
use cortex_m_semihosting::hprintln;

/// Says a line.
pub fn say(text: Arguments<'_>) {
    hprintln!("{}", text);
}

/// Ends the emulator.
pub fn end(is_well: bool) -> ! {
    debug::exit(if is_well { EXIT_SUCCESS } else { EXIT_FAILURE });
    unreachable!("the emulator has ended")
}
