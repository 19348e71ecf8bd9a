//! Tags and links that nobody else can write, and the pattern of memory that is free.
//!
//! ```text
//!   used   | seal, tag | payload … |
//!   free   | seal, tag | four links | pattern … | size |     the seal is over tag and links
//!   top    | tag as if of a free chunk | pattern … | dirty: zeros … |
//! ```
//!
//! With `harden = "full"`, a tag in memory has a [seal](crate::diag::checksum) in its upper 28 bits: over its
//! address, itself, and, of a free chunk, its first sixteen bytes, which are its links. Reading a
//! tag or a link checks it, and writing one makes a new one; so in the rest of the heap tags have no
//! seals. Whatever else is free has one pattern, and every chunk is held against it when it is
//! handed out: so chunks that merge leave no tag, link or size of theirs within. On 32-bit targets
//! a tag has no room for a seal, and its neighbors alone are compared, as with `"basic"`.

use super::{Chunk, Window};
use crate::arena::harden::{Harden, Level};
use crate::arena::params::Params;
use crate::arena::tag::{MIN_GRANULES, Tag, WORD};
use crate::diag::checksum::checksum;

/// Bytes of the links at the beginning of a free chunk.
pub(crate) const LINKS: usize = 16;

impl<C: Params> Window<C> {
    /// Whether tags, links and free memory are sealed.
    pub(crate) const CHECKSUMMED: bool =
        (<C::Harden as Level>::LEVEL as u8) >= (Harden::Full as u8);

    /// Whether freed memory is overwritten.
    pub(crate) const FILLS: bool = Self::CHECKSUMMED || Self::CLEARS;

    /// The bytes of freed memory: zeros where it is to be cleared. Nobody's text, and no pointer's
    /// upper half.
    pub(crate) const PATTERN: u8 = if Self::CLEARS { 0 } else { 0xF5 };

    /// Overwrites `bytes` bytes from the payload of `chunk` on, as freed memory is.
    ///
    /// # Safety
    ///
    /// They lie in the window, and nobody has a use for what they hold.
    pub(crate) unsafe fn fill(self, chunk: Chunk, bytes: usize) {
        // SAFETY: the caller guarantees the bytes.
        unsafe { self.payload(chunk).write_bytes(Self::PATTERN, bytes) }
    }

    /// Overwrites what a chunk had around its beginning, which lies within another free chunk now:
    /// its tag, its links, and the size that the chunk below it repeated.
    pub(crate) fn scrub(self, chunk: Chunk) {
        let below = self.payload(chunk).wrapping_sub(2 * WORD);
        // SAFETY: above the first chunk, two words below a payload and its links lie in the window,
        // and here within one free chunk.
        unsafe { below.write_bytes(Self::PATTERN, 2 * WORD + LINKS) };
    }

    /// The same, of a place that had a tag alone, unless the end tag is there.
    pub(crate) fn scrub_top(self, top: Chunk) {
        let words = if top < self.end() { 2 } else { 1 };
        let below = self.payload(top).wrapping_sub(2 * WORD);
        // SAFETY: the word of a tag and the one below lie in the window, and here within the top.
        unsafe { below.write_bytes(Self::PATTERN, words * WORD) };
    }

    /// Overwrites the word where an end tag was, which lies within the top now.
    pub(crate) fn scrub_end(self, end: Chunk) {
        let word = self.payload(end).wrapping_sub(WORD);
        // SAFETY: the word lies in the window, and is nobody's.
        unsafe { word.write_bytes(Self::PATTERN, WORD) };
    }

    /// The first of `bytes` bytes from `from` on, counted from the payload of `chunk`, that is not as
    /// freed memory is.
    pub(crate) fn altered(self, chunk: Chunk, from: usize, bytes: usize) -> Option<*mut u8> {
        let first = self.payload(chunk).wrapping_add(from);
        // SAFETY: the caller's bytes lie in the window, and were written, or are the system's zeros.
        unsafe { first_other(first, bytes, Self::PATTERN) }
    }

    /// The tag with the seal that belongs to it.
    #[inline(never)]
    pub(super) fn with_checksum(self, chunk: Chunk, tag: Tag) -> Tag {
        let has_links =
            !tag.is_used() && (MIN_GRANULES as usize) <= tag.reach() && chunk < self.end();
        let [lower, upper] = if has_links { self.first_words(chunk) } else { [u64::MAX, u64::MAX] };
        tag.with_checksum(checksum(self.payload(chunk).addr(), [tag.word() as u64, lower, upper]))
    }

    fn first_words(self, chunk: Chunk) -> [u64; 2] {
        // SAFETY: below the end, sixteen bytes behind a tag lie in the window; any bytes are words.
        unsafe { self.payload(chunk).cast::<[u64; 2]>().read_unaligned() }
    }

    /// Whether the tag in memory has its seal.
    pub(crate) fn has_checksum(self, chunk: Chunk) -> bool {
        let tag = self.raw_tag(chunk);
        self.with_checksum(chunk, tag.bare()) == tag
    }

    /// The tag without its seal, which has to be there.
    #[inline]
    pub(super) fn verified(self, chunk: Chunk, tag: Tag) -> Tag {
        if self.with_checksum(chunk, tag.bare()) != tag {
            self.broken("a tag, or the links behind it, that was overwritten", chunk);
        }
        tag.bare()
    }

    /// Checks the tag of `chunk`, and with it the links behind it.
    #[inline]
    pub(super) fn verify_checksum(self, chunk: Chunk) {
        if Self::CHECKSUMMED {
            self.verified(chunk, self.raw_tag(chunk));
        }
    }

    /// Has the links of `chunk` changed, with the seal over them. What had no seal gets none: it is
    /// about to become a chunk, or was overwritten, which the next to read it is told.
    #[inline(always)]
    pub(super) fn change(self, chunk: Chunk, write: impl FnOnce()) {
        let had_checksum = Self::CHECKSUMMED && self.has_checksum(chunk);
        write();
        if had_checksum {
            self.renew_checksum(chunk);
        }
    }

    /// Makes the seal of a free chunk anew, whose first bytes the heap itself has changed.
    #[inline]
    pub(crate) fn renew_checksum(self, chunk: Chunk) {
        let tag = if Self::CHECKSUMMED { self.raw_tag(chunk) } else { return };
        if !tag.is_used() {
            self.set_tag(chunk, tag.bare());
        }
    }
}

/// The first of `bytes` bytes from `first` on that is not `pattern`.
///
/// # Safety
///
/// They are valid for reads, and initialized.
pub(crate) unsafe fn first_other(first: *mut u8, bytes: usize, pattern: u8) -> Option<*mut u8> {
    // So many words as the machine compares without a branch; then words, then bytes.
    // SAFETY: by the contract.
    let from = unsafe { same::<8>(first, 0, bytes, pattern) };
    // SAFETY: likewise.
    let from = unsafe { same::<1>(first, from, bytes, pattern) };
    // SAFETY: likewise.
    let byte = |place: usize| unsafe { first.wrapping_add(place).read() };
    let place = (from..bytes).find(|place| byte(*place) != pattern)?;
    Some(first.wrapping_add(place))
}

/// Up to where, from place `from` on, `bytes` bytes are `pattern`, in steps of so many words.
///
/// # Safety
///
/// The bytes are valid for reads, and initialized.
#[inline]
unsafe fn same<const WORDS: usize>(
    first: *mut u8,
    mut from: usize,
    bytes: usize,
    pattern: u8,
) -> usize {
    let expected = u64::from_ne_bytes([pattern; 8]);
    let step = size_of::<[u64; WORDS]>();
    while from + step <= bytes {
        // SAFETY: by the contract; the step lies within the bytes.
        let words = unsafe { first.wrapping_add(from).cast::<[u64; WORDS]>().read_unaligned() };
        if words.iter().fold(0, |others, word| others | (word ^ expected)) != 0 {
            break;
        }
        from += step;
    }
    from
}

#[cfg(test)]
mod tests {
    use super::first_other;

    #[test]
    fn the_first_byte_that_differs_is_found_wherever_it_is() {
        for size in 0..70 {
            let mut bytes = std::vec![7_u8; size];
            let first = bytes.as_mut_ptr();
            // SAFETY: so many bytes are there.
            assert_eq!(unsafe { first_other(first, size, 7) }, None);
            for place in (0..size).rev() {
                bytes[place] = 8;
                // SAFETY: likewise.
                let found = unsafe { first_other(first, size, 7) };
                assert_eq!(found, Some(first.wrapping_add(place)), "{place} of {size}");
            }
        }
    }
}
