use brkalloc::{BrkHeap, brk_heap};
use core::alloc::{GlobalAlloc as _, Layout};

#[brk_heap(source = "static", arena = "4KiB")]
#[unsafe(link_section = "ccm")]
static HEAP: BrkHeap;

#[brk_heap(preset = "embedded", arena = "4KiB")]
#[cfg_attr(all(), unsafe(link_section = "ccm"))]
static EMBEDDED: BrkHeap;

// Linkers of ELF define them, for sections whose names are words.
unsafe extern "C" {
    static __start_ccm: u8;
    static __stop_ccm: u8;
}

fn main() {
    let layout = Layout::new::<[u64; 4]>();
    // SAFETY: the layout has bytes.
    let blocks = unsafe { [HEAP.alloc(layout), EMBEDDED.alloc_zeroed(layout)] };
    let section = (&raw const __start_ccm).addr()..(&raw const __stop_ccm).addr();
    assert_eq!(section.len(), 8192, "two arrays, and nothing else");
    assert!(blocks.iter().all(|block| section.contains(&block.addr())));
}
