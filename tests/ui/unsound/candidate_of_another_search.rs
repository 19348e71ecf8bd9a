#![forbid(unsafe_code)]

use brkalloc::Candidate;

fn mixed<'s, 'o: 's>(_: Candidate<'s>, other: Candidate<'o>) -> Candidate<'s> {
    other
}

fn main() {}
