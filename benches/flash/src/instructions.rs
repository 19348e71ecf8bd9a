//! Random actions, and how many instructions each kind of request takes.
//!
//! The emulator runs with `-icount shift=10`: an instruction takes 1024 ns of the machine's time. The processor's own
//! timer, `SysTick`, counts 80 ns a tick, so each instruction is 12.8 ticks, and the instructions between two readings
//! are a whole number that the ticks tell exactly. Before anything is measured, loops of known lengths are, and a
//! length that is off by one ends the program.
//!
//! What it says is numbers. For each alignment: the alignment, requests, how many of them were refused, broken blocks, and
//! the most bytes that were live; then for each kind of request how many there were, their instructions, and those of the
//! longest.

use crate::actions::{Kind, Meter, Outcome, Plan, Slot, act};
use core::arch::asm;
use cortex_m::Peripherals;
use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_semihosting::hprintln;

/// Four sevenths of them are full, in the mean.
const SLOTS: usize = 224;

/// Blocks of 1 to 200 bytes.
const PLAN: Plan = Plan {
    seed: 0x9e37_79b9,
    requests: 20_000,
    most: 200,
    is_mixed: false,
    align: 0,
    is_thorough: true,
};

/// The alignments of one block in eight: a `u64`'s, and what nothing but a buffer asks for.
const ALIGNS: [usize; 2] = [8, 16];

/// A timer of 24 bits wraps.
const WRAP: u32 = 0x00ff_ffff;

/// Requests of one kind, and their instructions.
#[derive(Clone, Copy)]
struct Sum {
    count: u32,
    instructions: u32,
    most: u32,
}

/// Sums by [`Kind`].
struct Counter([Sum; 3]);

pub(crate) fn run() {
    let mut peripherals = Peripherals::take().expect("this runs once");
    peripherals.SYST.set_clock_source(SystClkSource::Core);
    peripherals.SYST.set_reload(WRAP);
    peripherals.SYST.clear_current();
    peripherals.SYST.enable_counter();
    for rounds in [1, 2, 3, 10, 1000, 100_000] {
        let counted = instructions(|| count_down(rounds)).1;
        assert!(counted == 2 * rounds + 1, "{rounds} rounds of 2 are counted as {counted}");
    }

    for align in ALIGNS {
        let mut counter = Counter([Sum { count: 0, instructions: 0, most: 0 }; 3]);
        let mut slots = [Slot::EMPTY; SLOTS];
        let Outcome { refused, broken, peak } =
            act(Plan { align, ..PLAN }, &mut slots, &mut counter);
        hprintln!("{} {} {} {} {}", align, PLAN.requests, refused, broken, peak);
        for Sum { count, instructions, most } in counter.0 {
            hprintln!("{} {} {}", count, instructions, most);
        }
    }
}

impl Meter for Counter {
    fn measure<T>(&mut self, kind: Kind, request: impl FnOnce() -> T) -> T {
        let (result, counted) = instructions(request);
        let sum = &mut self.0[kind as usize];
        sum.count += 1;
        sum.instructions += counted;
        sum.most = sum.most.max(counted);
        result
    }
}

/// Works, and returns the instructions from one reading of the timer to the next, less the reading itself, which is one.
#[inline(always)]
fn instructions<T>(work: impl FnOnce() -> T) -> (T, u32) {
    let first = SYST::get_current();
    let result = work();
    let last = SYST::get_current();
    // It counts down. 12.8 ticks are one instruction, less or more a tick for where the readings fall.
    let ticks = first.wrapping_sub(last) & WRAP;
    (result, (5 * ticks + 32) / 64 - 1)
}

/// Takes one instruction, and two for each round.
#[inline(always)]
fn count_down(rounds: u32) {
    // SAFETY: it changes a register of its own.
    unsafe {
        asm!("mov {left}, {rounds}", "2:", "subs {left}, #1", "bne 2b", rounds = in(reg) rounds, left = out(reg) _, options(nomem, nostack))
    };
}
