//! Tags and links with checksums, and the pattern of free memory.
//!
//! ```text
//!   used   | checksum, tag | payload … |
//!   free   | checksum, tag | four links | pattern … | size |     the checksum covers tag and links
//!   top    | tag as if of a free chunk | pattern … | dirty: zeros … |
//! ```
//!
//! With `harden = "full"`, a tag in memory has a [checksum](crate::diag::checksum) in its upper 28
//! bits. It covers the tag's address, the tag itself and, in a free chunk, the first sixteen bytes,
//! which are its links. Reading a tag or a link verifies the checksum; writing one renews it. So
//! tags have no checksums in the rest of the heap's code. All other free memory holds one pattern,
//! and the heap compares every chunk with it before it hands the chunk out. So chunks that merge
//! must leave no tag, link or size of theirs within. On 32-bit targets a tag has no room for a
//! checksum; there the heap only compares neighbors, as with `"basic"`.

use super::{Chunk, Window};
use crate::arena::harden::{Harden, Level};
use crate::arena::params::Params;
use crate::arena::tag::{MIN_GRANULES, Tag, WORD};
use crate::diag::checksum::checksum;

/// Bytes of the links at the beginning of a free chunk.
pub(crate) const LINKS: usize = 16;

impl<C: Params> Window<C> {
    /// Whether tags and links have checksums, and free memory the pattern.
    pub(crate) const CHECKSUMMED: bool =
        (<C::Harden as Level>::LEVEL as u8) >= (Harden::Full as u8);

    /// Whether the heap overwrites freed memory.
    pub(crate) const FILLS: bool = Self::CHECKSUMMED || Self::CLEARS;

    /// The byte of freed memory: zero if the heap clears it. Otherwise it is neither likely text
    /// nor the upper half of a pointer.
    pub(crate) const PATTERN: u8 = if Self::CLEARS { 0 } else { 0xF5 };

    /// Overwrites `bytes` bytes from the payload of `chunk` on with the pattern.
    ///
    /// # Safety
    ///
    /// The bytes lie in the window, and nobody needs their contents.
    pub(crate) unsafe fn fill(self, chunk: Chunk, bytes: usize) {
        // SAFETY: the caller guarantees the bytes.
        unsafe { self.payload(chunk).write_bytes(Self::PATTERN, bytes) }
    }

    /// Overwrites the words around the beginning of a chunk that lies within another free chunk
    /// now: its tag, its links, and the footer of the chunk below it.
    pub(crate) fn scrub(self, chunk: Chunk) {
        let below = self.payload(chunk).wrapping_sub(2 * WORD);
        // SAFETY: above the first chunk, the two words below a payload and its links lie in the
        // window, and here within one free chunk.
        unsafe { below.write_bytes(Self::PATTERN, 2 * WORD + LINKS) };
    }

    /// Overwrites the tag of a former top and the word below it, unless the end tag is there.
    pub(crate) fn scrub_top(self, top: Chunk) {
        let words = if top < self.end() { 2 } else { 1 };
        let below = self.payload(top).wrapping_sub(2 * WORD);
        // SAFETY: the word of a tag and the one below it lie in the window, and here within the
        // top.
        unsafe { below.write_bytes(Self::PATTERN, words * WORD) };
    }

    /// Overwrites the word of a former end tag, which lies within the top now.
    pub(crate) fn scrub_end(self, end: Chunk) {
        let word = self.payload(end).wrapping_sub(WORD);
        // SAFETY: the word lies in the window and belongs to nobody.
        unsafe { word.write_bytes(Self::PATTERN, WORD) };
    }

    /// Returns the tag with its checksum.
    #[inline(never)]
    pub(super) fn with_checksum(self, chunk: Chunk, tag: Tag) -> Tag {
        let has_links =
            !tag.is_used() && (MIN_GRANULES as usize) <= tag.reach() && chunk < self.end();
        let [lower, upper] = if has_links { self.first_words(chunk) } else { [u64::MAX, u64::MAX] };
        tag.with_checksum(checksum(self.payload(chunk).addr(), [tag.word() as u64, lower, upper]))
    }

    fn first_words(self, chunk: Chunk) -> [u64; 2] {
        // SAFETY: below the end, the sixteen bytes behind a tag lie in the window; any bytes are
        // words.
        unsafe { self.payload(chunk).cast::<[u64; 2]>().read_unaligned() }
    }

    /// Whether the checksum of the tag in memory is right.
    pub(crate) fn has_checksum(self, chunk: Chunk) -> bool {
        let tag = self.raw_tag(chunk);
        self.with_checksum(chunk, tag.bare()) == tag
    }

    /// Verifies the checksum of `tag` and returns the tag without it.
    #[inline]
    pub(super) fn verified(self, chunk: Chunk, tag: Tag) -> Tag {
        if self.with_checksum(chunk, tag.bare()) != tag {
            self.broken("corrupt chunk: checksum of header or links is wrong", chunk);
        }
        tag.bare()
    }

    /// Verifies the tag of `chunk`, and with it the links behind it.
    #[inline]
    pub(super) fn verify_checksum(self, chunk: Chunk) {
        if Self::CHECKSUMMED {
            self.verified(chunk, self.raw_tag(chunk));
        }
    }

    /// Runs `write`, which changes the links of `chunk`, and renews the checksum over them. A tag
    /// without a right checksum gets none: it is about to become a chunk's, or it was overwritten,
    /// and the next read detects that.
    #[inline(always)]
    pub(super) fn change(self, chunk: Chunk, write: impl FnOnce()) {
        let had_checksum = Self::CHECKSUMMED && self.has_checksum(chunk);
        write();
        if had_checksum {
            self.renew_checksum(chunk);
        }
    }

    /// Renews the checksum of a free chunk whose first bytes the heap itself has changed.
    #[inline]
    pub(crate) fn renew_checksum(self, chunk: Chunk) {
        let tag = if Self::CHECKSUMMED { self.raw_tag(chunk) } else { return };
        if !tag.is_used() {
            self.set_tag(chunk, tag.bare());
        }
    }
}

/// Returns the first of `bytes` bytes from `first` on that is not `pattern`.
///
/// # Safety
///
/// The bytes are valid for reads, and initialized.
pub(crate) unsafe fn first_other(first: *mut u8, bytes: usize, pattern: u8) -> Option<*mut u8> {
    // First as many words at a time as the machine compares without a branch, then words, then
    // bytes.
    // SAFETY: by the contract.
    let from = unsafe { same::<8>(first, 0, bytes, pattern) };
    // SAFETY: likewise.
    let from = unsafe { same::<1>(first, from, bytes, pattern) };
    // SAFETY: likewise.
    let byte = |place: usize| unsafe { first.wrapping_add(place).read() };
    let place = (from..bytes).find(|place| byte(*place) != pattern)?;
    Some(first.wrapping_add(place))
}

/// Returns up to where, from `from` on, `bytes` bytes are `pattern`, in steps of `WORDS` words.
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
