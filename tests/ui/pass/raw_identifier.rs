use brkalloc::{BrkHeap, brk_heap};

#[brk_heap]
#[allow(non_upper_case_globals)]
static r#type: BrkHeap;

fn main() {
    assert_eq!(r#type.config().name, "type");
}
