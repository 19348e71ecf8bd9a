//! Hands libFuzzer the target `corruption`.
//!
//! A child's counters of coverage end with it, so they pass through memory that both share.
#![no_main]

use brkalloc_fuzz::corruption::{COVERAGE, Coverage, run};
use core::ptr::{copy_nonoverlapping, null_mut};
use core::sync::atomic::{AtomicPtr, Ordering};

// The linker's names for the ends of the counters that the compiler's pass made. They stand in assembly, because
// the pass declares them as well, and would find them taken.
core::arch::global_asm!(
    ".pushsection .data.rel.ro.counters,\"aw\",@progbits",
    ".balign 8",
    ".globl brkalloc_fuzz_counters",
    "brkalloc_fuzz_counters: .quad __start___sancov_cntrs, __stop___sancov_cntrs",
    ".popsection",
);

unsafe extern "C" {
    static brkalloc_fuzz_counters: [*mut u8; 2];
}

/// The counters, and how many there are.
fn counters() -> (*mut u8, usize) {
    // SAFETY: the assembly above defines both, and nobody changes them.
    let [first, end] = unsafe { brkalloc_fuzz_counters };
    (first, end.addr() - first.addr())
}

/// As many bytes that the children share.
static SHARED: AtomicPtr<u8> = AtomicPtr::new(null_mut());

fn prepare() {
    let (access, kind) =
        (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
    let (_, size) = counters();
    // SAFETY: the mapping is a new one.
    let shared = unsafe { libc::mmap(null_mut(), size, access, kind, -1, 0) };
    assert_ne!(shared, libc::MAP_FAILED, "there is memory");
    SHARED.store(shared.cast(), Ordering::Relaxed);
    let set = COVERAGE.set(Coverage { save, restore });
    assert!(set.is_ok(), "nobody else counts");
}

fn save() {
    let (first, size) = counters();
    // SAFETY: both have so many bytes, and are two.
    unsafe { copy_nonoverlapping(first, SHARED.load(Ordering::Relaxed), size) };
}

fn restore() {
    let (first, size) = counters();
    // SAFETY: likewise.
    unsafe { copy_nonoverlapping(SHARED.load(Ordering::Relaxed), first, size) };
}

libfuzzer_sys::fuzz_target!(init: prepare(), |bytes: &[u8]| run(bytes));
