//! A policy of one's own, beside the five.

use brkalloc::{Candidate, Placement, Request};

/// The first chunk that is at most an eighth larger than the request needs; else the smallest.
pub(crate) struct GoodEnough;

impl Placement for GoodEnough {
    fn choose<'s>(
        request: Request,
        fits: impl Iterator<Item = Candidate<'s>>,
    ) -> Option<Candidate<'s>> {
        let enough = request.size() + request.size() / 8;
        let mut smallest: Option<Candidate<'s>> = None;
        for candidate in fits {
            if candidate.size() <= enough {
                return Some(candidate);
            }
            if smallest.is_none_or(|smallest| candidate.size() < smallest.size()) {
                smallest = Some(candidate);
            }
        }
        smallest
    }
}
