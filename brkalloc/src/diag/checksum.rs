//! Seals: numbers that only a heap can make, over words that lie where a program could write.
//!
//! ```text
//!   seal = mix(secret, address, word, word, …)
//! ```
//!
//! A heap with `harden = "full"` seals its tags, the links of free chunks and objects, and what it
//! notes at the end of each block. Whoever overwrites one of them cannot make the seal that belongs
//! to it, but by luck: a seal of n bits is right once in 2ⁿ times. The secret is one for the
//! process; the address makes the seals of all places differ, so that a copy of a sealed word is no
//! sealed word elsewhere.
//!
//! On Linux the secret has 64 bits of the kernel's random numbers (as many as a `usize` has), and
//! elsewhere as many as the system mixes into the addresses of a program: few, or none. The mixing is
//! not a cryptographic one: it withstands mistakes, and an attacker who cannot read the memory.

use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What only this process knows; 0 before it is first needed.
static SECRET: AtomicUsize = AtomicUsize::new(0);

/// The seal of `words` at `address`.
#[inline]
pub(crate) fn checksum<const N: usize>(address: usize, words: [u64; N]) -> u64 {
    words.into_iter().fold(mix(secret() ^ address as u64), |state, word| mix(state ^ word))
}

/// Turns a number into another one, all of whose bits depend on all of its: both halves of a product,
/// as wyhash takes them (Wang Yi 2019).
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

/// Settles the secret: the first thread to do so has settled it for all.
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

/// The same, without compare-and-swap: whoever settles it settles it alike.
#[cfg(not(target_has_atomic = "ptr"))]
#[cold]
fn choose() -> u64 {
    let chosen = random(0).max(1);
    SECRET.store(chosen, Relaxed);
    chosen as u64
}

/// A number of the kernel's, if it has one without waiting; else one made of addresses, `local` among
/// them.
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
