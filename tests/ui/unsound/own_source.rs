#![forbid(unsafe_code)]

use brkalloc::__private::{Region, Source};
use core::ptr::NonNull;

struct Mine;

impl Source for Mine {
    const ZEROED: bool = true;
    const GROWS: bool = false;
    const OPTION: &'static str = "mine";
    fn open(_: usize, _: usize) -> Option<Region> {
        None
    }
    fn page_size() -> usize {
        16
    }
    unsafe fn commit(_: NonNull<u8>, _: usize, _: usize) -> bool {
        true
    }
    unsafe fn discard(_: NonNull<u8>, _: usize, _: usize) -> bool {
        true
    }
}

fn main() {}
