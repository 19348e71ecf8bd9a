//! The commands, as scripts run them.
#![cfg(target_os = "linux")]

mod bad_input;
mod formats;
mod pages;
mod recordings;
mod tool;
