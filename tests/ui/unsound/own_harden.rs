#![forbid(unsafe_code)]

use brkalloc::__private::{Harden, Hardening, Level};

struct Mine;

impl Level for Mine {
    const LEVEL: Harden = Harden::None;
}

impl Hardening for Mine {}

fn main() {}
