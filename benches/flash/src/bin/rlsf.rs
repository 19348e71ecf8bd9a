//! rlsf behind a spin lock, over an array of its own.
#![no_std]
#![no_main]

use brkalloc_flash::ARENA;
use core::alloc::{GlobalAlloc, Layout};
use core::mem::MaybeUninit;
use core::ptr::{NonNull, null_mut};
use cortex_m_rt::entry;
use rlsf::Tlsf;
use spinning_top::Spinlock;

/// Blocks of up to 64 KiB, sixteen classes for each power of two.
struct Heap(Spinlock<Tlsf<'static, u16, u16, 12, 16>>);

// SAFETY: rlsf keeps its promises for each block, and the lock admits one caller at a time.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.0.lock().allocate(layout).map_or(null_mut(), NonNull::as_ptr)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if let Some(block) = NonNull::new(block) {
            // SAFETY: the caller guarantees the block and its layout.
            unsafe { self.0.lock().deallocate(block, layout.align()) };
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let (Some(block), Ok(wanted)) =
            (NonNull::new(block), Layout::from_size_align(size, layout.align()))
        else {
            return null_mut();
        };
        // SAFETY: the caller guarantees the block and its layout.
        unsafe { self.0.lock().reallocate(block, wanted) }.map_or(null_mut(), NonNull::as_ptr)
    }
}

#[global_allocator]
static HEAP: Heap = Heap(Spinlock::new(Tlsf::new()));

static mut BYTES: [MaybeUninit<u8>; ARENA] = [MaybeUninit::uninit(); ARENA];

#[entry]
fn main() -> ! {
    // SAFETY: nothing else uses the array, and this runs once.
    let bytes = unsafe { &mut *(&raw mut BYTES) };
    HEAP.0.lock().insert_free_block(bytes);
    brkalloc_flash::run()
}
