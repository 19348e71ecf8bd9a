#![forbid(unsafe_code)]

use brkalloc::chunk::Window;
use brkalloc::heap::RawHeap;

fn main() {}
