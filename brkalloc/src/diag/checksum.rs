//! Checksums that only this process can make, over words where a stray write could hit.
//!
//! ```text
//!   checksum = mix(secret, address, word, word, …)
//! ```
//!
//! A heap with `harden = "full"` protects with checksums its tags, the links of free chunks and
//! objects, and the records at the end of each block. A write over one of them cannot make the
//! right checksum except by luck: a checksum of n bits is right once in 2ⁿ times. The process has
//! one secret. The address makes the checksums of all places differ, so a copy of a word with its
//! checksum is not valid elsewhere.
//!
//! On Linux the secret has 64 bits of the kernel's random numbers (or as many as a `usize` has).
//! Elsewhere it has as many as the system mixes into the addresses of a program: few, or none. The
//! mixing is not cryptographic: it withstands mistakes, and an attacker who cannot read the memory.

use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The secret of this process; 0 before its first use.
static SECRET: AtomicUsize = AtomicUsize::new(0);

/// Returns the checksum of `words` at `address`.
#[inline]
pub(crate) fn checksum<const N: usize>(address: usize, words: [u64; N]) -> u64 {
    words.into_iter().fold(mix(secret() ^ address as u64), |state, word| mix(state ^ word))
}

/// Mixes a number so that all bits of the result depend on all of its bits: both halves of a
/// product, as in wyhash (Wang Yi 2019).
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "both halves are taken")]
const fn mix(number: u64) -> u64 {
    let product = number as u128 * 0xA076_1D64_78BD_642F;
    product as u64 ^ (product >> 64) as u64
}

#[inline]
fn secret() -> u64 {
    match SECRET.load(Relaxed) {
        0 => choose(),
        secret => secret as u64,
    }
}

/// Chooses the secret: the first thread's choice holds for all.
#[cfg(target_has_atomic = "ptr")]
#[cold]
fn choose() -> u64 {
    let local = 0_u8;
    let chosen = random((&raw const local).addr()).max(1);
    match SECRET.compare_exchange(0, chosen, Relaxed, Relaxed) {
        Ok(_) => chosen as u64,
        Err(settled) => settled as u64,
    }
}

/// Chooses the secret without compare-and-swap: every thread chooses alike.
#[cfg(not(target_has_atomic = "ptr"))]
#[cold]
fn choose() -> u64 {
    let chosen = random(0).max(1);
    SECRET.store(chosen, Relaxed);
    chosen as u64
}

/// Returns a random number of the kernel's, if it has one without waiting; otherwise one made from
/// addresses, `local` among them.
#[cold]
fn random(local: usize) -> usize {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        let _kept = crate::diag::errno::keep();
        let mut number = 0_usize;
        let size = size_of::<usize>();
        // SAFETY: the number has room for so many bytes, any of which are a number.
        let given = unsafe { libc::getrandom((&raw mut number).cast(), size, libc::GRND_NONBLOCK) };
        if usize::try_from(given) == Ok(size) {
            return number;
        }
    }
    let addresses = [(&raw const SECRET).addr(), local];
    #[expect(clippy::cast_possible_truncation, reason = "as many bits as there is room for")]
    let number = addresses.into_iter().fold(0, |state, place| mix(state ^ place as u64)) as usize;
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_depends_on_the_place_and_on_every_bit() {
        let of = |address, word| checksum(address, [word, 5]);
        assert_eq!(of(64, 9), of(64, 9));
        assert_ne!(of(64, 9), of(80, 9));
        assert_ne!(checksum(64, [9, 5]), checksum(64, [5, 9]));
        for bit in 0..64 {
            let changed = (of(64, 9) ^ of(64, 9 ^ 1 << bit)).count_ones();
            assert!((12..52).contains(&changed), "bit {bit} changes {changed}");
        }
    }

    #[test]
    fn the_secret_is_settled_once_and_is_not_the_same_for_all() {
        assert_eq!(secret(), secret());
        assert_ne!(secret(), 0);
        assert_ne!(random(0), 0, "once in 2^64 it is");
    }
}
