//! Numbers in digits, written by hand: `core::fmt` is a few thousand bytes, which a microcontroller
//! that formats nothing else does not have to spare.

/// A number in digits.
///
/// # Invariant
///
/// From `start` on, the bytes are ASCII.
pub(crate) struct Digits {
    bytes: [u8; Self::MOST],
    start: usize,
}

impl Digits {
    /// As many as the largest number has: in decimal, 3 for 8 bits or less, and `0x` more than in hexadecimal.
    const MOST: usize = size_of::<usize>() * 3;

    /// In decimal.
    pub(crate) fn of(number: usize) -> Self {
        Self::in_base(10, number)
    }

    /// In hexadecimal, as `{:p}` would write it.
    pub(crate) fn of_address(place: *const u8) -> Self {
        let mut digits = Self::in_base(16, place.addr());
        digits.push(b'x');
        digits.push(b'0');
        digits
    }

    #[inline(always)]
    fn in_base(base: usize, mut number: usize) -> Self {
        let mut digits = Self { bytes: [0; Self::MOST], start: Self::MOST };
        loop {
            #[expect(clippy::cast_possible_truncation, reason = "it is less than the base")]
            let digit = (number % base) as u8;
            digits.push(if digit < 10 { b'0' + digit } else { b'a' + (digit - 10) });
            number /= base;
            if number == 0 {
                return digits;
            }
        }
    }

    /// Puts an ASCII character before the others, if there is room.
    #[inline]
    fn push(&mut self, character: u8) {
        let place = self.start.wrapping_sub(1);
        if let Some(byte) = self.bytes.get_mut(place) {
            *byte = character;
            self.start = place;
        }
    }

    /// Returns the digits.
    pub(crate) fn text(&self) -> &str {
        let bytes = self.bytes.get(self.start..).unwrap_or_default();
        // SAFETY: by the invariant these are ASCII.
        unsafe { core::str::from_utf8_unchecked(bytes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_standard_library() {
        for number in [0, 1, 9, 10, 16, 255, 4096, 1_000_000_007, isize::MAX as usize, usize::MAX] {
            assert_eq!(Digits::of(number).text(), std::format!("{number}"));
            let place = core::ptr::without_provenance::<u8>(number);
            assert_eq!(Digits::of_address(place).text(), std::format!("{place:p}"));
        }
    }
}
