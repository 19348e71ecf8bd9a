#![forbid(unsafe_code)]

use brkalloc::BrkHeap;
use brkalloc::__private::{Config, Basic, FirstFit, Immediate, Mmap, Tree, Uncached, Uncounted, Unmapped, Unquarantined, Unlocked};

enum Mine {}

impl Config for Mine {
    type Source = Mmap;
    type Index = Tree<FirstFit>;
    type Coalesce = Immediate;
    type Lock = Unlocked;
    type Cache = Uncached;
    type Large = Unmapped;
    type Harden = Basic;
    type Quarantine = Unquarantined;
    type Counters = Uncounted;
    const NAME: &'static str = "mine";
    const ARENA: usize = 4096;
    const GROW: usize = 4096;
    const LIMIT: usize = 1 << 20;
    const TRIM: usize = usize::MAX;
    const LOCK: Self::Lock = Unlocked::new();

    fn heap() -> &'static BrkHeap<Self> {
        Box::leak(Box::new(BrkHeap::__new()))
    }
}

fn main() {}
