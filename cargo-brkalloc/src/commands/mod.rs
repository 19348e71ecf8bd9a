//! The commands; one module for each.

pub mod info;
pub mod record;
