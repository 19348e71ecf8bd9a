//! The blocks of one replay, and the steps that make, move and end them.
//!
//! ```text
//!   | mark | ........................ | !mark |      a block: its first and last byte
//! ```
//!
//! Each step writes both marks of a block that is born and looks at those of one that ends. So every
//! replay is a test: two blocks that overlap, or bytes that a reallocation lost, end it.

use super::serve::Serve;
use crate::recording::Event;
use core::alloc::Layout;
use core::ptr::NonNull;

/// One block in use.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// Where it lies.
    pub place: NonNull<u8>,
    /// What was asked for; a size of 0 counts as 1.
    pub layout: Layout,
    mark: u8,
}

/// Why a step could not be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The heap refused the request.
    Refused,
    /// A mark was overwritten: the heap handed out bytes twice, or lost some.
    Damaged,
    /// The heap handed out a block that is not aligned.
    Misaligned,
}

/// What a step did.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// A block was born.
    Born(Block),
    /// A block ends: its heap still has it, and frees it next.
    Ending(Block),
    /// A block took over from another.
    Moved {
        /// The one that ended.
        before: Block,
        /// The one that took over.
        after: Block,
    },
}

/// The blocks of one replay, by number; `None` once they have ended.
///
/// # Invariant
///
/// They are those of one heap: whoever replays calls every method with the same heap until
/// [`end`](Objects::end), which leaves none.
#[derive(Debug, Default)]
pub struct Objects(Vec<Option<Block>>);

// SAFETY: the blocks are memory that belongs to whoever owns the objects, on any thread.
unsafe impl Send for Objects {}

impl Objects {
    /// Makes room for `births` blocks, and touches it, so that a replay does not wait for pages.
    #[must_use]
    pub fn with_capacity(births: usize) -> Self {
        let mut objects = vec![None; births];
        objects.clear();
        Self(objects)
    }

    /// Returns the block of this number, if it is in use.
    #[must_use]
    pub(crate) fn get(&self, birth: usize) -> Option<Block> {
        self.0.get(birth).copied().flatten()
    }

    /// Asks `heap` for what one event asked for. An object that ends is only taken out;
    /// [`finish`](Objects::finish) frees it.
    ///
    /// # Errors
    ///
    /// The heap refused, or it is broken.
    #[inline]
    pub(crate) fn step(
        &mut self,
        event: Event,
        heap: &(impl Serve + ?Sized),
    ) -> Result<Step, Fault> {
        #[expect(clippy::cast_possible_truncation, reason = "a mark is any byte that differs")]
        let mark = self.0.len() as u8;
        match event {
            Event::Allocate { size, align } => {
                let layout =
                    Layout::from_size_align(size.max(1), align).map_err(|_| Fault::Refused)?;
                let place = heap.allocate(layout).ok_or(Fault::Refused)?;
                let block = Block { place, layout, mark };
                block.write_marks();
                self.0.push(Some(block));
                Ok(Step::Born(block))
            }
            Event::Free { birth } => {
                let block = self.0.get_mut(birth).and_then(Option::take).ok_or(Fault::Refused)?;
                Ok(Step::Ending(block))
            }
            Event::Reallocate { birth, size } => {
                let before = self.get(birth).ok_or(Fault::Refused)?;
                let layout = Layout::from_size_align(size.max(1), before.layout.align())
                    .map_err(|_| Fault::Refused)?;
                let is_whole = before.has_marks();
                // SAFETY: by the invariant it is this heap's, of that layout, and it has not ended.
                let place = unsafe { heap.resize(before.place, before.layout, layout.size()) };
                let place = place.ok_or(Fault::Refused)?;
                self.0[birth] = None;
                let after = Block { place, layout, mark };
                let keeps = Block { mark: before.mark, ..after }.has_first_mark();
                after.write_marks();
                self.0.push(Some(after));
                if is_whole && keeps {
                    Ok(Step::Moved { before, after })
                } else {
                    Err(Fault::Damaged)
                }
            }
        }
    }

    /// Frees a block that a step took out.
    ///
    /// # Errors
    ///
    /// Its marks were overwritten.
    #[inline]
    pub(crate) fn finish(block: Block, heap: &(impl Serve + ?Sized)) -> Result<(), Fault> {
        let is_whole = block.has_marks();
        // SAFETY: by the invariant it is this heap's, and the step took it from the objects.
        unsafe { heap.free(block.place, block.layout) };
        if is_whole { Ok(()) } else { Err(Fault::Damaged) }
    }

    /// Frees what is left.
    ///
    /// # Errors
    ///
    /// A mark was overwritten.
    pub fn end(&mut self, heap: &(impl Serve + ?Sized)) -> Result<(), Fault> {
        let mut ended = Ok(());
        for block in self.0.drain(..).flatten() {
            ended = ended.and(Self::finish(block, heap));
        }
        ended
    }
}

impl Block {
    fn last(&self) -> NonNull<u8> {
        // SAFETY: its size is not 0, so its last byte is one of its own.
        unsafe { self.place.add(self.layout.size() - 1) }
    }

    #[inline]
    fn write_marks(&self) {
        // SAFETY: the block has a first byte, which is the replay's to write.
        unsafe { self.place.write(self.mark) };
        // SAFETY: the block has a last byte, which is the replay's to write.
        unsafe { self.last().write(!self.mark) };
    }

    /// Of a block of one byte, the last mark is all there is.
    #[inline]
    fn has_first_mark(&self) -> bool {
        // SAFETY: the block has a first byte, which was written when it was born.
        let first = unsafe { self.place.read() };
        first == self.mark || first == !self.mark
    }

    #[inline]
    fn has_marks(&self) -> bool {
        // SAFETY: the block has a last byte, which was written when it was born.
        let last = unsafe { self.last().read() };
        self.has_first_mark() && last == !self.mark
    }

    /// Writes a byte to each page, as a program that fills its blocks does.
    pub fn touch(&self, page: usize) {
        for offset in (page..self.layout.size().saturating_sub(1)).step_by(page) {
            // SAFETY: the offset is within the block.
            let byte = unsafe { self.place.add(offset) };
            // SAFETY: the byte is the replay's to write, and no mark.
            unsafe { byte.write(1) };
        }
    }

    /// Whether it lies where its alignment allows.
    #[must_use]
    pub fn is_aligned(&self) -> bool {
        self.place.addr().get() % self.layout.align() == 0
    }
}
