#![forbid(unsafe_code)]

use brkalloc::arena::chunk::Window;
use brkalloc::arena::heap::RawHeap;

fn main() {}
