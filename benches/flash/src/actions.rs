//! Random actions: a random slot is filled if it is empty; else, once in four times, its block is reallocated, else freed.
//!
//! Which actions a heap gets depends on the seed and on what it refused before: a slot whose request is refused stays as
//! it is. Every block carries a mark that its slot knows, which is compared before the block goes, so a heap that hands
//! out a byte twice, or loses one as it moves a block, is found out.
//!
//! This file knows no target: what counts or times a request is a [`Meter`].

use alloc::alloc::{alloc, dealloc, realloc};
use core::alloc::Layout;
use core::ptr::null_mut;

/// A kind of request.
#[derive(Clone, Copy)]
pub enum Kind {
    Allocate,
    Free,
    Reallocate,
}

/// What measures each request, or leaves that to its caller.
pub trait Meter {
    /// Makes the request once.
    fn measure<T>(&mut self, kind: Kind, request: impl FnOnce() -> T) -> T;
}

/// What is asked for.
#[derive(Clone, Copy)]
pub struct Plan {
    pub seed: u32,
    /// Requests that are made, those that are refused among them.
    pub requests: u32,
    /// The largest size in bytes, at least 1.
    pub most: usize,
    /// Whether small sizes are more frequent: the largest one of each request is one of the eight powers of two up to
    /// `most`.
    pub is_mixed: bool,
    /// The alignment of one block in eight; all others are aligned to a word.
    pub align: usize,
    /// Whether every byte of a block is marked, and not only its first and its last.
    pub is_thorough: bool,
}

/// What became of the requests.
pub struct Outcome {
    pub refused: u32,
    /// Blocks whose mark was another one when they went, or which were not aligned.
    pub broken: u32,
    /// Most bytes that were live at once.
    pub peak: usize,
}

/// A block of the heap, or none.
#[derive(Clone, Copy)]
pub struct Slot {
    block: *mut u8,
    size: usize,
    align: usize,
    mark: u8,
}

impl Slot {
    pub const EMPTY: Self = Self { block: null_mut(), size: 0, align: 1, mark: 0 };

    fn layout(self) -> Layout {
        // SAFETY: `act` fills slots with aligns that are small powers of two, and with sizes of at most `Plan::most`.
        unsafe { Layout::from_size_align_unchecked(self.size, self.align) }
    }

    /// Writes the mark.
    fn write(self, is_thorough: bool) {
        for offset in places(self.size, is_thorough) {
            // SAFETY: the offset is less than the block's size.
            let place = unsafe { self.block.add(offset) };
            // SAFETY: the byte is the block's.
            unsafe { place.write_volatile(self.mark) };
        }
    }

    /// Whether the mark is still there, in this many bytes.
    fn is_whole(self, size: usize, is_thorough: bool) -> bool {
        self.block.addr().is_multiple_of(self.align)
            && places(size, is_thorough).all(|offset| {
                // SAFETY: the offset is less than the block's size.
                let place = unsafe { self.block.add(offset) };
                // SAFETY: the byte is the block's, and was written.
                let mark = unsafe { place.read_volatile() };
                mark == self.mark
            })
    }
}

/// The offsets of a block that carry its mark.
fn places(size: usize, is_thorough: bool) -> impl Iterator<Item = usize> {
    (0..size).step_by(if is_thorough { 1 } else { (size - 1).max(1) })
}

/// Makes the requests of the plan on the global allocator, and frees everything at the end.
///
/// All of `slots` must be empty.
pub fn act(plan: Plan, slots: &mut [Slot], meter: &mut impl Meter) -> Outcome {
    let Plan { requests, is_thorough, .. } = plan;
    let mut outcome = Outcome { refused: 0, broken: 0, peak: 0 };
    let mut random = plan.seed;
    let mut live = 0;
    for number in 0..requests {
        let choice = next(&mut random);
        let size = plan.size(&mut random);
        let index = (choice >> 8) as usize % slots.len();
        let Slot { block, .. } = slots[index];
        let wanted = Slot { size, mark: number.to_le_bytes()[0] ^ 0x55, ..slots[index] };
        if block.is_null() {
            let align = if choice.is_multiple_of(8) { plan.align } else { align_of::<usize>() };
            let wanted = Slot { align, ..wanted };
            let block = meter.measure(Kind::Allocate, || allocate(wanted.layout()));
            if block.is_null() {
                outcome.refused += 1;
                continue;
            }
            slots[index] = Slot { block, ..wanted };
            slots[index].write(is_thorough);
            live += size;
        } else if choice.is_multiple_of(4) {
            let held = slots[index];
            let common = held.size.min(size);
            // Where only the ends are marked, the last byte of a block that shrinks was not.
            let is_kept =
                |slot: Slot| slot.is_whole(if is_thorough { common } else { 1 }, is_thorough);
            outcome.broken += u32::from(!held.is_whole(held.size, is_thorough));
            // SAFETY: the heap has handed the block out with this layout.
            let request = || unsafe { reallocate(held.block, held.layout(), size) };
            let block = meter.measure(Kind::Reallocate, request);
            if block.is_null() {
                outcome.refused += 1;
                continue;
            }
            outcome.broken += u32::from(!is_kept(Slot { block, ..held }));
            slots[index] = Slot { block, ..wanted };
            slots[index].write(is_thorough);
            live = live + size - held.size;
        } else {
            let held = core::mem::replace(&mut slots[index], Slot::EMPTY);
            outcome.broken += u32::from(!held.is_whole(held.size, is_thorough));
            // SAFETY: the heap has handed the block out with this layout.
            meter.measure(Kind::Free, || unsafe { free(held.block, held.layout()) });
            live -= held.size;
        }
        outcome.peak = outcome.peak.max(live);
    }
    for slot in slots.iter_mut().filter(|slot| !slot.block.is_null()) {
        outcome.broken += u32::from(!slot.is_whole(slot.size, is_thorough));
        // SAFETY: the heap has handed the block out with this layout.
        unsafe { dealloc(slot.block, slot.layout()) };
        *slot = Slot::EMPTY;
    }
    outcome
}

/// Allocates. Out of line, so that what is measured is a call: nothing of the caller mixes with it, and the heap cannot
/// be optimized for this one caller.
#[inline(never)]
fn allocate(layout: Layout) -> *mut u8 {
    // SAFETY: a plan asks for no size of 0.
    unsafe { alloc(layout) }
}

/// Frees.
///
/// # Safety
///
/// The heap has handed out the block with this layout.
#[inline(never)]
unsafe fn free(block: *mut u8, layout: Layout) {
    // SAFETY: the caller keeps the contract.
    unsafe { dealloc(block, layout) };
}

/// Reallocates.
///
/// # Safety
///
/// The heap has handed out the block with this layout.
#[inline(never)]
unsafe fn reallocate(block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
    // SAFETY: the caller keeps the contract, and a plan asks for no size of 0.
    unsafe { realloc(block, layout, size) }
}

impl Plan {
    /// A size from 1 to the most.
    fn size(self, random: &mut u32) -> usize {
        let draw = next(random);
        let most = if self.is_mixed { (self.most >> (draw % 8)).max(1) } else { self.most };
        (draw >> 8) as usize % most + 1
    }
}

/// The next of a sequence of random numbers: xorshift (Marsaglia 2003).
fn next(state: &mut u32) -> u32 {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    *state
}
