//! Random numbers, and tables of sizes drawn beforehand, so that a loop pays a load and not a
//! logarithm.

use crate::table::Table;

/// Draws in a table of sizes.
pub const DRAWS: usize = 4096;

/// Marsaglia's xorshift64 (2003), seeded per workload.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// The generator of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `bound`.
    #[expect(clippy::cast_possible_truncation, reason = "it is below a usize")]
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next_u64()) * bound as u128) >> 64) as usize
    }

    /// Sizes from `least` to `most`, uniform in the logarithm.
    #[must_use]
    pub fn log_uniform(&mut self, least: u32, most: u32) -> Sizes {
        let span = (f64::from(most) / f64::from(least)).ln();
        self.sizes(least, most, |unit| f64::from(least) * (unit * span).exp())
    }

    /// Sizes from `least` to `most`, uniform.
    #[must_use]
    pub fn uniform(&mut self, least: u32, most: u32) -> Sizes {
        let span = f64::from(most - least + 1);
        self.sizes(least, most, |unit| f64::from(least) + unit * span)
    }

    /// Sizes from 4 to below `most`, more than 16: each is uniform below a bound, which is uniform
    /// itself.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "a size is below a u32")]
    pub fn below_uniform(&mut self, most: u32) -> Sizes {
        let (least, least_bound) = (4, 16);
        Sizes(Table::new(DRAWS, |_| {
            let bound = least_bound + self.below((most - least_bound) as usize) as u32;
            least + self.below((bound - least) as usize) as u32
        }))
    }

    #[expect(clippy::cast_possible_truncation, reason = "a size is small and positive")]
    #[expect(clippy::cast_sign_loss, reason = "a size is small and positive")]
    #[expect(clippy::cast_precision_loss, reason = "a size needs no more bits than a float has")]
    fn sizes(&mut self, least: u32, most: u32, size: impl Fn(f64) -> f64) -> Sizes {
        let mut draw = |_| {
            let unit = self.next_u64() as f64 / u64::MAX as f64;
            (size(unit) as u32).clamp(least, most)
        };
        Sizes(Table::new(DRAWS, &mut draw))
    }
}

/// A table of drawn sizes.
#[derive(Debug)]
pub struct Sizes(Table<u32>);

impl Sizes {
    /// The draw that these random bits choose.
    #[must_use]
    #[inline]
    pub fn pick(&self, random: u64) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "all but the low bits are cut anyway")]
        let index = random as usize % DRAWS;
        self.0[index] as usize
    }
}
