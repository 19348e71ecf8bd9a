#![forbid(unsafe_code)]

use brkalloc::__private::Lock;

struct Mine;

impl Lock for Mine {
    type Link = ();
    const OPTION: &'static str = "mine";
    unsafe fn lock(&self) {}
    unsafe fn unlock(&self) {}
}

fn main() {}
