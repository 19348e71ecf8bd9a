#![forbid(unsafe_code)]

use allocator_api2::vec::Vec as VecIn;
use brkalloc::{BrkHeap, Heap, brk_heap};
use core::mem::MaybeUninit;

#[brk_heap]
static MADE: BrkHeap;

fn main() {
    let mut bytes = [MaybeUninit::uninit(); 4096];
    let heap = Heap::<MADE>::over(&mut bytes);
    let numbers = VecIn::<u32, _>::new_in(&heap);
    std::thread::scope(|scope| {
        scope.spawn(|| drop(numbers));
    });
}
