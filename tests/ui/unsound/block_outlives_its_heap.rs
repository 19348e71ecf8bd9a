#![forbid(unsafe_code)]

use allocator_api2::vec::Vec as VecIn;
use brkalloc::{BrkHeap, Heap, brk_heap};
use core::mem::MaybeUninit;

#[brk_heap]
static MADE: BrkHeap;

fn main() {
    let mut bytes = [MaybeUninit::uninit(); 4096];
    let mut numbers = {
        let heap = Heap::<MADE>::over(&mut bytes);
        VecIn::<u32, _>::new_in(&heap)
    };
    numbers.push(1);
}
