//! Size classes: sixteen equal ones per power of two, exact below sixteen.
//!
//! ```text
//!   granules   1 .. 15 | 16 17 .. 31 | 32–33 34–35 .. 62–63 | 64–67 …
//!   class      1 .. 15 | 16 17 .. 31 | 32    33    .. 47    | 48 …
//! ```
//!
//! The mapping is the second-level split of TLSF (Masmano, Ripoll, Crespo and Real 2004). It also
//! sorts numbers of visited chunks into a histogram. It knows no chunks.

/// The number of classes that cover every 32-bit number.
pub(crate) const CLASSES: usize = class(u32::MAX) as usize + 1;

/// Returns the class of a size of `granules`.
#[inline]
pub(crate) const fn class(granules: u32) -> u32 {
    class_of(granules as usize)
}

/// Returns the class of a size; [`CLASSES`] or more for a number beyond 32 bits.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "what the shift leaves is below 32")]
pub(crate) const fn class_of(granules: usize) -> u32 {
    let shift = shift(granules);
    16 * shift + (granules >> shift) as u32
}

/// Returns the binary logarithm of how many sizes share the class of `granules`.
#[inline]
const fn shift(granules: usize) -> u32 {
    // The classes below sixteen are those of the first row: each has one size.
    (granules | 16).ilog2() - 4
}

/// Returns the least size of a class, in granules.
#[inline]
pub(crate) const fn least(class: u32) -> u32 {
    if class < 16 {
        return class;
    }
    let exponent = class / 16 + 3;
    (class % 16 + 16) << (exponent - 4)
}

/// Returns the lowest class whose least size is at least `granules`, which is not 0; [`CLASSES`] or
/// more if there is none.
#[inline]
pub(crate) const fn class_of_at_least(granules: usize) -> u32 {
    // The class above that of every smaller size.
    class_of(granules - 1) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_lies_in_its_class_and_above_the_one_before() {
        let mut sizes: std::vec::Vec<u32> = (1..70_000).collect();
        sizes.extend((17..32).flat_map(|e| [(1u32 << e) - 1, 1 << e, (1 << e) + 1]));
        sizes.push(u32::MAX);
        for size in sizes {
            let own = class(size);
            assert!(least(own) <= size, "{size}");
            assert!(own as usize + 1 == CLASSES || size < least(own + 1), "{size}");
            let rounded = class_of_at_least(size as usize);
            assert!(rounded == own || rounded == own + 1);
            assert!(rounded as usize >= CLASSES || size <= least(rounded), "{size}");
        }
    }

    #[test]
    fn the_published_examples_hold() {
        assert_eq!([class(15), class(16), class(31), class(32), class(33)], [15, 16, 31, 32, 32]);
        assert_eq!(CLASSES, 464);
    }
}
