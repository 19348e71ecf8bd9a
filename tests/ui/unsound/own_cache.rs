#![forbid(unsafe_code)]

use brkalloc::__private::{Cache, Undeclared};

struct Mine;

impl Cache<Undeclared> for Mine {}

fn main() {}
