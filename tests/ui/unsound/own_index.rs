#![forbid(unsafe_code)]

use brkalloc::__private::Index;

struct Mine;

impl Index for Mine {
    const POLICY: &'static str = "mine";
    const ORDER: &'static str = "mine";
    const INDEX: Option<&'static str> = None;
}

fn main() {}
