//! The commands, as scripts run them.
#![cfg(target_os = "linux")]

mod bad_input;
mod pages;
mod recordings;
mod tool;
