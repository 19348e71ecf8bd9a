#![forbid(unsafe_code)]

use brkalloc::__private::{Lent, StaticArena};

fn lent() -> Lent<true> {
    let arena = StaticArena::<4096>::new();
    arena.lend()
}

fn main() {
    lent();
}
