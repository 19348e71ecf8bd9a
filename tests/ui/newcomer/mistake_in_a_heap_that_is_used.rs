use brkalloc::{BrkHeap, brk_heap};

#[global_allocator]
#[brk_heap(arena = "64KB", unsafe(lock = "none"), policy = "segregated_fit")]
static HEAP: BrkHeap;

fn main() {
    let words = vec![String::from("one"), String::from("error")];
    println!("{} {:?} {}", HEAP.config(), HEAP.check(), words.len());
}
