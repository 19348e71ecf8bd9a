//! The recorder of a target that has none; the attribute's expansion is an error there.
#![expect(clippy::unused_self, reason = "called as the recorder of other targets is")]

/// A recorder that records nothing.
#[derive(Debug)]
pub struct Recorder;

impl Recorder {
    /// Returns it.
    #[must_use]
    pub const fn new(_: &'static str) -> Self {
        Self
    }

    pub(super) fn allocated(&self, _: usize, _: usize, _: usize, _: bool) {}

    pub(super) fn frees(&self, _: usize) {}

    pub(super) fn resizes(&self, _: usize) {}

    pub(super) fn resized(&self, _: usize, _: usize, _: usize) {}
}
