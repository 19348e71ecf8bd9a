#![forbid(unsafe_code)]

use brkalloc::__private::Lent;
use core::ptr::NonNull;

fn main() {
    let _ = Lent::<true> { base: NonNull::dangling(), size: 4096, claim: claim() };
}

fn claim<T>() -> T {
    unreachable!()
}
