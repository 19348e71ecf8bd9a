//! `malloc_trim` as C code calls it, in a process that nobody else's memory disturbs.

use brkalloc_harness::c;
use brkalloc_harness::resident;

const MIB: usize = 1 << 20;

/// Takes blocks of `size`, 32 MiB in all, and writes to each of their bytes.
fn fill(size: usize) -> Vec<*mut u8> {
    let block = |_| {
        let block = c::malloc(size);
        // SAFETY: it has that many bytes.
        unsafe { block.write_bytes(0xA5, size) };
        block
    };
    (0..32 * MIB / size).map(block).collect()
}

/// Frees blocks that [`fill`] returned; says how many MiB `malloc_trim` then gave back, and its answer.
fn freed(blocks: impl Iterator<Item = *mut u8>, pad: usize) -> (usize, i32) {
    for block in blocks {
        // SAFETY: it is in use, and is not used again.
        unsafe { c::free(block) };
    }
    let before = resident();
    c::set_errno(c::KEPT);
    let answer = c::trim(pad);
    assert_eq!(c::errno(), c::KEPT);
    (before.saturating_sub(resident()) / MIB, answer)
}

/// Runs the program, and says what it saw.
pub(crate) fn run() {
    // What the runtime has left behind.
    let _ = c::trim(0);
    println!("{} of nothing", c::trim(0));
    for (size, pad) in [(64 << 10, 0), (1000, usize::MAX)] {
        let mut blocks = fill(size);
        let half = blocks.split_off(blocks.len() / 2);
        let (given, answer) = freed(blocks.drain(..), pad);
        assert!((15..=17).contains(&given), "{given} MiB of blocks of {size} bytes went back");
        let (rest, last) = freed(half.into_iter(), pad);
        assert!((15..=17).contains(&rest), "then {rest} MiB of blocks of {size} bytes");
        println!("{answer} and {last} of blocks of {size} bytes");
    }
}
