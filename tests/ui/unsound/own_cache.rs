#![forbid(unsafe_code)]

use brkalloc::__private::{Cache, WriteTheNameOfTheStaticHere};

struct Mine;

impl Cache<WriteTheNameOfTheStaticHere> for Mine {}

fn main() {}
