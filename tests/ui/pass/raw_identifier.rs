//! Raw names: of the static, and of options.

use brkalloc::{BrkHeap, brk_heap};

#[brk_heap(r#arena = "4KiB")]
#[allow(non_upper_case_globals)]
static r#type: BrkHeap;

#[brk_heap(source = "static", arena = "4KiB", lock = r#mod::r#struct)]
#[allow(non_upper_case_globals)]
static r#static: BrkHeap;

mod r#mod {
    #[allow(non_camel_case_types)]
    pub(crate) type r#struct = spin::mutex::SpinMutex<()>;
}

fn main() {
    assert_eq!((r#type.config().name, r#static.config().name), ("type", "static"));
    assert_eq!(r#type.config().arena, 4096);
}
