//! Blocks whose every byte tells whose it is.

use core::alloc::Layout;
use core::ptr::NonNull;

/// A block in use, filled with a pattern of its own.
///
/// # Invariant
///
/// The layout's bytes at `place` are readable and writable, and nobody else's while the block is in use.
pub struct Block {
    pub place: NonNull<u8>,
    pub layout: Layout,
    seed: u8,
}

// SAFETY: by the invariant, the bytes are the block's alone, whichever thread has it.
unsafe impl Send for Block {}

impl Block {
    /// A block of the layout's bytes at `place`, filled.
    ///
    /// # Safety
    ///
    /// They are as the invariant has it until the block is freed, which ends the use of this value.
    pub unsafe fn fill(place: NonNull<u8>, layout: Layout, seed: u8) -> Self {
        assert_eq!(place.addr().get() % layout.align(), 0, "the block is aligned");
        let mut block = Self { place, layout, seed };
        let row = row(seed);
        for part in block.bytes().chunks_mut(row.len()) {
            part.copy_from_slice(&row[..part.len()]);
        }
        block
    }

    /// The block that this one has become by a reallocation to `size` bytes at `place`, after a look at what must
    /// have moved with it, filled anew.
    ///
    /// # Safety
    ///
    /// As for [`fill`](Block::fill).
    pub unsafe fn moved(self, place: NonNull<u8>, size: usize) -> Self {
        let resized = |size| Layout::from_size_align(size, self.layout.align());
        let kept = resized(size.min(self.layout.size())).expect("it is no larger");
        Self { place, layout: kept, seed: self.seed }.verify();
        let layout = resized(size).expect("it was allocated");
        // SAFETY: the caller vouches for the bytes.
        unsafe { Self::fill(place, layout, self.seed.wrapping_add(1)) }
    }

    /// The bytes of the block.
    fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: by the invariant, they are the block's, and so this borrow's; they were written.
        unsafe { core::slice::from_raw_parts_mut(self.place.as_ptr(), self.layout.size()) }
    }

    /// Panics if one of the bytes is not what was written.
    pub fn verify(&mut self) {
        let (place, row) = (self.place, row(self.seed));
        for part in self.bytes().chunks(row.len()) {
            assert!(
                part == &row[..part.len()],
                "a byte of the block at {place:p} is not what was written"
            );
        }
    }
}

/// What is written again and again; its length is prime, so that nothing else repeats with it.
fn row(seed: u8) -> [u8; 251] {
    let mut row = [seed; 251];
    for (step, byte) in (0..).zip(&mut row) {
        *byte ^= step;
    }
    row
}

/// Whether all bytes are this one.
pub fn is_all(bytes: &[u8], byte: u8) -> bool {
    bytes.iter().all(|it| *it == byte)
}
