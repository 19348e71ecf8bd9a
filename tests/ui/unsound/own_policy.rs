#![forbid(unsafe_code)]

use brkalloc::__private::Policy;

struct Mine;

impl Policy for Mine {
    const NAME: &'static str = "mine";
}

fn main() {}
