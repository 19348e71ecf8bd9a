#![forbid(unsafe_code)]

use brkalloc::__private::Lent;
use core::ptr::NonNull;
use core::sync::atomic::AtomicBool;

static FLAG: AtomicBool = AtomicBool::new(false);

fn main() {
    let _ = Lent { base: NonNull::dangling(), size: 4096, flag: &FLAG };
}
