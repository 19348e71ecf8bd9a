//! The commands; one module for each.

pub mod export;
pub mod import;
pub mod info;
pub mod record;
