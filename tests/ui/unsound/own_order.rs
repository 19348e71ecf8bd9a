#![forbid(unsafe_code)]

use brkalloc::__private::Order;

struct Mine;

impl Order for Mine {
    const NAME: &'static str = "mine";
}

fn main() {}
