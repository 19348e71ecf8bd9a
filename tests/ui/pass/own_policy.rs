//! A policy by its path, wherever it stands, in a project that turns every lint on.
#![deny(warnings, missing_docs, unreachable_pub, missing_debug_implementations, clippy::pedantic)]
#![forbid(unsafe_code)]

use brkalloc::{BrkHeap, brk_heap};

/// Rules.
pub mod rules {
    use brkalloc::{Candidate, Placement, Request};

    /// A rule with a parameter: the last of the first so many.
    #[derive(Debug)]
    pub enum Within<const MOST: usize> {}

    impl<const MOST: usize> Placement for Within<MOST> {
        fn choose<'s>(
            _: Request,
            fits: impl Iterator<Item = Candidate<'s>>,
        ) -> Option<Candidate<'s>> {
            fits.take(MOST).last()
        }
    }
}

/// A policy, a lock and a crate by their paths.
#[brk_heap(policy = rules::Within<8>, lock = spin::mutex::SpinMutex<()>, crate = ::brkalloc)]
pub static PATHS: BrkHeap;

/// Without a lock that notices.
#[brk_heap(policy = crate::rules::Within<1>, cache = "64KiB", order = "lifo", index = "list")]
static CACHED: BrkHeap;

macro_rules! heap {
    ($policy:path, $kind:ty) => {
        #[brk_heap(policy = $policy)]
        static PATH: BrkHeap;
        #[brk_heap(policy = $kind)]
        static TYPE: BrkHeap;
    };
}

heap!(rules::Within<2>, rules::Within<3>);

fn main() {
    struct Local;
    impl brkalloc::Placement for Local {
        fn choose<'s>(
            _: brkalloc::Request,
            mut fits: impl Iterator<Item = brkalloc::Candidate<'s>>,
        ) -> Option<brkalloc::Candidate<'s>> {
            fits.next()
        }
    }
    #[brk_heap(policy = Local)]
    static LOCAL: BrkHeap;
    let policies = [PATHS.config(), CACHED.config(), PATH.config(), TYPE.config(), LOCAL.config()];
    let policies = policies.map(|configuration| configuration.policy);
    let [path, cached, by_path, by_type, local] = policies;
    assert_eq!([path, cached, local], ["rules::Within<8>", "crate::rules::Within<1>", "Local"]);
    assert_eq!([by_path, by_type], ["rules::Within<2>", "rules::Within<3>"]);
}
