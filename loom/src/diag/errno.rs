//! In place of the C library's `errno`, which no model looks at.

pub(crate) struct Kept;

pub(crate) fn keep() -> Kept {
    Kept
}
